// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

@Suite("Stops of an app", .postgresSchema)
struct AppStopTests {
    private static let refusal = PluginError(
        .needsHuman, "The app has no credits left", nextAction: "Buy credits", scope: .app)

    private static func text(_ text: String) -> PostContent {
        PostContent(format: .text, parts: [PostPart(text: text)])
    }

    private static func apps(_ agency: AgencyFixture) throws -> AppService {
        AppService(
            pool: agency.pool, registry: agency.services.registry, keys: try SecretKeys(SecretKeys.generate()))
    }

    /// Two accounts of one app and one of another.
    private static func agency() async throws -> (AgencyFixture, app: AppID, second: AccountID, other: AccountID) {
        let agency = try await AgencyFixture()
        let (app, another) = (try await agency.addApp("main"), try await agency.addApp("spare"))
        let (second, other) = (try await agency.addAccount("second"), try await agency.addAccount("other"))
        try await agency.act(agency.account, with: app)
        try await agency.act(second, with: app)
        try await agency.act(other, with: another)
        return (agency, app, second, other)
    }

    @Test("what a platform refuses of an app stops all its accounts and no other, until somebody resumes the app")
    func stops() async throws {
        let (agency, app, second, other) = try await Self.agency()
        let handler = PublishHandler(services: agency.services)
        agency.platform.script(.refuse(Self.refusal))
        let first = try await agency.plan("one")
        #expect(try await agency.work(handler) == ["released"])
        #expect(try await agency.state(of: first) == "waiting")
        #expect(try await agency.text("SELECT next_action FROM target") == "Buy credits")

        let kept = try await agency.plan(Self.text("two"), for: second)
        let free = try await agency.plan(Self.text("three"), for: other)
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.calls } == 2)
        #expect(try await agency.state(of: free) == "published")
        #expect(try await agency.count("SELECT count(*) FROM account WHERE state <> 'active'") == 0)
        #expect(try await agency.count("SELECT count(*) FROM job_ready WHERE attempt = 0 AND defer_count = 0") == 2)

        let job: JobID = try await agency.pool.query(
            "SELECT job_id FROM job_ready WHERE subject_id = \(kept)"
        ).single()
        let why = try #require(try await agency.services.jobs.explain(job, client: agency.client))
        let pauses = why.hindrances.compactMap { hindrance -> Pause? in
            if case .paused(let pause) = hindrance { pause } else { nil }
        }
        #expect(pauses.map(\.scope) == [.app(.app(app), .publish)])
        #expect(pauses.first?.reason == "The app has no credits left – Buy credits")
        #expect(pauses.first?.by == "fake")

        let apps = try Self.apps(agency)
        #expect(try await apps.pauses()[.app(app)]?.count == 1)
        #expect(try await apps.resume("fake/main", actor: "cli:ada", reason: nil).wasStopped)
        #expect(try await agency.state(of: first) == "planned")
        #expect(try await agency.work(handler) == ["succeeded", "succeeded"])
        #expect(try await !apps.resume("main", actor: "cli:ada", reason: nil).wasStopped)
    }

    @Test("a refusal of work that was under way when somebody resumed the app does not stop it again; a later one does")
    func underWay() async throws {
        let (agency, _, second, _) = try await Self.agency()
        let (handler, apps) = (PublishHandler(services: agency.services), try Self.apps(agency))
        let target = try await agency.plan("one")
        let other = try await agency.plan(Self.text("two"), for: second)
        agency.platform.script(.refuse(Self.refusal), .refuse(Self.refusal), .refuse(Self.refusal))
        let jobs = try await agency.claim(.publish)
        try #require(jobs.count == 2)
        // Both are refused; one ends before the app is resumed and one after it.
        var results: [JobResult] = []
        for job in jobs { results.append(try await agency.run(handler, job)) }
        try await agency.finish(jobs[0], results[0])
        #expect(try await apps.pauses().count == 1)
        #expect(try await apps.resume("main", actor: "cli:ada", reason: nil).wasStopped)
        try await agency.finish(jobs[1], results[1])
        #expect(try await apps.pauses().isEmpty)
        for target in [target, other] { #expect(try await agency.state(of: target) == "planned") }
        #expect(try await agency.count("SELECT count(*) FROM job_ready WHERE attempt = 0") == 2)
        #expect(try await agency.work(handler).sorted() == ["released", "succeeded"])
        #expect(try await apps.pauses().count == 1)
    }

    @Test("only the queue that was refused stops")
    func otherQueues() async throws {
        let (agency, _, _, _) = try await Self.agency()
        let target = try await agency.plan("one")
        _ = try await agency.work(PublishHandler(services: agency.services))
        #expect(try await agency.state(of: target) == "published")
        agency.platform.script(.refuse(Self.refusal))
        _ = try await agency.plan("two")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["released"])
        try await agency.advance(.seconds(90_000))
        let read = try await agency.work(MetricsHandler(services: agency.services))
        #expect(!read.isEmpty && read.allSatisfy { $0 == "succeeded" })
    }

    @Test("accounts that no app is known for stop together, and the others go on")
    func configuredApp() async throws {
        let (agency, _, second, _) = try await Self.agency()
        try await agency.pool.execute("DELETE FROM lane_policy WHERE account_id = \(agency.account)")
        agency.platform.script(.refuse(Self.refusal))
        _ = try await agency.plan("one")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["released"])
        _ = try await agency.plan(Self.text("two"), for: second)
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        let apps = try Self.apps(agency)
        #expect(try await apps.pauses().keys.map(\.description) == ["provider:fake"])
        #expect(try await apps.resume("fake", actor: "cli:ada", reason: nil).wasStopped)
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
    }

    @Test("a boost that the app may not start waits with its money, and looking at what runs goes on")
    func boost() async throws {
        let (agency, app, _, _) = try await Self.agency()
        try await agency.setCap(100_000)
        let boost = try await agency.planBoost(budget: 5_000)
        agency.platform.script(.refuse(Self.refusal))
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["released"])
        let pauses = try await Self.apps(agency).pauses()[.app(app)] ?? []
        #expect(pauses.map(\.scope) == [.app(.app(app), .boost)])
        _ = try await Self.apps(agency).resume("main", actor: "cli:ada", reason: nil)
        #expect(try await agency.work(BoostHandler(services: agency.services)).first == "succeeded")
        #expect(
            try await agency.text("SELECT remote_id FROM boost WHERE boost_id = \(boost)") != nil)
    }

    @Test("a person pauses an app with a reason, and everything but looking stands still")
    func pausedByHand() async throws {
        let (agency, app, second, other) = try await Self.agency()
        let apps = try Self.apps(agency)
        try await apps.pause("main", actor: "cli:ada", reason: "moving house")
        let queues = try await apps.pauses()[.app(app)]?.compactMap { pause -> QueueName? in
            if case .app(_, let queue) = pause.scope { queue } else { nil }
        }
        #expect(Set(queues ?? []) == Set(QueueName.pausable))
        _ = try await agency.plan(Self.text("two"), for: second)
        _ = try await agency.plan(Self.text("three"), for: other)
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        let error = await #expect(throws: ServiceError.self) { _ = try await apps.choose("mian") }
        #expect(error?.code == .notFound && error?.description.contains("main") == true)
    }

    @Test("what was held for an app is let go in small transactions: all of it, and no other's")
    func pages() async throws {
        let (agency, _, second, other) = try await Self.agency()
        func hold(_ count: Int, for account: AccountID, _ reason: String) async throws {
            try await agency.pool.execute(
                """
                INSERT INTO job_hold (client_id, job_id, queue, kind, provider, account_id, payload, priority, due_at, max_attempts,
                                      recovery, created_at, reason, held_at)
                SELECT \(agency.client), gen_random_uuid(), 'reconcile', 'boost', 'fake', \(account), '{}', 0, world_now(), 3,
                       'requeue', world_now(), \(reason), world_now()
                FROM generate_series(1, \(Int64(count)))
                """)
        }
        let many = 2 * AppService.page + 1
        try await hold(many, for: second, AppStop.word)
        try await hold(1, for: second, "poison")
        try await hold(1, for: other, AppStop.word)
        #expect(try await Self.apps(agency).resume("main", actor: "cli:ada", reason: nil).wasStopped)
        #expect(try await agency.count("SELECT count(*) FROM job_ready WHERE generation = 2") == many)
        #expect(try await agency.count("SELECT count(*) FROM job_hold") == 2)
        let largest = try await agency.count(
            "SELECT max(n) FROM (SELECT count(*) AS n FROM job_ready GROUP BY xmin::text) AS written")
        #expect(largest == AppService.page)
    }
}
