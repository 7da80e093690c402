// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Synchronization
import TestSupport
import Testing

@testable import JobQueue

@Suite("Eras of ready work", .postgresSchema)
struct ReadyEraTests {
    private func era(_ queue: QueueFixture) async throws -> Int64 {
        try await queue.pool.query("SELECT era FROM ready_era").single()
    }

    @Test("ready work goes along into a new era and is claimed there")
    func goesAlong() async throws {
        let queue = try await QueueFixture()
        let jobs = (0..<20).map { _ in queue.job() }
        try await queue.store.enqueue(jobs)
        #expect(try await ReadyEra.begin(queue.pool, shortest: .zero, claims: nil))
        #expect(try await self.era(queue) == 2)
        try await queue.expectSound()
        let worker = try await queue.worker()
        #expect(try await Set(queue.claim(worker, limit: 50).map(\.id)) == Set(jobs.map(\.id)))
        try await queue.expectSound()
    }

    @Test("no era begins while somebody writes ready work, and what was written goes along with the next")
    func waits() async throws {
        let queue = try await QueueFixture()
        let job = queue.job()
        try await queue.pool.withTransaction { db in
            _ = try await queue.store.enqueue([job], on: &db)
            #expect(try await !ReadyEra.begin(queue.pool, shortest: .zero, claims: nil))
        }
        #expect(try await self.era(queue) == 1)
        #expect(try await ReadyEra.begin(queue.pool, shortest: .zero, claims: nil))
        let worker = try await queue.worker()
        #expect(try await queue.claim(worker).map(\.id) == [job.id])
    }

    @Test("an era that has just begun goes on, and so does one with much ready work")
    func goesOn() async throws {
        let queue = try await QueueFixture()
        #expect(try await !ReadyEra.begin(queue.pool, shortest: .seconds(3_600), claims: nil))
        try await queue.store.enqueue((0..<2_001).map { _ in queue.job(client: ClientID()) })
        #expect(try await !ReadyEra.begin(queue.pool, shortest: .zero, claims: nil))
        #expect(try await self.era(queue) == 1)
    }

    private final class Left: Sendable {
        let count: Mutex<Int>
        init(_ count: Int) { self.count = Mutex(count) }
    }

    @Test(
        "eras that begin while work is enqueued, put off, woken, claimed and ended lose none of it and run none twice")
    func race() async throws {
        let queue = try await QueueFixture()
        let workers = [try await queue.worker(), try await queue.worker()]
        let jobs = (0..<240).map { _ in queue.job(client: ClientID()) }
        let left = Left(jobs.count)
        let ended = try await withThrowingTaskGroup(of: [JobID].self) { group in
            for part in 0..<4 {
                group.addTask {
                    for start in stride(from: part * 60, to: part * 60 + 60, by: 5) {
                        try await queue.store.enqueue(Array(jobs[start..<start + 5]))
                    }
                    return []
                }
            }
            group.addTask {
                for _ in 0..<30 { _ = try await ReadyEra.begin(queue.pool, shortest: .zero, claims: nil) }
                return []
            }
            for worker in workers {
                group.addTask {
                    var ended: [JobID] = []
                    while left.count.withLock({ $0 > 0 }) {
                        for (index, job) in try await queue.claim(worker, limit: 7).enumerated() {
                            // A third is given back first, and becomes ready once more.
                            let isGivenBack = index % 3 == 0 && job.spec.deferrals == 0
                            let outcome: JobOutcome =
                                isGivenBack ? .keptBack(for: .zero, reason: "once more") : .succeeded
                            guard try await queue.store.finish([Finish(job, outcome)]) == [.applied] else { continue }
                            if !isGivenBack {
                                ended.append(job.id)
                                left.count.withLock { $0 -= 1 }
                            }
                        }
                    }
                    return ended
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(ended.count == jobs.count)
        #expect(Set(ended) == Set(jobs.map(\.id)))
        #expect(try await self.era(queue) > 1)
        try await queue.expectSound()
    }
}
