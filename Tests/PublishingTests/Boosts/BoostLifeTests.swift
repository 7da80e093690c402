// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

/// What becomes of boosts that run, and of those that are not to.
@Suite(.postgresSchema)
struct BoostLifeTests {
    private let booked: Statement =
        "SELECT string_agg(kind || ' ' || amount_minor, ', ' ORDER BY entry_no) FROM ledger_entry"

    private func running(_ agency: AgencyFixture) async throws -> BoostID {
        try await agency.setCap(10_000)
        let boost = try await agency.planBoost(budget: 2_000)
        agency.platform.state.withLock { $0.boostState = .running }
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["succeeded"])
        return boost
    }

    private func service(_ agency: AgencyFixture) -> BoostService {
        BoostService(pool: agency.pool, jobs: agency.services.jobs, registry: agency.services.registry)
    }

    @Test("a stop is tried until the platform confirms it, and the bill is settled after that")
    func stop() async throws {
        let agency = try await AgencyFixture()
        let boost = try await self.running(agency)
        agency.platform.state.withLock { state in
            state.stopErrors = [PluginError(.retryAfter, "no answer"), PluginError(.needsHuman, "no permission")]
            state.spend = 300
        }
        let detail = try await self.service(agency).stop(boost.description, reason: "too dear", actor: "cli:ann")
        #expect(detail.boost.state == .stopping && detail.boost.stop?.reason == "too dear")
        let handler = BoostHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["deferred"])
        try await agency.advance(.seconds(60))
        #expect(try await agency.work(handler) == ["deferred"])
        #expect(try await agency.text("SELECT failure_message FROM boost") == "not stopped yet: no permission")
        try await agency.advance(.seconds(60))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state || ' ' || stop_asked_by FROM boost") == "stopped cli:ann")
        #expect(agency.platform.state.withLock { $0.stops } == 3)
        #expect(try await agency.text(self.booked) == "reserve 2000, commit 2000, spend 300")
        // The last spend is reported late.
        agency.platform.state.withLock { $0.spend = 310 }
        try await agency.advance(.seconds(3700))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(
            try await agency.text(self.booked) == "reserve 2000, commit 2000, spend 300, spend 10, release 1690")
        await #expect(throws: ServiceError.self) {
            try await self.service(agency).stop(boost.description, reason: nil, actor: "cli:ann")
        }
    }

    @Test("a look that comes before the bill can be final waits until then, and is not lost")
    func lookBeforeSettlement() async throws {
        let agency = try await AgencyFixture()
        let boost = try await self.running(agency)
        let handler = BoostHandler(services: agency.services)
        _ = try await self.service(agency).stop(boost.description, reason: nil, actor: "cli:ann")
        #expect(try await agency.work(handler) == ["succeeded"])
        try await agency.pool.execute("UPDATE boost SET ended_at = ended_at + interval '2 hours'")
        try await agency.advance(.seconds(3_700))
        #expect(try await agency.work(handler) == ["deferred"])
        #expect(try await agency.text("SELECT state FROM boost WHERE settled_at IS NULL") == "stopped")
        try await agency.advance(.seconds(2 * 3_600))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost WHERE settled_at IS NOT NULL") == "stopped")
    }

    @Test("a boost that has not begun is called off at once, and its job never runs")
    func calledOff() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        let boost = try await agency.planBoost(budget: 2_000)
        let detail = try await self.service(agency).stop(boost.description, reason: nil, actor: "cli:ann")
        #expect(detail.boost.state == .cancelled)
        #expect(try await agency.work(BoostHandler(services: agency.services)).isEmpty)
        #expect(agency.platform.state.withLock { $0.boostStarts } == 0)
    }

    @Test("a stop that comes while it is unknown whether the boost runs is carried out when it turns out to run")
    func stopOfUnknown() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        let boost = try await agency.planBoost(budget: 2_000)
        agency.platform.script(.acceptAndLose)
        agency.platform.state.withLock { state in
            state.activeBoosts = ["remote"]
            state.boostState = .running
        }
        let handler = BoostHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["held"])
        let detail = try await self.service(agency).stop(boost.description, reason: nil, actor: "cli:ann")
        #expect(detail.boost.state == .unknown)
        #expect(try await agency.work(handler) == ["deferred"])
        try await agency.advance(.seconds(60))
        _ = try await agency.work(ReconcileHandler(services: agency.services))
        #expect(try await agency.text("SELECT state FROM boost") == "stopping")
        _ = try await agency.work(handler)
        #expect(try await agency.text("SELECT state FROM boost") == "stopped")
        #expect(agency.platform.state.withLock { $0.stops } == 1)
    }

    @Test("a boost whose publication is gone is stopped by Posthorn, which says why")
    func publicationGone() async throws {
        let agency = try await AgencyFixture()
        _ = try await self.running(agency)
        try await agency.pool.execute("UPDATE publication SET state = 'gone'")
        let handler = BoostHandler(services: agency.services)
        try await agency.advance(.seconds(6 * 3600 + 1))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(
            try await agency.text("SELECT state || ': ' || stop_reason FROM boost")
                == "stopping: its publication is gone")
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost") == "stopped")
    }

    @Test("what the platform refuses is switched off as well, and its money comes back when its bill is final")
    func rejected() async throws {
        let agency = try await AgencyFixture()
        _ = try await self.running(agency)
        agency.platform.state.withLock { $0.boostState = .rejected }
        let handler = BoostHandler(services: agency.services)
        try await agency.advance(.seconds(6 * 3600 + 1))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.stops } == 1)
        #expect(try await agency.text("SELECT state FROM boost") == "rejected")
        try await agency.advance(.seconds(3_700))
        _ = try await agency.work(handler)
        #expect(try await agency.text("SELECT state || ' ' || (settled_at IS NOT NULL) FROM boost") == "rejected true")
        #expect(try await agency.text(self.booked)?.hasSuffix("release 2000") == true)
    }

    @Test("spend beyond what the terms allow stops the boost and is booked all the same")
    func overspend() async throws {
        let agency = try await AgencyFixture()
        _ = try await self.running(agency)
        agency.platform.state.withLock { $0.spend = 2_001 }
        try await agency.advance(.seconds(6 * 3600 + 1))
        _ = try await agency.work(BoostHandler(services: agency.services))
        let reason = try await agency.text("SELECT stop_reason FROM boost")
        #expect(reason?.contains("20.01 EUR") == true && reason?.contains("at most 20.00 EUR") == true)
        #expect(try await agency.text(self.booked) == "reserve 2000, commit 2000, spend 2001")
    }

    @Test("a cap that is lowered below what counts against it stops the boost")
    func loweredCap() async throws {
        let agency = try await AgencyFixture()
        _ = try await self.running(agency)
        try await agency.pool.execute("UPDATE budget_cap SET cap_minor = 1999")
        try await agency.advance(.seconds(6 * 3600 + 1))
        _ = try await agency.work(BoostHandler(services: agency.services))
        let reason = try await agency.text("SELECT stop_reason FROM boost")
        #expect(reason == "the client's budget of 2026-03 is 19.99 EUR, and 20.00 EUR counts against it")
    }

    @Test("spend that the platform takes back is a credit, and the ledger stays equal to its report")
    func credit() async throws {
        let agency = try await AgencyFixture()
        _ = try await self.running(agency)
        let handler = BoostHandler(services: agency.services)
        for spend in [900, 850] as [Int64] {
            agency.platform.state.withLock { $0.spend = spend }
            try await agency.advance(.seconds(6 * 3600 + 1))
            _ = try await agency.work(handler)
        }
        #expect(try await agency.text(self.booked) == "reserve 2000, commit 2000, spend 900, credit 50")
    }

    @Test("a boost over two months holds money in both, and days are booked in the month in which they begin")
    func twoMonths() async throws {
        let agency = try await AgencyFixture()
        try await agency.advance(.seconds(28 * 86_400))
        try await agency.setCap(10_000)
        _ = try await agency.planBoost(budget: 2_000)
        let handler = BoostHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["failed"])
        #expect(
            try await agency.text("SELECT failure_message FROM boost")?.contains("no budget is set for 2026-04") == true
        )

        try await agency.pool.execute(
            """
            INSERT INTO budget_cap (client_id, month, currency, time_zone, cap_minor, set_by)
            SELECT client_id, month + interval '1 month', currency, time_zone, cap_minor, set_by FROM budget_cap
            """)
        _ = try await agency.planBoost(budget: 2_000)
        agency.platform.state.withLock { state in
            state.boostState = .running
            state.spend = 700
            state.spendByDay = ["2026-03-31": 400, "2026-04-01": 300]
        }
        #expect(try await agency.work(handler) == ["succeeded"])
        try await agency.advance(.seconds(2 * 86_400))
        #expect(try await agency.work(handler) == ["succeeded"])
        let booked = try await agency.text(
            """
            SELECT string_agg(to_char(month, 'MM') || ' ' || kind || ' ' || amount_minor, ', ' ORDER BY entry_no) FROM ledger_entry
            """)
        #expect(
            booked == "03 reserve 2000, 04 reserve 2000, 03 commit 2000, 04 commit 2000, 03 spend 400, 04 spend 300, "
                + "03 release 1600, 04 release 400")
    }

    @Test("what one person may not decide alone waits for a second one, who cannot be the first")
    func release() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        _ = try await agency.plan("boost me")
        _ = try await agency.work(PublishHandler(services: agency.services))
        let publication = try #require(try await agency.text("SELECT publication_id::text FROM publication"))
        let budgets = BudgetService(pool: agency.pool)
        _ = try await budgets.setReleaseLimit("19.99", client: "acme", actor: "cli:ann")
        let service = self.service(agency)
        let plan = BoostPlan(.publication(publication), objective: "reach", budget: "20.00", days: 3)
        let boost = try await service.create(plan, actor: "cli:ann")
        #expect(boost.state == .awaitingRelease)
        let handler = BoostHandler(services: agency.services)
        #expect(try await agency.work(handler).isEmpty)
        let own = await #expect(throws: ServiceError.self) {
            try await service.release(boost.id.description, actor: "cli:ann")
        }
        #expect(own?.code == .forbidden)
        let released = try await service.release(boost.id.description, actor: "cli:bob")
        #expect(released.boost.state == .planned && released.boost.releasedBy == "cli:bob")
        #expect(try await agency.work(handler) == ["succeeded"])
        let small = try await service.create(
            BoostPlan(.publication(publication), objective: "reach", budget: "19.99", days: 3), actor: "cli:ann")
        #expect(small.state == .planned)
    }

    @Test("what is released is released up to an amount: dates that move and cost more need the second person again")
    func releaseOfLater() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(100_000)
        _ = try await agency.plan("boost me")
        _ = try await agency.work(PublishHandler(services: agency.services))
        let publication = try #require(try await agency.text("SELECT publication_id::text FROM publication"))
        _ = try await BudgetService(pool: agency.pool).setReleaseLimit("19.99", client: "acme", actor: "cli:ann")
        let service = self.service(agency)
        var plan = BoostPlan(.publication(publication), objective: "reach", budget: "10.00", kind: .daily, days: 2)
        // Two whole days; three are touched when it begins later on the first.
        plan.start = try PostTime("2026-03-05T00:00", zone: "Europe/Berlin")
        let boost = try await service.create(plan, actor: "cli:ann")
        #expect(boost.state == .awaitingRelease && boost.mostMinorUnits == 3_500)
        try await agency.pool.execute(
            "UPDATE world SET world_epoch = '2026-03-05T12:00:00+01', real_epoch = clock_timestamp()")
        let error = await #expect(throws: ServiceError.self) {
            try await service.release(boost.id.description, actor: "cli:bob")
        }
        #expect(error?.code == .conflict && error?.message.contains("52.50 EUR now instead of 35.00 EUR") == true)
        let released = try await service.release(boost.id.description, actor: "cli:bob")
        #expect(released.boost.state == .planned && released.boost.mostMinorUnits == 5_250)
    }

    @Test(
        "a boost that runs for a day and spends next to nothing is said to, in its row and its history, until it spends again"
    )
    func idle() async throws {
        let agency = try await AgencyFixture()
        let boost = try await self.running(agency)
        let handler = BoostHandler(services: agency.services)
        for _ in 0..<3 {
            try await agency.advance(.seconds(6 * 3600))
            #expect(try await agency.work(handler) == ["succeeded"])
        }
        #expect(
            try await self.service(agency).show(boost.description).boost.idleSince == nil, "it ran too short to say")
        try await agency.advance(.seconds(6 * 3600))
        #expect(try await agency.work(handler) == ["succeeded"])
        let idle = try await self.service(agency).show(boost.description)
        #expect(idle.boost.state == .running && idle.boost.idleSince != nil)
        #expect(idle.boost.remark?.contains("it has run for 24 hours and spent") == true, "\(idle.boost.remark ?? "")")
        try await agency.advance(.seconds(6 * 3600))
        #expect(try await agency.work(handler) == ["succeeded"])
        agency.platform.state.withLock { $0.spend = 900 }
        try await agency.advance(.seconds(6 * 3600))
        #expect(try await agency.work(handler) == ["succeeded"])
        let awake = try await self.service(agency).show(boost.description)
        #expect(awake.boost.idleSince == nil && awake.boost.remark == nil)
        let words = awake.history.compactMap(\.reason)
        #expect(words.count { $0.contains("less than a tenth") } == 1)
        #expect(words.count { $0 == "it spends as planned again" } == 1)
    }

    @Test("a boost that is to be stopped when it is idle is stopped, with the reason")
    func stopWhenIdle() async throws {
        let agency = try await AgencyFixture()
        let boost = try await self.running(agency)
        try await agency.pool.execute("UPDATE boost SET stops_when_idle = true")
        let handler = BoostHandler(services: agency.services)
        try await agency.advance(.seconds(25 * 3600))
        // The look that finds it asks for the stop, and the platform confirms.
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.work(handler) == ["succeeded"])
        let detail = try await self.service(agency).show(boost.description)
        #expect(detail.boost.state == .stopped && detail.boost.stop?.by == "posthorn")
        #expect(detail.boost.stop?.reason.contains("less than a tenth") == true)
    }
}
