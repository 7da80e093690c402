// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// What the plugin keeps between its steps: the files that are uploaded, or on their way, and not visible yet.
struct XState: SavedState, Equatable {
    /// One file.
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
        /// How many segments X has confirmed, while not all of them are there; `nil` when X has the whole file.
        var segments: Int?
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

    /// Puts a file's upload in place of an earlier one.
    mutating func keep(_ upload: Upload) {
        self.forget(part: upload.part, index: upload.index)
        self.uploads.append(upload)
    }

    /// Forgets a file's upload, so that the file is uploaded anew.
    mutating func forget(part: Int, index: Int) {
        self.uploads.removeAll { $0.part == part && $0.index == index }
    }
}
