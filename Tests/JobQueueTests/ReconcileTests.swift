// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

extension QueueFixture {
    /// A claimed job whose unknown sends are looked for by a job of their own.
    fileprivate func sender(parts: [Int] = [0]) async throws -> ClaimedJob {
        var new = self.job()
        new.recovery = .reconcile
        let job = try await self.claimedJob(new)
        try await self.effects(of: job).prepare("op", parts: parts)
        return job
    }

    /// The live reconcile jobs, wherever they are.
    fileprivate func lookers() async throws -> [JobSummary] {
        try await self.store.list(
            JobFilter(states: [.scheduled, .ready, .leased, .held], client: self.client, kind: .reconcile))
    }

    fileprivate func claimLooker() async throws -> ClaimedJob {
        try #require(
            try await self.claim(try await self.worker(), queue: .reconcile, kinds: [.reconcile]).first)
    }

    fileprivate func effect() async throws -> Effect {
        try #require(try await self.ledger.load("op", client: self.client).first)
    }
}

@Suite("Reconcile jobs", .postgresSchema)
struct ReconcileTests {
    @Test(
        "whoever makes a send unknown makes the one job that looks for it, and the job that sent waits",
        arguments: [
            "handler", "finish", "rescue",
        ])
    func made(by whom: String) async throws {
        let queue = try await QueueFixture()
        let job = try await queue.sender()
        _ = try await queue.effects(of: job).fence("op")
        switch whom {
        case "handler":
            try await queue.effects(of: job).markUnknown("op", send: 1)
            #expect(try await queue.lookers().count == 1)
            try await queue.store.finish([Finish(job, .deferredFor(.seconds(1), reason: "lost"))])
        case "finish":
            try await queue.store.finish([Finish(job, .released)])
        default:
            try await queue.kill(job.lease.worker)
            _ = try await queue.store.rescue()
        }
        let looker = try #require(try await queue.lookers().first)
        #expect(try await queue.lookers().count == 1)
        #expect(looker.state == .ready && looker.spec.queue == .reconcile && looker.spec.subject == job.id.uuid)
        #expect(try ReconcileTask(looker.spec.payload).operation == "op")
        #expect(try await queue.effect().reconcileJob == looker.spec.id)
        let waiting = try #require(try await queue.store.job(job.id))
        #expect(waiting.state == .held && waiting.reason == "unknown-outcome" && waiting.spec.failures == 0)
        _ = try await queue.store.rescue()
        #expect(try await queue.lookers().count == 1)
        try await queue.expectSound()
    }

    @Test("an attempt that ends in doubt is neither counted nor failed, even when it was the last one")
    func lastAttempt() async throws {
        let queue = try await QueueFixture()
        var new = queue.job()
        new.recovery = .reconcile
        new.maximumAttempts = 1
        let job = try await queue.claimedJob(new)
        try await queue.effects(of: job).prepare("op")
        _ = try await queue.effects(of: job).fence("op")
        try await queue.store.finish([Finish(job, .retry(after: .zero, JobFailure(code: "x", message: "y")))])
        #expect(try await queue.store.job(job.id)?.state == .held)
        try await queue.effects(of: job).notSent("op", send: 1)
        #expect(try await queue.store.job(job.id)?.state == .ready)
        #expect(try await queue.store.job(job.id)?.spec.failures == 0)
    }

