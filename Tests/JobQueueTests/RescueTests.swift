// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Rescue", .postgresSchema)
struct RescueTests {
    @Test("a worker that beats keeps its jobs; one that stopped loses them and hears of it")
    func liveness() async throws {
        let queue = try await QueueFixture()
        let alive = try await queue.claimedJob()
        let lost = try await queue.claimedJob()
        try await queue.kill(lost.lease.worker)
        let report = try await queue.store.rescue()
        #expect(report.deadWorkers == [lost.lease.worker] && report.rescued == 1 && report.held == 0)
        #expect(try await queue.state(of: alive.id) == .leased)
        #expect(try await queue.state(of: lost.id) == .ready)
        #expect(try await queue.store.beat(alive.lease.worker, state: .active, running: 1).isAlive)
        #expect(try await !queue.store.beat(lost.lease.worker, state: .active, running: 1).isAlive)
        #expect(try await queue.store.rescue() == RescueReport())
        try await queue.expectSound()
    }

    @Test(
        "a crash costs no attempt, and the job goes where its recovery policy says",
        arguments: [(Recovery.requeue, JobState.ready), (.reconcile, .ready), (.hold, .held)])
    func policy(recovery: Recovery, state: JobState) async throws {
        let queue = try await QueueFixture()
        var new = queue.job()
        new.recovery = recovery
        let job = try await queue.claimedJob(new)
        try await queue.kill(job.lease.worker)
        _ = try await queue.store.rescue()
        let summary = try #require(try await queue.store.job(job.id))
        #expect(summary.state == state && summary.spec.failures == 0 && summary.spec.crashes == 1)
    }

    @Test("a job that was running at every crash is held as poison")
    func poison() async throws {
        let queue = try await QueueFixture()
        let job = queue.job()
        try await queue.store.enqueue([job])
        for _ in 0..<3 {
            let worker = try await queue.worker()
            #expect(try await queue.claim(worker).count == 1)
            try await queue.kill(worker)
            _ = try await queue.store.rescue()
        }
        let summary = try #require(try await queue.store.job(job.id))
        #expect(summary.state == .held && summary.reason == "poison")
        #expect(try await queue.outcomes(of: job.id) == ["crashed", "crashed", "crashed"])
        try await queue.expectSound()
    }

    @Test(
        "what is to be written with a job that is held is written with it, and what cannot be written holds nothing up")
    func records() async throws {
        let queue = try await QueueFixture()
        var new = queue.job()
        new.recovery = .hold
        let kept = try await queue.claimedJob(new)
        new.id = JobID()
        let broken = try await queue.claimedJob(new)
        let goesOn = try await queue.claimedJob()
        for job in [kept, broken, goesOn] { try await queue.kill(job.lease.worker) }
        let report = try await queue.store.rescue { outcome, job in
            JobResult.Record { db in
                let word: String = job.id == broken.id ? "1 / 0" : "'\(outcome.word)'"
                try await db.execute(
                    Statement(sql: "UPDATE job_hold SET payload = to_jsonb(\(word)::text) WHERE job_id = '\(job.id)'"))
            }
        }
        #expect(report.rescued == 3 && report.held == 2 && report.unrecorded == 1)
        #expect(try await queue.store.job(kept.id)?.spec.payload == "\"held\"")
        #expect(try await queue.store.job(broken.id)?.state == .held)
        #expect(try await queue.store.job(goesOn.id)?.state == .ready)
    }

    @Test("rescuers that run at once take each job once")
    func race() async throws {
        let queue = try await QueueFixture()
        try await queue.store.enqueue((0..<100).map { _ in queue.job() })
        let worker = try await queue.worker()
        #expect(try await queue.claim(worker, limit: 100).count == 100)
        try await queue.kill(worker)
        let rescued = try await withThrowingTaskGroup { group in
            for _ in 0..<4 { group.addTask { try await queue.store.rescue(limit: 30).rescued } }
            return try await group.reduce(0, +)
        }
        var rest = 0
        while true {
            let more = try await queue.store.rescue(limit: 30).rescued
            if more == 0 { break }
            rest += more
        }
        #expect(rescued + rest == 100)
        #expect(try await queue.store.list(JobFilter(states: [.ready], limit: 200)).count == 100)
        try await queue.expectSound()
    }

    @Test("a rescued job was being sent: the send is unknown, and the old lease can send nothing more")
    func effects() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        let effects = queue.effects(of: job)
        try await effects.prepare("op", parts: [0, 1])
        let grant = try #require(try await effects.fence("op", part: 0))
        try await queue.kill(job.lease.worker)
        #expect(try await queue.store.rescue().unknownEffects == 1)

        #expect(try await queue.ledger.load("op", client: queue.client).map(\.state) == [.unknown, .prepared])
        #expect(try await effects.fence("op", part: 1) == nil)
        await #expect(throws: JobQueueError.self) {
            try await effects.save(checkpoint: Data([1]), version: 1, operation: "op")
        }

        // The sender was not dead after all: what it knows is kept.
        let effect = try await effects.confirm("op", send: grant.sendNumber, evidence: #"{"id": "1"}"#)
        #expect(effect.state == .confirmed)

        // The new holder of the job goes on with what is left.
        let again = try #require(try await queue.claim(try await queue.worker()).first)
        #expect(try await queue.effects(of: again).fence("op", part: 0) == nil)
        #expect(try await queue.effects(of: again).fence("op", part: 1) != nil)
    }
}
