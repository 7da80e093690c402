// SPDX-License-Identifier: MIT

/// What a local installation consists of.
package struct InstallationOptions: Sendable, Hashable {
    /// Whether platforms are pretended; a database keeps its world for ever.
    package var isSimulated = true
    /// Whether commits survive a power cut.
    package var isDurable = true
    /// Further settings of a server of our own, as `name=value`.
    package var serverSettings: [String] = []
    /// Whether the database must be a server of our own: a configured one, whose world this would settle for ever, is refused.
    package var needsOwnServer = false
    /// How many worker processes run.
    package var workers = 2
    /// The simulator's port: a wanted one, or any free one.
    package var simulatorPort: Int?
    /// Whether another port may be taken when the wanted one is not free.
    package var mayMovePort = true
    /// Whether `serve` runs too, which answers platforms that fetch files.
    package var isServed = false
    /// The port of `serve`; 8400, or a free one, when `nil`.
    package var servePort: Int?
    /// Where the simulator's chance comes from.
    package var simulatorSeed: UInt64 = 1
    /// What the simulator's rate limits are multiplied by.
    package var rateScale = 1.0
    /// The schema of all tables.
    package var schema = "posthorn"
    /// Whether workers are started again however often they die: for runs that kill them.
    package var workersMayDie = false
    /// Further variables for the workers: concurrency, grace.
    package var workerEnvironment: [String: String] = [:]
    /// The program of every second worker; this one when `nil`.
    package var otherBinary: String?
    /// Whether workers go through a PgBouncer; needs a server of our own.
    package var isPooled = false
    /// Variables that differ between workers: the first worker gets the first, and so on in turn.
    package var workerVariants: [[String: String]] = []
    /// Where workers die by themselves, as `POSTHORN_CRASH_AT` says it: every second start of a worker takes the next in turn.
    package var crashPlans: [String] = []

    /// Whether a worker, by its number from 0, is of the other program.
    func isOther(_ worker: Int) -> Bool { self.otherBinary != nil && !worker.isMultiple(of: 2) }

    /// Makes the options of `posthorn up`.
    package init() {}
}
