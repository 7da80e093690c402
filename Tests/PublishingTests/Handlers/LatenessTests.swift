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

@Suite("Missed windows", .postgresSchema)
struct LatenessTests {
    private func fixture(_ policy: MissedPolicy) async throws -> AgencyFixture {
        let fixture = try await AgencyFixture()
        try await fixture.pool.execute(
            "UPDATE client SET on_missed = \(policy), late_grace = interval '10 minutes', late_spacing = interval '5 minutes'"
        )
        return fixture
    }

    private func work(_ fixture: AgencyFixture) async throws -> [String] {
        try await fixture.work(PublishHandler(services: fixture.services))
    }

    private func posts(_ fixture: AgencyFixture) -> [String] {
        fixture.platform.state.withLock { $0.posts.map(\.text) }
    }

    private func planFour(_ fixture: AgencyFixture) async throws -> [TargetID] {
        var targets: [TargetID] = []
        for number in 1...4 {
            targets.append(try await fixture.plan("Post \(number)"))
            try await fixture.advance(.seconds(1))
        }
        return targets
    }

    /// How runs ended, every five minutes.
    private func rounds(_ count: Int, _ fixture: AgencyFixture) async throws -> [[String]] {
        var rounds: [[String]] = []
        for _ in 0..<count {
            // Claims give an account a few jobs at a time: look until nothing is due.
            var words: [String] = []
            while true {
                let more = try await self.work(fixture)
                if more.isEmpty { break }
                words += more
            }
            rounds.append(words)
            try await fixture.advance(.seconds(300))
        }
        return rounds
    }

    @Test("a post within its grace is published at once, whatever the policy", arguments: MissedPolicy.allCases)
    func onTime(policy: MissedPolicy) async throws {
        let fixture = try await self.fixture(policy)
        _ = try await fixture.plan("Hello")
        try await fixture.advance(.seconds(590))
        #expect(try await self.work(fixture) == ["succeeded"])
        #expect(self.posts(fixture) == ["Hello"])
    }

    @Test("late posts of an account go out one by one, the oldest first, and never as a burst")
    func late() async throws {
        let fixture = try await self.fixture(.late)
        let targets = try await self.planFour(fixture)
        try await fixture.advance(.seconds(3_600))
        let rounds = try await self.rounds(5, fixture)
        #expect(rounds.map(\.published) == [1, 1, 1, 1, 0])
        #expect(self.posts(fixture) == ["Post 1", "Post 2", "Post 3", "Post 4"])
        for target in targets { #expect(try await fixture.state(of: target) == "published") }
    }

    @Test("a post that is skipped is missed, with the reason, and can still be published by hand")
    func skip() async throws {
        let fixture = try await self.fixture(.skip)
        let target = try await fixture.plan("Hello")
        try await fixture.advance(.seconds(3_600))
        #expect(try await self.work(fixture) == ["cancelled"])
        #expect(self.posts(fixture).isEmpty)
        let said = try await fixture.text(
            "SELECT state || '|' || failure_code || '|' || failure_message FROM target WHERE target_id = \(target)")
        #expect(
            said
                == "missed|missed-window|it was due 2026-03-03T09:00:00+01:00 and first looked at 1 h later: by the client's policy it is left out"
        )
        let posts = PostService(pool: fixture.pool, jobs: fixture.services.jobs, registry: fixture.services.registry)
        _ = try await posts.retry(target.description, client: nil, actor: "test")
        #expect(try await self.work(fixture) == ["succeeded"])
        #expect(try await fixture.state(of: target) == "published")
        #expect(self.posts(fixture) == ["Hello"])
    }

    @Test("a post that missed its time can be given another one")
    func move() async throws {
        let fixture = try await self.fixture(.skip)
        let target = try await fixture.plan("Hello")
        try await fixture.advance(.seconds(3_600))
        _ = try await self.work(fixture)
        let posts = PostService(pool: fixture.pool, jobs: fixture.services.jobs, registry: fixture.services.registry)
        let later = AgencyFixture.start.addingTimeInterval(7_200)
        _ = try await posts.move(target.description, client: nil, to: .instant(later), actor: "test")
        #expect(try await self.work(fixture).isEmpty)
        try await fixture.advance(.seconds(3_600))
        #expect(try await self.work(fixture) == ["succeeded"])
    }

