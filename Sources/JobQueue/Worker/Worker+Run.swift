// SPDX-License-Identifier: MIT

import Domain
import Logging
import PQClient
import Synchronization

extension Worker {
    /// Starts a claimed job in a task of its own.
    func start(_ job: ClaimedJob, in jobs: inout DiscardingTaskGroup) {
        jobs.addTask { await self.carryOut(job) }
    }

    /// Runs one job to its end and sees its result on its way.
    private func carryOut(_ job: ClaimedJob) async {
        let lease = job.lease.number
        let start = ContinuousClock.now
        let answer = OneShot<JobResult>()
        let slot = self.slots[job.queue]?.open(lease, isWhole: self.handlers[job.kind]?.holdsSlot ?? true)
        // Its result is awaited below through `answer`. It is no child task, because one job must be cancelled alone,
        // and a handler that does
        // not stop must not hold up the end of the process.
        let task = Task {
            guard let slot else { return answer.fulfil(await self.runHandler(job)) }
            answer.fulfil(await RunSlot.$current.withValue(slot) { await self.runHandler(job) })
        }
        let cause = self.table.withLock {
            $0.attach(
                lease, deadline: self.deadline(of: job, from: start), cancel: { task.cancel() },
                abandon: { answer.fulfil($0) })
        }
        if cause != nil { task.cancel() }
        let result = await answer.value()
        // Also when its handler was given up and works on: nobody knows when that ends.
        slot?.close()
        var finish = Finish(
            job, result.outcome, duration: ContinuousClock.now - start, requestID: result.requestID)
        finish.mayHaveSent = self.gate.forget(lease)
        self.onEvent(.ran(job, result.outcome, finish.duration))
        self.configuration.crash.reached(.beforeFinish)

        let hasRecord = result.record != nil || result.recordIfStale != nil
        self.table.withLock { $0.ran(lease, keepsSlot: hasRecord) }
        guard hasRecord else {
            self.completions.add(finish)
            self.wake.signal()
            return
        }
        await self.write(finish, result)
        self.table.withLock { $0.freeSlot(of: job) }
        self.wake.signal()
        self.idle.signal()
    }

    /// Calls the handler; whatever it throws becomes an outcome.
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
            if handler.holdsSlot { try await RunSlot.current?.take() }
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
                self.wrote(finish, written)
                return
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
            guard !self.isGivingUp else {
                self.table.withLock { $0.finished(finish.job.lease.number) }
                return
            }
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
            self.wrote(finish, try await self.store.finish(finish, record: record))
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

    func wrote(_ finish: Finish, _ result: FinishResult) {
        self.ended(finish)
        self.table.withLock { $0.finished(finish.job.lease.number) }
        if result == .stale {
            self.logger.info(
                "A lease was lost before the job's result was written",
                metadata: ["job.id": "\(finish.job.id)", "job.kind": "\(finish.job.kind)"])
        }
        self.onEvent(.finished(finish.job, finish.outcome, result))
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
                    for (finish, result) in zip(rest, results) { self.wrote(finish, result) }
                    rest = []
                    pause = .milliseconds(50)
                } catch let error as PQError where error.isTransient {
                    self.setback("finish", error)
                    guard !self.isGivingUp else {
                        self.table.withLock { table in rest.forEach { table.finished($0.job.lease.number) } }
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
                self.wrote(finish, try await self.store.finish([finish])[0])
            } catch let error as PQError where error.isTransient {
                rest.append(finish)
            } catch {
                self.logger.info(
                    "A job's result cannot be stored; the job is held",
                    metadata: ["job.id": "\(finish.job.id)", "error": "\(error)"])
                if finish.outcome == .held(reason: "unstorable-result", nil) {
                    self.table.withLock { $0.finished(finish.job.lease.number) }
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
