// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import Synchronization
import TestSupport
import Testing

@testable import JobQueue

/// A pretend platform without idempotency keys: it does what it is told, as often as it is told.
final class PretendPlatform: Sendable {
    private let posts = Mutex<[String: Int]>([:])

    func post(_ marker: String) { self.posts.withLock { $0[marker, default: 0] += 1 } }
    func has(_ marker: String) -> Bool { self.posts.withLock { $0[marker] != nil } }
    var counts: [String: Int] { self.posts.withLock { $0 } }
}

/// Publishes on the pretend platform the way a careful handler does, with every fourth answer lost.
struct CarefulHandler: JobHandler {
    let kind: JobKind = "noop"
    let platform: PretendPlatform

    struct AnswerLost: Error {}

    func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        let operation = job.id.description
        guard let effect = try await context.effects.prepare(operation).first else { return JobResult(.released) }
        switch effect.state {
        case .confirmed: return .succeeded
        case .sending, .unknown: return JobResult(.held(reason: HoldReason.unknownOutcome, nil))
        case .prepared, .rejected: break
        }
        guard let grant = try await context.effects.fence(operation) else { return JobResult(.released) }
        guard ContinuousClock.now < grant.notAfter else {
            try await context.effects.notSent(operation, send: grant.sendNumber)
            return JobResult(.released)
        }
        let fate = Int.random(in: 0..<8)
        if fate != 0 { self.platform.post(operation) }
        if fate < 2 {
            try await context.effects.markUnknown(operation, send: grant.sendNumber)
            throw AnswerLost()
        }
        try await context.effects.confirm(operation, send: grant.sendNumber, evidence: "{}")
        return .succeeded
    }
}

/// Looks at the pretend platform for what was sent and is not known.
struct CarefulReconciler: JobHandler {
    let kind: JobKind = .reconcile
    let platform: PretendPlatform

    func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        let operation = try ReconcileTask(job.payload).operation
        guard let effect = try await context.effects.load(operation).first, effect.state == .unknown,
            effect.reconcileJob == job.id
        else { return .succeeded }
        if self.platform.has(operation) {
            try await context.effects.confirm(operation, send: effect.sendNumber, evidence: "{}")
            return .succeeded
        }
        let read = try await context.effects.recordAbsentRead(
            operation, send: effect.sendNumber, minimumDistance: .milliseconds(600))
        return read.state == .unknown ? JobResult(.deferredFor(.milliseconds(200), reason: "look again")) : .succeeded
    }
}

@Suite("Chaos", .postgresSchema, .timeLimit(.minutes(10)))
struct ChaosTests {
    @Test("workers that are taken for dead while they send lose nothing and double nothing")
    func zombies() async throws {
        let queue = try await QueueFixture()
        let platform = PretendPlatform()
        let jobs = (0..<200).map { index in
            var job = queue.job(client: index.isMultiple(of: 4) ? queue.client : ClientID())
            job.recovery = .reconcile
            job.maximumAttempts = 100
            return job
        }
        try await queue.store.enqueue(jobs)
        var configuration = QueueFixture.configuration
        configuration.slots = ["work": 4, .reconcile: 2]
        configuration.sendWindow = .milliseconds(200)
        configuration.crashLimit = 1_000
        configuration.retry = RetryPolicy(pauses: [.milliseconds(50)], jitter: 0.5)
        let shared = configuration
        let log = EventLog()
        try await withThrowingTaskGroup { group in
            let workers = try (0..<3).map { _ in
                try Worker(
                    shared, pool: queue.pool,
                    handlers: [CarefulHandler(platform: platform), CarefulReconciler(platform: platform)],
                    logger: Logger(label: "test"),
                    onEvent: { event in
                        if case .finished(let job, _, _) = event, job.kind == .reconcile { return }
                        log.record(event)
                    })
            }
            for worker in workers { group.addTask { try await worker.run() } }
            for round in 1...6 {
                await log.wait(for: "succeeded applied", count: round * 25)
                let victim = workers[round % workers.count].id
                try await queue.pool.execute("UPDATE worker SET state = 'dead' WHERE worker_id = \(victim)")
            }
            await log.wait(for: "succeeded applied", count: jobs.count)
            await log.wait(for: "died", count: 1)
            for worker in workers { worker.drain() }
            try await group.waitForAll()
        }
        #expect(platform.counts.count == jobs.count)
        #expect(platform.counts.values.allSatisfy { $0 == 1 })
        #expect(
            try await queue.store.list(JobFilter(states: [.succeeded], kind: "noop", limit: 1_000)).count == jobs.count)
        #expect(try await queue.ledger.counts() == [.confirmed: jobs.count])
        #expect(log.count("died") >= 1)
        try await queue.expectSound()
    }
}