    @Test("a post that waits for a person is published when the person says so, however late")
    func ask() async throws {
        let fixture = try await self.fixture(.ask)
        let target = try await fixture.plan("Hello")
        try await fixture.advance(.seconds(86_400))
        #expect(try await self.work(fixture) == ["held"])
        #expect(try await fixture.state(of: target) == "waiting")
        #expect(try await self.work(fixture).isEmpty)
        let job = try #require(
            try await fixture.services.jobs.list(JobFilter(states: [.held], subject: target.uuid)).first)
        #expect(job.reason == "missed-window")
        try await fixture.services.jobs.release(job.spec.id, client: fixture.client)
        try await fixture.advance(.seconds(60))
        #expect(try await self.work(fixture) == ["succeeded"])
        #expect(try await fixture.state(of: target) == "published")
    }

    private enum Paused: String, CaseIterable { case client, account, queue }

    /// Pauses for two hours.
    private func pause(_ paused: Paused, _ fixture: AgencyFixture) async throws {
        let clients = ClientService(pool: fixture.pool)
        let accounts = AccountService(
            pool: fixture.pool, registry: fixture.services.registry, vault: fixture.vault,
            accesses: fixture.services.accesses)
        switch paused {
        case .client: _ = try await clients.pause("acme", actor: "test", reason: nil)
        case .account: _ = try await accounts.pause("fake", client: "acme", actor: "test", reason: nil)
        case .queue: try await fixture.services.jobs.pause(.queue(.publish), by: "test")
        }
        try await fixture.advance(.seconds(7_200))
        #expect(try await self.work(fixture).isEmpty)
        switch paused {
        case .client: _ = try await clients.resume("acme", actor: "test", reason: nil)
        case .account: _ = try await accounts.resume("fake", client: "acme", actor: "test", reason: nil)
        case .queue: #expect(try await fixture.services.jobs.resume(.queue(.publish)))
        }
    }

    @Test(
        "after a pause of the client, the account or the queue the policy holds as after an outage, and never lets a burst out",
        arguments: Paused.allCases, MissedPolicy.allCases)
    private func afterPause(paused: Paused, policy: MissedPolicy) async throws {
        let fixture = try await self.fixture(policy)
        let targets = try await self.planFour(fixture)
        try await self.pause(paused, fixture)
        let rounds = try await self.rounds(5, fixture)
        let (first, states): ([String], String) =
            switch policy {
            case .late: (["deferred", "deferred", "deferred", "succeeded"], "published")
            case .skip: (Array(repeating: "cancelled", count: 4), "missed")
            case .ask: (Array(repeating: "held", count: 4), "waiting")
            }
        #expect(rounds[0].sorted() == first)
        #expect(rounds.map(\.published) == (policy == .late ? [1, 1, 1, 1, 0] : [0, 0, 0, 0, 0]))
        #expect(self.posts(fixture) == (policy == .late ? (1...4).map { "Post \($0)" } : []))
        for target in targets { #expect(try await fixture.state(of: target) == states) }
    }

    @Test("what was begun in time goes on, however late it ends")
    func begun() async throws {
        let fixture = try await self.fixture(.skip)
        let target = try await fixture.plan("Hello")
        fixture.platform.script(.acceptAndLose)
        #expect(try await self.work(fixture) == ["held"])
        try await fixture.advance(.seconds(86_400))
        #expect(try await fixture.work(ReconcileHandler(services: fixture.services)) == ["succeeded"])
        #expect(try await self.work(fixture) == ["succeeded"])
        #expect(try await fixture.state(of: target) == "published")
        #expect(self.posts(fixture) == ["Hello"])
    }

    @Test("what was sent in time and took no effect is sent again, however long the proof took")
    func provenAbsent() async throws {
        let fixture = try await self.fixture(.skip)
        let target = try await fixture.plan("Hello")
        fixture.platform.script(.lose)
        #expect(try await self.work(fixture) == ["held"])
        let looking = ReconcileHandler(services: fixture.services)
        while try await fixture.state(of: target) == "unknown" {
            try await fixture.advance(.seconds(3_600))
            _ = try await fixture.work(looking)
        }
        #expect(try await self.work(fixture) == ["succeeded"])
        #expect(try await fixture.state(of: target) == "published")
        #expect(self.posts(fixture) == ["Hello"])
    }

    @Test("in a fast world the machine's own delay is no lateness")
    func fastWorld() async throws {
        let fixture = try await self.fixture(.skip)
        _ = try await fixture.plan("Hello")
        try await fixture.advance(.seconds(3_600))
        try await WorldStore(pool: fixture.pool).set(epoch: nil, rate: 10_000)
        #expect(try await self.work(fixture) == ["succeeded"])
    }
}

extension [String] {
    /// How many runs published.
    fileprivate var published: Int { self.count { $0 == "succeeded" } }
}
