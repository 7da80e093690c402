// SPDX-License-Identifier: MIT

import Domain

/// The jobs a worker has, as plain data: how many more it may take, runs by lease number, what a beat's answer means for them.
struct RunTable {
    /// Where a run stands.
    enum Phase {
        /// The job waits for a slot; nothing of it has begun.
        case waiting
        /// The handler works, or is about to; or the run was cancelled before and is about to end.
        case running
        /// The result is on its way into the database.
        case finishing
    }

    struct Run {
        var job: ClaimedJob
        var phase: Phase
        var cause: CancelCause?
        /// When it began, once it has a task.
        var began: ContinuousClock.Instant?
        /// When it must have ended.
        var deadline: ContinuousClock.Instant?
        /// Runs the handler; nil until then.
        var task: Task<Void, Never>?
        /// Whether it counts among the jobs in hand; what is only to be written does not.
        var isInHand = true
    }

    /// A run that is to end, outside the lock.
    struct Cancellation {
        var job: ClaimedJob
        var cause: CancelCause
        /// Runs the handler; nil when there is none yet.
        var task: Task<Void, Never>?
        /// Whether it waited for a slot: nobody but the caller begins it, so that it ends.
        var wasWaiting: Bool
    }

    /// What is to be done after a beat, outside the lock.
    struct BeatActions {
        var cancellations: [Cancellation] = []
        /// Leases in the database that nobody here knows: their claim's answer was lost.
        var orphans: [Int64] = []
    }

    private(set) var runs: [Int64: Run] = [:]
    private var hands: [QueueName: JobsInHand]
    private var claims = 0
    private var claimGeneration = 0
    private var suspects: Set<Int64> = []

    /// Makes an empty table.
    ///
    /// - Parameters:
    ///   - slots: How many jobs of each queue have a slot at once.
    ///   - sharing: The queues whose jobs begin when they are claimed, because their handlers wait for slots themselves.
    init(slots: [QueueName: Int], sharing: Set<QueueName> = []) {
        self.hands = Dictionary(
            uniqueKeysWithValues: slots.map { ($0, JobsInHand(slots: $1, beginsAtOnce: sharing.contains($0))) })
    }

    /// Whether nothing runs and nothing waits to be written.
    var isEmpty: Bool { self.runs.isEmpty }
    /// How many handlers work.
    var runningCount: Int { self.runs.values.count { $0.phase == .running } }
    /// How many jobs have not come to an end here.
    var openCount: Int { self.runs.values.count { $0.phase != .finishing } }

    /// How many jobs of a queue may be claimed: one for each slot that no job in hand is for, and some ahead.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - ahead: How many ahead; nil is what the queue's own jobs allow.
    ///   - now: The worker's clock.
    /// - Returns: How many.
    func room(_ queue: QueueName, ahead: Int? = nil, at now: ContinuousClock.Instant) -> Int {
        self.hands[queue]?.room(ahead: ahead, at: now) ?? 0
    }

    /// Keeps so many slots of a queue from claims, and takes no jobs ahead for the others; what is in hand goes on.
    mutating func withhold(_ slots: Int, of queue: QueueName) { self.hands[queue]?.withheld = slots }

    // MARK: Claims

    mutating func claimBegins() {
        self.claims += 1
        self.claimGeneration += 1
    }

    /// Takes what was claimed in hand.
    ///
    /// - Returns: The jobs that begin now; the others wait for a slot, which ``ran(_:keepsSlot:at:)`` and ``finished(_:at:)`` give them.
    mutating func claimEnds(_ jobs: [ClaimedJob], at now: ContinuousClock.Instant) -> [ClaimedJob] {
        self.claims -= 1
        var beginning: [ClaimedJob] = []
        for job in jobs {
            let begins = self.hands[job.queue]?.take(job.lease.number, at: now) ?? true
            self.runs[job.lease.number] = Run(job: job, phase: begins ? .running : .waiting)
            if begins { beginning.append(job) }
        }
        return beginning
    }

    // MARK: Runs

    /// Begins a run, unless it was cancelled before.
    ///
    /// - Parameters:
    ///   - lease: Its lease's number.
    ///   - now: The worker's clock.
    ///   - deadline: When it must have ended.
    ///   - task: Makes the task that runs its handler.
    /// - Returns: Why it must not begin.
    mutating func begin(
        _ lease: Int64, at now: ContinuousClock.Instant, deadline: ContinuousClock.Instant,
        _ task: () -> Task<Void, Never>?
    ) -> CancelCause? {
        guard let index = self.runs.index(forKey: lease) else { return .lost }
        if let cause = self.runs.values[index].cause { return cause }
        guard self.runs.values[index].phase == .running else { return .lost }
        self.runs.values[index].began = now
        self.runs.values[index].deadline = deadline
        self.runs.values[index].task = task()
        return nil
    }

    /// What follows when a handler is done.
    struct Ending {
        /// When the run began.
        var began: ContinuousClock.Instant?
        /// The job that begins with its slot.
        var next: ClaimedJob?
    }

