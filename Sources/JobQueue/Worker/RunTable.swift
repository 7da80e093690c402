// SPDX-License-Identifier: MIT

import Domain

/// The jobs a worker has, as plain data: how many more it may take, runs by lease number, what a beat's answer means for them.
struct RunTable {
    /// Where a run stands.
    enum Phase {
        /// The handler works, or is about to.
        case running
        /// The result is on its way into the database.
        case finishing
    }

    struct Run {
        var job: ClaimedJob
        var phase = Phase.running
        var cause: CancelCause?
        /// When it must have ended.
        var deadline: ContinuousClock.Instant?
        /// Cancels the handler's task; nil until it exists.
        var cancel: (@Sendable () -> Void)?
        /// Ends the wait for a handler that does not stop, with a result in its place.
        var abandon: (@Sendable (JobResult) -> Void)?
    }

    /// What is to be done after a beat, outside the lock.
    struct BeatActions {
        var cancellations: [(ClaimedJob, CancelCause, (@Sendable () -> Void)?)] = []
        /// Leases in the database that nobody here knows: their claim's answer was lost.
        var orphans: [Int64] = []
    }

    private(set) var runs: [Int64: Run] = [:]
    private var free: [QueueName: Int]
    private var withheld: [QueueName: Int] = [:]
    private var claims = 0
    private var claimGeneration = 0
    private var suspects: Set<Int64> = []

    init(slots: [QueueName: Int]) { self.free = slots }

    /// Whether nothing runs and nothing waits to be written.
    var isEmpty: Bool { self.runs.isEmpty }
    /// How many handlers work.
    var runningCount: Int { self.runs.values.count { $0.phase == .running } }

    /// How many jobs of a queue may be claimed: one for each slot that no job in hand is for, and some ahead.
    ///
    /// Jobs ahead are claimed by the lot: a claim costs nearly the same for one as for ten.
    func freeSlots(_ queue: QueueName, ahead: Int = 0) -> Int {
        let withheld = self.withheld[queue] ?? 0
        let free = (self.free[queue] ?? 0) - withheld
        guard withheld == 0 else { return max(0, free) }
        let room = max(0, free + ahead)
        return free > 0 || room * 4 >= ahead ? room : 0
    }

    /// Keeps so many slots of a queue from claims, and takes no jobs ahead for the others; what is in hand goes on.
    mutating func withhold(_ slots: Int, of queue: QueueName) { self.withheld[queue] = slots }

    // MARK: Claims

    mutating func claimBegins() {
        self.claims += 1
        self.claimGeneration += 1
    }

    /// Takes the slots of what was claimed.
    mutating func claimEnds(_ jobs: [ClaimedJob]) {
        self.claims -= 1
        for job in jobs {
            self.runs[job.lease.number] = Run(job: job)
            self.free[job.queue, default: 0] -= 1
        }
    }

    // MARK: Runs

    /// Notes how to cancel a run; returns why it must be cancelled at once.
    mutating func attach(
        _ lease: Int64, deadline: ContinuousClock.Instant, cancel: @escaping @Sendable () -> Void,
        abandon: @escaping @Sendable (JobResult) -> Void
    ) -> CancelCause? {
        self.runs[lease]?.deadline = deadline
        self.runs[lease]?.cancel = cancel
        self.runs[lease]?.abandon = abandon
        return self.runs[lease]?.cause
    }

    /// The handler is done: the job is out of hand unless the result keeps it.
    mutating func ran(_ lease: Int64, keepsSlot: Bool) {
        guard let run = self.runs[lease], run.phase == .running else { return }
        self.runs[lease]?.phase = .finishing
        self.runs[lease]?.cancel = nil
        self.runs[lease]?.abandon = nil
        if !keepsSlot { self.free[run.job.queue, default: 0] += 1 }
    }

    /// A run whose result kept it is out of hand.
    mutating func freeSlot(of job: ClaimedJob) { self.free[job.queue, default: 0] += 1 }

    /// The result is in the database.
    mutating func finished(_ lease: Int64) { self.runs[lease] = nil }

    /// Marks running jobs as cancelled, each once.
    mutating func cancel(
        _ cause: CancelCause, where isWanted: (Int64) -> Bool
    ) -> [(ClaimedJob, CancelCause, (@Sendable () -> Void)?)] {
        var actions: [(ClaimedJob, CancelCause, (@Sendable () -> Void)?)] = []
        for (lease, run) in self.runs where run.phase == .running && run.cause == nil && isWanted(lease) {
            self.runs[lease]?.cause = cause
            actions.append((run.job, cause, run.cancel))
        }
        return actions
    }

    /// What ends the wait for every handler that still works.
    func abandonments() -> [@Sendable (JobResult) -> Void] {
        self.runs.values.compactMap { $0.phase == .running ? $0.abandon : nil }
    }

    /// Marks the runs that are over their deadline as cancelled, each once.
    mutating func cancelOverdue(at now: ContinuousClock.Instant) -> [(ClaimedJob, CancelCause, (@Sendable () -> Void)?)]
    {
        let overdue = Set(self.runs.filter { $0.value.deadline.map { $0 <= now } ?? false }.keys)
        return self.cancel(.overdue) { overdue.contains($0) }
    }

    /// The runs that were to have ended so long ago that nobody waits for their handlers any more, whatever they were
    /// cancelled for.
    func hopeless(at now: ContinuousClock.Instant, grace: Duration) -> [Run] {
        self.runs.values.filter { run in
            run.phase == .running && run.abandon != nil && (run.deadline.map { $0 + grace <= now } ?? false)
        }
    }

    // MARK: Beats

    /// What was known when a beat was sent: the answer speaks of that moment.
    struct BeatMark {
        fileprivate var running: Set<Int64>
        fileprivate var claimGeneration: Int
        fileprivate var isClaiming: Bool
    }

    func mark() -> BeatMark {
        BeatMark(
            running: Set(self.runs.filter { $0.value.phase == .running }.keys), claimGeneration: self.claimGeneration,
            isClaiming: self.claims > 0)
    }

    /// Applies the answer to a beat of the worker that holds `worker`'s leases.
    mutating func apply(_ answer: BeatAnswer, since mark: BeatMark, worker: WorkerID) -> BeatActions {
        var actions = BeatActions()
        actions.cancellations = self.cancel(.requested) { answer.cancelled.contains($0) }
        guard let leases = answer.leases else { return actions }
        let lost = mark.running.subtracting(leases)
        actions.cancellations += self.cancel(.lost) { lost.contains($0) }

        // A lease unknown in two answers, with no claim under way in between, belongs to a claim whose answer was lost.
        let isQuiet = !mark.isClaiming && self.claims == 0 && mark.claimGeneration == self.claimGeneration
        let unknown = leases.subtracting(self.runs.keys)
        actions.orphans = isQuiet ? unknown.intersection(self.suspects).sorted() : []
        self.suspects = unknown.subtracting(actions.orphans)
        return actions
    }
}
