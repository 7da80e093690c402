// SPDX-License-Identifier: MIT

/// How a worker works.
///
/// | key | type | default |
/// |---|---|---|
/// | `worker.concurrency` | integer | 32 in all |
/// | `worker.publish` | integer | what is left of the whole, at least half |
/// | `worker.boost` | integer | an eighth |
/// | `worker.metrics` | integer | a quarter |
/// | `worker.reconcile` | integer | a sixteenth |
/// | `worker.queues` | list | all |
/// | `worker.connections` | integer | 2, besides one for beats and one to listen |
/// | `worker.heartbeat` | duration | 5s |
/// | `worker.dead.after` | duration | 20s |
/// | `worker.crash.limit` | integer | 3 |
/// | `shutdown.grace` | duration | 30s |
/// | `retention.history` | months | 13 |
/// | `retention.samples` | months | 13 |
package struct WorkerSettings: Sendable, Hashable {
    /// Jobs that occupy platforms or the machine at once, by queue: `publish`, `boost`, `metrics`, `reconcile`.
    package var slots: [String: Int]
    /// Database connections for claims, results and handlers.
    package var connections: Int
    /// How long a stopping worker may finish its jobs.
    package var grace: Duration
    /// The pause between two beats.
    package var heartbeat: Duration
    /// Without a beat for this long the fleet takes the worker's jobs.
    package var deadAfter: Duration
    /// The number of crashes at which a job is held.
    package var crashLimit: Int
    /// How many whole months the history of jobs is kept.
    package var historyMonths: Int
    /// How many whole months of metrics are kept.
    package var sampleMonths: Int
    /// The name of a step at which the process kills itself, for chaos tests.
    package var crashAt: String?

    /// The queues there are.
    package static let queues = ["publish", "boost", "metrics", "reconcile"]
    /// What part of the whole a queue gets; publishing gets the rest.
    private static let shares = ["boost": 8, "metrics": 4, "reconcile": 16]

    /// The slots of all queues.
    package var concurrency: Int { self.slots.values.reduce(0, +) }

    /// Reads the settings.
    ///
    /// - Parameter settings: flags, environment and file.
    /// - Throws: ``CommandError`` with exit code 78.
    package init(_ settings: Settings) throws {
        var wanted = settings.list("worker.queues") ?? Self.queues
        for name in wanted where !Self.queues.contains(name) {
            let close = Suggestion.closest(to: name, among: Self.queues)
            throw settings.invalid(
                "worker.queues", "names an unknown queue “\(name)”",
                remedy: close.map { "did you mean “\($0)”?" } ?? "the queues are \(Self.queues.joined(separator: ", "))"
            )
        }
        guard !wanted.isEmpty else { throw settings.invalid("worker.queues", "names no queue") }
        let isAlone = wanted.count == 1
        // Who sends also looks what became of it, so that no choice of queues leaves a fleet without somebody who does.
        if !wanted.contains("reconcile"), wanted.contains("publish") || wanted.contains("boost") {
            wanted.append("reconcile")
        }
        let total = try settings.integer("worker.concurrency", default: 32)
        var slots: [String: Int] = [:]
        for name in wanted where name != "publish" {
            slots[name] = try settings.integer(
                "worker.\(name)", default: max(1, total / (Self.shares[name] ?? 4)), minimum: 0)
        }
        if wanted.contains("publish") {
            let rest = max(1, total - slots.values.reduce(0, +))
            slots["publish"] = try settings.integer("worker.publish", default: rest, minimum: 0)
        } else if isAlone, let only = wanted.first, settings.text("worker.\(only)") == nil {
            slots[only] = total
        }
        self.slots = slots.filter { $0.value > 0 }
        guard !self.slots.isEmpty else { throw settings.invalid("worker.concurrency", "leaves no queue a slot") }
        self.connections = try settings.integer("worker.connections", default: 2, minimum: 1)
        self.grace = try settings.duration("shutdown.grace", default: .seconds(30))
        self.heartbeat = try settings.duration("worker.heartbeat", default: .seconds(5))
        self.deadAfter = try settings.duration("worker.dead.after", default: .seconds(20))
        guard self.deadAfter >= self.heartbeat * 3 else {
            throw settings.invalid(
                "worker.dead.after", "must be at least three times worker.heartbeat",
                remedy: "20s and 5s are the defaults")
        }
        self.crashLimit = try settings.integer("worker.crash.limit", default: 3)
        // A job's key is good for 90 days, and stands for history that must be there.
        self.historyMonths = try settings.integer("retention.history", default: 13, minimum: 4)
        self.sampleMonths = try settings.integer("retention.samples", default: 13, minimum: 4)
        self.crashAt = settings.text("crash.at")
    }
}
