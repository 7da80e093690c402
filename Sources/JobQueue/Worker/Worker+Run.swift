// SPDX-License-Identifier: MIT

import Domain
import Logging
import PQClient
import Synchronization

extension Worker {
    /// Begins a claimed job that has a slot, or is to end without one.
    ///
    /// Its handler runs in a task of its own, and no child task: one job must be cancelled alone, and a handler that does not stop must not
    /// hold up the end of the process. A drain waits for jobs by the table.
    func begin(_ job: ClaimedJob) {
        let lease = job.lease.number
        let start = ContinuousClock.now
        let cause = self.table.withLock { table in
            table.begin(lease, at: start, deadline: self.deadline(of: job, from: start)) {
                let slot = self.slots[job.queue]?.open(lease, isWhole: self.isWhole(job))
                return Task { self.conclude(job, await self.runHandler(job, slot)) }
            }
        }
        if let cause {
            let outcome = self.outcome(after: cause, job)
            self.conclude(job, JobResult(outcome, record: self.handlers[job.kind]?.record(of: outcome, job)))
        }
    }

    /// Whether a run holds a slot from its beginning to its end.
    private func isWhole(_ job: ClaimedJob) -> Bool { self.handlers[job.kind]?.holdsSlot(in: job.queue) ?? true }

    /// Sees a run's result on its way, when its handler is done or nobody waits for it any more.
    ///
    /// What comes later of the same run is ignored.
    func conclude(_ job: ClaimedJob, _ result: JobResult) {
        let lease = job.lease.number
        let now = ContinuousClock.now
        let hasRecord = result.record != nil || result.recordIfStale != nil
        guard let ending = self.table.withLock({ $0.ran(lease, keepsSlot: hasRecord, at: now) }) else { return }
        // Also when its handler was given up and works on: nobody knows when that ends.
        self.slots[job.queue]?.close(lease)
        var finish = Finish(
            job, result.outcome, duration: ending.began.map { $0.duration(to: now) } ?? .zero,
            requestID: result.requestID)
        finish.mayHaveSent = self.gate.forget(lease)
        if ending.began != nil { self.onEvent(.ran(job, result.outcome, finish.duration)) }
        self.configuration.crash.reached(.beforeFinish)
        if hasRecord {
            // The handler's task may be cancelled, and what it came to is written all the same.
            Task { [finish] in
                await self.write(finish, result)
                self.wake.signal()
                self.idle.signal()
            }
        } else {
            self.completions.add(finish)
            self.wake.signal()
        }
        if let next = ending.next { self.begin(next) }
    }

    /// Calls the handler; whatever it throws becomes an outcome.
    private func runHandler(_ job: ClaimedJob, _ slot: RunSlot?) async -> JobResult {
        guard let slot else { return await self.runHandler(job) }
        return await RunSlot.$current.withValue(slot) { await self.runHandler(job) }
    }

    private func runHandler(_ job: ClaimedJob) async -> JobResult {
        guard let handler = self.handlers[job.kind] else {
            return JobResult(.held(reason: "no-handler", nil))
        }
        let lease = job.lease.number
        let effects = EffectStore(
            pool: self.store.pool, job: job, gate: self.gate, sendWindow: self.configuration.sendWindow,
            crash: self.configuration.crash, groups: self.effectGroups)
        let context = JobContext(
            effects: effects, pool: self.store.pool,
            isCancelRequested: { self.table.withLock { $0.runs[lease]?.cause == .requested } })
        do {
            if self.isWhole(job) { try await RunSlot.current?.take() }
            self.onEvent(.running(job))
            self.configuration.crash.reached(.beforeRun)
            return try await handler.run(job, context)
        } catch {
            let outcome = self.outcome(of: error, job)
            return JobResult(outcome, record: handler.record(of: outcome, job))
        }
    }

    private func outcome(of error: any Error, _ job: ClaimedJob) -> JobOutcome {
        if let cause = self.table.withLock({ $0.runs[job.lease.number]?.cause }) {
            return self.outcome(after: cause, job)
        }
        if let error = error as? PQError, error.isTransient {
            return .deferredFor(.seconds(2), reason: "the database was away")
        }
        if let error = error as? JobQueueError, error.code == .leaseLost { return .released }
        let failure = JobFailure(code: "error", message: String(describing: error))
        var policy = self.configuration.retry
        policy.maximumAttempts = job.spec.maximumAttempts
        var generator = SystemRandomNumberGenerator()
        guard let pause = policy.pause(after: job.attempt, using: &generator) else { return .failed(failure) }
        return .retry(after: pause, failure)
    }

