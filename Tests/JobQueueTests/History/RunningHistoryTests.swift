// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import TestSupport
import Testing

@testable import JobQueue

/// Histories of runs, planted with plain SQL: the audit must say which of them cannot be.
@Suite("How many ran at once, by the history", .postgresSchema)
struct RunningHistoryTests {
    /// Where runs are planted.
    private struct Place {
        var client = ClientID()
        var account = AccountID()
        var queue: QueueName = "work"
        var provider = "p"
        /// Whose runs they are; nil is another worker's each time.
        var worker: WorkerID?
    }

    private struct Fixture {
        let queue: QueueFixture

        init() async throws { self.queue = try await QueueFixture() }

        /// Puts a run that succeeded into the history, in seconds of one hour of last year.
        func run(_ place: Place, from start: Double, to end: Double) async throws {
            let worker = place.worker ?? WorkerID()
            try await self.queue.pool.execute(
                """
                INSERT INTO attempt (
                    client_id, job_id, finished_at, outcome, final, lease_no, worker_id, started_at, started_real, recorded_at,
                    queue, kind, provider, account_id, priority, due_at, attempt, crash_count, defer_count, max_attempts,
                    recovery, generation, created_at
                )
                SELECT \(place.client), new_job_id(), hour, 'succeeded', true, nextval('job_lease_no'), \(worker), hour,
                       hour + make_interval(secs => \(start)), hour + make_interval(secs => \(end)), \(place.queue), 'noop',
                       \(place.provider), \(place.account), 0, hour, 1, 0, 0, 1, 'requeue', 1, hour
                FROM (SELECT timestamptz '2025-03-30 01:00:00Z' AS hour) AS year
                """)
        }

        /// Sets since when a number, or an account's app, is what it is.
        func set(_ scope: String, since second: Double) async throws {
            let changed = try await self.queue.pool.execute(
                """
                UPDATE concurrency_change
                SET changed_real = timestamptz '2025-03-30 01:00:00Z' + make_interval(secs => \(second))
                WHERE scope = \(scope)
                """)
            #expect(changed == 1)
        }

        func put(_ place: Place, into app: AppID) async throws {
            try await self.queue.pool.withTransaction { db in
                try await self.queue.store.setApp(app, of: place.client, place.account, on: &db)
            }
        }

        /// A place whose account has run one job at a time since long before.
        func placeOfOneSlot() async throws -> Place {
            let place = Place()
            try await self.queue.store.setConcurrency(.account(place.client, place.account), 1)
            try await self.set("account:\(place.account)", since: -100)
            return place
        }

        /// The only rule that may be broken here is the one about runs at once.
        func check(_ scope: String) async throws -> RunningCheck {
            let report = try await self.queue.store.audit()
            #expect(Set(report.violations.map(\.rule)).isSubset(of: [RunningCheck.rule]))
            #expect(report.violations.isEmpty == report.running.allSatisfy { $0.beyond == 0 })
            return try #require(report.running.first { $0.scope == scope })
        }
    }

