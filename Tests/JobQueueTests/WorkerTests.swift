// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import Synchronization
import TestSupport
import Testing

@testable import JobQueue

@Suite("Worker", .postgresSchema, .timeLimit(.minutes(10)))
struct WorkerTests {
    static let noop = ClosureHandler(kind: "noop") { _, _ in .succeeded }

    @Test("two workers run every job once, due now or later, and exit when nothing is due")
    func untilEmpty() async throws {
        let queue = try await QueueFixture()
        let runs = Mutex<[JobID: Int]>([:])
        let handler = ClosureHandler(kind: "noop") { job, _ in
            runs.withLock { $0[job.id, default: 0] += 1 }
            return .succeeded
        }
        let soon = try await queue.world.now().addingTimeInterval(-0.5)
        let jobs = (0..<400).map { index in
            queue.job(
                client: index.isMultiple(of: 2) ? queue.client : ClientID(), dueAt: index.isMultiple(of: 3) ? soon : nil
            )
        }
        try await queue.store.enqueue(jobs)
        var configuration = QueueFixture.configuration
        configuration.untilEmpty = true
        let shared = configuration
        try await withThrowingTaskGroup { group in
            for _ in 0..<2 {
                group.addTask {
                    try await Worker(shared, pool: queue.pool, handlers: [handler], logger: Logger(label: "test")).run()
                }
            }
            try await group.waitForAll()
        }
        #expect(runs.withLock { $0.values.allSatisfy { $0 == 1 } && $0.count == jobs.count })
        #expect(try await queue.store.list(JobFilter(states: [.succeeded], limit: 1_000)).count == jobs.count)
        #expect(try await queue.store.workers(includingEnded: true).map(\.state) == [.stopped, .stopped])
        try await queue.expectSound()
    }

