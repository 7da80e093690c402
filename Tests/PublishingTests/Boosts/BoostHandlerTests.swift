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

@Suite(.postgresSchema)
struct BoostHandlerTests {
    @Test("money is set aside, committed, booked as spent, and the rest given back at the end")
    func ledgerOfOneBoost() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        _ = try await agency.planBoost(budget: 2_000)
        let handler = BoostHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost") == "running")
        agency.platform.state.withLock { $0.spend = 1_500 }
        try await agency.advance(.seconds(7 * 3600))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost") == "completed")
        #expect(try await agency.count("SELECT count(*) FROM ledger_entry WHERE kind = 'release'") == 0)
        try await agency.advance(.seconds(3601))
        #expect(try await agency.work(handler) == ["succeeded"])
        let booked = try await agency.text(
            "SELECT string_agg(kind || ' ' || amount_minor, ', ' ORDER BY entry_no) FROM ledger_entry")
        #expect(booked == "reserve 2000, commit 2000, spend 1500, release 500")
    }

    @Test("once money is spent on a publication, the best times of its account are fitted anew, once")
    func fits() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        _ = try await agency.planBoost(budget: 2_000)
        let planned: Statement = """
            SELECT count(*) FROM (SELECT kind FROM job_scheduled UNION ALL SELECT kind FROM job_ready) AS job
            WHERE kind = 'fit-times'
            """
        #expect(try await agency.count(planned) == 0)
        let handler = BoostHandler(services: agency.services)
        _ = try await agency.work(handler)
        #expect(try await agency.count("SELECT count(*) FROM publication WHERE paid") == 1)
        #expect(try await agency.count(planned) == 1)
        try await agency.advance(.seconds(7 * 3600))
        _ = try await agency.work(handler)
        #expect(try await agency.count(planned) == 1)
    }

    @Test("a daily budget sets aside what the platform may spend by its own rules")
    func dailyExposure() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(100_000)
        _ = try await agency.planBoost(budget: 1_000, kind: "daily")
        _ = try await agency.work(BoostHandler(services: agency.services))
        #expect(try await agency.count("SELECT amount_minor FROM ledger_entry WHERE kind = 'reserve'") == 7_000)
    }

    @Test("a boost that would pass its cap fails before the platform hears of it")
    func capHolds() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(1_999)
        _ = try await agency.planBoost(budget: 2_000)
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["failed"])
        #expect(agency.platform.state.withLock { $0.boostStarts } == 0)
        #expect(try await agency.count("SELECT count(*) FROM ledger_entry") == 0)
    }

    @Test("an activation whose answer was lost is found, not repeated")
    func lostActivation() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        _ = try await agency.planBoost(budget: 2_000)
        agency.platform.script(.acceptAndLose)
        agency.platform.state.withLock { $0.activeBoosts = ["remote"] }
        let handler = BoostHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["held"])
        #expect(try await agency.text("SELECT state FROM boost") == "unknown")
        try await agency.advance(.seconds(20))
        #expect(try await agency.work(ReconcileHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.text("SELECT state || ' ' || remote_id FROM boost") == "running remote")
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.count("SELECT count(*) FROM ledger_entry WHERE kind = 'reserve'") == 1)
        #expect(agency.platform.state.withLock { $0.calls } == 2)
    }

    @Test(
        "a lost activation that a person confirms counts as running, with its money committed and its next look planned"
    )
    func confirmedByAPerson() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        let boost = try await agency.planBoost(budget: 2_000)
        agency.platform.script(.acceptAndLose)
        let handler = BoostHandler(services: agency.services)
        _ = try await agency.work(handler)
        let intent = try #require(try await agency.intents.list().first)
        #expect(intent.id == "boost:\(boost)" && intent.content == "a boost for reach, 20.00 EUR")
        _ = try await agency.intents.resolve(
            boost.description, as: .confirmed("ad-1"), actor: "cli:ann", reason: "in the manager")
        #expect(try await agency.text("SELECT state || ' ' || remote_id FROM boost") == "running ad-1")
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(agency.platform.state.withLock { $0.calls } == 2)
        let booked = try await agency.text(
            "SELECT string_agg(kind || ' ' || amount_minor, ', ' ORDER BY entry_no) FROM ledger_entry")
        #expect(booked == "reserve 2000, commit 2000")
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'boost'") == 1)
    }

    @Test("an activation that two looks do not find is tried again, with its money set aside once")
    func absentActivation() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        _ = try await agency.planBoost(budget: 2_000)
        agency.platform.script(.lose)
        let handler = BoostHandler(services: agency.services)
        let reconciler = ReconcileHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["held"])
        for word in ["deferred", "succeeded"] {
            try await agency.advance(.seconds(20))
            #expect(try await agency.work(reconciler) == [word])
        }
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost") == "running")
        #expect(try await agency.count("SELECT count(*) FROM ledger_entry WHERE kind = 'reserve'") == 1)
    }

    @Test("a start refused as a duplicate of something else fails and gives its money back, and is not asked for again")
    func foreignDuplicate() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        _ = try await agency.planBoost(budget: 2_000)
        let refusal = PluginError(.duplicate, "there is such a boost")
        agency.platform.script(.refuse(refusal), .refuse(refusal))
        let handler = BoostHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["held"])
        for _ in 0..<2 {
            try await agency.advance(.seconds(20))
            _ = try await agency.work(ReconcileHandler(services: agency.services))
        }
        #expect(try await agency.work(handler) == ["failed"])
        #expect(try await agency.text("SELECT state FROM boost") == "failed")
        #expect(agency.platform.state.withLock { $0.boostStarts } == 1)
        let booked = try await agency.text(
            "SELECT string_agg(kind || ' ' || amount_minor, ', ' ORDER BY entry_no) FROM ledger_entry")
        #expect(booked == "reserve 2000, release 2000")
    }

    @Test("money of a start that was called off comes back once it is proven that nothing runs")
    func calledOff() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        _ = try await agency.planBoost(budget: 2_000)
        agency.platform.script(.lose)
        let job = try #require(try await agency.claim(.boost).first)
        let result = try await agency.run(BoostHandler(services: agency.services), job)
        try await agency.pool.execute("UPDATE job_lease SET cancel_reason = 'called off'")
        try await agency.finish(job, JobResult(.released, record: result.record))
        #expect(try await agency.services.jobs.job(job.id)?.state == .cancelled)
        for _ in 0..<2 {
            try await agency.advance(.seconds(20))
            _ = try await agency.work(ReconcileHandler(services: agency.services))
        }
        #expect(try await agency.text("SELECT state FROM boost") == "cancelled")
        let booked = try await agency.text(
            "SELECT string_agg(kind || ' ' || amount_minor, ', ' ORDER BY entry_no) FROM ledger_entry")
        #expect(booked == "reserve 2000, release 2000")
    }

    @Test("boosts at the same moment cannot pass a cap together")
    func concurrentReservations() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        let boosts = try await self.manyBoosts(agency, 20)
        let ledger = BudgetLedger()
        let march = try #require(CalendarMonth(year: 2026, month: 3))
        let granted = await withTaskGroup(of: Bool.self) { group in
            for boost in boosts {
                group.addTask {
                    do {
                        try await agency.pool.withTransaction { db in
                            try await ledger.reserve(
                                [march: 1_500], for: agency.owner(of: boost), actor: "test", on: &db)
                        }
                        return true
                    } catch { return false }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(granted == 6)
        #expect(try await agency.count("SELECT sum(amount_minor)::bigint FROM ledger_entry") == 9_000)
    }

    private func manyBoosts(_ agency: AgencyFixture, _ number: Int) async throws -> [BoostID] {
        var boosts: [BoostID] = []
        for _ in 0..<number { boosts.append(try await agency.planBoost(budget: 1_500)) }
        try await agency.pool.execute("DELETE FROM job_ready WHERE kind = 'boost'")
        return boosts
    }
}

@Suite(.postgresSchema)
struct BudgetLedgerTests {
    @Test("money that was given back after a failed start is set aside anew before another try")
    func reservesAgain() async throws {
        let agency = try await AgencyFixture()
        let boost = BoostID()
        try await agency.pool.execute(
            """
            INSERT INTO budget_cap (client_id, month, currency, time_zone, cap_minor, set_by)
            VALUES (\(agency.client), date_trunc('month', world_now() AT TIME ZONE 'Europe/Berlin')::date, 'EUR', 'Europe/Berlin', 3000, 'test')
            """)
        try await agency.pool.execute(
            """
            INSERT INTO boost (client_id, boost_id, account_id, target_id, objective, budget_minor, currency, budget_kind, starts_at,
                               ends_at, state, created_by, most_minor)
            VALUES (\(agency.client), \(boost), \(agency.account), \(TargetID()), 'reach', 2000, 'EUR', 'lifetime', world_now(),
                    world_now() + interval '72 hours', 'planned', 'test', 2000)
            """)
        let ledger = BudgetLedger()
        let owner = agency.owner(of: boost)
        let march = try #require(CalendarMonth(year: 2026, month: 3))
        for _ in 0..<2 {
            try await agency.pool.withTransaction { db in
                try await ledger.reserve([march: 2_000], for: owner, actor: "test", on: &db)
                try await ledger.releaseRest(for: owner, actor: "test", reason: "did not start", on: &db)
            }
        }
        try await agency.pool.withTransaction { db in
            try await ledger.reserve([march: 2_000], for: owner, actor: "test", on: &db)
        }
        let used = try await agency.pool.withConnection { db in
            try await ledger.used(client: agency.client, campaign: "", month: march, on: &db)
        }
        #expect(used == 2_000)
    }
}
