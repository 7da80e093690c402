// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

/// Rules over a real database.
@Suite(.postgresSchema)
struct BoostRuleTests {
    /// Twelve ordinary publications, and one that earns a boost; all with a reading at six hours.
    private func history(_ agency: AgencyFixture) async throws {
        try await agency.setCap(100_000)
        try await agency.pool.execute(
            """
            WITH posted AS (
                INSERT INTO publication (client_id, publication_id, account_id, platform, remote_id, published_at, origin)
                SELECT \(agency.client), gen_random_uuid(), \(agency.account), 'fake', 'r' || n,
                       world_now() - make_interval(hours => CASE n WHEN 13 THEN 8 ELSE 100 + 24 * n END), 'external'
                FROM generate_series(1, 13) AS n
                RETURNING client_id, publication_id, account_id, published_at, remote_id
            )
            INSERT INTO sample (client_id, account_id, sample_id, publication_id, read_at, source, definition, likes, comments)
            SELECT client_id, account_id, gen_random_uuid(), publication_id, published_at + interval '6 hours', 'platform', 1,
                   CASE remote_id WHEN 'r13' THEN 40 ELSE 8 END, 2
            FROM posted
            """)
    }

    private func service(_ agency: AgencyFixture) -> BoostRuleService {
        BoostRuleService(pool: agency.pool, jobs: agency.services.jobs, registry: agency.services.registry)
    }

    @Test("workers boost what earns it, once, keep why, and look again the next hour")
    func apply() async throws {
        let agency = try await AgencyFixture()
        try await self.history(agency)
        let rule = BoostRule(objective: "reach", budget: "20.00", days: 3)
        _ = try await self.service(agency).add(rule, slug: "winners", client: "acme", account: nil, actor: "cli:ann")
        let handler = ApplyBoostRulesHandler(services: agency.services)
        for _ in 0..<2 {
            try await agency.advance(.seconds(3_600))
            #expect(try await agency.work(handler) == ["succeeded"])
        }
        let boosts = try await agency.text(
            "SELECT string_agg(created_by || ' ' || state || ' ' || budget_minor, ', ') FROM boost")
        #expect(boosts == "rule:winners planned 2000")
        let said = try await self.service(agency).decisions(client: "acme", limit: 10)
        #expect(said.map(\.verdict) == ["boosted", "boost"])
        #expect(said.last?.reason == "42 engagements after 6 h, 4.2 × the account's typical 10 (12 posts)")
        #expect(said.last?.boost != nil)
    }

