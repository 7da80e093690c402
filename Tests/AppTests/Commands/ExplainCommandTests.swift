// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Publishing
import TestSupport
import Testing

@testable import App

@Suite("job explain at the command line", .postgresSchema)
struct ExplainCommandTests {
    private struct Explanation: Decodable {
        struct Reason: Decodable {
            var cause: String
            var what: String
            var since: String?
            var until: String?
            var by: String?
            var help: String?
            var holders: [Holder]?
        }
        struct Holder: Decodable {
            var job: String
            var worker: String
            var since: String
        }
        var because: [Reason]
        var estimatedStart: String?
        var aheadOfClient: Int?
        var aheadOfOthers: Int?
    }

    private struct Scene {
        let world: CommandWorld
        let store: JobStore
        let client: ClientID
        let account: AccountID
        let worker: WorkerID

        init(slots: Int = 2) async throws {
            self.world = try await CommandWorld()
            let pool = self.world.database.pool
            self.store = JobStore(pool: pool)
            let row = try #require(try await pool.query("SELECT client_id, account_id FROM account").first)
            self.client = try row.get("client_id")
            self.account = try row.get("account_id")
            let worker = WorkerRecord(
                host: "test", processID: 1, version: "0", slots: [.publish: slots, .metrics: 8],
                abilities: [JobAbility(kind: .publish), JobAbility(kind: .fetchMetrics)], deadAfter: .seconds(3_600))
            try await self.store.register(worker)
            self.worker = worker.id
        }

        func enqueue(_ kind: JobKind, _ queue: QueueName) async throws -> JobID {
            let job = NewJob(
                client: self.client, account: self.account, queue: queue, kind: kind, provider: "x", recovery: .requeue)
            try await self.store.enqueue([job])
            return job.id
        }

        func claim() async throws -> ClaimedJob {
            let claimed = try await self.store.claim(
                ClaimRequest(queue: .publish, limit: 1, worker: self.worker, abilities: [JobAbility(kind: .publish)]))
            return try #require(claimed.first)
        }

        func explain(_ job: JobID) async throws -> Explanation {
            let answer = try await self.world.answer(["job", "explain", "\(job)", "-o", "json"])
            try #require(answer.code == 0, "\(answer.messages)")
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(Explanation.self, from: Data(answer.data.utf8))
        }
    }

    @Test("an endpoint of X that is closed is told of the work that calls it, as sure as it is, and delays no start")
    func endpoints() async throws {
        let scene = try await Scene()
        defer { scene.world.remove() }
        let (post, reading) = (
            try await scene.enqueue(.publish, .publish), try await scene.enqueue(.fetchMetrics, .metrics)
        )
        let limits = LimitStore(pool: scene.store.pool)
        for (endpoint, ofPost, ofReading) in [
            ("GET /2/tweets", [], ["may-wait"]), ("POST /2/media/upload", ["may-wait"], []),
            ("POST /2/tweets", ["endpoint"], []), ("GET /of/nothing/known", ["may-wait"], ["may-wait"]),
        ] as [(String, [String], [String])] {
            let account = LimitScope.account(scene.account)
            try await limits.closeEndpoint(endpoint, of: account, for: .seconds(900), reason: "429", by: "x")
            let (first, second) = (try await scene.explain(post), try await scene.explain(reading))
            #expect(first.because.map(\.cause) == ofPost, "\(endpoint)")
            #expect(second.because.map(\.cause) == ofReading, "\(endpoint)")
            let until = first.because.first?.until ?? second.because.first?.until
            #expect(try #require(first.estimatedStart) < (try #require(until)))
            #expect(try await limits.reopen(account, by: "me", reason: nil) == 1)
        }
        // A cap on posts is nothing to a reading.
        let cap = LimitKey(
            scope: .account(scene.account), endpoint: LimitKey.everyEndpoint, window: .seconds(86_400), counts: .sends)
        try await limits.set(cap, calls: 1, reason: "a test", by: "me")
        try await scene.store.pool.execute(
            """
            INSERT INTO effect_send (client_id, op_key, part, send_no, token, job_id, account_id, provider, lease_no,
                                     worker_id, sent_at, sent_real, endpoint)
            VALUES (\(scene.client), 'op', 0, 1, gen_random_uuid(), \(post), \(scene.account), 'x', 1, \(scene.worker),
                    world_now(), clock_timestamp(), 'POST /2/tweets')
            """)
        #expect(try await scene.explain(post).because.map(\.cause) == ["limit"])
        #expect(try await scene.explain(reading).because.isEmpty)
    }

    @Test("a retry is offered for what has failed, and for nothing else that has ended", arguments: [true, false])
    func ended(hasFailed: Bool) async throws {
        let scene = try await Scene()
        defer { scene.world.remove() }
        let job = try await scene.enqueue(.publish, .publish)
        let running = try await scene.claim()
        let failure = JobFailure(code: "permanent", message: "no")
        try await scene.store.finish([Finish(running, hasFailed ? .failed(failure) : .cancelled(reason: "asked"))])
        let reason = try #require(try await scene.explain(job).because.first)
        #expect(reason.cause == "ended" && reason.help == (hasFailed ? "posthorn job retry \(job)" : nil))
    }

    @Test("a full pool names who has its slots, and a job that was put off says by what and what helps")
    func reasons() async throws {
        let scene = try await Scene(slots: 1)
        defer { scene.world.remove() }
        let first = try await scene.enqueue(.publish, .publish)
        let running = try await scene.claim()
        let second = try await scene.enqueue(.publish, .publish)
        let busy = try await scene.explain(second)
        let reason = try #require(busy.because.first)
        #expect(reason.cause == "busy" && busy.because.count == 1 && busy.estimatedStart == nil)
        #expect(reason.holders?.map(\.job) == ["\(first)"] && reason.holders?.map(\.worker) == ["\(scene.worker)"])
        #expect(busy.aheadOfClient == 0 && busy.aheadOfOthers == 0)
        let failure = JobFailure(code: "busy", message: "the platform is busy")
        try await scene.store.finish([Finish(running, .retry(after: .seconds(60), failure))])
        let late = try #require(try await scene.explain(first).because.first)
        #expect(late.cause == "not-due" && late.what.contains("attempt 1 of 8") && late.what.contains(failure.message))
        #expect(late.since != nil && late.until != nil && late.by == "\(scene.worker)")
        #expect(late.help == "posthorn job reschedule \(first) --at TIME")
    }
}
