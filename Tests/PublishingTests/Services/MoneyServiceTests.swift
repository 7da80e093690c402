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

@Suite(.postgresSchema)
struct MoneyServiceTests {
    private func plan(_ fixture: ServiceFixture) async throws -> TargetRow {
        let draft = PostDraft(accounts: ["strict"], text: "Hello", time: try PostTime("2026-03-10T09:00", zone: nil))
        return try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor).targets[0]
    }

    private func publish(_ target: TargetRow, _ fixture: ServiceFixture) async throws -> PublicationID {
        let row = PublicationRow(
            client: target.client, account: target.account, platform: target.platform, target: target.id,
            remoteID: "r1",
            publishedAt: ServiceFixture.now)
        return try await fixture.pool.withTransaction { db in try await PublicationRepository.record(row, on: &db).id }
    }

    @Test("a cap is set for months of the client's zone and shown with its balance")
    func budget() async throws {
        let fixture = try await ServiceFixture()
        let budgets = BudgetService(pool: fixture.pool)
        let rows = try await budgets.set("500.00EUR", client: "acme", months: 12, actor: "cli:ada")
        #expect(rows.map(\.month.description).first == "2026-03")
        #expect(rows.map(\.month.description).last == "2027-02")
        #expect(
            rows.allSatisfy {
                $0.cap == Money(minorUnits: 50_000, currency: .eur) && $0.used == 0 && $0.timeZone == "Europe/Berlin"
            })
        let changed = try await budgets.set("250", client: "acme", actor: "cli:bob")
        #expect(changed.map(\.cap.minorUnits) == [25_000])
        #expect(changed[0].setBy == "cli:bob")
        let error = await #expect(throws: ServiceError.self) {
            try await budgets.set("5,00", client: "acme", actor: "cli:ada")
        }
        #expect(error?.code == .invalid)
    }

    @Test("of several ad accounts a boost takes the one that is named, or else its account's usual one")
    func usualAdAccount() async throws {
        let fixture = try await ServiceFixture()
        let boosts = BoostService(pool: fixture.pool, jobs: fixture.jobs, registry: fixture.registry)
        _ = try await BudgetService(pool: fixture.pool).set("500", client: "acme", actor: "cli:ada")
        let target = try await self.plan(fixture)
        let service = AdAccountService(pool: fixture.pool, registry: fixture.registry)
        var added: [String: AdAccountID] = [:]
        for slug in ["first", "second"] {
            added[slug] = try await service.add(
                client: "acme", platform: "strict", externalID: slug, slug: slug, currency: "EUR",
                timeZone: "Europe/Berlin", payer: nil
            ).id
        }
        var plan = BoostPlan(.target(target.id.description), objective: "reach", budget: "20.00", days: 3)
        let vague = await #expect(throws: ServiceError.self) { try await boosts.create(plan, actor: "cli:ada") }
        #expect(vague?.issues.map(\.field) == ["ad-account"])
        let usual = try #require(added["second"])
        try await fixture.pool.withConnection { db in
            try await AdAccountRepository.use(usual, for: target.account, of: target.client, on: &db)
        }
        #expect(try await boosts.create(plan, actor: "cli:ada").adAccount == usual)
        plan.adAccount = "first"
        #expect(try await boosts.create(plan, actor: "cli:ada").adAccount == added["first"])
    }

    @Test("a boost of a planned target waits; of a publication it is enqueued")
    func create() async throws {
        let fixture = try await ServiceFixture()
        let boosts = BoostService(pool: fixture.pool, jobs: fixture.jobs, registry: fixture.registry)
        _ = try await BudgetService(pool: fixture.pool).set("500", client: "acme", actor: "cli:ada")
        let target = try await self.plan(fixture)
        let waiting = try await boosts.create(
            BoostPlan(.target(target.id.description), objective: "reach", budget: "20.00", days: 3), actor: "cli:ada")
        #expect(waiting.state == .waiting)
        #expect(waiting.job == nil)
        #expect(waiting.startsAt == target.dueAt)

        let publication = try await self.publish(target, fixture)
        let planned = try await boosts.create(
            BoostPlan(.publication(publication.description), objective: "traffic", budget: "5", kind: .daily, days: 3),
            actor: "cli:ada")
        #expect(planned.state == .planned)
        #expect(planned.endsAt.timeIntervalSince(planned.startsAt) == 3 * 86_400)
        let id = try #require(planned.job)
        #expect(try await fixture.jobs.job(id)?.spec.subject == planned.id.uuid)
        #expect(try await boosts.list(client: "acme").map(\.id) == [planned.id, waiting.id])
        #expect(try await boosts.show(planned.id.description).history.map(\.to) == ["planned"])
    }

    @Test("a boost's job gets time and priority that are wished for; the same key again changes nothing")
    func enqueue() async throws {
        let fixture = try await ServiceFixture()
        let boosts = BoostService(pool: fixture.pool, jobs: fixture.jobs, registry: fixture.registry)
        _ = try await BudgetService(pool: fixture.pool).set("500", client: "acme", actor: "cli:ada")
        let target = try await self.plan(fixture)
        let publication = try await self.publish(target, fixture)
        func plan(_ subject: BoostPlan.Subject) async throws -> String {
            try await boosts.create(
                BoostPlan(subject, objective: "reach", budget: "20.00", days: 3), actor: "cli:ada"
            ).id.description
        }
        let boost = try await plan(.publication(publication.description))
        let other = try await plan(.publication(publication.description))
        let later = try PostTime("2026-03-12T09:30", zone: nil)
        let job = try await boosts.enqueue(boost, at: later, priority: 5, key: "k")
        #expect(try await boosts.enqueue(boost, at: .now, priority: 9, key: "k") == job)
        let spec = try #require(try await fixture.jobs.job(job)).spec
        #expect(spec.dueAt == (try Date(iso8601: "2026-03-12T08:30:00Z")))
        #expect(spec.priority == 5)
        let used = await #expect(throws: ServiceError.self) {
            try await boosts.enqueue(other, at: .now, priority: nil, key: "k")
        }
        #expect(used?.code == .conflict)
        #expect(used?.message.contains("another boost") == true)
    }

    @Test("a boost of a target that is cancelled is cancelled with it")
    func cancelledTarget() async throws {
        let fixture = try await ServiceFixture()
        let boosts = BoostService(pool: fixture.pool, jobs: fixture.jobs, registry: fixture.registry)
        _ = try await BudgetService(pool: fixture.pool).set("500", client: "acme", actor: "cli:ada")
        let target = try await self.plan(fixture)
        let boost = try await boosts.create(
            BoostPlan(.target(target.id.description), objective: "reach", budget: "20.00", days: 3), actor: "cli:ada")
        _ = try await fixture.posts.cancel(target.post.description, client: "acme", actor: "cli:ada")
        let detail = try await boosts.show(boost.id.description)
        #expect(detail.boost.state == .cancelled)
        #expect(detail.history.last?.reason == "its target is cancelled")
    }

    @Test(
        "a boost whose target failed holds nothing, and is called off at its end unless the target is published before")
    func failedTarget() async throws {
        let fixture = try await ServiceFixture()
        let boosts = BoostService(pool: fixture.pool, jobs: fixture.jobs, registry: fixture.registry)
        let budgets = BudgetService(pool: fixture.pool)
        _ = try await budgets.set("500", client: "acme", actor: "cli:ada")
        let target = try await self.plan(fixture)
        let boost = try await boosts.create(
            BoostPlan(.target(target.id.description), objective: "reach", budget: "20.00", days: 3), actor: "cli:ada")
        func planned() async throws -> [Int64] {
            try await budgets.standing(client: "acme", registry: fixture.registry).map(\.planned)
        }
        func round() async throws -> Int {
            try await fixture.pool.withTransaction { db in try await WaitingBoostHousekeeping().round(on: &db).count }
        }
        #expect(try await planned() == [2_000])
        try await fixture.pool.execute("UPDATE target SET state = 'failed' WHERE target_id = \(target.id)")
        #expect(try await planned() == [0])
        #expect(try await round() == 0, "somebody may try the target again")
        try await fixture.pool.execute(
            "UPDATE boost SET starts_at = world_now() - interval '3 days', ends_at = world_now() - interval '1 second'")
        #expect(try await round() == 1)
        let detail = try await boosts.show(boost.id.description)
        #expect(detail.boost.state == .cancelled)
        #expect(detail.history.last?.reason?.contains("its target is failed") == true)
        #expect(try await round() == 0)
    }

    @Test("boosts that are planned count against the cap, although nothing is set aside yet")
    func promised() async throws {
        let fixture = try await ServiceFixture()
        let boosts = BoostService(pool: fixture.pool, jobs: fixture.jobs, registry: fixture.registry)
        _ = try await BudgetService(pool: fixture.pool).set("30", client: "acme", actor: "cli:ada")
        let publication = try await self.publish(try await self.plan(fixture), fixture).description
        let plan = BoostPlan(.publication(publication), objective: "reach", budget: "20", days: 3)
        _ = try await boosts.create(plan, actor: "cli:ada")
        let error = await #expect(throws: ServiceError.self) { try await boosts.create(plan, actor: "cli:ada") }
        #expect(error?.message.contains("10.00 EUR left") == true)
    }

    @Test("what the platform or the cap would refuse is refused before anything is written")
    func refuse() async throws {
        let fixture = try await ServiceFixture()
        let boosts = BoostService(pool: fixture.pool, jobs: fixture.jobs, registry: fixture.registry)
        let publication = try await self.publish(try await self.plan(fixture), fixture).description
        var plan = BoostPlan(.publication(publication), objective: "raech", budget: "1.00", days: 0)
        plan.audience.minimumAge = 5
        let wrong = await #expect(throws: ServiceError.self) { try await boosts.create(plan, actor: "cli:ada") }
        #expect(wrong?.issues.map(\.field) == ["objective", "days", "audience.min_age", "budget"])
        #expect(wrong?.issues[0].message.contains("Did you mean 'reach'?") == true)

        let good = BoostPlan(.publication(publication), objective: "reach", budget: "20", days: 3)
        let capless = await #expect(throws: ServiceError.self) { try await boosts.create(good, actor: "cli:ada") }
        #expect(capless?.code == .conflict)
        #expect(capless?.message.contains("no budget for 2026-03") == true)
        _ = try await BudgetService(pool: fixture.pool).set("19.99", client: "acme", actor: "cli:ada")
        let passed = await #expect(throws: ServiceError.self) { try await boosts.create(good, actor: "cli:ada") }
        #expect(passed?.message.contains("19.99 EUR left") == true)

        let other = AdAccountService(pool: fixture.pool, registry: fixture.registry)
        _ = try await other.add(
            client: "acme", platform: "strict", externalID: "act_1", slug: "main", currency: "USD", timeZone: nil,
            payer: nil)
        var dollars = good
        dollars.budget = "20EUR"
        let currency = await #expect(throws: ServiceError.self) { try await boosts.create(dollars, actor: "cli:ada") }
        #expect(currency?.issues.map(\.field) == ["budget"])
        let cap = await #expect(throws: ServiceError.self) { try await boosts.create(good, actor: "cli:ada") }
        #expect(cap?.message.contains("is in EUR, the boost in USD") == true)
        #expect(try await fixture.count("boost") == 0)
    }

    @Test("a campaign's cap and the client's are in one currency; a cap of nothing is in nobody's way")
    func capCurrencies() async throws {
        let fixture = try await ServiceFixture()
        let budgets = BudgetService(pool: fixture.pool)
        func set(_ amount: String, _ campaign: String = "") async -> ServiceError.Code? {
            do {
                _ = try await budgets.set(amount, client: "acme", campaign: campaign, actor: "cli:ada")
                return nil
            } catch { return (error as? ServiceError)?.code }
        }
        #expect(await set("100.00EUR") == nil)
        #expect(await set("50.00USD", "spring") == .conflict)
        #expect(await set("50.00EUR", "spring") == nil)
        #expect(await set("100.00USD") == .conflict)
        #expect(await set("0EUR", "spring") == nil)
        #expect(await set("100.00USD") == nil)
        #expect(await set("50.00EUR", "spring") == .conflict)
        #expect(await set("50.00USD", "spring") == nil)
    }

    @Test("first caps in two currencies that are set at the same moment are not both taken")
    func firstCaps() async throws {
        let fixture = try await ServiceFixture()
        let client = try await fixture.clients.show("acme").client
        let month = try #require(CalendarMonth("2026-03"))
        let dollars = try #require(Currency(rawValue: "USD"))
        let error = await #expect(throws: PersistenceError.self) {
            try await fixture.pool.overlap(
                { db in
                    try await BudgetRepository.setCap(
                        Money(minorUnits: 100, currency: .eur), client: client.id, campaign: "", month: month,
                        timeZone: "UTC", actor: "cli:ada", on: &db)
                },
                {
                    try await fixture.pool.withTransaction { db in
                        try await BudgetRepository.setCap(
                            Money(minorUnits: 100, currency: dollars), client: client.id, campaign: "spring",
                            month: month,
                            timeZone: "UTC", actor: "cli:bob", on: &db)
                    }
                })
        }
        #expect(error?.code == .changedMeanwhile)
        #expect(try await budgetCurrencies(fixture) == ["EUR"])
    }

    @Test("a cap keeps its currency when money is set aside under it at the same moment")
    func reservedMeanwhile() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        let boost = try await agency.planBoost(budget: 2_000)
        let month = try #require(CalendarMonth("2026-03"))
        let dollars = try #require(Currency(rawValue: "USD"))
        let error = await #expect(throws: PersistenceError.self) {
            try await agency.pool.overlap(
                { db in
                    try await BudgetLedger().reserve(
                        [month: 2_000], for: agency.owner(of: boost), actor: "test", on: &db)
                },
                {
                    try await agency.pool.withTransaction { db in
                        try await BudgetRepository.setCap(
                            Money(minorUnits: 100, currency: dollars), client: agency.client, campaign: "",
                            month: month,
                            timeZone: "UTC", actor: "cli:bob", on: &db)
                    }
                })
        }
        #expect(error?.code == .changedMeanwhile)
        #expect(try await agency.text("SELECT currency FROM budget_cap") == "EUR")
    }

    private func budgetCurrencies(_ fixture: ServiceFixture) async throws -> [String] {
        try await fixture.pool.query("SELECT currency FROM budget_cap ORDER BY campaign").column()
    }
}
