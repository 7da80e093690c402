// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import PQClient
import Persistence
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct SlotAdvisorTests {
    private static func draft(_ accounts: String..., wish: SlotWish = SlotWish()) -> PostDraft {
        var draft = PostDraft(accounts: accounts, text: "hello")
        draft.wish = wish
        return draft
    }

    private static func create(_ fixture: ServiceFixture, _ draft: PostDraft) async throws -> CreatedPost {
        try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
    }

    @Test("a post at the best time takes each account's own best hour, away from its other posts, and says why")
    func best() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(200, as: account)
        var times: [Date] = []
        for _ in 0..<4 {
            let created = try await Self.create(fixture, Self.draft("strict"))
            let target = try #require(created.targets.first)
            times.append(try #require(target.dueAt))
            #expect(target.state == .planned && !target.isExperiment && target.planned?.timeZone == "Europe/Berlin")
            #expect(created.reasons.first?.contains("engagement (") == true)
        }
        let zone = ZoneID(rawValue: "Europe/Berlin") ?? .utc
        #expect(times.allSatisfy { (17...22).contains(zone.wallTime(at: $0).hour) })
        for (index, time) in times.enumerated() {
            #expect(times[..<index].allSatisfy { abs($0.timeIntervalSince(time)) >= 3 * 3_600 })
        }
        let reason = try await fixture.text(
            "SELECT reason FROM state_change WHERE subject_kind = 'target' ORDER BY at, change_id LIMIT 1")
        #expect(reason?.contains("by fit") == true)
        // What was acted on is kept.
        #expect(try await fixture.count("timing_fit") == 1)
    }

    @Test("where nothing is known, or no time is free, nothing is planned and it is said what to do")
    func refusals() async throws {
        let fixture = try await ServiceFixture()
        let error = await #expect(throws: ServiceError.self) {
            _ = try await Self.create(fixture, Self.draft("second"))
        }
        #expect(error?.code == .invalid && error?.message.contains("--at") == true)
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(60, as: account)
        let full = await #expect(throws: ServiceError.self) {
            _ = try await Self.create(
                fixture, Self.draft("strict", wish: SlotWish(weekdays: Set(0..<7))))
        }
        #expect(full?.message.contains("no time of 'strict' is free") == true)
        #expect(try await fixture.count("target") == 0)
    }

    @Test("an account that learns has drawn times that are marked, unless the post matters or learning has ended")
    func learning() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(60, as: account)
        let learning = TimingLearning(pool: fixture.pool)
        let begun = try await learning.set(account: "acme/strict", client: nil, weeks: 13)
        #expect(begun.until == ServiceFixture.now.addingTimeInterval(13 * 7 * 86_400))
        let drawn = try await Self.create(fixture, Self.draft("strict"))
        #expect(drawn.targets[0].isExperiment && drawn.reasons[0].contains("drawn"))
        #expect(try await fixture.count("target WHERE experiment") == 1)
        var sure = SlotWish()
        sure.mayDraw = false
        #expect(try await !Self.create(fixture, Self.draft("strict", wish: sure)).targets[0].isExperiment)
        #expect(try await learning.set(account: "acme/strict", client: nil, weeks: nil).until == nil)
        #expect(try await !Self.create(fixture, Self.draft("strict")).targets[0].isExperiment)
        let plan = try await SlotAdvisor(pool: fixture.pool).plan(
            3, account: "acme/strict", client: nil, wish: SlotWish())
        #expect(plan.slots.count == 3 && !plan.isDrawn)
    }
}
