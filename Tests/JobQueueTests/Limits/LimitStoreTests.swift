// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

@Suite("Limits", .postgresSchema)
struct LimitStoreTests {
    /// A queue whose clock stands still until it is moved, with one account's limits.
    struct Fixture {
        let queue: QueueFixture
        let limits: LimitStore
        let account = AccountID()
        let app = AppID()

        init() async throws {
            self.queue = try await QueueFixture()
            self.limits = LimitStore(pool: self.queue.pool)
            try await self.queue.world.set(epoch: Date(timeIntervalSince1970: 1_772_524_800), rate: 0)
        }

        var perAccount: UsualLimit {
            UsualLimit(LimitKey(scope: .account(self.account), endpoint: "post", window: .seconds(900)), calls: 3)
        }

        var perApp: UsualLimit {
            UsualLimit(LimitKey(scope: .app(self.app), endpoint: "post", window: .seconds(86_400)), calls: 5)
        }

        func call(
            _ endpoint: String = "post", account: AccountID? = nil, sender: LimitedCall.Sender? = nil
        ) -> LimitedCall {
            let scope = LimitScope.account(account ?? self.account)
            let first = UsualLimit(LimitKey(scope: scope, endpoint: "post", window: .seconds(900)), calls: 3)
            return LimitedCall(
                endpoint: endpoint, scopes: [scope, .app(self.app), .provider("p")],
                usual: endpoint == "post" ? [first, self.perApp] : [], sender: sender)
        }

        func advance(_ seconds: Double) async throws {
            try await self.queue.world.set(
                epoch: try await self.queue.world.now().addingTimeInterval(seconds), rate: 0)
        }

        func refusal(_ call: LimitedCall) async throws -> LimitRefusal? {
            do {
                _ = try await self.limits.debit(call)
                return nil
            } catch let refusal as LimitRefusal {
                return refusal
            }
        }
    }

    @Test(
        "a call that gives way leaves a tenth of what all calls share to the others, but for what could never be made then"
    )
    func givesWay() async throws {
        let fixture = try await Fixture()
        let shared = LimitKey(
            scope: .app(fixture.app), endpoint: LimitKey.everyEndpoint, window: .seconds(900))
        try await fixture.limits.set(shared, calls: 20, reason: "a test", by: "test")
        var reading = fixture.call("read")
        reading.givesWay = true
        for _ in 0..<18 { _ = try await fixture.limits.debit(reading) }
        let refusal = try #require(try await fixture.refusal(reading))
        #expect(refusal.reason.contains("20 calls in 15 min are used up but for 2, which are kept"))
        #expect(refusal.pause > .seconds(900) && refusal.pause < .seconds(920))
        for rest in [1, 0] {
            #expect(try await fixture.limits.debit(fixture.call("read")).rest[shared] == rest)
        }
        #expect(try #require(try await fixture.refusal(fixture.call("read"))).reason.contains("are used up"))

        try await fixture.advance(1_000)
        reading.count = 20
        #expect(try await fixture.limits.debit(reading).rest[shared] == 0)
    }

    @Test("a limit of one endpoint is used up by calls that give way too: nobody else needs it")
    func givesNoWayOfItsOwn() async throws {
        let fixture = try await Fixture()
        var reading = fixture.call()
        reading.givesWay = true
        for _ in 0..<3 { _ = try await fixture.limits.debit(reading) }
        #expect(try await fixture.refusal(reading)?.reason.contains("3 calls of post in 15 min are used up") == true)
    }

    @Test("a call is debited from each of its limits, or from none of them")
    func allOrNothing() async throws {
        let fixture = try await Fixture()
        for rest in [2, 1, 0] {
            let grant = try await fixture.limits.debit(fixture.call())
            #expect(grant.rest[fixture.perAccount.key] == rest && grant.rest[fixture.perApp.key] == rest + 2)
            #expect(try #require(grant.notAfter) > .now)
        }
        let refusal = try #require(try await fixture.refusal(fixture.call()))
        #expect(refusal.scope == .account(fixture.account) && refusal.endpoint == "post")
        #expect(refusal.pause > .seconds(900) && refusal.pause < .seconds(920))
        #expect(refusal.reason.contains("3 calls of post in 15 min"))

        // The app has two left for others; then its own limit speaks, for the longer time.
        let other = AccountID()
        for _ in 0..<2 { _ = try await fixture.limits.debit(fixture.call(account: other)) }
        let full = try #require(try await fixture.refusal(fixture.call()))
        #expect(full.scope == .app(fixture.app))
        let used = try await fixture.limits.limits(of: [.account(other)], clients: [:]).map(\.used)
        #expect(used == [2])
    }