    /// Writes a result together with its record, for as long as it takes.
    private func write(_ finish: Finish, _ result: JobResult) async {
        var pause = Duration.milliseconds(50)
        while true {
            do {
                let written = try await self.store.finish(
                    finish, record: result.record, recordIfStale: result.recordIfStale)
                self.configuration.crash.reached(.afterFinish)
                return self.wrote([finish], [written])
            } catch {
                self.setback("record", error)
                guard (error as? PQError)?.isTransient == true || error is CancellationError else {
                    let failure = JobFailure(code: "record-failed", message: String(describing: error))
                    await self.writeUnrecorded(
                        Finish(
                            finish.job, self.retryOutcome(finish.job, failure), duration: finish.duration,
                            requestID: finish.requestID))
                    return
                }
            }
            guard !self.isGivingUp else { return self.finished([finish]) }
            await self.pause(pause)
            pause = min(pause * 2, .seconds(2))
        }
    }

    /// Ends a run whose record cannot be written; with the handler's word for such an end, when that can be written.
    private func writeUnrecorded(_ finish: Finish) async {
        guard let record = self.handlers[finish.job.kind]?.record(of: finish.outcome, finish.job) else {
            self.completions.add(finish)
            return
        }
        do {
            self.wrote([finish], [try await self.store.finish(finish, record: record)])
        } catch {
            self.setback("record", error)
            self.completions.add(finish)
        }
    }

    func retryOutcome(_ job: ClaimedJob, _ failure: JobFailure) -> JobOutcome {
        var generator = SystemRandomNumberGenerator()
        var policy = self.configuration.retry
        policy.maximumAttempts = job.spec.maximumAttempts
        return policy.pause(after: job.attempt, using: &generator).map { .retry(after: $0, failure) }
            ?? .failed(failure)
    }

    private func wrote(_ finishes: [Finish], _ results: [FinishResult]) {
        self.ended(finishes)
        // Told first: with the last run out of the table the worker may be at its end.
        for (finish, result) in zip(finishes, results) {
            if result == .stale {
                self.logger.info(
                    "A lease was lost before the job's result was written",
                    metadata: ["job.id": "\(finish.job.id)", "job.kind": "\(finish.job.kind)"])
            }
            self.onEvent(.finished(finish.job, finish.outcome, result))
        }
        self.finished(finishes)
    }

    /// Runs are over, and what waits for a slot of theirs begins.
    private func finished(_ finishes: [Finish]) {
        let now = ContinuousClock.now
        let next = self.table.withLock { table in
            finishes.compactMap { table.finished($0.job.lease.number, at: now) }
        }
        for job in next { self.begin(job) }
    }

    // MARK: Results without a record

    /// Writes results in batches until the queue is closed and empty.
    func completeLoop() async {
        var pause = Duration.milliseconds(50)
        while let batch = await self.completions.next(limit: 500) {
            var rest = batch
            while !rest.isEmpty {
                do {
                    let results = try await self.store.finish(rest)
                    self.wrote(rest, results)
                    rest = []
                    pause = .milliseconds(50)
                } catch let error as PQError where error.isTransient {
                    self.setback("finish", error)
                    guard !self.isGivingUp else {
                        self.finished(rest)
                        break
                    }
                    await self.pause(pause)
                    pause = min(pause * 2, .seconds(2))
                } catch {
                    self.setback("finish", error)
                    rest = await self.writeOneByOne(rest)
                }
            }
            self.configuration.crash.reached(.afterFinish)
            self.idle.signal()
            self.wake.signal()
        }
    }

    /// Something in the batch cannot be stored: only that run pays for it.
    ///
    /// - Returns: What is to be tried again.
    private func writeOneByOne(_ batch: [Finish]) async -> [Finish] {
        var rest: [Finish] = []
        for finish in batch {
            do {
                self.wrote([finish], try await self.store.finish([finish]))
            } catch let error as PQError where error.isTransient {
                rest.append(finish)
            } catch {
                self.logger.info(
                    "A job's result cannot be stored; the job is held",
                    metadata: ["job.id": "\(finish.job.id)", "error": "\(error)"])
                if finish.outcome == .held(reason: "unstorable-result", nil) {
                    self.finished([finish])
                } else {
                    rest.append(
                        Finish(
                            finish.job, .held(reason: "unstorable-result", nil), duration: finish.duration,
                            requestID: finish.requestID))
                }
            }
        }
        return rest
    }

    private var isGivingUp: Bool {
        self.control.withLock { control in control.giveUpAt.map { ContinuousClock.now >= $0 } ?? false }
    }

    /// A pause between two tries; cut short by nothing but its end.
    func pause(_ duration: Duration) async {
        // A cancelled pause only comes early; the loops look at their own conditions.
        try? await Task.sleep(for: duration)
    }
}
