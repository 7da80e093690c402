// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Why a job is not running", .postgresSchema)
struct ExplainTests {
    @Test("a job that is ready and free has nothing in its way and starts at once")
    func free() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T08:00:00Z")
        _ = try await queue.worker()
        let job = queue.job()
        try await queue.store.enqueue([job])
        let explanation = try await queue.explain(job)
        #expect(explanation.hindrances.isEmpty)
        #expect(
            explanation.turn == JobExplanation.Turn(ahead: 0, aheadOfClient: 0, aheadOfOthers: 0, lanes: 1, clients: 1))
        #expect(explanation.start == .about(explanation.at, basis: "the next free slot"))
    }

    @Test("time, pauses, gates and used-up limits are each named with who and until when")
    func chain() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T08:00:00Z")
        let now = try Date(iso8601: "2026-06-01T08:00:00Z")
        _ = try await queue.worker()
        let job = queue.job(dueAt: now.addingTimeInterval(60))
        let account = try #require(job.account)
        try await queue.store.enqueue([job])
        try await queue.store.pause(.account(queue.client, account), by: "ada", reason: "legal")
        try await queue.store.pause(.client(ClientID()), by: "ada")
        try await queue.pool.withConnection { db in
            try await LimitStore.close(
                .account(account), queue: "work", for: .seconds(900), reason: "429 from p", by: "p", on: &db)
            try await LimitStore.close(
                .account(account), queue: "other", for: .seconds(900), reason: "-", by: "p", on: &db)
            try await LimitStore.close(.provider("q"), for: .seconds(900), reason: "-", by: "p", on: &db)
        }
        let explanation = try await queue.explain(job)
        #expect(explanation.hindrances.map(\.word) == ["not-due", "paused by ada", "closed by p: 429 from p"])
        #expect(
            explanation.hindrances.map(\.until) == [now.addingTimeInterval(60), nil, now.addingTimeInterval(900)])
        #expect(explanation.start == .unknown(why: "it is paused until somebody resumes it"))
        try await queue.store.resume(.account(queue.client, account))
        let later = try await queue.explain(job)
        #expect(later.start == .about(now.addingTimeInterval(900), basis: "when the last of it opens"))
    }

    @Test("an account whose slots are taken names who has them, and work before it counts in the estimate")
    func slots() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T08:00:00Z")
        let worker = try await queue.worker()
        let account = AccountID()
        func job() -> NewJob {
            NewJob(client: queue.client, account: account, queue: "work", kind: "noop", provider: "p")
        }
        try await queue.store.enqueue((0..<4).map { _ in job() })
        let running = try await queue.claim(worker)
        #expect(running.count == 4)
        var before = job()
        before.priority -= 1
        let last = job()
        try await queue.store.enqueue([before])
        try await queue.store.enqueue([last])
        let explanation = try await queue.explain(last)
        guard case .accountSlots(let limit, let holders) = try #require(explanation.hindrances.first) else {
            Issue.record("\(explanation.hindrances)")
            return
        }
        #expect(limit == 4)
        #expect(Set(holders.map(\.job)) == Set(running.map(\.id)))
        #expect(holders.allSatisfy { $0.worker == worker })
        #expect(explanation.turn?.ahead == 1)
        #expect(explanation.start == .unknown(why: "no job of its account ran in the last hour to judge by"))
    }

    @Test("slots of its own queue alone count: when they are taken, it says by whom, and its start is after them")
    func pool() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T08:00:00Z")
        let worker = try await queue.worker(slots: ["work": 2, "other": 8])
        try await queue.store.enqueue([queue.job(), queue.job()])
        let running = try await queue.claim(worker, limit: 2)
        let job = queue.job(client: ClientID())
        try await queue.store.enqueue([job, queue.job(client: ClientID()), queue.job()])
        let first = try await queue.explain(job)
        guard case .workersBusy(let pool) = try #require(first.hindrances.first) else {
            Issue.record("\(first.hindrances)")
            return
        }
        #expect(pool.workers == 1 && pool.slots == 2 && pool.running == 2 && pool.free == 0)
        #expect(Set(pool.holders.map(\.job)) == Set(running.map(\.id)))
        #expect(pool.holders.allSatisfy { $0.worker == worker && $0.since == first.at })
        #expect(
            first.turn
                == JobExplanation.Turn(ahead: 0, aheadOfClient: 0, aheadOfOthers: 2, lanes: 3, clients: 3))
        #expect(first.start == .unknown(why: "no job of its queue ran in the last hour to judge by"))
    }

    @Test("with all slots taken a start is as many runs away as go before it")
    func poolEstimate() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T08:00:00Z")
        let worker = try await queue.worker(slots: ["work": 2, "other": 8])
        try await queue.store.enqueue((0..<3).map { _ in queue.job() })
        let running = try await queue.claim(worker, limit: 3)
        try await queue.store.finish([Finish(running[0], .succeeded, duration: .seconds(10))])
        let job = queue.job(client: ClientID())
        try await queue.store.enqueue([job, queue.job(client: ClientID()), queue.job(client: ClientID())])
        let explanation = try await queue.explain(job)
        guard case .about(let start, let basis) = explanation.start else {
            Issue.record("\(explanation.start)")
            return
        }
        #expect(start.timeIntervalSince(explanation.at) == 15, "\(basis)")
        try await queue.store.finish(running.dropFirst().map { Finish($0, .succeeded, duration: .seconds(10)) })
        #expect(try await queue.explain(job).hindrances.isEmpty)
        // Two may go before it, two slots are free: one run has to end.
        let after = try await queue.explain(job).start
        guard case .about(let later, _) = after else {
            Issue.record("\(after)")
            return
        }
        #expect(later.timeIntervalSince(explanation.at) == 5)
    }

    @Test("how long jobs of a queue run is judged by that queue's runs, however many others ended before them")
    func otherQueues() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T08:00:00Z")
        let worker = try await queue.worker(slots: ["work": 10, "other": 10])
        for (name, count, run) in [("other", 5, 600), ("work", 3, 10)] as [(QueueName, Int, Int)] {
            try await queue.store.enqueue(
                (0..<count).map { _ in
                    NewJob(client: ClientID(), account: AccountID(), queue: name, kind: "noop", provider: "p")
                })
            let claimed = try await queue.claim(worker, queue: name)
            #expect(claimed.count == count)
            try await queue.store.finish(claimed.map { Finish($0, .succeeded, duration: .seconds(run)) })
        }
        #expect(try await queue.store.averageRun(in: "work", sample: 2) == .seconds(10))
        #expect(try await queue.store.averageRun(in: "none") == nil)
    }

    @Test("how long jobs of a queue run is judged by the last ten minutes, and by the hour where nothing ran in them")
    func newestRuns() async throws {
        let queue = try await QueueFixture()
        let worker = try await queue.worker()
        for (time, run) in [("08:00", 90), ("08:40", 30), ("09:05", 10)] {
            try await queue.stop(at: "2026-06-01T\(time):00Z")
            try await queue.store.enqueue([queue.job()])
            let claimed = try await queue.claim(worker)
            try await queue.store.finish(claimed.map { Finish($0, .succeeded, duration: .seconds(run)) })
        }
        for (time, run) in [("09:06", Duration.seconds(10)), ("09:30", .seconds(20)), ("10:10", nil)] {
            try await queue.stop(at: "2026-06-01T\(time):00Z")
            #expect(try await queue.store.averageRun(in: "work") == run, "\(time)")
        }
    }

    @Test("a worker that did not say how many slots a queue has makes the start unknown, not now")
    func unknownPool() async throws {
        let queue = try await QueueFixture()
        _ = try await queue.worker()
        try await queue.pool.execute("UPDATE worker SET queue_slots = '{}'")
        let job = queue.job()
        try await queue.store.enqueue([job])
        let explanation = try await queue.explain(job)
        #expect(explanation.hindrances.isEmpty)
        #expect(explanation.start == .unknown(why: "a worker did not say how many slots its queue has"))
    }

    @Test(
        "a closed endpoint and a used-up limit are told of a job that calls there, and do not move its start",
        arguments: [EndpointUse.always, .sometimes, .never])
    func calls(use: EndpointUse) async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T08:00:00Z")
        _ = try await queue.worker()
        let job = queue.job()
        let account = LimitScope.account(try #require(job.account))
        try await queue.store.enqueue([job])
        let limits = LimitStore(pool: queue.pool)
        let key = LimitKey(scope: account, endpoint: "metrics", window: .seconds(900))
        try await limits.set(key, calls: 1, reason: "a test", by: "me")
        _ = try await limits.debit(LimitedCall(endpoint: "metrics", scopes: [account]))
        try await limits.closeEndpoint("metrics", of: account, for: .seconds(900), reason: "429", by: "p")
        let calls = JobCalls { _, endpoint, _ in endpoint == "metrics" ? use : .never }
        let explanation = try #require(
            try await queue.store.explain(job.id, client: job.client, calls: calls))
        #expect(
            explanation.hindrances.map(\.word)
                == (use == .never ? [] : ["endpoint metrics, \(use)", "spent metrics, \(use)"]))
        #expect(explanation.start == .about(explanation.at, basis: "the next free slot"))
        #expect(try await queue.claim(try await queue.worker()).map(\.id) == [job.id])
    }

    @Test("a job that is not due says what put it off: its last run's end, its reason and its error")
    func putOff() async throws {
        let queue = try await QueueFixture()
        try await queue.stop(at: "2026-06-01T08:00:00Z")
        let failure = JobFailure(code: "busy", message: "the platform is busy")
        for (outcome, words) in [
            (JobOutcome.retry(after: .seconds(60), failure), "not-due after retry: busy"),
            (.deferredFor(.seconds(60), reason: "late: one an hour"), "not-due after deferred: late: one an hour"),
        ] {
            let job = try await queue.claimedJob()
            try await queue.store.finish([Finish(job, outcome)])
            let first = try await queue.explain(job.spec)
            #expect(first.hindrances.map(\.word) == [words])
            // A time that somebody chose since has no such reason.
            try await queue.pool.execute(
                "UPDATE job_scheduled SET due_at = due_at + interval '1 hour' WHERE job_id = \(job.id)")
            #expect(try await queue.explain(job.spec).hindrances.map(\.word) == ["not-due"])
        }
    }

    @Test("a job that no living worker can run says whether nobody serves its queue or nobody can do it")
    func workers() async throws {
        let queue = try await QueueFixture()
        let job = queue.job("rare")
        try await queue.store.enqueue([job])
        #expect(try await queue.explain(job).hindrances.map(\.word) == ["no worker of 0"])
        let worker = try await queue.worker()
        #expect(try await queue.explain(job).hindrances.map(\.word) == ["no worker of 1"])
        try await queue.kill(worker)
        #expect(try await queue.explain(job).hindrances.map(\.word) == ["no worker of 0"])
    }

    @Test("what runs, is held, was sent and is not known, or has ended says that and nothing else")
    func places() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        let running = try await queue.explain(job.spec)
        #expect(running.hindrances.map(\.word) == ["running"])
        #expect(running.start == .past)
        let operation = job.id.description
        let effects = queue.effects(of: job)
        try await effects.prepare(operation)
        let grant = try #require(try await effects.fence(operation))
        try await effects.markUnknown(operation, send: grant.sendNumber)
        try await queue.store.finish([Finish(job, .held(reason: "unknown", nil))])
        let held = try await queue.explain(job.spec)
        #expect(held.hindrances.map(\.word) == ["held: unknown", "unknown \(operation)"])
        #expect(held.start == .unknown(why: "it waits for a decision"))
        let done = try await queue.claimedJob()
        try await queue.store.finish([Finish(done, .succeeded)])
        #expect(try await queue.explain(done.spec).hindrances.map(\.word) == ["ended"])
        #expect(try await queue.store.explain(JobID()) == nil)
    }
}

