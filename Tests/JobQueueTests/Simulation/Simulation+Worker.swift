// SPDX-License-Identifier: MIT

import Domain
import Foundation

@testable import JobQueue

/// What a process does besides running handlers, as `Worker` does it: beats, claims, housekeeping, completions, faults.
extension Simulation {
    mutating func happen(_ event: Event) {
        switch event {
        case .start: self.start()
        case .fault: self.fault()
        case .beat(let worker): self.send(.beat(self.workers[worker].table.mark()), from: worker)
        case .claim(let worker, let queue): self.claim(worker, queue)
        case .tend(let worker):
            self.send(.rescue, from: worker)
            self.add(.tend(worker), in: Pace.maintain)
        case .watch(let worker): self.watch(worker)
        case .write(let worker): self.write(worker)
        case .stopWaiting(let worker): self.stopWaiting(worker)
        case .exit(let worker): self.exit(worker)
        case .begin(let worker, let lease): self.begin(worker, lease)
        case .worked(let worker, let lease): self.worked(worker, lease)
        case .depart(let worker, let lease, let send, let notAfter):
            self.depart(worker, lease, send: send, notAfter: notAfter)
        case .looked(let worker, let lease, let send, let loadedAt):
            self.looked(worker, lease, send: send, loadedAt: loadedAt)
        case .again(let message): self.send(message)
        case .reach(let message, let delivery): self.reach(message, delivery)
        case .answer(let message, let answer):
            if message.lease == 0 { self.heard(answer, to: message) } else { self.heardRun(answer, to: message) }
        case .arrive(let request): self.arrive(request)
        case .reply(let request, let reply): self.replied(request, reply)
        case .gaveUp(let request): self.replied(request, nil)
        }
    }

    private mutating func newIdentity() -> Int {
        self.identities += 1
        return self.identities
    }

    private mutating func start() {
        // Clocks of workers lie by up to ten minutes.
        let skew = self.draw(-600_000...600_000)
        let identity = self.newIdentity()
        let turns = self.dice.next()
        self.workers.append(ModelWorker(identity: identity, skew: skew, seed: turns))
        let worker = self.workers.count - 1
        self.note("worker \(worker) starts, its clock is wrong by \(skew) ms")
        self.send(.register, from: worker)
        self.add(.beat(worker), in: Pace.heartbeat)
        self.add(.tend(worker), in: self.draw(0...Pace.maintain))
        self.add(.watch(worker), in: Pace.watch)
        for queue in [QueueName.reconcile, "work"] { self.add(.claim(worker, queue), in: self.draw(5...500)) }
    }

    /// Something goes wrong with a process; another one takes its place.
    private mutating func fault() {
        let alive = self.workers.indices.filter { !self.workers[$0].isGone && !self.workers[$0].isDraining }
        guard let worker = alive.randomElement(using: &self.dice), self.now < self.quietAt else { return }
        let freezes = self.weather.freezes
        if self.chance(freezes) {
            let thaw = self.now + self.draw(200...20_000)
            self.workers[worker].frozenUntil = thaw
            self.note("worker \(worker) is frozen until \(thaw) ms")
        } else if self.chance(60) {
            self.note("worker \(worker) is killed")
            self.workers[worker].isGone = true
            self.add(.start, in: self.draw(100...3_000))
        } else {
            self.note("worker \(worker) is told to stop")
            self.workers[worker].isDraining = true
            self.workers[worker].gate.end()
            let gate = self.workers[worker].gate
            self.cancel(worker, self.workers[worker].table.cancelWaiting())
            self.cancel(worker, self.workers[worker].table.cancel(.drained) { !gate.isInside($0) })
            self.add(.stopWaiting(worker), in: Pace.sendGrace)
            self.add(.start, in: self.draw(100...3_000))
        }
    }

    private mutating func stopWaiting(_ worker: Int) {
        self.cancel(worker, self.workers[worker].table.cancel(.drained) { _ in true })
        for lease in self.workers[worker].runs.keys.sorted() { self.abandon(worker, lease, .released) }
        self.add(.exit(worker), in: Pace.sendGrace)
    }

    private mutating func exit(_ worker: Int) {
        self.send(.deregister, from: worker)
        self.workers[worker].isGone = true
    }

    // MARK: Claims