    @Test("two looks far enough apart let the job send again, and never before")
    func absent() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.sender()
        _ = try await queue.effects(of: job).fence("op")
        try await queue.store.finish([Finish(job, .released)])
        try await queue.world.set(epoch: nil, rate: 0)
        let looker = try await queue.claimLooker()
        let effects = queue.effects(of: looker)
        var now = try await queue.world.now()
        for expected in [EffectState.unknown, .prepared] {
            now = now.addingTimeInterval(61)
            try await queue.world.set(epoch: now, rate: 0)
            #expect(try await effects.recordAbsentRead("op", send: 1, minimumDistance: .seconds(60)).state == expected)
        }
        #expect(try await effects.fence("op") == nil)
        let again = try #require(try await queue.claim(try await queue.worker()).first)
        #expect(again.id == job.id)
        #expect(try await queue.effects(of: again).fence("op")?.sendNumber == 2)
        #expect(try await queue.effects(of: job).fence("op") == nil)
        try await queue.store.finish([Finish(looker, .succeeded)])
        try await queue.expectSound()
    }

    @Test("the answer of a worker that was taken for dead settles the send at once, and both jobs go on")
    func lateAnswer() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.sender()
        let effects = queue.effects(of: job)
        let grant = try #require(try await effects.fence("op"))
        try await queue.kill(job.lease.worker)
        _ = try await queue.store.rescue()
        let looker = try await queue.claimLooker()
        try await queue.store.finish([Finish(looker, .held(reason: HoldReason.unknownOutcome, nil))])

        #expect(
            try await effects.confirm("op", send: grant.sendNumber, evidence: #"{"id": "1"}"#).state == .confirmed)
        #expect(try await queue.state(of: job.id) == .ready)
        #expect(try await queue.state(of: looker.id) == .ready)
        #expect(
            try await queue.store.finish(Finish(job, .succeeded), record: nil) == .stale)
        try await queue.expectSound()
    }

    @Test("a late answer that it took effect wins over two looks that did not find it")
    func lateAnswerAfterAbsence() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.sender()
        _ = try await queue.effects(of: job).fence("op")
        try await queue.store.finish([Finish(job, .released)])
        let looker = try await queue.claimLooker()
        for _ in 0..<2 {
            _ = try await queue.effects(of: looker).recordAbsentRead("op", send: 1, minimumDistance: .zero)
        }
        let again = try #require(try await queue.claim(try await queue.worker()).first)
        try await queue.effects(of: job).confirm("op", send: 1, evidence: "{}")
        #expect(try await queue.effects(of: again).fence("op") == nil)
        #expect(try await queue.effect().state == .confirmed)
    }

    @Test("a job waits until each of its pieces is settled")
    func pieces() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.sender(parts: [0, 1])
        _ = try await queue.effects(of: job).fence("op", part: 0)
        _ = try await queue.effects(of: job).fence("op", part: 1)
        try await queue.store.finish([Finish(job, .released)])
        #expect(try await queue.lookers().count == 2)
        try await queue.effects(of: job).confirm("op", part: 0, send: 1, evidence: "{}")
        #expect(try await queue.state(of: job.id) == .held)
        try await queue.effects(of: job).confirm("op", part: 1, send: 1, evidence: "{}")
        #expect(try await queue.state(of: job.id) == .ready)
    }

    @Test("a worker that dies while it looks loses nothing: another looks, and no look counts twice")
    func lookerDies() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.sender()
        _ = try await queue.effects(of: job).fence("op")
        try await queue.store.finish([Finish(job, .released)])
        let first = try await queue.claimLooker()
        _ = try await queue.effects(of: first).recordAbsentRead("op", send: 1, minimumDistance: .seconds(3_600))
        try await queue.kill(first.lease.worker)
        _ = try await queue.store.rescue()
        await #expect(throws: JobQueueError.self) {
            try await queue.effects(of: first).recordAbsentRead("op", send: 1, minimumDistance: .zero)
        }
        let second = try await queue.claimLooker()
        #expect(second.id == first.id && second.crashCount == 1)
        #expect(try await queue.effect().absentReads == 0)
        try await queue.expectSound()
    }

    @Test(
        "when the job that looks is called off, housekeeping makes another: nothing stays unknown without somebody who looks"
    )
    func replaced() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.sender()
        _ = try await queue.effects(of: job).fence("op")
        try await queue.store.finish([Finish(job, .released)])
        let first = try #require(try await queue.lookers().first?.spec.id)
        try await queue.store.cancel(first, client: queue.client, reason: "by mistake")
        #expect(try await queue.lookers().isEmpty)
        _ = try await queue.store.rescue()
        let second = try #require(try await queue.lookers().first?.spec.id)
        #expect(second != first)
        _ = try await queue.store.rescue()
        #expect(try await queue.lookers().count == 1)
    }

    @Test("a job that began to wait in the moment its send was settled is let go by housekeeping")
    func forgotten() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.sender()
        _ = try await queue.effects(of: job).fence("op")
        try await queue.store.finish([Finish(job, .released)])
        try await queue.pool.execute("UPDATE effect SET state = 'confirmed'")
        #expect(try await queue.state(of: job.id) == .held)
        _ = try await queue.store.rescue()
        #expect(try await queue.state(of: job.id) == .ready)
    }

    @Test("while a send is unknown its job is neither retried, rescheduled nor cancelled")
    func refused() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.sender()
        _ = try await queue.effects(of: job).fence("op")
        try await queue.store.finish([Finish(job, .released)])
        let changes: [() async throws -> Void] = [
            { try await queue.store.retry(job.id, client: queue.client) },
            { try await queue.store.reschedule(job.id, client: queue.client, to: Date()) },
            { try await queue.store.cancel(job.id, client: queue.client, reason: "no") },
        ]
        for change in changes {
            let error = await #expect(throws: JobQueueError.self) { try await change() }
            #expect(error?.code == .unknownEffect)
        }
    }

    @Test("a run that was asked to cancel in the middle of a send ends, and what it sent is looked for all the same")
    func cancelled() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.sender()
        try await queue.store.cancel(job.id, client: queue.client, reason: "no")
        try await queue.pool.execute("UPDATE job_lease SET cancel_reason = NULL")
        _ = try await queue.effects(of: job).fence("op")
        try await queue.pool.execute("UPDATE job_lease SET cancel_reason = 'no'")
        try await queue.store.finish([Finish(job, .released)])
        #expect(try await queue.state(of: job.id) == .cancelled)
        #expect(try await queue.lookers().count == 1)
        try await queue.effects(of: job).confirm("op", send: 1, evidence: "{}")
        #expect(try await queue.state(of: job.id) == .cancelled)
        try await queue.expectSound()
    }

    @Test("a job that settles its own sends gets nobody who looks for it")
    func requeue() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        let effects = queue.effects(of: job)
        try await effects.prepare("op")
        _ = try await effects.fence("op")
        try await queue.store.finish([Finish(job, .released)])
        _ = try await queue.store.rescue()
        #expect(try await queue.state(of: job.id) == .ready)
        #expect(try await queue.lookers().isEmpty)
    }
}
