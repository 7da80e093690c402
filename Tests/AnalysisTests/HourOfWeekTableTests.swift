// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import Analysis

@Suite("Hour-of-week table")
struct HourOfWeekTableTests {
    @Test("median and mean are measured against the account's own")
    func ratios() throws {
        let posts =
            try weekly(from: "2026-03-02T09:15", [10, 20, 30, 40, 50])
            + weekly(from: "2026-03-04T19:00", [60, 70, 80, 90, 350])
        let table = HourOfWeekTable.make(posts, zone: berlin)
        #expect(table.posts == 10)
        #expect(table.typicalEngagement == 55)
        let monday = table.slots[9]
        #expect(monday.posts == 5 && monday.median == 30.0 / 55 && monday.mean == 30.0 / 80)
        let wednesday = table.slots[2 * 24 + 19]
        #expect(wednesday.posts == 5 && wednesday.median == 80.0 / 55 && wednesday.mean == 130.0 / 80)
        #expect(table.marked.map(\.hour.description) == ["Wed 19:00", "Mon 09:00"])
    }

    @Test("an hour without posts has no number, and one with four posts is not marked")
    func claimsNothing() throws {
        let table = HourOfWeekTable.make(try weekly(from: "2026-03-02T09:00", [1, 2, 3, 4]), zone: berlin)
        #expect(table.slots.filter { $0.posts == 0 }.allSatisfy { $0.median == nil && $0.mean == nil })
        #expect(table.slots.allSatisfy { table.mark($0.hour) == nil })
        #expect(
            table.findings == [
                "not enough data: 4 posts; a slot is only marked from 5 posts on, and one alone says nothing"
            ])
    }

    @Test("without any post it says so and claims nothing")
    func empty() {
        let table = HourOfWeekTable.make([PostSample](), zone: berlin)
        #expect(table.slots.count == 168 && table.posts == 0 && table.typicalEngagement == nil)
        #expect(table.dataLine == "0 posts used · none left out")
        #expect(table.findings == ["no data: no post of this account can be used yet"])
    }

    @Test("an account whose typical post has no engagement is compared with nothing")
    func zeroMedian() throws {
        let table = HourOfWeekTable.make(try weekly(from: "2026-03-02T09:00", [0, 0, 0, 0, 0, 9]), zone: berlin)
        #expect(table.marked.isEmpty)
        #expect(table.findings.first?.contains("no engagement") == true)
    }

    @Test("posts are left out once each, boosted before unread before young, and counted by reason")
    func exclusions() throws {
        let posts = try [
            sample("2026-03-02T09:00", engagement: nil, paid: true), sample("2026-03-02T09:00", paid: true),
            sample("2026-03-02T09:00", engagement: nil, readAfterHours: 1),
            sample("2026-03-02T09:00", readAfterHours: 23.9),
            sample("2026-03-02T09:00", readAfterHours: 24), sample("2026-03-02T09:00"),
        ]
        let table = HourOfWeekTable.make(posts, zone: berlin)
        #expect(table.posts == 2)
        #expect(table.excluded == [.boosted: 2, .withoutMetrics: 1, .tooYoung: 1])
        #expect(table.dataLine == "2 posts used · 2 boosted, 1 too young, 1 without metrics left out")
    }

    @Test("boosted and young posts change nothing, whatever they got")
    func excludedPostsAreInert() throws {
        let posts = try weekly(from: "2026-03-02T09:00", [10, 20, 30, 40, 50])
        let noise = try (0..<40).map { _ in try sample("2026-03-05T03:00", engagement: 1_000_000, paid: true) }
        let young = try [sample("2026-03-05T04:00", engagement: 0, readAfterHours: 2)]
        let with = HourOfWeekTable.make(posts + noise + young, zone: berlin)
        #expect(with.slots == HourOfWeekTable.make(posts, zone: berlin).slots)
    }

    @Test("the order of the posts does not matter, to the last bit")
    func deterministic() throws {
        let posts =
            try weekly(from: "2026-03-02T09:00", (1...40).map { $0 * 7919 % 1000 })
            + weekly(from: "2026-03-03T20:00", (1...40).map { $0 * 104_729 % 3000 })
        let table = HourOfWeekTable.make(posts, zone: berlin)
        let turned = Array(posts.dropFirst(33)) + posts.prefix(33)
        #expect(HourOfWeekTable.make(posts.reversed(), zone: berlin) == table)
        #expect(HourOfWeekTable.make(turned, zone: berlin) == table)
    }

    @Test(
        "nine in the morning stays nine in the morning when the clocks move",
        arguments: ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"])
    func daylightSaving(name: String) throws {
        let zone = try ZoneID(parsing: name)
        let table = HourOfWeekTable.make(
            try weekly(from: "2026-01-05T09:10", in: name, [Int64](repeating: 5, count: 52)), zone: zone)
        #expect(table.slots[9].posts == 52)
    }

    @Test("wall times read as UTC give the same table as in their zone")
    func relabelled() throws {
        let numbers: [Int64] = [5, 9, 14, 3, 8, 30, 2]
        let local = HourOfWeekTable.make(
            try weekly(from: "2026-03-03T23:30", in: "Asia/Kathmandu", numbers),
            zone: try ZoneID(parsing: "Asia/Kathmandu"))
        let utc = HourOfWeekTable.make(try weekly(from: "2026-03-03T23:30", in: "UTC", numbers), zone: .utc)
        #expect(local.slots == utc.slots)
    }

    @Test("twenty times the engagement gives the same ratios")
    func scale() throws {
        let numbers: [Int64] = [5, 9, 14, 3, 8, 30, 2]
        let small = HourOfWeekTable.make(try weekly(from: "2026-03-03T12:00", numbers), zone: berlin)
        let large = HourOfWeekTable.make(try weekly(from: "2026-03-03T12:00", numbers.map { $0 * 20 }), zone: berlin)
        #expect(small.slots == large.slots)
    }

    @Test("a table survives storage as JSON with its reasons by name")
    func coding() throws {
        let table = HourOfWeekTable.make(
            try weekly(from: "2026-03-02T09:00", [1, 2, 3]) + [sample("2026-03-02T10:00", paid: true)], zone: berlin)
        let data = try JSONEncoder().encode(table)
        #expect(try JSONDecoder().decode(HourOfWeekTable.self, from: data) == table)
        #expect(String(decoding: data, as: UTF8.self).contains(#""excluded":{"boosted":1}"#))
    }
}
