// SPDX-License-Identifier: MIT

import JobQueue
import PQClient
import Synchronization
import TestSupport
import Testing

@testable import Publishing

/// A pause that comes between a job's claim and its run.
@Suite(.postgresSchema)
struct PauseTests {
    private enum Scope: String, CaseIterable { case client, account }
    private enum Work: CaseIterable { case publish, boost, metrics }

    private struct Desk {
        var agency: AgencyFixture
        var clients: ClientService { ClientService(pool: self.agency.pool) }
        var accounts: AccountService {
            AccountService(
                pool: self.agency.pool, registry: self.agency.services.registry, vault: self.agency.vault,
                accesses: self.agency.services.accesses)
        }

        func pause(_ scope: Scope) async throws {
            switch scope {
            case .client: _ = try await self.clients.pause("acme", actor: "test", reason: nil)
            case .account: _ = try await self.accounts.pause("fake", client: "acme", actor: "test", reason: nil)
            }
        }

        func resume(_ scope: Scope) async throws {
            switch scope {
            case .client: _ = try await self.clients.resume("acme", actor: "test", reason: nil)
            case .account: _ = try await self.accounts.resume("fake", client: "acme", actor: "test", reason: nil)
            }
        }
    }

    /// Makes one job of a kind due.
    private func prepare(_ work: Work, _ agency: AgencyFixture) async throws -> any JobHandler {
        switch work {
        case .publish:
            _ = try await agency.plan("hello")
            return PublishHandler(services: agency.services)
        case .metrics:
            _ = try await agency.plan("hello")
            _ = try await agency.work(PublishHandler(services: agency.services))
            try await agency.advance(.seconds(901))
            return MetricsHandler(services: agency.services)
        case .boost:
            try await agency.setCap(10_000)
            _ = try await agency.planBoost(budget: 2_000)
            return BoostHandler(services: agency.services)
        }
    }

    @Test(
        "a job that was claimed just before the pause goes back to its place, and runs once when the pause ends",
        arguments: Work.allCases, Scope.allCases)
    private func givesBack(work: Work, scope: Scope) async throws {
        let agency = try await AgencyFixture()
        let desk = Desk(agency: agency)
        let handler = try await self.prepare(work, agency)
        let job = try #require(try await agency.claim(handler.kind).first)
        try await desk.pause(scope)
        let calls = agency.platform.state.withLock { $0.calls }
        let result = try await agency.run(handler, job)
        #expect(result.outcome == .released)
        try await agency.finish(job, result)
        #expect(try await agency.work(handler) == [])
        #expect(agency.platform.state.withLock { $0.calls } == calls)

        try await desk.resume(scope)
        let again = try #require(try await agency.claim(handler.kind).first)
        #expect(again.id == job.id && again.dueAt == job.dueAt && again.attempt == 1 && again.deferCount == 0)
        let end = try await agency.run(handler, again)
        #expect(end.outcome == .succeeded)
    }

    @Test("a paused client whose queue somebody resumed by hand is asked again later, not at once")
    func resumedByHand() async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.plan("hello")
        try await Desk(agency: agency).pause(.client)
        try await agency.services.jobs.resume(.clientQueue(agency.client, .publish))
        let handler = PublishHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["deferred"])
        #expect(agency.platform.state.withLock { $0.calls } == 0)
    }

    @Test("what no resumption ends is held", arguments: ["archived", "leaving"])
    func held(state: String) async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.plan("hello")
        try await agency.pool.execute("UPDATE client SET state = \(state)")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["held"])
        #expect(try await agency.text("SELECT reason FROM job_hold") == "client-\(state)")
    }
}
