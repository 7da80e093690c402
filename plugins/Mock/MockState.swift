// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// What the plugin keeps between its steps.
struct MockState: Codable, Sendable, Equatable {
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
}
