// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// What the plugin keeps between its steps.
struct MockState: SavedState, Equatable {
    /// A file that is on the platform and not visible yet.
    struct Upload: Codable, Sendable, Equatable {
        var part: Int
        var index: Int
        var id: String
        var at: Date
    }

    static let version = 1
    /// An unused upload expires after 24 h; an hour before that it is made anew.
    static let uploadLife: TimeInterval = 23 * 3600

    var uploads: [Upload] = []
    /// The film that the platform works on.
    var processing: String?
    /// What became of it.
    var published: RemotePost?
    /// The campaign of a boost.
    var campaign: String?

    init() {}
}
