// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// What the plugin keeps between its steps: the files that are uploaded and not visible yet.
struct XState: SavedState, Equatable {
    /// One uploaded file.
    struct Upload: Codable, Sendable, Equatable {
        var part: Int
        var index: Int
        var id: String
        /// When X forgets it unless a post uses it.
        var expiresAt: Date?
        /// Whether X still works on it.
        var isProcessing = false
        /// Whether its alternative text is set.
        var isDescribed = false
    }

    static let version = 1

    var uploads: [Upload] = []

    init() {}

    /// The place of a file's upload, when there is one that lasts beyond the given instant.
    func place(part: Int, index: Int, at now: Date) -> Int? {
        self.uploads.firstIndex {
            $0.part == part && $0.index == index && ($0.expiresAt.map { $0 > now.addingTimeInterval(300) } ?? true)
        }
    }
}