    private mutating func claim(_ worker: Int, _ queue: QueueName) {
        guard !self.workers[worker].isDraining else { return }
        let now = self.instant(self.now)
        // What is ahead in truth depends on how long jobs take; here it is chance, so that jobs wait often.
        let ahead = self.draw(0...3)
        let free = self.workers[worker].table.room(queue, ahead: ahead, at: now)
        guard self.workers[worker].gate.canSend(at: now), free > 0 else {
            return self.add(.claim(worker, queue), in: Pace.poll)
        }
        let shares = self.workers[worker].boards[queue]?.next(limit: free, now: now).plain ?? []
        var counted: [Lane: [Int]] = [:]
        if self.left.contains(.slotKeys) {
            for share in shares { counted[share.lane] = self.database.freeSlots(share.lane, queue) }
        }
        self.workers[worker].table.claimBegins()
        self.send(.claim(queue, shares, counted: counted), from: worker)
    }

    private mutating func claimed(_ worker: Int, _ queue: QueueName, _ answer: LaneClaimAnswer, _ page: [SightedLane]) {
        let now = self.instant(self.now)
        let beginning = self.workers[worker].table.claimEnds(answer.jobs, at: now)
        self.workers[worker].boards[queue]?.took(answer.answers, now: now)
        self.workers[worker].boards[queue]?.join(page, now: now)
        for job in answer.jobs {
            let number = self.database.numbers[job.id] ?? 0
            self.workers[worker].runs[job.lease.number] = ModelWorker.Run(
                job: job, number: number, operation: self.database.jobs[number].operation)
        }
        for job in beginning { self.add(.begin(worker, job.lease.number), in: self.draw(0...5)) }
        let isHungry = self.workers[worker].boards[queue]?.hasOpenLanes ?? false
        self.add(.claim(worker, queue), in: isHungry ? self.draw(1...20) : self.draw(200...Pace.poll))
    }

    // MARK: Answers

    private mutating func heard(_ answer: Answer, to message: Message) {
        let worker = message.worker
        switch (message.call, answer) {
        case (.register, .done): self.open(worker, from: message.issuedAt)
        case (.beat(let mark), .beat(let beat)): self.beaten(worker, message, beat, mark)
        case (.beat, _): self.add(.beat(worker), in: Pace.heartbeat)
        case (.claim(let queue, _, _), .claimed(let claimed, let page)): self.claimed(worker, queue, claimed, page)
        case (.claim(let queue, _, _), _):
            _ = self.workers[worker].table.claimEnds([], at: self.instant(self.now))
            self.add(.claim(worker, queue), in: self.draw(50...500))
        case (.finish(let runs, _), .finished):
            for run in runs { self.wrote(worker, run) }
            self.workers[worker].isWriting = false
            self.add(.write(worker), in: 0)
        case (.finish, _): self.add(.again(message), in: self.draw(50...500))
        default: break
        }
    }

    private mutating func open(_ worker: Int, from time: Int) {
        self.workers[worker].gate.open(until: self.instant(time + Pace.deadAfter - Pace.fenceMargin))
    }

    private mutating func beaten(
        _ worker: Int, _ message: Message, _ answer: BeatAnswer, _ mark: RunTable.BeatMark
    ) {
        self.add(.beat(worker), in: Pace.heartbeat)
        guard answer.isAlive else {
            self.workers[worker].gate.shut()
            self.cancel(worker, self.workers[worker].table.cancel(.lost) { _ in true })
            guard !self.workers[worker].isDraining else { return }
            let identity = self.newIdentity()
            self.workers[worker].identity = identity
            self.note("worker \(worker) was taken for dead and goes on as \(identity)")
            return self.send(.register, from: worker)
        }
        self.open(worker, from: message.issuedAt)
        let actions = self.workers[worker].table.apply(answer, since: mark, worker: .numbered(message.identity))
        self.cancel(worker, actions.cancellations)
        if !actions.orphans.isEmpty { self.send(.giveBack(actions.orphans), from: worker) }
    }

    /// Carries out cancellations, as `Worker.carry` does.
    private mutating func cancel(_ worker: Int, _ cancellations: [RunTable.Cancellation]) {
        for cancellation in cancellations.sorted(by: { $0.job.lease.number < $1.job.lease.number }) {
            let lease = cancellation.job.lease.number
            self.note("worker \(worker) cancels lease \(lease): \(cancellation.cause.rawValue)")
            self.workers[worker].runs[lease]?.cause = cancellation.cause
            if cancellation.wasWaiting { self.begin(worker, lease) } else { self.cut(worker, lease) }
        }
    }

