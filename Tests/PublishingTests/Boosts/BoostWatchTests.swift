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

/// What may cost money is never left alone, whatever became of the job that was to look at it.
@Suite(.postgresSchema)
struct BoostWatchTests {
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

    private func round(_ agency: AgencyFixture) async throws -> Int {
        let housekeeping = BoostWatchHousekeeping(jobs: agency.services.jobs)
        return try await agency.pool.withTransaction { db in try await housekeeping.round(on: &db).count }
    }

    /// Ends the jobs of boosts that wait, as a person would with `job cancel` before it refused.
    private func loseJobs(_ agency: AgencyFixture) async throws {
        for table in ["job_scheduled", "job_ready"] {
            try await agency.pool.execute(Statement(sql: "DELETE FROM \(table) WHERE kind = 'boost'"))
        }
    }

    @Test("a boost whose look was lost is looked at again; what is watched, or has ended, is left alone")
    func look() async throws {
        let agency = try await AgencyFixture()
        _ = try await self.running(agency)
        #expect(try await self.round(agency) == 0)
        try await self.loseJobs(agency)
        #expect(try await self.round(agency) == 1)
        #expect(try await self.round(agency) == 0)
        agency.platform.state.withLock { $0.boostState = .completed }
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost") == "completed")
        try await self.loseJobs(agency)
        #expect(try await self.round(agency) == 1, "its bill is not final yet")
        try await agency.advance(.seconds(7_200))
        _ = try await agency.work(BoostHandler(services: agency.services))
        #expect(try await agency.count("SELECT count(*) FROM boost WHERE settled_at IS NOT NULL") == 1)
        #expect(try await self.round(agency) == 0)
    }

    @Test(
        "a boost whose stop was lost is stopped all the same: by itself, and at once when somebody asks again",
        arguments: [false, true])
    func stop(asksAgain: Bool) async throws {
        let agency = try await AgencyFixture()
        let boost = try await self.running(agency)
        _ = try await self.service(agency).stop(boost.description, reason: nil, actor: "cli:ann")
        try await self.loseJobs(agency)
        if asksAgain {
            _ = try await self.service(agency).stop(boost.description, reason: nil, actor: "cli:ann")
            #expect(try await self.round(agency) == 0)
        } else {
            #expect(try await self.round(agency) == 1)
        }
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost") == "stopped")
    }

