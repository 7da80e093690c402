// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// What the plugin keeps between its steps: the files that are uploaded and not visible yet.
struct XState: Codable, Sendable, Equatable {
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

    /// Reads a saved state; nothing saved is an empty state.
    init(_ saved: PluginState?) throws(PluginError) {
        self.init()
        guard let saved else { return }
        guard saved.version == Self.version else {
            throw PluginError(
                .unsupported, "The saved state has version \(saved.version); this plugin reads \(Self.version).",
                nextAction: "Run a worker of the release that wrote it.")
        }
        do {
            self = try JSONDecoder().decode(Self.self, from: saved.data)
        } catch {
            throw PluginError(.permanent, "The saved state cannot be read.", underlying: error)
        }
    }

    /// The state as the core stores it.
    func saved() throws(PluginError) -> PluginState {
        do {
            return PluginState(version: Self.version, data: try JSONEncoder().encode(self))
        } catch {
            throw PluginError(.permanent, "The state cannot be saved.", underlying: error)
        }
    }

    /// The place of a file's upload, when there is one that lasts beyond the given instant.
    func place(part: Int, index: Int, at now: Date) -> Int? {
        self.uploads.firstIndex {
            $0.part == part && $0.index == index && ($0.expiresAt.map { $0 > now.addingTimeInterval(300) } ?? true)
        }
    }
}
