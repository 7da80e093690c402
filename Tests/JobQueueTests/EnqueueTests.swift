// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Enqueue", .postgresSchema)
struct EnqueueTests {
    @Test("work that is due is ready, work for later is scheduled, and all it was made of is kept")
    func places() async throws {
        let queue = try await QueueFixture()
        let now = try await queue.world.now()
        let later = now.addingTimeInterval(3_600)
        var first = queue.job()
        first.payload = #"{"a": 1}"#
        first.subject = UUID()
        first.recovery = .reconcile
        let second = queue.job(dueAt: later)
        let answers = try await queue.store.enqueue([first, second])
        #expect(answers == [Enqueued(id: first.id, isNew: true), Enqueued(id: second.id, isNew: true)])

        let ready = try #require(try await queue.store.job(first.id))
        #expect(ready.state == .ready)
        #expect(ready.spec.account == first.account)
        #expect(ready.spec.subject == first.subject)
        #expect(ready.spec.payload == first.payload)
        #expect(ready.spec.recovery == .reconcile)
        let scheduled = try #require(try await queue.store.job(second.id))
        #expect(scheduled.state == .scheduled)
        #expect(abs(scheduled.spec.dueAt.timeIntervalSince(later)) < 0.001)
        try await queue.expectSound()
    }

    @Test("the same key gives the same job, within a batch, later, and after the job has finished")
    func idempotence() async throws {
        let queue = try await QueueFixture()
        let job = queue.job(key: "k")
        let twin = queue.job(key: "k")
        let answers = try await queue.store.enqueue([job, twin])
        #expect(answers == [Enqueued(id: job.id, isNew: true), Enqueued(id: job.id, isNew: false)])

        let claimed = try await queue.claim(try await queue.worker())
        #expect(claimed.map(\.id) == [job.id])
        try await queue.store.finish([Finish(claimed[0], .succeeded)])
        #expect(try await queue.store.enqueue([twin]) == [Enqueued(id: job.id, isNew: false)])
        #expect(try await queue.state(of: twin.id) == nil)
        try await queue.expectSound()
    }

    @Test("a call repeated with the same identity and key changes nothing")
    func repeatedCall() async throws {
        let queue = try await QueueFixture()
        let job = queue.job(key: "k")
        try await queue.store.enqueue([job])
        #expect(try await queue.store.enqueue([job]) == [Enqueued(id: job.id, isNew: false)])
        try await queue.expectSound()
    }

    @Test("a key belongs to one client and one kind, and is forgotten after its time")
    func keyScope() async throws {
        let queue = try await QueueFixture()
        var first = queue.job(key: "k")
        first.keyLifetime = .seconds(60)
        let other = ClientID()
        let answers = try await queue.store.enqueue([
            first, queue.job(client: other, key: "k"), queue.job("other", key: "k"),
        ])
        #expect(answers.map(\.isNew) == [true, true, true])
        try await queue.world.set(epoch: try await queue.world.now().addingTimeInterval(61), rate: 1)
        #expect(try await queue.store.enqueue([queue.job(key: "k")]).map(\.isNew) == [true])
    }

    @Test("callers that race with the same keys make each job once", arguments: [8])
    func races(callers: Int) async throws {
        let queue = try await QueueFixture()
        let keys = (0..<50).map { "key-\($0)" }
        let answers = try await withThrowingTaskGroup { group in
            for caller in 0..<callers {
                group.addTask {
                    let order = caller.isMultiple(of: 2) ? keys : keys.reversed()
                    return zip(order, try await queue.store.enqueue(order.map { queue.job(key: $0) })).map { ($0, $1) }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(answers.count { $0.1.isNew } == keys.count)
        for key in keys { #expect(Set(answers.filter { $0.0 == key }.map(\.1.id)).count == 1) }
        #expect(try await queue.store.list(JobFilter(limit: 1_000)).count == keys.count)
        try await queue.expectSound()
    }

    @Test("an import through COPY gives the same answers")
    func imports() async throws {
        let queue = try await QueueFixture()
        let later = try await queue.world.now().addingTimeInterval(60)
        let jobs = (0..<2_000).map { queue.job(dueAt: $0.isMultiple(of: 2) ? later : nil, key: "k\($0 / 2)") }
        let answers = try await queue.pool.withTransaction { db in try await queue.store.importJobs(jobs, on: &db) }
        #expect(answers.count { $0.isNew } == 1_000)
        #expect(try await queue.store.list(JobFilter(states: [.scheduled], limit: 5_000)).count == 1_000)
        try await queue.expectSound()
    }

    @Test("what is enqueued in a transaction that fails does not exist")
    func transactional() async throws {
        let queue = try await QueueFixture()
        struct Refused: Error {}
        await #expect(throws: Refused.self) {
            try await queue.pool.withTransaction { db in
                _ = try await queue.store.enqueue([queue.job()], on: &db)
                throw Refused()
            }
        }
        #expect(try await queue.store.list().isEmpty)
    }
}
