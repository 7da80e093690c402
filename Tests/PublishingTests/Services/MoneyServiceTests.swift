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
        #expect(wrong?.issues.map(\.field) == ["objective", "budget", "days", "audience.min_age"])
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
}