    @Test("workers that race take no more than there is")
    func race() async throws {
        let fixture = try await Fixture()
        let granted = try await withThrowingTaskGroup { group in
            for _ in 0..<12 { group.addTask { try await fixture.refusal(fixture.call()) == nil } }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(granted == 3)
    }

    @Test("tokens come back a window after they were taken")
    func comeBack() async throws {
        let fixture = try await Fixture()
        for _ in 0..<3 { _ = try await fixture.limits.debit(fixture.call()) }
        let refusal = try #require(try await fixture.refusal(fixture.call()))
        try await fixture.advance(899)
        #expect(try await fixture.refusal(fixture.call()) != nil)
        try await fixture.advance(refusal.pause.seconds - 899)
        #expect(try await fixture.refusal(fixture.call()) == nil)
    }

    @Test("what has no limit is not refused, and a limit for every endpoint counts it")
    func everyEndpoint() async throws {
        let fixture = try await Fixture()
        #expect(try await fixture.limits.debit(fixture.call("read")).notAfter == nil)
        let key = LimitKey(scope: .provider("p"), endpoint: LimitKey.everyEndpoint, window: .seconds(60))
        try await fixture.limits.set(key, calls: 1, reason: "a test", by: "me")
        #expect(try await fixture.limits.debit(fixture.call("read")).rest == [key: 0])
        #expect(try await fixture.refusal(fixture.call())?.scope == .provider("p"))
    }

    @Test("a person's word goes before the platform's, and that before the manifest's")
    func sources() async throws {
        let fixture = try await Fixture()
        let key = fixture.perAccount.key
        let grant = try await fixture.limits.debit(fixture.call())
        func stands() async throws -> LimitView? {
            try await fixture.limits.limits(of: [key.scope], clients: [:]).first { $0.key == key }
        }
        #expect(try await stands()?.source == .manifest)
        let reading = LimitReading(
            key: key, calls: 50, rest: 49, reset: try await fixture.queue.world.now().addingTimeInterval(900))
        try await fixture.limits.observe([reading], after: grant)
        let said = try await stands()
        #expect(said?.calls == 50 && said?.source == .platform)
        try await fixture.limits.set(key, calls: 7, reason: "careful", by: "me")
        let view = try #require(try await stands())
        #expect(view.calls == 7 && view.source == .person && view.callsOtherwise == 50 && view.reason == "careful")
        // What the platform says of the number does not undo it.
        let next = try await fixture.limits.debit(fixture.call())
        #expect(next.rest[key] == 5)
        try await fixture.limits.observe([reading], after: next)
        #expect(try await stands()?.calls == 7)
        #expect(try await fixture.limits.clear(key, reason: nil, by: "me"))
        #expect(try await stands()?.calls == 50)
        #expect(try await fixture.limits.clear(key, reason: nil, by: "me") == false)
    }

    @Test("what the platform says is left is never exceeded, though others use it too")
    func platformSaysLess() async throws {
        let fixture = try await Fixture()
        let key = fixture.perAccount.key
        let grant = try await fixture.limits.debit(fixture.call())
        let reset = try await fixture.queue.world.now().addingTimeInterval(120)
        try await fixture.limits.observe([LimitReading(key: key, calls: 3, rest: 0, reset: reset)], after: grant)
        let refusal = try #require(try await fixture.refusal(fixture.call()))
        #expect(refusal.pause >= .seconds(120) && refusal.pause < .seconds(140))
        try await fixture.advance(140)
        #expect(try await fixture.refusal(fixture.call()) == nil)
    }

    @Test("a closed endpoint, account or app refuses its calls until then, and a pause is never shortened")
    func gates() async throws {
        let fixture = try await Fixture()
        let account = LimitScope.account(fixture.account)
        try await fixture.limits.closeEndpoint("post", of: account, for: .seconds(60), reason: "429", by: "x")
        try await fixture.limits.closeEndpoint("post", of: account, for: .seconds(30), reason: "429", by: "x")
        #expect(try await fixture.refusal(fixture.call())?.pause == .seconds(60))
        #expect(try await fixture.refusal(fixture.call("read")) == nil)
        try await fixture.queue.pool.withConnection { db in
            try await LimitStore.close(
                .app(fixture.app), for: .seconds(300), reason: "429 of the app", by: "x", on: &db)
            try await LimitStore.close(
                account, queue: "work", for: .seconds(90), reason: "used up", by: "test", on: &db)
        }
        let refusal = try #require(try await fixture.refusal(fixture.call("read")))
        #expect(refusal.scope == .app(fixture.app) && refusal.endpoint == nil && refusal.pause == .seconds(300))
        #expect(try await fixture.limits.gates().map(\.queue) == [nil, "work", nil])
        #expect(try await fixture.limits.reopen(account, by: "me", reason: "settled") == 2)
        #expect(try await fixture.limits.reopen(.app(fixture.app), by: "me", reason: nil) == 1)
        #expect(try await fixture.refusal(fixture.call("read")) == nil)
    }

    @Test("the posts of an account are counted by the key of its index, however many others have sent")
    func countsByKey() async throws {
        let fixture = try await Fixture()
        let (pool, client, account) = (fixture.queue.pool, fixture.queue.client, AccountID())
        let cap = LimitKey(scope: .account(account), endpoint: "post", window: .seconds(86_400), counts: .sends)
        try await fixture.limits.set(cap, calls: 20, reason: "a test", by: "me")
        try await pool.execute(
            """
            INSERT INTO effect_send (client_id, op_key, part, send_no, token, job_id, account_id, provider, lease_no,
                                     worker_id, sent_at, sent_real, endpoint)
            SELECT CASE WHEN n % 5000 = 0 THEN \(client) ELSE gen_random_uuid() END, 'op ' || n, 1, 1, gen_random_uuid(),
                   gen_random_uuid(), CASE WHEN n % 5000 = 0 THEN \(account) ELSE gen_random_uuid() END, 'p', n,
                   gen_random_uuid(), world_now(), clock_timestamp(), 'post'
            FROM generate_series(1, 20000) AS n
            """)
        try await pool.execute("ANALYZE effect_send")
        let views = try await fixture.limits.limits(of: [cap.scope], clients: [account: client])
        #expect(views.map(\.used) == [4])
        #expect(try await fixture.limits.limits(of: [cap.scope], clients: [:]).map(\.used) == [0])
        let plan: [String] = try await pool.withConnection { db in
            let answers = try await db.pipeline([
                LimitStore.clock, "SELECT \(unescaped: LimitRow.columns) FROM rate_bucket",
            ])
            let clock = try LimitClock(try #require(answers[0].first))
            let row = try LimitRow(try #require(answers[1].first))
            let sends = try #require(LimitStore.sends(row, [account: client], clock))
            return try await db.pipeline([JobStore.planOnIndexes, "EXPLAIN " + sends])[1].map { row throws in
                try row.get(0)
            }
        }
        let condition = plan.first { $0.contains("Index Cond") } ?? ""
        #expect(
            plan.contains { $0.contains("effect_send_account") } && condition.contains("client_id")
                && condition.contains("account_id"), "\(plan.joined(separator: "\n"))")
    }

    @Test("a rolling cap counts what was sent and may have been, not what was proven absent, in the fence itself")
    func sendsAreCounted() async throws {
        let fixture = try await Fixture()
        let job = try await fixture.queue.claimedJob()
        let account = try #require(job.account)
        let effects = fixture.queue.effects(of: job)
        let cap = LimitKey(
            scope: .account(account), endpoint: "post", window: .seconds(86_400), counts: .sends)
        let call = LimitedCall(
            endpoint: "post", scopes: [.account(account)], usual: [UsualLimit(cap, calls: 2)],
            sender: .init(client: job.client, account: account))
        func send(_ operation: OperationKey) async throws -> LimitRefusal? {
            try await effects.prepare(operation)
            do {
                let grant = try await effects.fence(FenceRequest(operation, endpoint: "post", call: call))
                #expect(grant != nil)
                return nil
            } catch let refusal as LimitRefusal {
                return refusal
            }
        }
        #expect(try await send("a") == nil)
        #expect(try await send("b") == nil)
        #expect(try await send("c")?.pause == .seconds(86_400))
        #expect(try await effects.load("c").map(\.state) == [.prepared])
        try await effects.markUnknown("a", send: 1)
        #expect(try await send("c") != nil)
        try await effects.notSent("a", send: 1)
        #expect(try await send("c") == nil)
        let views = try await fixture.limits.limits(of: [.account(account)], clients: [account: job.client])
        #expect(views.map(\.used) == [2])
        #expect(try await send("a") != nil)
        try await fixture.advance(86_401)
        #expect(try await send("a") == nil)
    }

    @Test("a job that is kept back keeps its place, loses no attempt, and is put off once more")
    func keptBack() async throws {
        let fixture = try await Fixture()
        let job = try await fixture.queue.claimedJob()
        let gate = JobResult.Record { db in
            try await LimitStore.close(
                .account(try #require(job.account)), queue: job.queue, for: .seconds(60), reason: "used up", by: "test",
                on: &db)
        }
        let end = Finish(job, .keptBack(for: .seconds(60), reason: "used up"))
        #expect(try await fixture.queue.store.finish(end, record: gate) == .applied)
        let now = try #require(try await fixture.queue.store.job(job.id, client: job.client))
        #expect(now.state == .ready && now.spec.dueAt == job.spec.dueAt)
        #expect(now.spec.deferrals == 1 && now.spec.failures == 0)
        #expect(try await fixture.queue.outcomes(of: job.id) == ["deferred"])
        try await fixture.queue.expectSound()
    }

    @Test("what is closed for longer than the calendar goes is closed for a century")
    func endless() async throws {
        let fixture = try await Fixture()
        let pause = Duration.seconds(Int64.max)
        try await fixture.limits.closeEndpoint("post", of: .account(fixture.account), for: pause, reason: "-", by: "p")
        try await fixture.queue.pool.withConnection { db in
            try await LimitStore.close(.account(fixture.account), for: pause, reason: "-", by: "p", on: &db)
        }
        #expect(try await fixture.limits.gates().count == 2)
    }
}
