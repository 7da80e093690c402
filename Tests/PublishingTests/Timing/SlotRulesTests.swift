// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import TestSupport
import Testing

@testable import Publishing

/// What holds for every time that Posthorn chooses.
@Suite(.postgresSchema)
struct SlotRulesTests {
    private static let zone = ZoneID(rawValue: "Europe/Berlin") ?? .utc

    private static func create(
        _ fixture: ServiceFixture, _ wish: SlotWish = SlotWish(), key: String? = nil
    ) async throws -> CreatedPost {
        var draft = PostDraft(accounts: ["strict"], text: "hello")
        draft.wish = wish
        draft.key = key
        return try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
    }

    private static func learnt() async throws -> ServiceFixture {
        let fixture = try await ServiceFixture()
        try await fixture.publish(200, as: try await fixture.accounts.show("acme/strict").account)
        return fixture
    }

    @Test("a time is never near a recurring post that is not made yet, and a week of slots counts those too")
    func schedules() async throws {
        let fixture = try await Self.learnt()
        let schedules = ScheduleService(pool: fixture.pool, jobs: fixture.jobs, registry: fixture.registry)
        _ = try await schedules.add(
            ScheduleRequest(
                client: "acme", name: "evening", time: ScheduleTime(rule: "FREQ=DAILY;BYHOUR=19;BYMINUTE=0"),
                work: .post(PostDraft(accounts: ["strict"], text: "good evening"))),
            actor: "cli:ann")
        for _ in 0..<4 {
            let due = try #require(try await Self.create(fixture).targets.first?.dueAt)
            let wall = Self.zone.wallTime(at: due)
            #expect(abs(wall.hour * 60 + wall.minute - 19 * 60) >= 180, "\(wall)")
        }
        let slots = PostingSlots(pool: fixture.pool)
        try await slots.set(
            SlotSetting(perWeek: 7, wish: SlotWish(from: 480, until: 840)), account: "acme/strict", client: nil)
        let free = try await slots.free(account: "acme/strict", client: nil, weeks: 4)
        #expect(!free.slots.contains { $0.instant > ServiceFixture.now.addingTimeInterval(8 * 86_400) })
        try await fixture.pool.execute("UPDATE schedule SET state = 'paused'")
        let paused = try await slots.free(account: "acme/strict", client: nil, weeks: 4)
        #expect(paused.slots.contains { $0.instant > ServiceFixture.now.addingTimeInterval(8 * 86_400) })
    }

    @Test("the same key gives the same post, also when there is no time left for another one")
    func key() async throws {
        let fixture = try await Self.learnt()
        // One hour a day, of one day.
        let narrow = SlotWish(from: 19 * 60, until: 20 * 60, days: 1)
        let first = try await Self.create(fixture, narrow, key: "launch")
        await #expect(throws: ServiceError.self) { _ = try await Self.create(fixture, narrow) }
        let again = try await Self.create(fixture, narrow, key: "launch")
        #expect(first.isNew && !again.isNew && again.post.id == first.post.id)
    }

    @Test("a distance of days is kept from posts behind the days that are looked at")
    func longDistance() async throws {
        let fixture = try await Self.learnt()
        var draft = PostDraft(accounts: ["strict"], text: "later")
        let later = ServiceFixture.now.addingTimeInterval(8.4 * 86_400)
        draft.time = .slot(later, nil)
        _ = try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
        let wish = SlotWish(distance: .seconds(2 * 86_400))
        while let post = try? await Self.create(fixture, wish) {
            let due = try #require(post.targets.first?.dueAt)
            #expect(abs(due.timeIntervalSince(later)) >= 2 * 86_400)
        }
        #expect(try await fixture.count("target") > 2)
    }

    @Test("without a distance two posts still have times of their own")
    func noDistance() async throws {
        let fixture = try await Self.learnt()
        var times: Set<Date> = []
        for _ in 0..<3 {
            times.insert(try #require(try await Self.create(fixture, SlotWish(distance: .zero)).targets.first?.dueAt))
        }
        #expect(times.count == 3)
        let plan = try await SlotAdvisor(pool: fixture.pool).plan(
            10, account: "acme/strict", client: nil, wish: SlotWish(distance: .zero))
        #expect(Set(plan.slots.map(\.instant)).count == 10)
    }

    @Test("quiet hours and days of the client and of the account hold together, whatever a command allows")
    func quiet() async throws {
        let fixture = try await Self.learnt()
        let store = QuietStore(pool: fixture.pool)
        try await store.set(
            QuietTimes(hours: [.init(from: 18 * 60, until: 8 * 60)], weekdays: [6]), client: "acme", account: nil)
        try await store.set(QuietTimes(distance: 20 * 3_600), client: "acme", account: "strict")
        #expect(try await store.list(client: "acme").map(\.account) == [nil, "strict"])
        var last: Date?
        for _ in 0..<3 {
            let due = try #require(
                try await Self.create(fixture, SlotWish(from: 0, until: 1_440)).targets.first?.dueAt)
            let wall = Self.zone.wallTime(at: due)
            #expect((8..<18).contains(wall.hour) && wall.weekday != 6, "\(wall)")
            if let last { #expect(abs(due.timeIntervalSince(last)) >= 20 * 3_600) }
            last = due
        }
        let account = try await fixture.accounts.show("acme/strict").account
        let timing = try await fixture.timing.timing(of: "acme/strict")
        let wish = try await PostingSlots(pool: fixture.pool).wish(of: account)
        let outlined = timing.recommended(posts: 5, wish: wish)
        #expect(outlined.allSatisfy { (8..<18).contains($0.hour) && $0.weekday != 6 })
        #expect(timing.recommended(posts: 5).contains { $0.hour >= 18 })
        try await store.set(QuietTimes(), client: "acme", account: nil)
        #expect(try await store.list(client: "acme").map(\.account) == ["strict"])
    }

    @Test("a check and a plan write nothing")
    func readsOnly() async throws {
        let fixture = try await Self.learnt()
        var draft = PostDraft(accounts: ["strict"], text: "hello")
        draft.wish = SlotWish()
        _ = try await fixture.posts.check(draft, client: "acme", actor: ServiceFixture.actor)
        _ = try await SlotAdvisor(pool: fixture.pool).plan(3, account: "acme/strict", client: nil, wish: SlotWish())
        #expect(try await fixture.count("timing_fit") == 0)
        #expect(try await fixture.count("timing_curve") == 0)
    }
}
