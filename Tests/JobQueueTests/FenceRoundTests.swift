// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Sends that begin at the same moment", .postgresSchema)
struct FenceRoundTests {
    /// What a fence answers, without what no test can know.
    private enum Word: Equatable { case granted(Int32), notOurs, limited, changed }

    private struct Fixture {
        let queue: QueueFixture
        let account = AccountID()

        init() async throws { self.queue = try await QueueFixture() }

        func call(_ request: FenceRequest, of job: ClaimedJob) -> FenceCall {
            FenceCall(request: request, job: job)
        }

        /// A call that counts in a limit of an account.
        func limited(_ limit: Int, counts: LimitCounts = .calls, of job: ClaimedJob) -> LimitedCall {
            let key = LimitKey(scope: .account(self.account), endpoint: "post", window: .seconds(900), counts: counts)
            return LimitedCall(
                endpoint: "post", scopes: [.account(self.account)], usual: [UsualLimit(key, calls: limit)],
                sender: .init(client: job.client, account: self.account))
        }

        func pass(_ calls: [FenceCall]) async throws -> [Word] {
            try await FenceRound.pass(calls, on: self.queue.pool).map { answer in
                switch answer {
                case .granted(let send, _, _): .granted(send)
                case .notOurs: .notOurs
                case .refused(let error): error is LimitRefusal ? .limited : .changed
                }
            }
        }

        func states() async throws -> [String: Int64] {
            let rows = try await self.queue.pool.query("SELECT state, count(*) AS count FROM effect GROUP BY state")
            var states: [String: Int64] = [:]
            for row in rows { states[try row.get("state")] = try row.get("count") }
            return states
        }
    }