    /// The handler is done, or nobody waits for it any more: the job is out of hand unless the result keeps it.
    ///
    /// - Returns: What follows; nil when the run has come to its end before.
    mutating func ran(_ lease: Int64, keepsSlot: Bool, at now: ContinuousClock.Instant) -> Ending? {
        guard let index = self.runs.index(forKey: lease), self.runs.values[index].phase == .running else { return nil }
        self.runs.values[index].phase = .finishing
        self.runs.values[index].task = nil
        return Ending(
            began: self.runs.values[index].began, next: keepsSlot ? nil : self.letGo(at: index, now))
    }

    /// The result is in the database, or left to the rescue.
    ///
    /// - Returns: The job that begins with its slot, unless that was free before.
    mutating func finished(_ lease: Int64, at now: ContinuousClock.Instant) -> ClaimedJob? {
        guard let index = self.runs.index(forKey: lease) else { return nil }
        let next = self.letGo(at: index, now)
        self.runs[lease] = nil
        return next
    }

    /// A run is out of hand.
    private mutating func letGo(
        at index: Dictionary<Int64, Run>.Index, _ now: ContinuousClock.Instant
    ) -> ClaimedJob? {
        guard self.runs.values[index].isInHand else { return nil }
        self.runs.values[index].isInHand = false
        let run = self.runs.values[index]
        guard let next = self.hands[run.job.queue]?.end(run.job.lease.number, hasRun: run.began != nil, at: now),
            let waiter = self.runs.index(forKey: next)
        else { return nil }
        self.runs.values[waiter].phase = .running
        return self.runs.values[waiter].job
    }

    /// Marks jobs that have not come to an end here as cancelled, each once; none of them waits for a slot any more.
    mutating func cancel(_ cause: CancelCause, where isWanted: (Int64) -> Bool) -> [Cancellation] {
        var cancellations: [Cancellation] = []
        for (lease, run) in self.runs where run.phase != .finishing && run.cause == nil && isWanted(lease) {
            self.runs[lease]?.cause = cause
            let wasWaiting = run.phase == .waiting
            if wasWaiting {
                self.hands[run.job.queue]?.stopWaiting(lease)
                self.runs[lease]?.phase = .running
            }
            cancellations.append(Cancellation(job: run.job, cause: cause, task: run.task, wasWaiting: wasWaiting))
        }
        return cancellations
    }

    /// Marks those as cancelled that wait for a slot, because the worker begins nothing any more.
    mutating func cancelWaiting() -> [Cancellation] {
        let waiting = Set(self.runs.filter { $0.value.phase == .waiting }.keys)
        return self.cancel(.drained) { waiting.contains($0) }
    }

    /// Marks those as cancelled that have waited for a slot for too long: they came too many, and another worker may have one free.
    mutating func cancelStuck(at now: ContinuousClock.Instant) -> [Cancellation] {
        let stuck = Set(self.hands.values.flatMap { $0.stuck(at: now) })
        return stuck.isEmpty ? [] : self.cancel(.crowded) { stuck.contains($0) }
    }

    /// The runs whose handlers still work.
    var working: [Run] { self.runs.values.filter { $0.phase == .running } }

    /// Marks the runs that are over their deadline as cancelled, each once.
    mutating func cancelOverdue(at now: ContinuousClock.Instant) -> [Cancellation] {
        let overdue = Set(self.runs.filter { $0.value.deadline.map { $0 <= now } ?? false }.keys)
        return self.cancel(.overdue) { overdue.contains($0) }
    }

    /// The runs that were to have ended so long ago that nobody waits for their handlers any more, whatever they were
    /// cancelled for.
    func hopeless(at now: ContinuousClock.Instant, grace: Duration) -> [Run] {
        self.runs.values.filter { run in
            run.phase == .running && (run.deadline.map { $0 + grace <= now } ?? false)
        }
    }

    // MARK: Beats

    /// What was known when a beat was sent: the answer speaks of that moment.
    struct BeatMark {
        fileprivate var open: Set<Int64>
        fileprivate var claimGeneration: Int
        fileprivate var isClaiming: Bool
    }

    func mark() -> BeatMark {
        BeatMark(
            open: Set(self.runs.filter { $0.value.phase != .finishing }.keys), claimGeneration: self.claimGeneration,
            isClaiming: self.claims > 0)
    }

    /// Applies the answer to a beat of the worker that holds `worker`'s leases.
    mutating func apply(_ answer: BeatAnswer, since mark: BeatMark, worker: WorkerID) -> BeatActions {
        var actions = BeatActions()
        actions.cancellations = self.cancel(.requested) { answer.cancelled.contains($0) }
        guard let leases = answer.leases else { return actions }
        let lost = mark.open.subtracting(leases)
        actions.cancellations += self.cancel(.lost) { lost.contains($0) }

        // A lease unknown in two answers, with no claim under way in between, belongs to a claim whose answer was lost.
        let isQuiet = !mark.isClaiming && self.claims == 0 && mark.claimGeneration == self.claimGeneration
        let unknown = leases.subtracting(self.runs.keys)
        actions.orphans = isQuiet ? unknown.intersection(self.suspects).sorted() : []
        self.suspects = unknown.subtracting(actions.orphans)
        return actions
    }
}
