// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// What the plugin keeps between its steps: what is uploaded and not visible, and how far a film is.
struct FacebookState: SavedState, Equatable {
    /// A photo that is on the Page and in no post.
    struct Photo: Codable, Sendable, Equatable {
        var index: Int
        var id: String
        var at: Date
    }

    /// A film's upload; its identity says for ever whether this upload was published.
    struct Film: Codable, Sendable, Equatable {
        var id: String
        var at: Date
        /// Where the bytes go: for reels and stories.
        var address: String?
        /// The session of an upload in pieces, and the next piece.
        var session: String?
        var start: Int64 = 0
        var end: Int64 = 0
        var isUploaded = false
    }

    static let version = 1
    /// Unpublished photos are deleted after about 24 hours; an hour before that they are made anew.
    static let life: TimeInterval = 23 * 3600

    var photos: [Photo] = []
    var film: Film?
    /// What became of the film.
    var published: RemotePost?
    /// How often it was asked how far Facebook is.
    var looks = 0
    /// When it was asked first.
    var askedSince: Date?

    init() {}
}