    @Test("each send of a round is granted or refused by itself")
    func together() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue
        var jobs: [ClaimedJob] = []
        for _ in 0..<6 { jobs.append(try await queue.claimedJob()) }
        for job in jobs[1...4] { try await queue.effects(of: job).prepare("op \(job.id)") }
        try await queue.pool.execute("UPDATE job_lease SET cancel_reason = 'stop' WHERE job_id = \(jobs[1].id)")
        try await queue.pool.execute("UPDATE effect SET state = 'unknown', send_no = 1 WHERE job_id = \(jobs[2].id)")
        try await queue.pool.execute("UPDATE effect SET send_no = 4 WHERE job_id = \(jobs[3].id)")
        try await queue.pool.execute("DELETE FROM job_lease WHERE job_id = \(jobs[4].id)")
        let calls = jobs.enumerated().map { index, job in
            fixture.call(FenceRequest("op \(job.id)", mayBeNew: index == 0), of: job)
        }
        #expect(
            try await fixture.pass(calls) == [.granted(1), .notOurs, .notOurs, .granted(5), .notOurs, .notOurs])
        #expect(try await fixture.states() == ["sending": 2, "unknown": 1, "prepared": 2])
        let sends = try await queue.pool.query("SELECT token, send_no FROM effect_send ORDER BY send_no")
        #expect(
            try sends.map { row throws in try row.get("token", as: UUID.self) } == [calls[0].token, calls[3].token])
    }

    @Test("two sends of one effect in a round: one is granted")
    func twice() async throws {
        let fixture = try await Fixture()
        let job = try await fixture.queue.claimedJob()
        let request = FenceRequest("op", mayBeNew: true)
        #expect(
            try await fixture.pass([fixture.call(request, of: job), fixture.call(request, of: job)])
                == [.granted(1), .notOurs])
        #expect(try await fixture.pass([fixture.call(request, of: job)]) == [.notOurs])
    }

    @Test(
        "a limit counts the sends of the round too, whatever it counts, and nothing of the refused ones",
        arguments: [
            LimitCounts.calls, .sends,
        ])
    func limits(counts: LimitCounts) async throws {
        let fixture = try await Fixture()
        var calls: [FenceCall] = []
        for _ in 0..<5 {
            let job = try await fixture.queue.claimedJob(
                NewJob(client: fixture.queue.client, account: AccountID(), queue: "work", kind: "noop", provider: "p"))
            calls.append(
                fixture.call(
                    FenceRequest(
                        "op \(job.id)", endpoint: "post", call: fixture.limited(3, counts: counts, of: job),
                        mayBeNew: true), of: job))
        }
        // What counts sends finds them by their account.
        for index in calls.indices {
            let job = calls[index].job
            var spec = job.spec
            spec.account = fixture.account
            calls[index].job = ClaimedJob(spec: spec, lease: job.lease, claimedAt: job.claimedAt, place: job.place)
        }
        #expect(try await fixture.pass(Array(calls[..<2])) == [.granted(1), .granted(1)])
        #expect(try await fixture.pass(Array(calls[2...])) == [.granted(1), .limited, .limited])
        #expect(try await fixture.states() == ["sending": 3])
        #expect(try await fixture.pass([calls[4]]) == [.limited])
        #expect(
            try await LimitStore(pool: fixture.queue.pool).limits(
                of: [.account(fixture.account)], clients: [fixture.account: fixture.queue.client]
            ).map(\.used) == [3])
    }

    /// Subjects are versions: what is asked for and what is true.
    private enum Even: FenceRule {
        static func holding(_ conditions: [FenceCondition]) -> Statement {
            """
            SELECT given.ordinal
            FROM unnest(\(conditions.map(\.version))) WITH ORDINALITY AS given (version, ordinal)
            WHERE given.version % 2 = 0
            """
        }
    }

    @Test("a send whose condition does not hold any more is refused and not counted, and the others of its round go")
    func conditions() async throws {
        let fixture = try await Fixture()
        var calls: [FenceCall] = []
        for version: Int32? in [1, 2, nil, 3, 4] {
            let job = try await fixture.queue.claimedJob()
            let condition = version.map {
                FenceCondition(Even.self, client: job.client, subject: UUID(), version: $0)
            }
            calls.append(
                fixture.call(
                    FenceRequest(
                        "op \(job.id)", endpoint: "post", call: fixture.limited(3, of: job), condition: condition,
                        mayBeNew: true), of: job))
        }
        #expect(
            try await fixture.pass(calls) == [.changed, .granted(1), .granted(1), .changed, .granted(1)])
        #expect(try await fixture.states() == ["sending": 3])
    }

    @Test("a send that is refused by its own word goes alone, and harms nobody")
    func ownWord() async throws {
        struct OverBudget: Error {}
        let queue = try await QueueFixture()
        let groups = EffectGroups(largest: 32)
        let outcomes = try await withThrowingTaskGroup(of: Bool?.self) { tasks in
            for index in 0..<4 {
                let job = try await queue.claimedJob()
                let effects = EffectStore(
                    pool: queue.pool, job: job, gate: SendGate(), sendWindow: .seconds(2), crash: .none, groups: groups)
                tasks.addTask {
                    var request = FenceRequest("op \(index)", mayBeNew: true)
                    if index == 0 { request.also = { _ in throw OverBudget() } }
                    do {
                        return try await effects.fence(request) != nil
                    } catch is OverBudget {
                        return nil
                    }
                }
            }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1 && outcomes.count { $0 == true } == 3)
        #expect(try await queue.pool.query("SELECT 1 FROM effect WHERE op_key = 'op 0'").isEmpty)
    }

    @Test("who waits for a locked row is tried alone, and the others of its round have gone meanwhile")
    func locked() async throws {
        let queue = try await QueueFixture()
        let groups = EffectGroups(largest: 32)
        var stores: [EffectStore] = []
        for _ in 0..<3 {
            stores.append(
                EffectStore(
                    pool: queue.pool, job: try await queue.claimedJob(), gate: SendGate(), sendWindow: .seconds(2),
                    crash: .none, groups: groups))
        }
        let held = stores[1].job
        try await stores[1].prepare("op")
        let holder = try await queue.pool.withTransaction { db in
            try await db.execute("SELECT FROM effect WHERE job_id = \(held.id) FOR UPDATE")
            return try await withThrowingTaskGroup(of: (Int, Bool).self) { tasks in
                for (index, store) in stores.enumerated() {
                    tasks.addTask {
                        let request = FenceRequest(index == 1 ? "op" : "op \(index)", mayBeNew: index != 1)
                        do {
                            return (index, try await store.fence(request) != nil)
                        } catch let error as PQError where error.sqlState == .lockNotAvailable {
                            return (index, false)
                        }
                    }
                }
                return try await tasks.reduce(into: [Bool?](repeating: nil, count: 3)) { $0[$1.0] = $1.1 }
            }
        }
        #expect(holder == [true, false, true])
        // It is as it was, and goes when nobody holds it.
        #expect(try await stores[1].fence("op")?.sendNumber == 1)
    }

    @Test(
        "what a round looks up is found by its own key, whatever the tables held when that was planned",
        arguments: [
            false, true,
        ])
    func plans(isFilled: Bool) async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue
        let job = try await queue.claimedJob()
        if isFilled {
            // All of one client and one account, as after a year.
            try await queue.pool.execute(
                """
                INSERT INTO effect (client_id, op_key, part, job_id, kind, account_id, provider, state, prepared_at)
                SELECT \(queue.client), 'op ' || n, 0, gen_random_uuid(), 'noop', \(fixture.account), 'p', 'confirmed', world_now()
                FROM generate_series(1, 3000) AS n
                """)
            try await queue.pool.execute(
                """
                INSERT INTO effect_send (client_id, op_key, part, send_no, token, job_id, account_id, provider, lease_no, worker_id,
                    sent_at, sent_real)
                SELECT client_id, op_key, 0, 1, gen_random_uuid(), job_id, account_id, 'p', 1, gen_random_uuid(), world_now(),
                    clock_timestamp()
                FROM effect
                """)
        }
        for table: Statement in ["effect", "effect_send", "job_lease"] {
            try await queue.pool.execute("ANALYZE " + table)
        }
        let call = fixture.call(FenceRequest("op 1", mayBeNew: true), of: job)
        let told = ConfirmedSend(job: job, operation: "op 1", part: 0, send: 1, evidence: "{}")
        var lines: [[String]] = []
        for statement in [
            FenceRound.leases([call]), FenceRound.effects([call]), ConfirmedSend.statement([told]),
        ] {
            lines.append(try await queue.pool.pipeline([JobStore.planOnIndexes, "EXPLAIN " + statement])[1].column())
        }
        let success = JobStore.succeed([Finish(job, .succeeded)])
        lines.append(try await queue.pool.pipeline([JobStore.planOnProbes, "EXPLAIN " + success])[1].column())
        let used = lines.map { plan in
            Set(plan.compactMap { line in line.firstMatch(of: #/Index Scan (?:on|using) (\w+)/#).map { String($0.1) } })
        }
        #expect(used[0] == ["job_lease_pkey"])
        #expect(used[1] == ["effect_pkey"])
        #expect(used[2] == ["effect_pkey", "effect_send_pkey"])
        #expect(used[3].contains("effect_job") && used[3].isDisjoint(with: ["effect_pkey", "effect_open"]))
        #expect(!lines.joined().contains { $0.contains("Seq Scan on effect") || $0.contains("Seq Scan on job_lease") })
    }

    @Test("sends are confirmed together, each only while it is the one under way")
    func confirmations() async throws {
        let fixture = try await Fixture()
        let queue = fixture.queue
        var told: [ConfirmedSend] = []
        for index in 0..<3 {
            let job = try await queue.claimedJob()
            #expect(
                try await fixture.pass([fixture.call(FenceRequest("op \(index)", mayBeNew: true), of: job)])
                    == [.granted(1)])
            told.append(
                ConfirmedSend(
                    job: job, operation: "op \(index)", part: 0, send: 1, evidence: JSONText("{\"id\": \"\(index)\"}"),
                    requestID: index == 2 ? "r" : nil))
        }
        try await queue.pool.execute("UPDATE effect SET state = 'unknown' WHERE op_key = 'op 1'")
        let effects = try await ConfirmedSend.write(told.reversed(), on: queue.pool)
        #expect(effects.map { $0?.operation } == ["op 2", nil, "op 0"])
        #expect(effects.compactMap { $0?.state } == [.confirmed, .confirmed])
        let sends = try await queue.pool.query(
            "SELECT coalesce(outcome, '') || coalesce(request_id, '') AS word FROM effect_send ORDER BY op_key")
        #expect(
            try sends.map { row throws in try row.get("word", as: String.self) } == ["confirmed", "", "confirmedr"])
    }
}
