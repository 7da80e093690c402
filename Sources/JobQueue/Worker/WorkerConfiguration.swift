// SPDX-License-Identifier: MIT

package import Domain
package import PQClient

/// How a worker works.
///
/// All durations are real time.
package struct WorkerConfiguration: Sendable {
    /// How many runs occupy a platform or the machine at once, by queue; only these queues are served.
    ///
    /// That is how many jobs run at once, but for those whose handlers give their slot to others meanwhile (``JobHandler/holdsSlot(in:)``).
    package var slots: [QueueName: Int]
    /// The machine's name, a label for people.
    package var host = "localhost"
    /// The program's version.
    package var version = "0"
    /// What the program knows of the schema: a worker that no longer fits drains and ends.
    package var known = KnownSchema.queue
    /// The pause between two beats.
    package var heartbeat: Duration = .seconds(5)
    /// Without a beat for this long the fleet takes the worker's jobs.
    package var deadAfter: Duration = .seconds(20)
    /// So long before ``deadAfter`` a worker that could not beat stops sending and cancels its jobs.
    package var fenceMargin: Duration = .seconds(5)
    /// The longest pause between two looks for ready work.
    package var poll: Duration = .milliseconds(250)
    /// The pause between two promotions.
    package var promote: Duration = .milliseconds(250)
    /// The pause between two looks for slots of schedules.
    package var schedule: Duration = .seconds(2)
    /// The pause between two rounds of rescue and housekeeping.
    package var maintain: Duration = .seconds(5)
    /// The pause between two rounds of retention, and of the housekeeping of other modules.
    package var retain: Duration = .seconds(60)
    /// How long what has ended is kept.
    package var retention = RetentionPolicy()
    /// What is done for the whole fleet besides, as often as retention.
    package var housekeeping: [any Housekeeping] = []
    /// What is done for the whole fleet besides and asks others, as often.
    package var errands: [any Errand] = []
    /// The pause between two looks for snapshots that are held.
    package var watch: Duration = .seconds(10)
    /// How long a snapshot may be held before something is done.
    package var snapshots = SnapshotThresholds()
    /// The queues whose work can wait: they are slowed while a snapshot is held for too long.
    package var patient: Set<QueueName> = []
    /// How long running jobs may go on after a drain began.
    package var grace: Duration = .seconds(30)
    /// How much longer those may go on that are in the middle of a send, and those that do not stop when cancelled.
    package var sendGrace: Duration = .seconds(5)
    /// How long a run may last, where that is not what its handler says.
    package var deadlines: [JobKind: Duration] = [:]
    /// The longest time from the fence to a send's first byte.
    package var sendWindow: Duration = .seconds(2)
    /// Whether to drain as soon as nothing is due and nothing runs.
    package var untilEmpty = false
    /// The pauses after an attempt whose handler threw, in world time; the job's own number of attempts counts.
    package var retry = RetryPolicy()
    /// The number of crashes at which a job is held.
    package var crashLimit = 3
    /// Whether to listen for work that is due now; without it, polling finds it.
    package var listens = true
    /// Where to listen, when not at the pool's address: never through a pooler in transaction mode.
    package var listenAddress: PQConfiguration?
    /// Where the process is to die, in chaos tests.
    package var crash = CrashPlan.none

    /// Makes a configuration.
    package init(slots: [QueueName: Int]) {
        self.slots = slots
    }

    /// How long a run of a handler's jobs may last.
    func deadline(of handler: any JobHandler) -> Duration { self.deadlines[handler.kind] ?? handler.deadline }

    /// When the fleet takes a job whose worker lives and has not ended the run: the deadline, the time to stop, and as long
    /// again as a worker may be silent; and before all that the job may have waited for a slot.
    func runLimit(of handler: any JobHandler) -> Duration {
        WorkSlots.patience + self.heartbeat + self.deadline(of: handler) + self.sendGrace + self.deadAfter
    }
}
