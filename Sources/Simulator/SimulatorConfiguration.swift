// SPDX-License-Identifier: MIT

/// How a simulator is started.
package struct SimulatorConfiguration: Sendable {
    /// The address to listen on; a loopback address, because nothing asks for a password.
    package var host = "127.0.0.1"
    /// The port to listen on; 0 takes any free one.
    package var port = 8300
    /// Where all chance comes from: audiences, noise, faults, ids.
    package var seed: UInt64 = 1
    /// What the platforms' rate limits are multiplied by.
    package var rateScale = 1.0
    /// Whether the mock platform honours `Idempotency-Key`.
    package var idempotencyKeys = false
    /// Whether X takes `post.fields` (contract 2.167) and refuses `tweet.fields`.
    package var postFields = false
    /// World seconds that an access token lives after a refresh.
    package var tokenLifetime = 7200.0
    /// A JSON file of fault rules to start with.
    package var faultsFile: String?
    /// A file that keeps accounts, posts and the ledger over a restart; uploads lie beside it in `FILE.uploads`.
    package var stateFile: String?
    /// A file that every request to the platforms is appended to, one JSON line each.
    package var recordFile: String?
    /// Bytes of uploads to keep on disk; the oldest go first.
    package var uploadLimit = 512_000_000

    /// Makes the default configuration: loopback, port 8300, the platforms' own limits, nothing kept.
    package init() {}
}