    @Test("a job that hangs does not hold up the others")
    func hanging() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        let slow = ClosureHandler(kind: "slow") { _, _ in
            await release.wait(for: "go")
            return .succeeded
        }
        try await queue.withWorker(handlers: [Self.noop, slow]) { _, log in
            try await queue.store.enqueue([queue.job("slow")])
            await log.wait(for: "running slow")
            try await queue.store.enqueue((0..<20).map { _ in queue.job() })
            await log.wait(for: "succeeded applied", count: 20)
            release.add("go")
            await log.wait(for: "succeeded applied", count: 21)
        }
        try await queue.expectSound()
    }

    @Test("what a handler throws fails the attempt, is retried after a pause, and fails for good in the end")
    func throwing() async throws {
        struct Broken: Error, CustomStringConvertible { var description: String { "it broke" } }
        let queue = try await QueueFixture()
        var job = queue.job()
        job.maximumAttempts = 2
        var configuration = QueueFixture.configuration
        configuration.retry = RetryPolicy(pauses: [.milliseconds(1)], jitter: 0)
        try await queue.withWorker(configuration, handlers: [ClosureHandler(kind: "noop") { _, _ in throw Broken() }]) {
            [job] _, log in
            try await queue.store.enqueue([job])
            await log.wait(for: "retry applied")
            await log.wait(for: "failed applied")
        }
        #expect(try await queue.outcomes(of: job.id) == ["retry", "failed"])
        #expect(try await queue.store.job(job.id)?.failure == JobFailure(code: "error", message: "it broke"))
    }

    @Test("a drain gives running jobs back with their attempt, after the grace, and fails none")
    func drain() async throws {
        let queue = try await QueueFixture()
        let handler = ClosureHandler(kind: "noop") { _, _ in
            try await Task.sleep(for: .seconds(3_600))
            return .succeeded
        }
        let job = queue.job()
        try await queue.withWorker(handlers: [handler]) { worker, log in
            try await queue.store.enqueue([job])
            await log.wait(for: "running noop")
            worker.drain(within: .zero)
            await log.wait(for: "stopped")
            #expect(log.count("cancelling drained") == 1)
        }
        let summary = try #require(try await queue.store.job(job.id))
        #expect(summary.state == .ready && summary.spec.failures == 0 && summary.spec.crashes == 0)
        #expect(try await queue.outcomes(of: job.id) == ["released"])
        #expect(try await queue.store.workers(includingEnded: true).map(\.state) == [.stopped])
    }

    @Test("a drain lets jobs end that end within the grace, and takes no new ones")
    func gracefulDrain() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        let handler = ClosureHandler(kind: "noop") { _, _ in
            await release.wait(for: "go")
            return .succeeded
        }
        let jobs = (0..<6).map { _ in queue.job() }
        try await queue.withWorker(handlers: [handler]) { worker, log in
            try await queue.store.enqueue(jobs)
            await log.wait(for: "running noop", count: 4)
            worker.drain()
            await log.wait(for: "draining")
            release.add("go")
            await log.wait(for: "stopped")
        }
        #expect(try await queue.store.list(JobFilter(states: [.succeeded])).count == 4)
        #expect(try await queue.store.list(JobFilter(states: [.ready])).count == 2)
    }

    @Test("a handler that ignores its end is given up; what it was sending is unknown")
    func abandoned() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        let handler = ClosureHandler(kind: "noop") { _, context in
            try await context.effects.prepare("op")
            _ = try await context.effects.fence("op")
            release.add("sending")
            await release.wait(for: "go")
            return .succeeded
        }
        var configuration = QueueFixture.configuration
        configuration.sendGrace = .milliseconds(100)
        let job = queue.job()
        try await queue.withWorker(configuration, handlers: [handler]) { worker, log in
            try await queue.store.enqueue([job])
            await release.wait(for: "sending")
            worker.drain(within: .zero)
            await log.wait(for: "stopped")
        }
        release.add("go")
        #expect(try await queue.state(of: job.id) == .ready)
        #expect(try await queue.ledger.load("op", client: queue.client).map(\.state) == [.unknown])
        try await queue.expectSound()
    }

    @Test("a job in the middle of a send is not interrupted by a drain")
    func sendingDuringDrain() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        let handler = ClosureHandler(kind: "noop") { _, context in
            try await context.effects.prepare("op")
            let grant = try #require(try await context.effects.fence("op"))
            release.add("sending")
            await release.wait(for: "go")
            #expect(!Task.isCancelled)
            try await context.effects.confirm("op", send: grant.sendNumber, evidence: "{}")
            return .succeeded
        }
        let job = queue.job()
        try await queue.withWorker(handlers: [handler]) { worker, log in
            try await queue.store.enqueue([job])
            await release.wait(for: "sending")
            worker.drain(within: .zero)
            await log.wait(for: "draining")
            release.add("go")
            await log.wait(for: "stopped")
        }
        #expect(try await queue.state(of: job.id) == .succeeded)
        #expect(try await queue.ledger.load("op", client: queue.client).map(\.state) == [.confirmed])
    }

    @Test("a running job is cancelled on request with the next beat")
    func cancelRunning() async throws {
        let queue = try await QueueFixture()
        let handler = ClosureHandler(kind: "noop") { _, context in
            do {
                try await Task.sleep(for: .seconds(3_600))
            } catch {
                #expect(context.isCancelRequested)
                throw error
            }
            return .succeeded
        }
        let job = queue.job()
        try await queue.withWorker(handlers: [handler]) { _, log in
            try await queue.store.enqueue([job])
            await log.wait(for: "running noop")
            #expect(try await !queue.store.cancel(job.id, client: queue.client, reason: "no"))
            await log.wait(for: "cancelled applied")
        }
        #expect(try await queue.state(of: job.id) == .cancelled)
    }

    @Test("a worker that was taken for dead stops its jobs, starts over, and what it reports is stale")
    func takenForDead() async throws {
        let queue = try await QueueFixture()
        let release = EventLog()
        let runs = Mutex(0)
        let handler = ClosureHandler(kind: "noop") { _, _ in
            let isFirst = runs.withLock { runs in
                runs += 1
                return runs == 1
            }
            if isFirst { await release.wait(for: "go") }
            return .succeeded
        }
        let job = queue.job()
        try await queue.withWorker(handlers: [handler]) { worker, log in
            try await queue.store.enqueue([job])
            await log.wait(for: "running noop")
            let first = worker.id
            try await queue.pool.execute("UPDATE worker SET state = 'dead' WHERE worker_id = \(first)")
            await log.wait(for: "died")
            await log.wait(for: "started", count: 2)
            #expect(worker.id != first)
            await log.wait(for: "succeeded applied")
            release.add("go")
            await log.wait(for: "succeeded stale")
        }
        #expect(try await queue.outcomes(of: job.id).sorted() == ["crashed", "stale", "succeeded"])
        try await queue.expectSound()
    }

    @Test("a worker that holds a dead one's job lets the handler have its word")
    func rescuesWithWord() async throws {
        let queue = try await QueueFixture()
        var new = queue.job()
        new.recovery = .hold
        let lost = try await queue.claimedJob(new)
        try await queue.kill(lost.lease.worker)
        let words = Mutex<[String]>([])
        var handler = Self.noop
        handler.word = { outcome in words.withLock { $0.append(outcome.word) } }
        try await queue.withWorker(handlers: [handler]) { _, log in await log.wait(for: "rescued") }
        #expect(words.withLock { $0 } == ["held"])
    }

    @Test("leases whose claim's answer was lost are found by the beat and given back")
    func lostClaim() async throws {
        let queue = try await QueueFixture()
        try await queue.withWorker(handlers: [Self.noop]) { worker, log in
            await log.wait(for: "started")
            try await queue.store.enqueue([queue.job("other")])
            let claimed = try await queue.claim(worker.id, kinds: ["other"])
            #expect(claimed.count == 1)
            while try await queue.state(of: claimed[0].id) != .ready { await Task.yield() }
            #expect(try await queue.outcomes(of: claimed[0].id) == ["released"])
        }
    }

    @Test("an enqueue wakes a worker that would not look for a long time")
    func wakes() async throws {
        let queue = try await QueueFixture()
        var configuration = QueueFixture.configuration
        configuration.poll = .seconds(3_600)
        configuration.promote = .seconds(3_600)
        configuration.maintain = .seconds(3_600)
        configuration.listens = true
        configuration.listenAddress = try TestDatabase.required.direct
        try await queue.withWorker(configuration, handlers: [Self.noop]) { _, log in
            await log.wait(for: "listening")
            try await queue.store.enqueue([queue.job()])
            await log.wait(for: "succeeded applied")
        }
    }

    @Test("a database restart costs no job and no worker")
    func restart() async throws {
        try await withPrivateCluster { cluster in
            var configuration = try PQConfiguration(url: cluster.url, schema: "queue_test", maximumConnections: 4)
            configuration.acquireTimeout = .seconds(1)
            let pool = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
            let queue = try await QueueFixture(pool: pool)
            let release = EventLog()
            let handler = ClosureHandler(kind: "noop") { _, _ in
                await release.wait(for: "go")
                return .succeeded
            }
            try await queue.store.enqueue((0..<4).map { _ in queue.job() })
            try await queue.withWorker(handlers: [handler, ClosureHandler(kind: "after") { _, _ in .succeeded }]) {
                _, log in
                await log.wait(for: "running noop", count: 4)
                try await cluster.stop(.immediate)
                release.add("go")
                await log.wait(for: "setback finish")
                try await cluster.start()
                await log.wait(for: "succeeded applied", count: 4)
                try await queue.store.enqueue([queue.job("after")])
                await log.wait(for: "succeeded applied", count: 5)
            }
            try await queue.expectSound()
            await pool.close()
        }
    }

    @Test("a worker that cannot beat stops sending and cancels its jobs before the fleet takes them")
    func selfFence() async throws {
        try await withPrivateCluster { cluster in
            let database = try PQConfiguration(url: cluster.url, schema: "queue_test", maximumConnections: 4)
            let pool = ConnectionPool(configuration: database, logger: Logger(label: "test"))
            let queue = try await QueueFixture(pool: pool)
            var configuration = QueueFixture.configuration
            configuration.deadAfter = .milliseconds(900)
            configuration.fenceMargin = .milliseconds(500)
            let runs = Mutex(0)
            let handler = ClosureHandler(kind: "noop") { _, context in
                let isFirst = runs.withLock { runs in
                    runs += 1
                    return runs == 1
                }
                guard isFirst else { return .succeeded }
                do {
                    try await Task.sleep(for: .seconds(3_600))
                } catch {
                    #expect(!context.canSend)
                    throw error
                }
                return .succeeded
            }
            let job = queue.job()
            try await queue.store.enqueue([job])
            try await queue.withWorker(configuration, handlers: [handler]) { _, log in
                await log.wait(for: "running noop")
                try await cluster.stop(.fast)
                await log.wait(for: "fenced")
                await log.wait(for: "cancelling fenced")
                try await cluster.start()
                await log.wait(for: "succeeded applied")
            }
            #expect(try await queue.state(of: job.id) == .succeeded)
            try await queue.expectSound()
            await pool.close()
        }
    }
}
