// SPDX-License-Identifier: MIT

public import PluginKit

/// X, through its API v2: posts with words, images or a film, threads, metrics, tokens.
///
/// Limits, errors and prices are those of the platform's documents of November 2026; ``manifest`` carries the dates.
public struct XPlugin: CompiledPlugin {
    let client: XClient
    let clock: WorldClock
    /// Which names the API takes today; learnt once per process.
    let dialect = XDialectMemory()

    /// Makes the plugin; no I/O.
    public init(context: PluginContext) {
        self.client = XClient(http: context.http, clock: context.clock)
        self.clock = context.clock
    }
}
