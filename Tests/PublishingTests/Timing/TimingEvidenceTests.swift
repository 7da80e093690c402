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

@Suite("what a recommendation was made of", .postgresSchema)
struct TimingEvidenceTests {
    /// Plans a post at the best time of `acme/strict`.
    private static func create(_ fixture: ServiceFixture) async throws -> TargetRow {
        var draft = PostDraft(accounts: ["strict"], text: "hello")
        draft.wish = SlotWish()
        let created = try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
        return try #require(created.targets.first)
    }

    private static func setWorld(_ fixture: ServiceFixture, days: Double) async throws {
        try await WorldStore(pool: fixture.pool).set(
            epoch: ServiceFixture.now.addingTimeInterval(days * 86_400), rate: 0)
    }

    @Test("the posts behind a fit are named with what they count, and together they make what is said of an hour")
    func used() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(90, as: account)
        let timing = try await fixture.timing.timing(of: "acme/strict")
        let evidence = try await fixture.timing.evidence(for: timing)
        #expect(evidence.isWhole && evidence.posts.count == 90 && evidence.leftOut.isEmpty)
        let rows = try await fixture.pool.query(
            "SELECT p.publication_id, p.published_at, s.likes FROM publication p JOIN sample s USING (client_id, publication_id)"
        )
        let known = try Dictionary(
            uniqueKeysWithValues: rows.map { row throws in
                (try row.get("publication_id", as: PublicationID.self), try row.get("likes", as: Int64.self))
            })
        #expect(evidence.posts.allSatisfy { known[$0.publication] == $0.engagement })
        #expect(evidence.posts.allSatisfy { $0.taken.hour == HourOfWeek(timing.fit.zone.wallTime(at: $0.postedAt)) })
        let hour = try #require(HourOfWeek(index: 20))
        let share = try evidence.evidence.share(of: hour, in: timing.fit.curve, platform: timing.common)
        let told = zip(share.posts, evidence.posts).reduce(log(share.borrowed)) { $0 + $1.0 * $1.1.taken.value }
        #expect(abs(told - log(timing.fit.curve.hours[20].score)) < 1e-9)
    }

    @Test("every post that was not used is named with its reason")
    func leftOut() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(40, as: account)
        let ids: [PublicationID] = try await fixture.pool.query(
            "SELECT publication_id FROM publication ORDER BY published_at LIMIT 5"
        ).column()
        try await fixture.pool.execute("UPDATE publication SET paid = true WHERE publication_id = \(ids[0])")
        try await fixture.pool.execute(
            "UPDATE sample SET read_at = read_at - interval '70 h' WHERE publication_id = \(ids[1])")
        try await fixture.pool.execute("DELETE FROM sample WHERE publication_id = \(ids[2])")
        try await fixture.pool.execute("UPDATE publication SET state = 'deleted' WHERE publication_id = \(ids[3])")
        let day = ServiceFixture.now.addingTimeInterval(-86_400 * 4 - 35 * 7 * 3_600)
        _ = try await HolidayStore(pool: fixture.pool).set(
            [
                Holiday(
                    dayNumber: (ZoneID(rawValue: account.timeZone) ?? .utc).wallTime(at: day).dayNumber, name: "Feast")
            ],
            client: "acme", replaces: true)
        let timing = try await fixture.timing.timing(of: "acme/strict")
        let evidence = try await fixture.timing.evidence(for: timing)
        let reasons = Dictionary(
            uniqueKeysWithValues: evidence.leftOut.filter { $0.reason != "holiday" }.map { ($0.publication, $0.reason) }
        )
        #expect(
            reasons == [ids[0]: "boosted", ids[1]: "too_young", ids[2]: "without_metrics", ids[3]: "deleted"])
        #expect(evidence.leftOut.count { $0.reason == "holiday" } == timing.fit.excluded[.holiday])
        #expect(evidence.isWhole && evidence.posts.count == timing.fit.posts)
        #expect(evidence.posts.count + evidence.leftOut.count == 40)
    }

    @Test("months later a target still says by which fit its time was chosen, from which posts, and how it was moved")
    func monthsLater() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(120, as: account)
        let target = try await Self.create(fixture)
        let chosenBy = try #require(target.fit)
        let said = try await fixture.timing.timing(of: "acme/strict")
        #expect(said.fit.id == chosenBy)
        // Later posts, a later fit, and the day on which old fits go.
        try await Self.setWorld(fixture, days: 200)
        try await fixture.publish(20, as: account, before: -150)
        _ = try await fixture.timing.refit(account.id, client: account.client)
        _ = try await fixture.timing.refit(account.id, client: account.client)
        let kept = try await fixture.timing.timing(ofTarget: "\(target.id)")
        #expect(kept.timing.fit.id == chosenBy && kept.timing.fit.curve == said.fit.curve)
        #expect(kept.timing.common == said.common && kept.version == BestTimes.version)
        #expect(kept.timing.dataLine.contains("fit of ") && kept.timing.dataLine.contains("120 posts used"))
        let due = try #require(target.dueAt)
        #expect(kept.target?.hour == HourOfWeek(kept.timing.fit.zone.wallTime(at: due)))
        #expect(
            kept.target?.history.count == 1
                && kept.target?.history[0].contains("by fit \(chosenBy)".lowercased()) == true)
        let evidence = try await fixture.timing.evidence(for: kept.timing)
        #expect(evidence.isWhole && evidence.posts.count == 120)
        #expect(try await fixture.timing.timing(of: "acme/strict").fit.posts == 140)
        // By the post too, and by the fit's own name.
        #expect(try await fixture.timing.timing(ofTarget: "\(target.post)").timing.fit.id == chosenBy)
        #expect(try await fixture.timing.timing(ofFit: chosenBy.uuidString).timing.fit.id == chosenBy)
        _ = try await fixture.posts.move(
            "\(target.id)", client: nil, to: .now, actor: ServiceFixture.actor)
        let moved = try await fixture.timing.timing(ofTarget: "\(target.id)")
        #expect(moved.target?.history.last?.hasPrefix("moved to ") == true)
        // What was boosted since was used then.
        try await fixture.pool.execute(
            "UPDATE publication SET paid = true WHERE publication_id = \(evidence.posts[3].publication)")
        #expect(try await !fixture.timing.evidence(for: kept.timing).isWhole)
    }

    @Test("a fit that chose no target's time goes after 90 days; a time that a person gave has no fit")
    func notKept() async throws {
        let fixture = try await ServiceFixture()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.publish(40, as: account)
        _ = try await fixture.timing.refit(account.id, client: account.client)
        let old = try await fixture.timing.timing(of: "acme/strict").fit.id
        #expect(try await fixture.timing.timing(ofFit: old.uuidString.lowercased()).timing.fit.id == old)
        try await Self.setWorld(fixture, days: 120)
        _ = try await fixture.timing.refit(account.id, client: account.client)
        let gone = await #expect(throws: ServiceError.self) {
            _ = try await fixture.timing.timing(ofFit: old.uuidString)
        }
        #expect(gone?.code == .notFound)
        let nonsense = await #expect(throws: ServiceError.self) { _ = try await fixture.timing.timing(ofFit: "wed") }
        #expect(nonsense?.code == .invalid)
        var draft = PostDraft(accounts: ["strict"], text: "by hand")
        draft.time = .now
        let byHand = try await fixture.posts.create(draft, client: "acme", actor: ServiceFixture.actor)
        let target = try #require(byHand.targets.first)
        #expect(target.fit == nil)
        let none = await #expect(throws: ServiceError.self) {
            _ = try await fixture.timing.timing(ofTarget: "\(target.id)")
        }
        #expect(none?.code == .invalid && none?.message.contains("given by a person") == true)
    }
}
