// SPDX-License-Identifier: MIT

import PluginKit
import Synchronization

/// What a plugin saved last: a run that calls it again after renewing a token goes on from there.
final class LatestCheckpoint: Sendable {
    private let memory: Mutex<PluginState?>

    /// Begins with what an earlier try saved.
    init(_ state: PluginState?) { self.memory = Mutex(state) }

    /// What was saved last.
    var state: PluginState? { self.memory.withLock(\.self) }

    /// Takes over what was saved now.
    func saved(_ state: PluginState) { self.memory.withLock { $0 = state } }
}
