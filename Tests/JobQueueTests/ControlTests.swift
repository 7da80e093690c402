// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Control", .postgresSchema)
struct ControlTests {
    static func code(_ body: () async throws -> Void) async -> JobQueueError.Code? {
        do {
            try await body()
            return nil
        } catch {
            let code = (error as? JobQueueError)?.code
            if code == nil { Issue.record(error, "an error of the queue was expected") }
            return code
        }
    }

    @Test("a waiting job is cancelled at once and for good")
    func cancelWaiting() async throws {
        let queue = try await QueueFixture()
        let jobs = [queue.job(), queue.job(dueAt: try await queue.world.now().addingTimeInterval(60))]
        try await queue.store.enqueue(jobs)
        for job in jobs {
            #expect(try await queue.store.cancel(job.id, client: queue.client, reason: "no"))
            let summary = try #require(try await queue.store.job(job.id))
            #expect(summary.state == .cancelled && summary.reason == "no")
            #expect(
                await Self.code { _ = try await queue.store.cancel(job.id, client: queue.client, reason: "no") }
                    == .conflict)
            #expect(await Self.code { try await queue.store.retry(job.id, client: queue.client) } == .conflict)
        }
        #expect(
            await Self.code { _ = try await queue.store.cancel(JobID(), client: queue.client, reason: "no") }
                == .notFound)
        #expect(try await queue.claim(try await queue.worker()).isEmpty)
        try await queue.expectSound()
    }

    @Test("cancelling a running job asks its worker, bars the fence, and turns a retry into the end")
    func cancelRunning() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        let effects = queue.effects(of: job)
        try await effects.prepare("op")
        #expect(try await !queue.store.cancel(job.id, client: queue.client, reason: "no"))
        let answer = try await queue.store.beat(job.lease.worker, state: .active, running: 1)
        #expect(answer.cancelled == [job.lease.number] && answer.leases == [job.lease.number])
        #expect(try await effects.fence("op") == nil)
        try await queue.store.finish([Finish(job, .released)])
        #expect(try await queue.state(of: job.id) == .cancelled)
    }

    @Test(
        "a job whose effect is being sent, is confirmed or unknown cannot be cancelled",
        arguments: ["sending", "confirmed", "unknown"])
    func cancelRefused(state: String) async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        let effects = queue.effects(of: job)
        try await effects.prepare("op")
        _ = try await effects.fence("op")
        if state == "confirmed" { try await effects.confirm("op", send: 1, evidence: "{}") }
        if state == "unknown" { try await effects.markUnknown("op", send: 1) }
        let code = await Self.code { _ = try await queue.store.cancel(job.id, client: queue.client, reason: "no") }
        #expect(code == (state == "unknown" ? .unknownEffect : .conflict))
        #expect(try await queue.state(of: job.id) == .leased)
    }

    @Test("a failed job comes back with its identity and fresh attempts; one that succeeded does not")
    func retry() async throws {
        let queue = try await QueueFixture()
        var new = queue.job(key: "k")
        new.payload = #"{"a": 1}"#
        let job = try await queue.claimedJob(new)
        try await queue.store.finish([Finish(job, .failed(FinishTests.failure))])
        try await queue.store.retry(job.id, client: queue.client)
        let again = try #require(try await queue.claim(try await queue.worker()).first)
        #expect(again.id == job.id && again.attempt == 1 && again.payload == new.payload && again.spec.generation == 2)
        try await queue.expectSound()
        try await queue.store.finish([Finish(again, .succeeded)])
        #expect(await Self.code { try await queue.store.retry(job.id, client: queue.client) } == .conflict)
        #expect(try await queue.store.list().map(\.state) == [.succeeded])
        try await queue.expectSound()
    }

    @Test("retries that race bring a job back once")
    func retryRace() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        try await queue.store.finish([Finish(job, .failed(FinishTests.failure))])
        let codes = await withTaskGroup { group in
            for _ in 0..<5 {
                group.addTask { await Self.code { try await queue.store.retry(job.id, client: queue.client) } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 1)
        #expect(codes.compactMap { $0 } == Array(repeating: .conflict, count: 4))
        try await queue.expectSound()
    }

    @Test("a job whose effect is unknown is not retried")
    func retryRefused() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        let effects = queue.effects(of: job)
        try await effects.prepare("op")
        _ = try await effects.fence("op")
        try await queue.store.finish([Finish(job, .held(reason: "unknown", nil))])
        #expect(await Self.code { try await queue.store.retry(job.id, client: queue.client) } == .unknownEffect)
        #expect(try await queue.state(of: job.id) == .held)
    }

    @Test("a held job is released with its counts, or rescheduled; a running one is not")
    func holdAndReschedule() async throws {
        let queue = try await QueueFixture()
        let job = try await queue.claimedJob()
        let later = try await queue.world.now().addingTimeInterval(600)
        #expect(
            await Self.code { try await queue.store.reschedule(job.id, client: queue.client, to: later) } == .conflict)
        #expect(await Self.code { try await queue.store.release(job.id, client: queue.client) } == .conflict)
        try await queue.store.finish([Finish(job, .held(reason: "look", nil))])
        try await queue.store.release(job.id, client: queue.client)
        #expect(try await queue.state(of: job.id) == .scheduled)
        try await queue.store.reschedule(job.id, client: queue.client, to: later)
        let summary = try #require(try await queue.store.job(job.id))
        #expect(summary.state == .scheduled && abs(summary.spec.dueAt.timeIntervalSince(later)) < 0.001)
        #expect(summary.spec.generation == 3)
        try await queue.expectSound()
    }

    @Test("a job is found by its identity alone, and lists can be narrowed and paged")
    func queries() async throws {
        let queue = try await QueueFixture()
        let jobs = (0..<5).map { _ in queue.job(client: ClientID()) }
        try await queue.store.enqueue(jobs)
        #expect(try await queue.store.job(jobs[3].id)?.spec.client == jobs[3].client)
        #expect(try await queue.store.job(JobID()) == nil)
        let newest = jobs.map(\.id).sorted().reversed().map { $0 }
        let page = try await queue.store.list(JobFilter(limit: 2)).map(\.spec.id)
        #expect(page == Array(newest.prefix(2)))
        #expect(
            try await queue.store.list(JobFilter(before: page.last, limit: 2)).map(\.spec.id) == Array(newest[2..<4]))
        #expect(
            try await queue.store.list(JobFilter(states: [.ready], client: jobs[1].client)).map(\.spec.id) == [
                jobs[1].id
            ])
        #expect(try await queue.store.list(JobFilter(account: jobs[2].account)).map(\.spec.id) == [jobs[2].id])
    }

    @Test("statistics count what waits and how late work started")
    func stats() async throws {
        let queue = try await QueueFixture()
        try await queue.world.set(epoch: nil, rate: 0)
        let now = try await queue.world.now()
        let job = try await queue.claimedJob(queue.job(dueAt: now.addingTimeInterval(-30)))
        try await queue.store.finish([Finish(job, .succeeded)])
        try await queue.store.enqueue([queue.job(), queue.job(dueAt: now.addingTimeInterval(60))])
        let stats = try await queue.store.stats()
        #expect(stats.live.map { "\($0.state) \($0.count)" } == ["ready 1", "scheduled 1"])
        #expect(stats.ended.map { "\($0.state) \($0.count)" } == ["succeeded 1"])
        #expect(stats.lateness.map(\.client) == [nil, queue.client])
        #expect(stats.lateness.allSatisfy { abs($0.p99.seconds - 30) < 0.01 })
        #expect(stats.lateness.allSatisfy { $0.queue == nil })
    }

    @Test("lateness of one queue does not change that of another")
    func latenessByQueue() async throws {
        let queue = try await QueueFixture()
        try await queue.world.set(epoch: nil, rate: 0)
        let now = try await queue.world.now()
        let worker = try await queue.worker()
        for (name, late) in [(QueueName(rawValue: "work"), 10.0), ("slow", 900)] {
            var job = queue.job(dueAt: now.addingTimeInterval(-late))
            job.queue = name
            try await queue.store.enqueue([job])
            let claimed = try #require(try await queue.claim(worker, queue: name).first)
            try await queue.store.finish([Finish(claimed, .succeeded)])
        }
        let stats = try await queue.store.stats()
        let own = stats.latenessByQueue.filter { $0.client == nil }
        #expect(own.map { $0.queue?.rawValue } == ["slow", "work"])
        #expect(own.map { ($0.p99.seconds * 10).rounded() } == [9_000, 100])
        #expect(stats.latenessByQueue.map(\.client) == [nil, queue.client, nil, queue.client])
        #expect(stats.lateness.map(\.runs) == [2, 2])
    }
}
