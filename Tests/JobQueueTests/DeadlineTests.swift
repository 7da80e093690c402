// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Synchronization
import TestSupport
import Testing

@testable import JobQueue

@Suite("Deadlines", .postgresSchema, .timeLimit(.minutes(10)))
struct DeadlineTests {
    private static let configuration: WorkerConfiguration = {
        var configuration = QueueFixture.configuration
        configuration.deadlines = ["noop": .milliseconds(100)]
        configuration.sendGrace = .milliseconds(100)
        configuration.retry = RetryPolicy(pauses: [.seconds(3_600)], jitter: 0)
        return configuration
    }()

    @Test("a run over its deadline is cancelled, and counts as a failed attempt")
    func cancelled() async throws {
        let queue = try await QueueFixture()
        let handler = ClosureHandler(kind: "noop") { _, _ in
            try await Task.sleep(for: .seconds(3_600))
            return .succeeded
        }
        let job = queue.job()
        try await queue.withWorker(Self.configuration, handlers: [handler]) { _, log in
            try await queue.store.enqueue([job])
            await log.wait(for: "cancelling overdue")
            await log.wait(for: "retry applied")
        }
        let summary = try #require(try await queue.store.job(job.id))
        #expect(summary.state == .scheduled && summary.spec.failures == 1 && summary.spec.crashes == 0)
        #expect(try await queue.store.attempts(of: job.id, client: queue.client).map(\.failure?.code) == ["deadline"])
    }

    @Test(
        "a handler that never returns and ignores its end is given up: its slot is free, and what it was sending is unknown"
    )
    func abandoned() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        let runs = Mutex(0)
        let handler = ClosureHandler(kind: "noop") { job, context in
            guard job.provider == "p" else { return .succeeded }
            let run = runs.withLock { runs in
                runs += 1
                return runs
            }
            // Once more is known, the job goes on: nothing is left to send.
            guard run == 1 else { return .succeeded }
            try await context.effects.prepare("op")
            _ = try await context.effects.fence("op")
            await release.wait(for: "go")
            try await context.effects.confirm("op", send: 1, evidence: #"{"id": "1"}"#)
            release.add("confirmed")
            return .succeeded
        }
        var configuration = Self.configuration
        configuration.slots = ["work": 1]
        // Long enough for a busy machine to pass the fence before.
        configuration.deadlines = ["noop": .seconds(10)]
        var job = queue.job()
        job.recovery = .reconcile
        let other = NewJob(client: queue.client, queue: "work", kind: "noop", provider: "other")
        try await queue.withWorker(configuration, handlers: [handler]) { [job] _, log in
            try await queue.store.enqueue([job])
            await log.wait(for: "running noop")
            try await queue.store.enqueue([other])
            await log.wait(for: "succeeded applied")
            #expect(try await queue.store.job(job.id)?.reason == HoldReason.unknownOutcome)
            #expect(try await queue.ledger.load("op", client: queue.client).map(\.state) == [.unknown])
            // It was only slow: what it knows in the end is kept.
            release.add("go")
            await release.wait(for: "confirmed")
            await log.wait(for: "succeeded applied", count: 2)
        }
        #expect(try await queue.ledger.load("op", client: queue.client).map(\.state) == [.confirmed])
        #expect(try await queue.state(of: job.id) == .succeeded)
        try await queue.expectSound()
    }

    @Test("what its worker does not end the fleet takes, though the worker beats; the old run changes nothing any more")
    func overdue() async throws {
        let queue = try await QueueFixture()
        let worker = WorkerRecord(
            host: "test", processID: 1, version: "0", slots: ["work": 10],
            abilities: [JobAbility(kind: "noop")], deadAfter: .seconds(3_600),
            runLimits: ["noop": .seconds(900), "quick": .seconds(1)])
        try await queue.store.register(worker)
        try await queue.store.enqueue([queue.job(), queue.job()])
        let jobs = try await queue.claim(worker.id)
        let slow = try #require(jobs.first)
        let quick = try #require(jobs.last)
        try await queue.pool.execute(
            """
            UPDATE job_lease SET claimed_real = clock_timestamp() - interval '901 seconds' WHERE job_id = \(slow.id)
            """)
        let report = try await queue.store.rescue()
        #expect(report.overdue == 1 && report.rescued == 1 && report.deadWorkers.isEmpty)
        #expect(try await queue.state(of: slow.id) == .ready)
        #expect(try await queue.state(of: quick.id) == .leased)
        #expect(try await queue.store.job(slow.id)?.spec.crashes == 1)
        #expect(try await queue.store.beat(worker.id, state: .active, running: 2).leases == [quick.lease.number])
        #expect(try await queue.store.finish([Finish(slow, .succeeded)]) == [.stale])
        #expect(try await queue.outcomes(of: slow.id) == ["crashed", "stale"])
        #expect(try await queue.store.rescue() == RescueReport())
        try await queue.expectSound()
    }

    @Test("a worker says how long its runs may last, the wait for a slot and its own time to stop included")
    func registered() async throws {
        let queue = try await QueueFixture()
        try await queue.withWorker(Self.configuration, handlers: [WorkerTests.noop]) { worker, log in
            await log.wait(for: "started")
            let limit: String? = try await queue.pool.query(
                "SELECT run_limits_ms ->> 'noop' AS limit FROM worker WHERE worker_id = \(worker.id)"
            ).first?.get("limit")
            // A tenth of a second to run and one to stop, twenty seconds to be silent, two and a beat to wait for a slot.
            #expect(limit == "22250")
        }
    }
}