    @Test("what a person called off before it began is not boosted again by the rule")
    func calledOff() async throws {
        let agency = try await AgencyFixture()
        try await self.history(agency)
        let rule = BoostRule(objective: "reach", budget: "20.00", days: 3)
        _ = try await self.service(agency).add(rule, slug: "winners", client: "acme", account: nil, actor: "cli:ann")
        let handler = ApplyBoostRulesHandler(services: agency.services)
        try await agency.advance(.seconds(3_600))
        #expect(try await agency.work(handler) == ["succeeded"])
        let boost = try #require(try await agency.text("SELECT boost_id::text FROM boost"))
        let boosts = BoostService(pool: agency.pool, jobs: agency.services.jobs, registry: agency.services.registry)
        #expect(try await boosts.stop(boost, reason: "not this one", actor: "cli:ann").boost.state == .cancelled)
        try await agency.advance(.seconds(3_600))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.count("SELECT count(*) FROM boost") == 1)
    }

    /// A past whose evenings get three times as much in the end, and a post of last evening that did well early.
    private func evenings(_ agency: AgencyFixture) async throws {
        try await agency.setCap(100_000)
        try await agency.pool.execute(
            """
            WITH posted AS (
                INSERT INTO publication (client_id, publication_id, account_id, platform, remote_id, published_at, origin)
                SELECT \(agency.client), gen_random_uuid(), \(agency.account), 'fake', 'r' || n,
                       world_now() - make_interval(hours => CASE n WHEN 0 THEN 13 ELSE 100 + 7 * n END), 'external'
                FROM generate_series(0, 150) AS n
                RETURNING client_id, publication_id, account_id, published_at, remote_id
            )
            INSERT INTO sample (client_id, account_id, sample_id, publication_id, read_at, source, definition, likes)
            SELECT client_id, account_id, gen_random_uuid(), publication_id, published_at + interval '6 hours', 'platform', 1,
                   CASE remote_id WHEN 'r0' THEN 23 ELSE 10 END
            FROM posted
            UNION ALL
            SELECT client_id, account_id, gen_random_uuid(), publication_id, published_at + interval '72 hours', 'platform', 1,
                   CASE WHEN extract(hour FROM published_at AT TIME ZONE 'Europe/Berlin') BETWEEN 18 AND 21 THEN 300
                        ELSE 60 + substr(remote_id, 2)::bigint * 7 % 80 END
            FROM posted WHERE remote_id <> 'r0'
            """)
    }

    @Test("a rule that counts hours counts them as the posts say now, not as they said at the last fit")
    func presentHours() async throws {
        let agency = try await AgencyFixture()
        try await self.evenings(agency)
        _ = try await TimingService(pool: agency.pool).learn("fake")
        let rule = BoostRule(byHour: true, objective: "reach", budget: "20.00", days: 3)
        let service = self.service(agency)
        _ = try await service.add(rule, slug: "winners", client: "acme", account: nil, actor: "cli:ann")
        let handler = ApplyBoostRulesHandler(services: agency.services)
        try await agency.advance(.seconds(3_600))
        #expect(try await agency.work(handler) == ["succeeded"])
        let before = try await service.decisions(client: "acme", limit: 1)
        #expect(before.map(\.verdict) == ["below-threshold"])
        #expect(before.first?.reason.contains("Mon 20:00 lets expect") == true)
        // Evenings were no better after all: as many posts, other numbers.
        try await agency.pool.execute(
            "UPDATE sample SET likes = 60 + extract(day FROM read_at)::bigint * 7 % 80 WHERE likes = 300")
        #expect(try await service.dryRun(rule, client: "acme", account: nil, days: 1).boosts.count == 1)
        try await agency.advance(.seconds(3_600))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await service.decisions(client: "acme", limit: 1).map(\.verdict) == ["boost"])
    }

    @Test("what a cap does not allow is refused, and the refusal is kept with its reason")
    func refused() async throws {
        let agency = try await AgencyFixture()
        try await self.history(agency)
        try await agency.pool.execute("UPDATE budget_cap SET cap_minor = 1999")
        let rule = BoostRule(objective: "reach", budget: "20.00", days: 3)
        _ = try await self.service(agency).add(rule, slug: "winners", client: "acme", account: nil, actor: "cli:ann")
        try await agency.advance(.seconds(3_600))
        _ = try await agency.work(ApplyBoostRulesHandler(services: agency.services))
        let said = try await self.service(agency).decisions(client: "acme", limit: 10)
        #expect(said.map(\.verdict) == ["refused"])
        #expect(said.first?.reason.contains("has 19.99 EUR left") == true)
        #expect(try await agency.count("SELECT count(*) FROM boost") == 0)
    }

    @Test("a preview says what would have been boosted, and does nothing; a paused rule begins nothing")
    func previewAndPause() async throws {
        let agency = try await AgencyFixture()
        try await self.history(agency)
        let rule = BoostRule(objective: "reach", budget: "20.00", days: 3)
        let (boosts, publications) = try await self.service(agency).dryRun(
            rule, client: "acme", account: nil, days: 90)
        #expect(boosts.map(\.ratio) == [4.2])
        #expect(publications >= 1)
        #expect(try await agency.count("SELECT count(*) FROM boost_decision") == 0)
        _ = try await self.service(agency).add(rule, slug: "winners", client: "acme", account: nil, actor: "cli:ann")
        try await self.service(agency).set("winners", client: "acme", state: "paused", actor: "cli:ann")
        try await agency.advance(.seconds(3_600))
        #expect(try await agency.work(ApplyBoostRulesHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.count("SELECT count(*) FROM boost") == 0)
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'apply-boost-rules'") == 0)
    }

    @Test("a rule that cannot work is refused with everything that is wrong")
    func wrongRules() async throws {
        let agency = try await AgencyFixture()
        let service = self.service(agency)
        let wrong = BoostRule(threshold: 0.5, perDay: 0, objective: "reach", budget: "20.00", days: 0)
        let error = await #expect(throws: ServiceError.self) {
            try await service.add(wrong, slug: "x", client: "acme", account: nil, actor: "cli:ann")
        }
        #expect(error?.issues.count == 3)
        let unknown = await #expect(throws: ServiceError.self) {
            try await service.add(
                BoostRule(objective: "raech", budget: "20.00", days: 3), slug: "x", client: "acme", account: nil,
                actor: "cli:ann")
        }
        #expect(unknown?.message.contains("Did you mean 'reach'?") == true)
    }

    /// One more publication that earns a boost, a little less than the other one.
    private func secondBest(_ agency: AgencyFixture) async throws {
        try await agency.pool.execute(
            """
            WITH posted AS (
                INSERT INTO publication (client_id, publication_id, account_id, platform, remote_id, published_at, origin)
                VALUES (\(agency.client), gen_random_uuid(), \(agency.account), 'fake', 'r14', world_now() - interval '7 hours',
                        'external')
                RETURNING client_id, publication_id, account_id, published_at
            )
            INSERT INTO sample (client_id, account_id, sample_id, publication_id, read_at, source, definition, likes, comments)
            SELECT client_id, account_id, gen_random_uuid(), publication_id, published_at + interval '6 hours', 'platform', 1, 30, 2
            FROM posted
            """)
    }

    @Test("two runs of one client that meet begin together no more than one would")
    func overlappingRuns() async throws {
        let agency = try await AgencyFixture()
        try await self.history(agency)
        let rule = BoostRule(objective: "reach", budget: "20.00", days: 3)
        _ = try await self.service(agency).add(rule, slug: "winners", client: "acme", account: nil, actor: "cli:ann")
        // The first is late, the second was planned by somebody who resumed a rule.
        try await agency.advance(.seconds(3_600))
        let now = try await WorldStore(pool: agency.pool).now()
        _ = try await agency.services.jobs.enqueue([.applyBoostRules(client: agency.client, after: now)])
        try await agency.advance(.seconds(3_600))
        let jobs = try await agency.claim(.applyBoostRules)
        try #require(jobs.count == 2)
        let handler = ApplyBoostRulesHandler(services: agency.services)
        let results = [try await agency.run(handler, jobs[0]), try await agency.run(handler, jobs[1])]
        try await agency.pool.overlap({ db in try await results[0].record?(&db) }) {
            try await agency.pool.withTransaction { db in try await results[1].record?(&db) }
        }
        #expect(try await agency.count("SELECT count(*) FROM boost") == 1)
        #expect(
            try await self.service(agency).decisions(client: "acme", limit: 10).map(\.verdict) == ["boosted", "boost"])
    }

    @Test(
        "what was refused uses up neither the day nor the cool-down; a refusal for another reason is kept too, the same one once"
    )
    func refusedIsNotBegun() async throws {
        let agency = try await AgencyFixture()
        try await self.history(agency)
        try await self.secondBest(agency)
        try await agency.pool.execute("UPDATE budget_cap SET cap_minor = 1999")
        let rule = BoostRule(perDay: 1, objective: "reach", budget: "20.00", days: 3)
        let service = self.service(agency)
        _ = try await service.add(rule, slug: "winners", client: "acme", account: nil, actor: "cli:ann")
        let handler = ApplyBoostRulesHandler(services: agency.services)
        for _ in 0..<2 {
            try await agency.advance(.seconds(3_600))
            #expect(try await agency.work(handler) == ["succeeded"])
            #expect(try await service.decisions(client: "acme", limit: 10).map(\.verdict) == ["refused", "refused"])
        }
        try await agency.pool.execute("UPDATE budget_cap SET cap_minor = 1500")
        try await agency.advance(.seconds(3_600))
        _ = try await agency.work(handler)
        let reasons = try await service.decisions(client: "acme", limit: 10).map(\.reason)
        #expect(reasons.count { $0.contains("has 19.99 EUR left") } == 2)
        #expect(reasons.count { $0.contains("has 15.00 EUR left") } == 2)
        // Money for one: the best has it, and the other one hears the truth.
        try await agency.pool.execute("UPDATE budget_cap SET cap_minor = 2000")
        try await agency.advance(.seconds(3_600))
        _ = try await agency.work(handler)
        let last = try await service.decisions(client: "acme", limit: 2)
        #expect(last.map(\.verdict) == ["day-full", "boost"])
        #expect(last.first?.reason.contains("1 boost(s) were begun today") == true)
    }

    /// Lets the time come when rules are applied next, and some seconds more.
    private func pass(_ agency: AgencyFixture, _ seconds: Int) async throws {
        let wait = try await agency.count(
            """
            SELECT ceil(extract(epoch FROM min(due_at) - world_now()))::bigint FROM job_scheduled
            WHERE kind = 'apply-boost-rules'
            """)
        try await agency.advance(.seconds(wait + seconds))
    }

    @Test(
        "rules whose job was cancelled or has failed are applied again; one that is held is left to a person for a day")
    func plannedAgain() async throws {
        let agency = try await AgencyFixture()
        try await self.history(agency)
        let jobs = agency.services.jobs
        let housekeeping = BoostRuleHousekeeping(jobs: jobs)
        func round() async throws -> Int {
            try await agency.pool.withTransaction { db in try await housekeeping.round(on: &db).count }
        }
        #expect(try await round() == 0)
        let rule = BoostRule(objective: "reach", budget: "20.00", days: 3)
        _ = try await self.service(agency).add(rule, slug: "winners", client: "acme", account: nil, actor: "cli:ann")
        try await self.pass(agency, 60)
        let handler = ApplyBoostRulesHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["succeeded"])
        // What plans itself is left alone, also when it is a little late.
        #expect(try await round() == 0)
        try await self.pass(agency, 300)
        #expect(try await round() == 0)
        for outcome in [
            JobOutcome.failed(JobFailure(code: "error", message: "broken")), .cancelled(reason: "by a person"),
        ] {
            let job = try #require(try await agency.claim(.applyBoostRules).first)
            try await agency.finish(job, JobResult(outcome))
            #expect(try await agency.claim(.applyBoostRules).isEmpty)
            try await agency.advance(.seconds(3_600))
            #expect(try await round() == 1)
            #expect(try await round() == 0)
        }
        let poison = try #require(try await agency.claim(.applyBoostRules).first)
        try await agency.finish(poison, JobResult(.held(reason: "poison", nil)))
        try await agency.advance(.seconds(86_400 - 60))
        #expect(try await round() == 0)
        try await agency.advance(.seconds(120))
        #expect(try await round() == 1)
        try await agency.advance(.seconds(3_600))
        #expect(try await agency.work(handler).contains("succeeded"))
        try await self.service(agency).set("winners", client: "acme", state: "paused", actor: "cli:ann")
        try await agency.advance(.seconds(2 * 3_600))
        #expect(try await round() == 0)
    }

    @Test("who made, paused, resumed and removed a rule is kept")
    func actors() async throws {
        let agency = try await AgencyFixture()
        try await self.history(agency)
        let service = self.service(agency)
        let rule = BoostRule(objective: "reach", budget: "20.00", days: 3)
        _ = try await service.add(rule, slug: "winners", client: "acme", account: nil, actor: "cli:ann")
        #expect(try await service.rule("winners", client: "acme").changedBy == nil)
        try await service.set("winners", client: "acme", state: "paused", actor: "cli:bob")
        try await service.set("winners", client: "acme", state: "paused", actor: "cli:eve")
        #expect(try await service.rule("winners", client: "acme").changedBy == "cli:bob")
        try await service.set("winners", client: "acme", state: "active", actor: "cli:cyd")
        try await service.set("winners", client: "acme", state: "removed", actor: "cli:dan")
        let history = try await agency.text(
            """
            SELECT string_agg(concat_ws(' ', actor, from_state, to_state, reason), ', ' ORDER BY change_id) FROM state_change
            WHERE subject_kind = 'boost-rule'
            """)
        #expect(
            history
                == "cli:ann active winners, cli:bob active paused winners, cli:cyd paused active winners, cli:dan active removed winners"
        )
    }

    @Test("a rule's author releases none of its boosts, and cannot free them by loosening the limit alone")
    func authorsRelease() async throws {
        let agency = try await AgencyFixture()
        try await self.history(agency)
        try await self.secondBest(agency)
        let budgets = BudgetService(pool: agency.pool)
        _ = try await budgets.setReleaseLimit("19.99", client: "acme", actor: "cli:bob")
        let rule = BoostRule(coolDownHours: 0, objective: "reach", budget: "20.00", days: 3)
        _ = try await self.service(agency).add(rule, slug: "winners", client: "acme", account: nil, actor: "cli:ann")
        let loosened = try await budgets.setReleaseLimit(nil, client: "acme", actor: "cli:ann")
        #expect(loosened.amount == nil && loosened.before == Money(minorUnits: 1_999, currency: .eur))
        try await agency.advance(.seconds(3_600))
        _ = try await agency.work(ApplyBoostRulesHandler(services: agency.services))
        let boosts = BoostService(
            pool: agency.pool, jobs: agency.services.jobs, registry: agency.services.registry)
        let made = try await boosts.list(client: "acme")
        #expect(made.map(\.state) == [.awaitingRelease, .awaitingRelease])
        let boost = try #require(made.first).id.description
        let refused = await #expect(throws: ServiceError.self) {
            try await boosts.release(boost, actor: "cli:ann")
        }
        #expect(refused?.code == .forbidden && refused?.message.contains("POSTHORN_ACTOR") == true)
        #expect(try await boosts.release(boost, actor: "cli:bob").boost.state == .planned)
    }
}
