// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// How a plugin's state is kept with the effect: the state itself, unread, and whether the platform is working on it.
struct StoredCheckpoint: Codable, Sendable {
    /// The version of this wrapper.
    static let version = 1

    var state: PluginState
    var isPending: Bool

    init(state: PluginState, isPending: Bool) {
        self.state = state
        self.isPending = isPending
    }

    init(data: Data) throws { self = try JSONDecoder().decode(Self.self, from: data) }

    func encoded() throws -> Data { try JSONEncoder.posthorn.encode(self) }
}
