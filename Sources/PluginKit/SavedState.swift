// SPDX-License-Identifier: MIT

import Foundation

/// What a plugin keeps between its steps, as a value of its own.
///
/// A type that is `Codable` and says its version is saved as a ``PluginState`` and read back from one. A state of another version is
/// refused: a plugin that reads version N−1 too looks at ``PluginState/version`` first.
public protocol SavedState: Codable, Sendable {
    /// The version of the layout.
    static var version: Int { get }

    /// Makes an empty state.
    init()
}

extension SavedState {
    /// Reads a saved state; nothing saved is an empty state.
    ///
    /// - Throws: `unsupported` for another version, `permanent` when it cannot be read.
    public init(_ saved: PluginState?) throws(PluginError) {
        guard let saved else {
            self.init()
            return
        }
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
    ///
    /// - Throws: `permanent` when it cannot be written.
    public func saved() throws(PluginError) -> PluginState {
        do {
            return PluginState(version: Self.version, data: try JSONEncoder().encode(self))
        } catch {
            throw PluginError(.permanent, "The state cannot be saved.", underlying: error)
        }
    }
}