extension QueueFixture {
    fileprivate func explain(_ job: NewJob) async throws -> JobExplanation {
        try #require(try await self.store.explain(job.id, client: job.client))
    }

    fileprivate func explain(_ job: JobSpec) async throws -> JobExplanation {
        try #require(try await self.store.explain(job.id, client: job.client))
    }
}

extension JobHindrance {
    /// One word or a few, to compare.
    fileprivate var word: String {
        switch self {
        case .running: "running"
        case .ended: "ended"
        case .held(let reason, _): "held: \(reason)"
        case .unknownEffect(let operation, _, _): "unknown \(operation)"
        case .notDue(_, nil): "not-due"
        case .notDue(_, let last?): "not-due after \(last.outcome): \(last.reason ?? last.failure?.code ?? "-")"
        case .paused(let pause): "paused by \(pause.by)"
        case .closed(let gate): "closed by \(gate.by ?? "-"): \(gate.reason)"
        case .endpointClosed(let gate, let use): "endpoint \(gate.endpoint ?? "-"), \(use)"
        case .spent(let limit, let use): "spent \(limit.key.endpoint), \(use)"
        case .accountSlots: "slots"
        case .runningLimit(let scope, _, _, _): "running \(scope)"
        case .noWorker(let serving): "no worker of \(serving)"
        case .workersBusy: "busy"
        }
    }
}