    @Test("as many runs of an account in a queue as it has slots are in order, one more is found, whoever's job it is")
    func account() async throws {
        let fixture = try await Fixture()
        let place = Place()
        let scope = "account:\(place.account)/work"
        // One after the other without a pause, four at a time, and as many in another queue.
        for start in 0..<12 { try await fixture.run(place, from: Double(start), to: Double(start + 4)) }
        var elsewhere = place
        elsewhere.queue = "other"
        for _ in 0..<4 { try await fixture.run(elsewhere, from: 3, to: 9) }
        let kept = try await fixture.check(scope)
        #expect(kept.runs == 12 && kept.most == 4 && kept.allowed == 4 && kept.finding == nil)
        #expect(!kept.isSet && !kept.isPartial)
        // However short it was.
        try await fixture.run(place, from: 5.5, to: 5.500001)
        let broken = try await fixture.check(scope)
        #expect(broken.most == 5 && broken.beyond == 1 && broken.example == 17)
        #expect(
            broken.finding?.rows
                == "\(scope): 5 at once, 4 allowed, 1 runs began beyond that, the first with lease 17")
        #expect(try await fixture.check("account:\(place.account)/other").finding == nil)
    }

    @Test(
        "one long run and one short one in an account of one slot are found",
        arguments: [(5.0, 5.1), (9.9, 10.05), (-0.05, 0.3)])
    func shortBesideLong(start: Double, end: Double) async throws {
        let fixture = try await Fixture()
        let place = try await fixture.placeOfOneSlot()
        try await fixture.run(place, from: 0, to: 10)
        #expect(try await fixture.check("account:\(place.account)/work").finding == nil)
        try await fixture.run(place, from: start, to: end)
        let broken = try await fixture.check("account:\(place.account)/work")
        #expect(broken.most == 2 && broken.beyond == 1 && broken.runs == 2)
    }

    @Test("a claim that waited for the end of the run before is not reported")
    func waitedForSlot() async throws {
        let fixture = try await Fixture()
        let place = try await fixture.placeOfOneSlot()
        // Both waited while a run of 100 ms was given and ended; the second waited for the first one's end, too.
        try await fixture.run(place, from: 0, to: 0.1)
        try await fixture.run(place, from: 0.02, to: 0.15)
        try await fixture.run(place, from: 0.03, to: 20)
        let kept = try await fixture.check("account:\(place.account)/work")
        #expect(kept.runs == 3 && kept.most == 1 && kept.finding == nil)
    }

    @Test("runs that overlap in one slot, and that no wait for it explains, are found", arguments: NoWait.allCases)
    func noWait(reason: NoWait) async throws {
        let fixture = try await Fixture()
        var place = try await fixture.placeOfOneSlot()
        if reason == .sameWorker { place.worker = WorkerID() }
        for run in reason.runs { try await fixture.run(place, from: run.lowerBound, to: run.upperBound) }
        let broken = try await fixture.check("account:\(place.account)/work")
        #expect(broken.most == 2 && broken.beyond == 1)
    }

    /// Why the second of two runs cannot have waited for the end of the first.
    enum NoWait: String, Sendable, CaseIterable {
        /// Its claim would have seen that the slot is taken.
        case claimedLongBefore
        /// It would have waited for longer than is taken for a wait.
        case endedLongAfter
        /// A worker's claims follow each other.
        case sameWorker

        var runs: [ClosedRange<Double>] {
            switch self {
            case .claimedLongBefore: [0...1, 0.9...5]
            case .endedLongAfter: [0...0.4, 0.1...5]
            case .sameWorker: [0...0.1, 0.05...5]
            }
        }
    }

    @Test("an account's own number counts before its queue's, and that before the usual one")
    func numbers() async throws {
        let fixture = try await Fixture()
        let (own, usual) = (Place(), Place())
        try await fixture.queue.store.setConcurrency(.queue("work"), 2)
        try await fixture.queue.store.setConcurrency(.account(own.client, own.account), 1)
        // Set before all of it.
        try await fixture.set("queue:work", since: -100)
        try await fixture.set("account:\(own.account)", since: -100)
        for place in [own, usual] {
            for _ in 0..<2 { try await fixture.run(place, from: 0, to: 1) }
        }
        let (strict, other) = (
            try await fixture.check("account:\(own.account)/work"),
            try await fixture.check("account:\(usual.account)/work")
        )
        #expect(strict.allowed == 1 && strict.isSet && strict.beyond == 1)
        #expect(other.allowed == 2 && !other.isSet && other.beyond == 0 && other.most == 2)
    }

    @Test(
        "one run more than the limit of a client, an app or a platform allows is found, over all accounts; others' runs do not count",
        arguments: ["client", "client/work", "app", "app/work", "provider", "provider/work"])
    func limits(kind: String) async throws {
        let fixture = try await Fixture()
        let (client, app) = (ClientID(), AppID())
        let places = (0..<3).map { _ in Place(client: client) }
        var scope = kind.replacing("client", with: "client:\(client)").replacing("app", with: "app:\(app)")
        scope = scope.replacing("provider", with: "provider:p")
        for place in places { try await fixture.put(place, into: app) }
        try await fixture.queue.pool.execute("INSERT INTO running_limit (scope, max_running) VALUES (\(scope), 3)")
        try await fixture.set(scope, since: -100)
        for place in places {
            try await fixture.set("app of account:\(place.account)", since: -100)
            try await fixture.run(place, from: 0, to: 10)
            try await fixture.run(place, from: 10, to: 20)
        }
        var stranger = Place(provider: "q")
        try await fixture.run(stranger, from: 0, to: 20)
        stranger = places[0]
        stranger.queue = "other"
        if kind.hasSuffix("work") { try await fixture.run(stranger, from: 0, to: 20) }
        let kept = try await fixture.check(scope)
        #expect(kept.runs == 6 && kept.most == 3 && kept.allowed == 3 && kept.beyond == 0)
        #expect(kept.isSet && !kept.isPartial)
        try await fixture.run(places[1], from: 19.9, to: 21)
        let broken = try await fixture.check(scope)
        #expect(broken.most == 4 && broken.beyond == 1)
        #expect(broken.finding?.rule == RunningCheck.rule)
    }

    @Test("a lease that is held counts from its claim until now, and a run that began after it was given")
    func held() async throws {
        let fixture = try await Fixture()
        let job = try await fixture.queue.claimedJob()
        let account = try #require(job.account)
        try await fixture.queue.store.setConcurrency(.account(job.client, account), 1)
        try await fixture.set("account:\(account)", since: -100)
        #expect(try await fixture.check("account:\(account)/work").finding == nil)
        try await fixture.queue.pool.execute(
            "UPDATE job_lease SET claimed_real = timestamptz '2025-03-30 01:00:00Z' WHERE job_id = \(job.id)")
        try await fixture.run(Place(client: job.client, account: account), from: -0.5, to: 0)
        #expect(try await fixture.check("account:\(account)/work").finding == nil)
        try await fixture.run(Place(client: job.client, account: account), from: 600, to: 601)
        #expect(try await fixture.check("account:\(account)/work").beyond == 1)
    }

    @Test(
        "what is no run does not count: late ends, ends without a lease, and work of no account has any number of slots"
    )
    func noRuns() async throws {
        let fixture = try await Fixture()
        let place = Place()
        for _ in 0..<4 { try await fixture.run(place, from: 0, to: 10) }
        // Each was also told of late, and the fleet ended two jobs that waited.
        try await fixture.queue.pool.execute(
            """
            INSERT INTO attempt (
                client_id, job_id, finished_at, outcome, final, lease_no, worker_id, started_real, recorded_at, queue, kind,
                provider, account_id, priority, due_at, attempt, crash_count, defer_count, max_attempts, recovery,
                generation, created_at
            )
            SELECT client_id, job_id, finished_at, 'stale', false, lease_no, worker_id, started_real, recorded_at, queue, kind,
                   provider, account_id, priority, due_at, attempt, crash_count, defer_count, max_attempts, recovery,
                   generation, created_at
            FROM attempt
            UNION ALL
            SELECT client_id, new_job_id(), finished_at, 'cancelled', true, NULL, NULL, NULL, recorded_at, queue, kind,
                   provider, account_id, priority, due_at, attempt, crash_count, defer_count, max_attempts, recovery,
                   generation, created_at
            FROM attempt
            WHERE lease_no <= 2
            """)
        for _ in 0..<9 { try await fixture.run(Place(account: .none), from: 0, to: 10) }
        let kept = try await fixture.check("account:\(place.account)/work")
        #expect(kept.runs == 4 && kept.most == 4 && kept.finding == nil)
        #expect(try await fixture.queue.store.audit().running.count == 1)
    }

    @Test("runs from before a number was set are not held against it; a minute later all are")
    func changed() async throws {
        let fixture = try await Fixture()
        let place = Place()
        let scope = "client:\(place.client)"
        for _ in 0..<3 { try await fixture.run(place, from: 0, to: 10) }
        try await fixture.queue.store.setConcurrency(.client(place.client, nil), 1)
        try await fixture.set(scope, since: 5)
        // A claim under way at the change.
        for _ in 0..<2 { try await fixture.run(place, from: 6, to: 100) }
        try await fixture.run(place, from: 66, to: 80)
        let kept = try await fixture.check(scope)
        #expect(kept.isPartial && kept.runs == 1 && kept.most == 1 && kept.finding == nil)
        try await fixture.run(place, from: 79, to: 81)
        #expect(try await fixture.check(scope).beyond == 1)
    }

    @Test("a claim that was under way when a limit was set may be the first within it and go beyond it")
    func claimUnderWay() async throws {
        let fixture = try await Fixture()
        let place = Place()
        let scope = "client:\(place.client)"
        try await fixture.queue.store.setConcurrency(.client(place.client, nil), 1)
        try await fixture.set(scope, since: 0)
        // The limit is committed after its time was taken, and so was the claim that did not see it.
        for _ in 0..<2 { try await fixture.run(place, from: 0.2, to: 100) }
        try await fixture.run(place, from: 5, to: 8)
        let kept = try await fixture.check(scope)
        #expect(kept.isPartial && kept.runs == 1 && kept.finding == nil)
        try await fixture.run(place, from: 7, to: 9)
        #expect(try await fixture.check(scope).beyond == 1)
        // Where nothing ran for so long, all runs count.
        try await fixture.set(scope, since: -5)
        let whole = try await fixture.check(scope)
        #expect(!whole.isPartial && whole.runs == 4 && whole.most == 4)
    }

    @Test("what an account ran before it came to an app is not held against the app's limit")
    func joined() async throws {
        let fixture = try await Fixture()
        let (app, old, new) = (AppID(), Place(), Place())
        try await fixture.queue.store.setConcurrency(.app(app, nil), 1)
        for place in [old, new] { try await fixture.put(place, into: app) }
        try await fixture.set("app:\(app)", since: -100)
        try await fixture.set("app of account:\(old.account)", since: -100)
        try await fixture.set("app of account:\(new.account)", since: 20)
        try await fixture.run(old, from: 0, to: 200)
        try await fixture.run(new, from: 0, to: 1)
        try await fixture.run(new, from: 21, to: 22)
        let kept = try await fixture.check("app:\(app)")
        #expect(kept.isPartial && kept.runs == 1 && kept.finding == nil)
        try await fixture.run(new, from: 80, to: 81)
        #expect(try await fixture.check("app:\(app)").beyond == 1)
    }

    @Test("since when a number is in force is noted whenever it changes, and only then")
    func noted() async throws {
        let queue = try await QueueFixture()
        let account = AccountID()
        func noted() async throws -> [String] {
            let scopes: [String] = try await queue.pool.query("DELETE FROM concurrency_change RETURNING scope").column()
            return scopes.sorted()
        }
        for _ in 0..<2 {
            try await queue.store.setConcurrency(.account(queue.client, account), 2)
            try await queue.store.setConcurrency(.queue("work"), 2)
            try await queue.store.setConcurrency(.client(queue.client, "work"), 2)
        }
        #expect(try await noted() == ["account:\(account)", "client:\(queue.client)/work", "queue:work"])
        try await queue.store.setConcurrency(.account(queue.client, account), 2)
        #expect(try await noted() == [])
        let app = AppID()
        for _ in 0..<2 {
            try await queue.pool.withTransaction { db in
                try await queue.store.setApp(app, of: queue.client, account, on: &db)
            }
        }
        #expect(try await noted() == ["app of account:\(account)"])
        try await queue.store.setConcurrency(.account(queue.client, account), nil)
        try await queue.store.setConcurrency(.queue("work"), nil)
        try await queue.store.setConcurrency(.client(queue.client, "work"), nil)
        #expect(try await noted() == ["account:\(account)", "client:\(queue.client)/work", "queue:work"])
    }
}
