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
        #expect(explanation.turn == JobExplanation.Turn(ahead: 0, lanes: 1, clients: 1))
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
        case .notDue: "not-due"
        case .paused(let pause): "paused by \(pause.by)"
        case .closed(let gate): "closed by \(gate.by ?? "-"): \(gate.reason)"
        case .spent(let limit): "spent \(limit.key.endpoint)"
        case .accountSlots: "slots"
        case .runningLimit(let scope, _, _, _): "running \(scope)"
        case .noWorker(let serving): "no worker of \(serving)"
        case .workersBusy: "busy"
        }
    }
}
