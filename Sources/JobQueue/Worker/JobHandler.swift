// SPDX-License-Identifier: MIT

package import PQClient

/// What runs jobs of one kind.
package protocol JobHandler: Sendable {
    /// The kind of job it runs.
    var kind: JobKind { get }

    /// The outside systems it works with; nil is every one.
    var providers: [String]? { get }

    /// How long one run may last, in real time; then its worker ends it, and if it does not, the fleet takes the job.
    var deadline: Duration { get }

    /// Whether a run in a queue holds one of its slots from its beginning to its end.
    ///
    /// Else its code takes the slot for what occupies the platform or the machine (``RunSlot``), and others have it while the run waits
    /// for the database.
    func holdsSlot(in queue: QueueName) -> Bool

    /// Runs one job.
    ///
    /// It may run again after a crash, so what it does outside goes through ``JobContext/effects``. It is cancelled
    /// when the job is, when the
    /// lease was lost, and at the end of a drain; it should return soon then.
    ///
    /// - Throws: Anything; the attempt then counts as failed and is retried by the worker's policy. A
    ///   `CancellationError` in a cancelled task
    ///   gives the job back, and an unreachable database puts it off, both without costing an attempt.
    func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult

    /// What is written with the end of a run that the handler did not decide itself: it threw, its own record could not be written, or its
    /// worker died and the job is held or cancelled for it.
    ///
    /// - Returns: Something that brings what the job acts on to an end as well; `nil` when nothing needs it.
    func record(of outcome: JobOutcome, _ job: ClaimedJob) -> JobResult.Record?
}

extension JobHandler {
    /// Every outside system.
    package var providers: [String]? { nil }

    /// A quarter of an hour: more than any upload needs.
    package var deadline: Duration { .seconds(900) }

    /// It does.
    package func holdsSlot(in queue: QueueName) -> Bool { true }

    /// Nothing.
    package func record(of outcome: JobOutcome, _ job: ClaimedJob) -> JobResult.Record? { nil }
}

/// What the worker offers a handler.
package struct JobContext: Sendable {
    /// The job's outside effects, bound to its lease.
    package var effects: EffectStore
    /// The worker's connections; a handler holds one only for a moment.
    package var pool: ConnectionPool
    private let flags: @Sendable () -> Bool

    /// Makes a context.
    package init(
        effects: EffectStore, pool: ConnectionPool, isCancelRequested: @escaping @Sendable () -> Bool = { false }
    ) {
        self.effects = effects
        self.pool = pool
        self.flags = isCancelRequested
    }

    /// Whether somebody asked to cancel the job.
    package var isCancelRequested: Bool { self.flags() }

    /// Whether this worker may begin a send now.
    package var canSend: Bool { self.effects.gate.canSend }
}
