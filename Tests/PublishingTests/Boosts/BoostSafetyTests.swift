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

/// No campaign out of our hands, and no money freed that may still be spent.
@Suite(.postgresSchema)
struct BoostSafetyTests {
    private let booked: Statement =
        "SELECT string_agg(kind || ' ' || amount_minor, ', ' ORDER BY entry_no) FROM ledger_entry"

    private func running(_ agency: AgencyFixture, kind: String = "lifetime") async throws -> BoostID {
        try await agency.setCap(10_000)
        let boost = try await agency.planBoost(budget: kind == "daily" ? 500 : 2_000, kind: kind)
        agency.platform.state.withLock { $0.boostState = .running }
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["succeeded"])
        return boost
    }

    private func service(_ agency: AgencyFixture) -> BoostService {
        BoostService(pool: agency.pool, jobs: agency.services.jobs, registry: agency.services.registry)
    }

    /// A start whose activation is confirmed, and whose result was lost with its worker.
    private func confirmed(_ agency: AgencyFixture) async throws -> (boost: BoostID, job: ClaimedJob) {
        try await agency.setCap(10_000)
        let boost = try await agency.planBoost(budget: 2_000)
        agency.platform.state.withLock { $0.boostState = .running }
        let job = try #require(try await agency.claim(.boost).first)
        _ = try await agency.run(BoostHandler(services: agency.services), job)
        #expect(try await agency.text("SELECT state || coalesce(remote_id, '-') FROM boost") == "starting-")
        return (boost, job)
    }

    @Test("an activation that is confirmed after its boost was called off is stopped")
    func confirmedLate() async throws {
        let agency = try await AgencyFixture()
        let (boost, job) = try await self.confirmed(agency)
        // Nobody knew of it when a person called the boost off.
        try await agency.pool.execute(
            "UPDATE boost SET state = 'cancelled', stop_asked_at = world_now(), stop_asked_by = 'cli:ann', stop_reason = 'no'"
        )
        try await agency.finish(job, try await agency.run(BoostHandler(services: agency.services), job))
        let work = try #require(
            try await agency.pool.withConnection { db in
                try await BoostWork.load(boost, client: agency.client, on: &db)
            })
        let record = BoostRecord(
            work: work, boost: RemoteBoost(id: "post-2", state: .running), limits: nil, jobs: agency.services.jobs,
            ledger: agency.services.ledger)
        try await agency.pool.withTransaction { db in try await record.write(on: &db) }
        #expect(try await agency.text("SELECT state FROM boost") == "stopping")
        #expect(try await agency.work(BoostHandler(services: agency.services)).contains("succeeded"))
        #expect(try await agency.text("SELECT state FROM boost") == "stopped")
        #expect(agency.platform.state.withLock { $0.stops } == 1)
    }

    @Test("a stop finds the campaign of a start whose worker died after the activation, and stops it")
    func stopOfLostStart() async throws {
        let agency = try await AgencyFixture()
        let (boost, _) = try await self.confirmed(agency)
        _ = try await self.service(agency).stop(boost.description, reason: nil, actor: "cli:ann")
        let handler = BoostHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["deferred"])
        #expect(try await agency.text("SELECT state FROM boost WHERE remote_id IS NOT NULL") == "stopping")
        try await agency.advance(.seconds(2))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost") == "stopped")
        #expect(agency.platform.state.withLock { $0.stops } == 1)
        #expect(try await agency.text(self.booked) == "reserve 2000, commit 2000")
    }

    @Test(
        "a start that is run again after its activation is confirmed is recorded whatever else is wrong, and asks nobody"
    )
    func confirmedStartAgain() async throws {
        let agency = try await AgencyFixture()
        let (_, job) = try await self.confirmed(agency)
        try await agency.pool.execute("UPDATE account SET state = 'needs-reconnect'")
        let calls = agency.platform.state.withLock { $0.calls }
        try await agency.finish(job, try await agency.run(BoostHandler(services: agency.services), job))
        #expect(try await agency.text("SELECT state FROM boost WHERE remote_id IS NOT NULL") == "running")
        #expect(agency.platform.state.withLock { $0.calls } == calls)
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'boost'") == 1)
    }

    @Test("a job that is held as poison after its activation is confirmed leaves a boost that runs and is looked at")
    func poisonAfterActivation() async throws {
        let agency = try await AgencyFixture()
        let (_, job) = try await self.confirmed(agency)
        let record = try #require(
            BoostHandler(services: agency.services).record(of: .held(reason: "poison", nil), job))
        try await agency.pool.withTransaction { db in try await record(&db) }
        #expect(try await agency.text("SELECT state FROM boost WHERE remote_id IS NOT NULL") == "running")
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'boost'") == 1)
    }

    @Test("a paused client's running boosts are looked at and stopped: money is spent whoever is paused")
    func pausedClient() async throws {
        let agency = try await AgencyFixture()
        let boost = try await self.running(agency)
        try await agency.pool.withTransaction { db in
            try await WorkPause(client: agency.client).begin(actor: "cli:ann", reason: "late payer", on: &db)
        }
        let handler = BoostHandler(services: agency.services)
        agency.platform.state.withLock { $0.spend = 300 }
        try await agency.advance(.seconds(6 * 3600 + 1))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text(self.booked) == "reserve 2000, commit 2000, spend 300")
        _ = try await self.service(agency).stop(boost.description, reason: nil, actor: "cli:ann")
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost") == "stopped")
    }

    @Test("what was paused by hand is no end, and what had ended and is switched on again is stopped again")
    func switchedOnAgain() async throws {
        let agency = try await AgencyFixture()
        let boost = try await self.running(agency)
        let handler = BoostHandler(services: agency.services)
        agency.platform.state.withLock { $0.boostState = .paused }
        try await agency.advance(.seconds(6 * 3600 + 1))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost WHERE ended_at IS NULL") == "paused")
        _ = try await self.service(agency).stop(boost.description, reason: nil, actor: "cli:ann")
        #expect(try await agency.work(handler) == ["succeeded"])
        try await agency.advance(.seconds(3_700))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost WHERE settled_at IS NOT NULL") == "stopped")

        agency.platform.state.withLock { state in
            state.boostState = .running
            state.spend = 40
        }
        try await agency.advance(.seconds(86_401))
        // The look that was planned while it was paused, and that of a day after: the second goes on.
        #expect(try await agency.work(handler) == ["succeeded", "succeeded"])
        #expect(try await agency.text("SELECT state FROM boost WHERE settled_at IS NULL") == "stopping")
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost") == "stopped")
        #expect(agency.platform.state.withLock { $0.stops } == 2)
        #expect(try await agency.text(self.booked)?.hasSuffix("release 2000, spend 40") == true)
    }

    @Test("a boost that is still paused at its end has ended, and keeps that word when it is looked at again")
    func pausedUntilItsEnd() async throws {
        let agency = try await AgencyFixture()
        _ = try await self.running(agency)
        agency.platform.state.withLock { $0.boostState = .paused }
        let handler = BoostHandler(services: agency.services)
        try await agency.advance(.seconds(3 * 86_400 + 60))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost WHERE settled_at IS NULL") == "completed")
        try await agency.advance(.seconds(3_700))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost WHERE settled_at IS NOT NULL") == "completed")
    }

    @Test("a cap that is lowered a little stops one boost, not all of the client")
    func loweredALittle() async throws {
        let agency = try await AgencyFixture()
        agency.platform.state.withLock { $0.boostState = .running }
        try await agency.setCap(10_000)
        let handler = BoostHandler(services: agency.services)
        for _ in 0..<3 {
            _ = try await agency.planBoost(budget: 2_000)
            #expect(try await agency.work(handler) == ["succeeded"])
        }
        try await agency.pool.execute("UPDATE budget_cap SET cap_minor = 5999")
        try await agency.advance(.seconds(6 * 3600 + 1))
        #expect(try await agency.work(handler).count == 3)
        #expect(try await agency.count("SELECT count(*) FROM boost WHERE stop_asked_at IS NOT NULL") == 1)
    }

    @Test("an account whose boost costs money, or whose bill is not final, keeps its grant")
    func disconnect() async throws {
        let agency = try await AgencyFixture()
        let boost = try await self.running(agency)
        let accounts = AccountService(
            pool: agency.pool, registry: agency.services.registry, vault: agency.vault,
            accesses: agency.services.accesses)
        func disconnect() async throws -> ServiceError? {
            do {
                _ = try await accounts.disconnect("fake", client: "acme", actor: "cli:ann", reason: nil)
                return nil
            } catch let error as ServiceError { return error }
        }
        let refused = try await disconnect()
        #expect(refused?.code == .conflict && refused?.message.contains(boost.description) == true)
        #expect(try await agency.count("SELECT count(*) FROM account_grant") > 0)
        try await agency.pool.execute("UPDATE boost SET state = 'stopped', settled_at = world_now()")
        #expect(try await disconnect() == nil)
    }

    @Test("a boost that is released late begins then and keeps its length; one whose end is over is not started")
    func lateRelease() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        let boost = try await agency.planBoost(budget: 2_000)
        try await agency.pool.execute(
            """
            UPDATE boost SET state = 'awaiting-release', needs_release = true, ends_at = starts_at + interval '3 days'
            """)
        _ = try await agency.pool.execute("DELETE FROM job_ready WHERE kind = 'boost'")
        try await agency.advance(.seconds(5 * 86_400))
        _ = try await self.service(agency).release(boost.description, actor: "cli:bob")
        #expect(
            try await agency.text(
                "SELECT (ends_at - starts_at = interval '3 days' AND starts_at > world_now() - interval '1 minute')::text FROM boost"
            ) == "true")
        try await agency.pool.execute(
            "UPDATE boost SET ends_at = world_now() - interval '1 second', starts_at = world_now() - interval '1 day'")
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["failed"])
        #expect(agency.platform.state.withLock { $0.boostStarts } == 0)
        #expect(try await agency.text("SELECT failure_message FROM boost")?.contains("its end is over") == true)
    }

    @Test("what a month may take back is not given to another boost before the month is settled")
    func creditOfAnEarlierMonth() async throws {
        let agency = try await AgencyFixture()
        try await agency.advance(.seconds(28 * 86_400))
        try await agency.setCap(10_000)
        try await agency.pool.execute(
            """
            INSERT INTO budget_cap (client_id, month, currency, time_zone, cap_minor, set_by)
            SELECT client_id, month + interval '1 month', currency, time_zone, cap_minor, set_by FROM budget_cap
            """)
        _ = try await agency.planBoost(budget: 2_000)
        agency.platform.state.withLock { state in
            state.boostState = .running
            state.spend = 700
            state.spendByDay = ["2026-03-31": 700]
        }
        let handler = BoostHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["succeeded"])
        try await agency.advance(.seconds(6 * 3600 + 1))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(
            try await agency.count(
                "SELECT count(*) FROM ledger_entry WHERE kind = 'release' AND month = '2026-04-01'") == 0)
    }

    @Test("a boost that the platform cannot be asked about any more is ended by a person's word, with what it cost")
    func settled() async throws {
        let agency = try await AgencyFixture()
        let boost = try await self.running(agency)
        let service = self.service(agency)
        await #expect(throws: ServiceError.self) {
            try await service.settle(boost.description, spend: "12.34USD", reason: "bill", actor: "cli:ann")
        }
        let detail = try await service.settle(
            boost.description, spend: "12.34", reason: "the account is closed", actor: "cli:ann")
        #expect(detail.boost.state == .stopped)
        #expect(try await agency.text(self.booked) == "reserve 2000, commit 2000, spend 1234, release 766")
        await #expect(throws: ServiceError.self) {
            try await service.settle(boost.description, spend: "1.00", reason: "again", actor: "cli:ann")
        }
    }

    @Test("what is billed after a bill was final is seen by the check, and booked when somebody wants it")
    func lateBill() async throws {
        let agency = try await AgencyFixture()
        _ = try await self.running(agency)
        agency.platform.state.withLock { state in
            state.boostState = .completed
            state.spend = 1_500
        }
        let handler = BoostHandler(services: agency.services)
        try await agency.advance(.seconds(3 * 86_400 + 3_700))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.count("SELECT count(*) FROM boost WHERE settled_at IS NOT NULL") == 1)
        agency.platform.state.withLock { $0.spend = 1_520 }
        let check = LedgerCheck(services: agency.services)
        #expect(try await check.compare(client: "acme").map(\.difference) == [20])
        #expect(try await check.compare(client: "acme", bookingAs: "cli:ann").map(\.difference) == [0])
        #expect(try await check.compare(client: "acme").map(\.difference) == [0])
        #expect(try await agency.text(self.booked)?.hasSuffix("spend 1500, release 500, spend 20") == true)
    }
}
