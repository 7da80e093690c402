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

    @Test("posts that are planned at the same moment take times of their own", arguments: [false, true])
    func sameMoment(takesNextSlot: Bool) async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(60, as: account)
        try await PostingSlots(pool: fixture.pool).set(
            SlotSetting(perWeek: 3, wish: SlotWish()), account: "acme/strict", client: nil)
        var draft = PostDraft(accounts: ["strict"], text: "hello")
        if takesNextSlot { draft.takesNextSlot = true } else { draft.wish = SlotWish() }
        let same = draft
        let times = try await withThrowingTaskGroup(of: Date?.self) { group in
            for _ in 0..<8 { group.addTask { try await Self.create(fixture, same).targets.first?.dueAt } }
            return try await group.reduce(into: [Date]()) { times, time in times.append(try #require(time)) }
        }
        let gaps = zip(times.sorted().dropFirst(), times.sorted()).map { $0.timeIntervalSince($1) }
        #expect(gaps.count == 7 && gaps.allSatisfy { $0 >= 3 * 3_600 }, "\(times.sorted())")
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

    @Test("posts take the next free queue slot, so many a week, in the best hours, and slots follow what is learnt")
    func queueSlots() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(200, as: account)
        let slots = PostingSlots(pool: fixture.pool)
        func next() async throws -> Date {
            var draft = PostDraft(accounts: ["strict"], text: "hello")
            draft.takesNextSlot = true
            return try #require(try await Self.create(fixture, draft).targets.first?.dueAt)
        }
        let none = await #expect(throws: ServiceError.self) { _ = try await next() }
        #expect(none?.code == .invalid && none?.message.contains("best-times slots") == true)
        try await slots.set(SlotSetting(perWeek: 3, wish: SlotWish()), account: "acme/strict", client: nil)
        let free = try await slots.free(account: "acme/strict", client: nil, weeks: 3)
        var times: [Date] = []
        for _ in 0..<7 { times.append(try await next()) }
        #expect(times == Array(free.slots.map(\.instant).prefix(7)) && times == times.sorted())
        let zone = ZoneID(rawValue: "Europe/Berlin") ?? .utc
        #expect(times.allSatisfy { (17...22).contains(zone.wallTime(at: $0).hour) })
        let weeks = Dictionary(grouping: times) { (zone.wallTime(at: $0).dayNumber + 3) / 7 }
        #expect(weeks.values.allSatisfy { $0.count <= 3 } && weeks.values.contains { $0.count == 3 })
        // Mornings only from now on: the posts that are planned stay, and fill their weeks.
        try await slots.set(
            SlotSetting(perWeek: 3, wish: SlotWish(from: 480, until: 660)), account: "acme/strict", client: nil)
        let later = try await next()
        #expect((8...10).contains(zone.wallTime(at: later).hour))
        let full = weeks.filter { $0.value.count == 3 }.keys
        #expect(!full.contains((zone.wallTime(at: later).dayNumber + 3) / 7))
        try await slots.set(nil, account: "acme/strict", client: nil)
        await #expect(throws: ServiceError.self) { _ = try await next() }
        #expect(try await fixture.count("target WHERE state = 'planned'") == 8)
    }

    @Test("posts of holidays are left out of what is learnt and counted, and holidays are no best time unless wanted")
    func holidays() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(120, as: account)
        let zone = ZoneID(rawValue: "Europe/Berlin") ?? .utc
        let before = try await fixture.timing.timing(of: "acme/strict")
        let best = try #require(try await Self.create(fixture, Self.draft("strict")).targets.first?.dueAt)
        let day = zone.wallTime(at: best).dayNumber
        // The day that was chosen, and the same day of the week four weeks before.
        let store = HolidayStore(pool: fixture.pool)
        let kept = try await store.set(
            [Holiday(dayNumber: day, name: "Feast"), Holiday(dayNumber: day - 28, name: "Feast")], client: "acme",
            replaces: false)
        #expect(kept == 2)
        #expect(try await store.list(client: "acme").map(\.name) == ["Feast", "Feast"])
        let after = try await fixture.timing.timing(of: "acme/strict")
        let left = try #require(after.fit.excluded[.holiday])
        #expect(left > 0 && after.fit.posts == before.fit.posts - left && after.dataLine.contains("on holidays"))
        func days(_ wish: SlotWish) async throws -> Set<Int> {
            let plan = try await SlotAdvisor(pool: fixture.pool).plan(
                30, account: "acme/strict", client: nil, wish: wish)
            return Set(plan.slots.map(\.wall.dayNumber))
        }
        #expect(try await !days(SlotWish()).contains(day))
        var anyDay = SlotWish()
        anyDay.mayUseHolidays = true
        #expect(try await days(anyDay).contains(day))
        #expect(try await store.set([], client: "acme", replaces: true) == 0)
        #expect(try await fixture.timing.timing(of: "acme/strict").fit.posts == before.fit.posts)
    }
}