    /// Looks at the gate and at deadlines, as `Worker.gateLoop` and `Worker.deadlineLoop` do.
    private mutating func watch(_ worker: Int) {
        self.add(.watch(worker), in: Pace.watch)
        let now = self.instant(self.now)
        let gate = self.workers[worker].gate
        if !gate.canSend(at: now) {
            self.cancel(worker, self.workers[worker].table.cancel(.fenced) { !gate.isInside($0) })
        }
        self.cancel(worker, self.workers[worker].table.cancelStuck(at: now))
        self.cancel(worker, self.workers[worker].table.cancelOverdue(at: now))
        let hopeless = self.workers[worker].table.hopeless(at: now, grace: .milliseconds(Pace.sendGrace))
        for run in hopeless.sorted(by: { $0.job.lease.number < $1.job.lease.number }) {
            let outcome = self.outcome(after: run.cause ?? .overdue, run.job)
            self.abandon(worker, run.job.lease.number, outcome)
        }
    }

    // MARK: Ends

    /// The handler is done, or given up: its result is on its way.
    mutating func end(_ worker: Int, _ lease: Int64, _ outcome: JobOutcome, _ record: ModelDatabase.Record? = nil) {
        guard let run = self.workers[worker].runs[lease] else { return }
        if run.isAbandoned {
            self.workers[worker].runs[lease] = nil
            return
        }
        self.note("worker \(worker) lease \(lease) ends as \(outcome.word)")
        let finish = Finish(run.job, outcome)
        let hasRecord = run.job.kind == "publish"
        guard let ending = self.workers[worker].table.ran(lease, keepsSlot: hasRecord, at: self.instant(self.now))
        else { return }
        if let next = ending.next { self.add(.begin(worker, next.lease.number), in: 0) }
        if hasRecord {
            self.send(.finish([finish], record), from: worker, lease: lease)
        } else {
            self.workers[worker].completions.add(finish)
            self.add(.write(worker), in: 0)
        }
    }

    private mutating func abandon(_ worker: Int, _ lease: Int64, _ outcome: JobOutcome) {
        guard self.workers[worker].table.runs[lease]?.phase == .running else { return }
        self.end(worker, lease, outcome)
        self.workers[worker].runs[lease]?.isAbandoned = true
    }

    /// Takes what waits to be written, one batch at a time, as `Worker.completeLoop` does.
    private mutating func write(_ worker: Int) {
        guard !self.workers[worker].isWriting else { return }
        let batch = self.workers[worker].completions.take(limit: 500).batch
        guard !batch.isEmpty else { return }
        self.workers[worker].isWriting = true
        self.send(.finish(batch, nil), from: worker)
    }

    mutating func wrote(_ worker: Int, _ finish: Finish) {
        let lease = finish.job.lease.number
        let lane = Lane(client: finish.job.client, account: finish.job.account ?? .none)
        self.workers[worker].boards[finish.job.queue]?.ended(lane)
        if let next = self.workers[worker].table.finished(lease, at: self.instant(self.now)) {
            self.add(.begin(worker, next.lease.number), in: 0)
        }
        if self.workers[worker].runs[lease]?.isAbandoned == false { self.workers[worker].runs[lease] = nil }
    }

    /// Mirrors `Worker.outcome(after:_:)`.
    mutating func outcome(after cause: CancelCause, _ job: ClaimedJob) -> JobOutcome {
        switch cause {
        case .requested: .cancelled(reason: "cancelled on request")
        case .lost, .fenced, .drained, .crowded: .released
        case .overdue: self.retryOutcome(job)
        }
    }

    /// Mirrors `Worker.retryOutcome(_:_:)`; the pauses are the policy's own.
    mutating func retryOutcome(_ job: ClaimedJob) -> JobOutcome {
        let policy = RetryPolicy(
            pauses: [.milliseconds(500), .seconds(2)], maximumAttempts: job.spec.maximumAttempts)
        let failure = JobFailure(code: "error", message: "it failed")
        return policy.pause(after: job.attempt, using: &self.dice).map { .retry(after: $0, failure) }
            ?? .failed(failure)
    }
}
