// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct HeldWorkTests {
    private func plan(_ fixture: ServiceFixture) async throws -> [TargetRow] {
        var draft = PostDraft(
            accounts: ["strict", "second"], text: "Hello", time: try PostTime("2026-03-10T09:00", zone: nil))
        draft.key = "k"
        return try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor).targets
    }

    private func job(_ fixture: ServiceFixture, _ target: TargetRow) async throws -> JobSummary {
        let id = try #require(target.job)
        return try #require(try await fixture.jobs.job(id))
    }

    @Test(
        "connecting an account again lets its held posts go on, and no other account's",
        arguments: ["reauthorize", "needs-human", "account-needs-reconnect", "account-disconnected", "account-paused"])
    func reconnect(reason: String) async throws {
        let fixture = try await ServiceFixture()
        let targets = try await self.plan(fixture)
        for target in targets { try await fixture.hold(target, for: reason, as: .waiting) }
        _ = try await fixture.connect("1", slug: nil)

        let after = try await fixture.posts.show("k", client: "acme").targets
        #expect(after.map(\.state) == [.planned, .waiting])
        let released = try await self.job(fixture, targets[0])
        #expect(released.state == .ready)
        #expect(released.spec.dueAt == targets[0].dueAt)
        #expect(released.spec.generation == 2)
        #expect(try await self.job(fixture, targets[1]).state == .held)
        let said = try await fixture.text(
            """
            SELECT actor || ' ' || from_state || ' ' || to_state || ' ' || reason FROM state_change
            WHERE subject_id = \(targets[0].id) ORDER BY change_id DESC LIMIT 1
            """)
        #expect(said == "cli:test waiting planned the account is connected again")
    }

    @Test("what is held for something else stays held", arguments: ["unknown-outcome", "poison", "client-paused"])
    func others(reason: String) async throws {
        let fixture = try await ServiceFixture()
        let targets = try await self.plan(fixture)
        try await fixture.hold(targets[0], for: reason, as: .waiting)
        _ = try await fixture.connect("1", slug: nil)
        _ = try await fixture.accounts.resume("acme/strict", client: nil, actor: "cli:ada", reason: nil)
        #expect(try await self.job(fixture, targets[0]).state == .held)
        #expect(try await fixture.posts.show("k", client: "acme").targets[0].state == .waiting)
    }

    @Test("resuming an account lets go on what its pause held, not what waits for a new token")
    func resumeAccount() async throws {
        let fixture = try await ServiceFixture()
        let targets = try await self.plan(fixture)
        try await fixture.hold(targets[0], for: "account-paused", as: .waiting)
        let other = try await self.planOther(fixture)
        try await fixture.hold(other, for: "reauthorize", as: .waiting)
        _ = try await fixture.accounts.pause("acme/strict", client: nil, actor: "cli:ada", reason: nil)
        _ = try await fixture.accounts.resume("acme/strict", client: nil, actor: "cli:ada", reason: nil)
        #expect(try await self.job(fixture, targets[0]).state == .ready)
        #expect(try await self.job(fixture, other).state == .held)
        #expect(try await fixture.posts.show("k", client: "acme").targets[0].state == .planned)
    }

    @Test("resuming an account that needed a person lets go on what waited for the person")
    func resumeNeedsHuman() async throws {
        let fixture = try await ServiceFixture()
        let targets = try await self.plan(fixture)
        try await fixture.hold(targets[0], for: "needs-human", as: .waiting)
        try await fixture.pool.execute("UPDATE account SET state = 'needs-human' WHERE slug = 'strict'")
        _ = try await fixture.accounts.resume("acme/strict", client: nil, actor: "cli:ada", reason: nil)
        #expect(try await self.job(fixture, targets[0]).state == .ready)
    }

    @Test("resuming a client lets go on what its pause held, on all its accounts")
    func resumeClient() async throws {
        let fixture = try await ServiceFixture()
        let targets = try await self.plan(fixture)
        for target in targets { try await fixture.hold(target, for: "client-paused", as: .planned) }
        _ = try await fixture.clients.pause("acme", actor: "cli:ada", reason: nil)
        #expect(try await self.job(fixture, targets[0]).state == .held)
        _ = try await fixture.clients.resume("acme", actor: "cli:ada", reason: nil)
        for target in targets { #expect(try await self.job(fixture, target).state == .ready) }
        #expect(try await fixture.posts.show("k", client: "acme").targets.map(\.state) == [.planned, .planned])
    }

    private func planOther(_ fixture: ServiceFixture) async throws -> TargetRow {
        let draft = PostDraft(accounts: ["strict"], text: "Other", time: try PostTime("2026-03-11T09:00", zone: nil))
        return try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor).targets[0]
    }
}
