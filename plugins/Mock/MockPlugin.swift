// SPDX-License-Identifier: MIT

public import PluginKit

/// The mock platform of the simulator: every capability that Posthorn knows, without quirks.
///
/// The contract is `docs/mock-platform.md`.
public struct MockPlugin: CompiledPlugin {
    let client: MockClient
    let clock: WorldClock

    /// Makes the plugin; no I/O.
    public init(context: PluginContext) {
        self.client = MockClient(http: context.http, clock: context.clock)
        self.clock = context.clock
    }
}