    @Test("a look that workers died of is held, and another one takes its place after a while")
    func poison() async throws {
        let agency = try await AgencyFixture()
        _ = try await self.running(agency)
        try await agency.pool.execute(
            """
            WITH gone AS (DELETE FROM job_scheduled WHERE kind = 'boost' RETURNING *)
            INSERT INTO job_hold SELECT gone.*, 'poison', NULL, NULL, world_now() FROM gone
            """)
        #expect(try await self.round(agency) == 0)
        try await agency.advance(.seconds(901))
        #expect(try await self.round(agency) == 1)
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["succeeded"])
        #expect(try await self.round(agency) == 0)
    }

    @Test("of two looks at the same boost one goes on")
    func oneChain() async throws {
        let agency = try await AgencyFixture()
        let boost = try await self.running(agency)
        let second = NewJob.boost(
            .status, of: boost, client: agency.client, account: agency.account, platform: "fake", dueAt: nil)
        _ = try await agency.services.jobs.enqueue([second])
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'boost'") == 1)
    }

    @Test(
        "whatever the platform says to a look, there is another one",
        arguments: [PluginError.Code.needsHuman, .permanent, .unsupported])
    func refused(code: PluginError.Code) async throws {
        let agency = try await AgencyFixture()
        _ = try await self.running(agency)
        agency.platform.state.withLock { $0.lookErrors = [PluginError(code, "not for you")] }
        try await agency.advance(.seconds(6 * 3600 + 1))
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["deferred"])
        #expect(try await agency.text("SELECT failure_message FROM boost") == "not for you")
        try await agency.advance(.seconds(3_601))
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.text("SELECT state FROM boost") == "running")
    }

    @Test("a worker without the plugin leaves looks and stops to others")
    func otherWorker() async throws {
        let agency = try await AgencyFixture()
        _ = try await self.running(agency)
        try await agency.advance(.seconds(6 * 3600 + 1))
        try await agency.pool.execute("UPDATE job_scheduled SET provider = 'other' WHERE kind = 'boost'")
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["deferred"])
    }

    @Test("a publication that a reading finds gone stops its boost, and one that is not begun does not begin")
    func gone() async throws {
        let agency = try await AgencyFixture()
        let boost = try await self.running(agency)
        // The look plans a reading of the publication, once a day.
        #expect(
            try await agency.count(
                "SELECT count(*) FROM job_ready WHERE kind = 'fetch-metrics' AND key LIKE 'boosted:%'") == 1)
        let publication: PublicationID = try #require(
            try await agency.pool.query("SELECT publication_id FROM publication").first?.get("publication_id"))
        let record = SampleRecord(
            client: agency.client, account: agency.account,
            entries: [
                .init(
                    publication: publication,
                    reading: MetricReading(postID: "1", values: [:], raw: "{}", definition: 1, isGone: true))
            ], stop: BoostStop(jobs: agency.services.jobs, ledger: agency.services.ledger))
        try await agency.pool.withTransaction { db in try await record.write(on: &db) }
        #expect(
            try await agency.text("SELECT state || ': ' || stop_reason FROM boost")
                == "stopping: its publication is gone")
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["succeeded"])
        #expect(try await self.service(agency).show(boost.description).boost.state == .stopped)
    }

    @Test("what is gone is not boosted")
    func goneBefore() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        _ = try await agency.planBoost(budget: 2_000)
        try await agency.pool.execute("UPDATE publication SET state = 'expired'")
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["failed"])
        #expect(agency.platform.state.withLock { $0.boostStarts } == 0)
        #expect(try await agency.text("SELECT failure_message FROM boost") == "its publication is expired")
    }

    @Test("a worker whose job was taken back sets nothing aside and starts nothing")
    func stale() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        _ = try await agency.planBoost(budget: 2_000)
        let late = try #require(try await agency.claim(.boost).first)
        try await agency.pool.execute(
            """
            WITH gone AS (DELETE FROM job_lease RETURNING *)
            INSERT INTO job_ready (client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, due_at,
                                   max_attempts, recovery, created_at, era)
            SELECT client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, due_at, max_attempts, recovery,
                   created_at, (SELECT era FROM ready_era) FROM gone
            """)
        try await agency.pool.execute("DELETE FROM lease_slot")
        _ = try await agency.run(BoostHandler(services: agency.services), late)
        #expect(try await agency.text("SELECT state FROM boost") == "planned")
        #expect(try await agency.count("SELECT count(*) FROM ledger_entry") == 0)
        #expect(agency.platform.state.withLock { $0.boostStarts } == 0)
    }

    @Test(
        "what happens between the money and the activation counts: the fence asks for the cap and the publication",
        arguments: ["UPDATE budget_cap SET cap_minor = 1999", "UPDATE publication SET state = 'gone'"])
    func fence(change: String) async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        _ = try await agency.planBoost(budget: 2_000)
        let pool = agency.pool
        agency.platform.state.withLock { $0.beforeActivation = { _ = try? await pool.execute(Statement(sql: change)) } }
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["failed"])
        #expect(agency.platform.state.withLock { $0.activeBoosts.isEmpty && $0.boostStarts == 1 })
        #expect(try await agency.text("SELECT state FROM boost") == "failed")
        let booked = "SELECT string_agg(kind || ' ' || amount_minor, ', ' ORDER BY entry_no) FROM ledger_entry"
        #expect(try await agency.text(Statement(sql: booked)) == "reserve 2000, release 2000")
    }

    @Test("a start that fails while its activation is confirmed after all runs, and keeps its money")
    func failedAndConfirmed() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        _ = try await agency.planBoost(budget: 2_000)
        let job = try #require(try await agency.claim(.boost).first)
        agency.platform.script(.refuse(PluginError(.permanent, "no")))
        let result = try await agency.run(BoostHandler(services: agency.services), job)
        // The answer of an earlier worker's request comes before this run's end is written.
        let remote = RemotePost(id: "post-9", url: nil, publishedAt: nil)
        try await agency.pool.execute(
            "UPDATE effect SET state = 'confirmed', evidence = \(try EffectHost.evidence(remote)) WHERE op_key LIKE 'boost:%'"
        )
        try await agency.finish(job, result)
        #expect(try await agency.text("SELECT state || ' ' || remote_id FROM boost") == "running post-9")
        let kinds = try await agency.text("SELECT string_agg(kind, ', ' ORDER BY entry_no) FROM ledger_entry")
        #expect(kinds == "reserve, commit")
    }

    @Test("a boost that a person settled is looked at once a day until its end, by one job")
    func settledByHand() async throws {
        let agency = try await AgencyFixture()
        let boost = try await self.running(agency)
        let handler = BoostHandler(services: agency.services)
        _ = try await self.service(agency).settle(
            boost.description, spend: "1.00", reason: "the ad account is closed", actor: "cli:ann")
        try await agency.advance(.seconds(6 * 3600 + 1))
        #expect(try await agency.work(handler) == ["deferred"])
        #expect(try await self.round(agency) == 0)
        #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'boost'") == 1)
    }

    @Test("a cap that is lowered between two tries of a start keeps it from beginning, and gives the money back")
    func loweredBeforeStart() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        _ = try await agency.planBoost(budget: 2_000)
        agency.platform.script(.refuse(PluginError(.retryAfter, "busy", retryAfter: .seconds(60))))
        let handler = BoostHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["deferred"])
        try await agency.pool.execute("UPDATE budget_cap SET cap_minor = 1999")
        try await agency.advance(.seconds(61))
        #expect(try await agency.work(handler) == ["failed"])
        #expect(try await agency.text("SELECT state FROM boost") == "failed")
        #expect(
            try await agency.text(
                "SELECT string_agg(kind || ' ' || amount_minor, ', ' ORDER BY entry_no) FROM ledger_entry")
                == "reserve 2000, release 2000")
    }

    @Test("an entry of the ledger is never changed or removed, whoever asks")
    func appendOnly() async throws {
        let agency = try await AgencyFixture()
        _ = try await self.running(agency)
        for change in ["UPDATE ledger_entry SET amount_minor = 1", "DELETE FROM ledger_entry", "TRUNCATE ledger_entry"]
        {
            let error = await #expect(throws: PQError.self) { try await agency.pool.execute(Statement(sql: change)) }
            #expect(error?.description.contains("append one that corrects it") == true)
        }
    }

    @Test("only the job that starts a boost can be cancelled, and the boost with it")
    func cancel() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        let boost = try await agency.planBoost(budget: 2_000)
        let jobs = agency.services.jobs
        let start = try #require(try await jobs.list(JobFilter(kind: .boost)).first)
        let detail = try await self.service(agency).cancel(start, of: boost, reason: "no", actor: "cli:ann")
        #expect(detail.boost.state == .cancelled)
        #expect(try await agency.work(BoostHandler(services: agency.services)).isEmpty)
        let again = await #expect(throws: ServiceError.self) {
            let ended = try #require(try await jobs.job(start.spec.id))
            _ = try await self.service(agency).cancel(ended, of: boost, reason: "no", actor: "cli:ann")
        }
        #expect(again?.message.contains("has ended") == true)
    }

    @Test("a job that watches a boost cannot be cancelled, nor the one that started it")
    func cancelWatch() async throws {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        let boost = try await agency.planBoost(budget: 2_000)
        let start = try #require(try await agency.services.jobs.list(JobFilter(kind: .boost)).first)
        agency.platform.state.withLock { $0.boostState = .running }
        #expect(try await agency.work(BoostHandler(services: agency.services)) == ["succeeded"])
        for job in [start, try #require(try await agency.services.jobs.job(start.spec.id))] {
            await #expect(throws: ServiceError.self) {
                _ = try await self.service(agency).cancel(job, of: boost, reason: nil, actor: "cli:ann")
            }
        }
        #expect(try await agency.text("SELECT state FROM boost") == "running")
        let look = try #require(
            try await agency.services.jobs.list(JobFilter(kind: .boost)).first { $0.spec.queue == .reconcile })
        let error = await #expect(throws: ServiceError.self) {
            _ = try await self.service(agency).cancel(look, of: boost, reason: nil, actor: "cli:ann")
        }
        #expect(error?.code == .conflict && error?.message.contains("boost stop") == true)
    }
}
