// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import TestSupport
import Testing

@testable import JobQueue

/// One worker with two queues and the two work connections that a worker has: what happens in one must not hold up the other.
@Suite("Queues beside each other", .postgresSchema, .timeLimit(.minutes(10)))
struct QueuesApartTests {
    /// What the runs of metrics do that hold all slots of their queue.
    enum Metrics: String, CaseIterable, Sendable {
        /// They wait for a platform.
        case wait
        /// They ask the database all the time, one statement after another, more of them than there are connections.
        case ask
        /// They are done, and what they write waits for a row that somebody has locked.
        case writeWhatIsLocked
    }

    private static let metricsSlots = 6

    private static func metrics(_ what: Metrics, until release: EventLog) -> ClosureHandler {
        ClosureHandler(kind: "metrics") { job, context in
            switch what {
            case .wait: await release.wait(for: "go")
            case .ask:
                while release.count("go") == 0 {
                    _ = try await context.pool.query("SELECT count(*) FROM job_ready WHERE client_id = \(job.client)")
                }
            case .writeWhatIsLocked: break
            }
            guard what == .writeWhatIsLocked else { return .succeeded }
            return JobResult(.succeeded) { db in try await db.execute("UPDATE sample SET count = count + 1") }
        }
    }

    /// Publishes as a handler does: a fence, a send, what was learned, a record with the end.
    private static func publish(_ platform: PretendPlatform) -> ClosureHandler {
        ClosureHandler(kind: "publish") { job, context in
            let operation = job.id.description
            guard let grant = try await context.effects.fence(FenceRequest(operation, mayBeNew: true)) else {
                return JobResult(.released)
            }
            platform.post(operation)
            try await context.effects.confirm(operation, send: grant.sendNumber, evidence: "{}")
            return JobResult(.succeeded) { db in
                try await db.execute("INSERT INTO publication (job_id) VALUES (\(job.id))")
            }
        }
    }

    @Test(
        "with every slot of metrics taken and more of them waiting, a post that falls due is published on the same worker",
        arguments: Metrics.allCases)
    func publishes(what: Metrics) async throws {
        let database = TestDatabase.required
        let queue = try await QueueFixture()
        try await queue.pool.execute("CREATE TABLE sample (count integer NOT NULL)")
        try await queue.pool.execute("INSERT INTO sample VALUES (0)")
        try await queue.pool.execute("CREATE TABLE publication (job_id uuid NOT NULL)")
        var configuration = database.configuration
        configuration.maximumConnections = 2
        let two = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
        let worker = try await QueueFixture(pool: two)
        var settings = QueueFixture.configuration
        settings.slots = ["metrics": Self.metricsSlots, "publish": 2]
        let release = EventLog()
        defer { release.add("go") }
        let platform = PretendPlatform()
        let handlers = [Self.metrics(what, until: release), Self.publish(platform)]

        let due = try await queue.world.now().addingTimeInterval(3_600)
        let post = Self.job(queue, "publish", dueAt: due)
        let backlog = (0..<60).map { _ in Self.job(queue, "metrics") }
        async let lock: Void = Self.lock(queue, until: release)
        await release.wait(for: "locked")
        try await worker.withWorker(settings, handlers: handlers) { _, log in
            try await queue.store.enqueue(backlog + [post])
            await log.wait(for: "running metrics", count: Self.metricsSlots)
            #expect(log.count("running publish") == 0)
            try await queue.world.set(epoch: due.addingTimeInterval(1), rate: 1)
            try await eventually("the post is published") { try await queue.state(of: post.id) == .succeeded }
            // None of the metrics has made room for it.
            #expect(log.count("running metrics") == Self.metricsSlots)
            let leased = try await queue.store.list(JobFilter(states: [.leased], kind: "metrics", limit: 100))
            #expect(leased.count == Self.metricsSlots)
            release.add("go")
            await log.wait(for: "succeeded applied", count: backlog.count + 1)
        }
        try await lock
        #expect(platform.counts == [post.id.description: 1])
        await two.close()
        try await queue.expectSound()
    }

    /// Keeps the row locked that metrics write.
    private static func lock(_ queue: QueueFixture, until release: EventLog) async throws {
        try await queue.pool.withTransaction { db in
            try await db.execute("SELECT FROM sample FOR UPDATE")
            release.add("locked")
            await release.wait(for: "go")
        }
    }

    private static func job(_ queue: QueueFixture, _ what: String, dueAt: Date? = nil) -> NewJob {
        NewJob(
            client: queue.client, account: AccountID(), queue: QueueName(rawValue: what), kind: JobKind(rawValue: what),
            provider: "p", dueAt: dueAt)
    }
}
