// SPDX-License-Identifier: MIT

/// How large a chaos run is, and what is broken in it.
struct ChaosOptions: Sendable {
    /// How many posts are due at once.
    var posts = 5_000
    /// How many clients they belong to.
    var clients = 50
    /// How many accounts each client has.
    var accountsPerClient = 10
    /// The platforms that accounts are on, in turn.
    var platforms = ["mock", "x"]
    /// How many worker processes work on them.
    var workers = 2
    /// The pause between two kills of a random worker; `nil` kills none.
    var killEvery: Duration? = .seconds(1)
    /// Whether workers are told to stop (SIGTERM) instead of being killed: they drain, and nothing may fail by it.
    var terminates = false
    /// The share of visible calls that take effect and are never answered, 0 to 1.
    var resetShare = 0.02
    /// Whether PostgreSQL is restarted in the middle.
    var restartsDatabase = true
    /// Whether limits are set that the work has to wait for.
    var setsLimits = true
    /// World seconds per real second: what waits for minutes waits for seconds.
    var rate = 30.0
    /// Where the run's chance comes from.
    var seed: UInt64 = 1
    /// The longest the run may take before it counts as stuck, in real time.
    var limit: Duration = .seconds(900)

    /// How many accounts there are in all.
    var accounts: Int { self.clients * self.accountsPerClient }
}
