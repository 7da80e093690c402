// SPDX-License-Identifier: MIT

import Domain
import FacebookPlugin
import Foundation
import InstagramPlugin
import PluginKit
import Testing
import TikTokPlugin
import XPlugin

@testable import Publishing

@Suite("When metrics are read")
struct MetricPlanTests {
    private static let start = Date(timeIntervalSince1970: 1_795_255_200.25)

    /// Accounts whose moments are spread as those of real ones, the same in every run.
    private static func account(_ number: Int) -> AccountID {
        let mixed = UInt32(truncatingIfNeeded: number &* 2_654_435_761)
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: mixed >> (24 - 8 * $0)) }
        return AccountID(
            UUID(uuid: (1, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, bytes[0], bytes[1], bytes[2], bytes[3])))
    }

    /// The platforms' limits for readings, from the sheets: calls within a window, for an account or for the app of all 500.
    struct Platform: Sendable, CustomTestStringConvertible {
        var manifest: PluginManifest
        /// How many calls the platform counts for some posts that are read together.
        var calls: @Sendable (Int) -> Int
        var limit: Int
        var window: TimeInterval
        var isOfApp: Bool
        var testDescription: String { self.manifest.name }

        static let all = [
            // GET /2/tweets of a user: 5,000 in 15 minutes.
            Platform(manifest: XPlugin.manifest, calls: { ($0 + 99) / 100 }, limit: 5_000, window: 900, isOfApp: false),
            // video/query of an app: 600 a minute.
            Platform(
                manifest: TikTokPlugin.manifest, calls: { ($0 + 19) / 20 }, limit: 600, window: 60, isOfApp: true),
            // 200 calls an hour for each user of the app; each read of a batch counts, and a post takes two.
            Platform(
                manifest: FacebookPlugin.manifest, calls: { $0 * 2 }, limit: 200 * 500, window: 3600, isOfApp: true),
            Platform(
                manifest: InstagramPlugin.manifest, calls: { $0 * 2 }, limit: 200 * 500, window: 3600, isOfApp: true),
        ]
    }

    @Test("a reading is never early, and late by less than a twelfth of its age")
    func moments() {
        for number in 0..<200 {
            let account = Self.account(number)
            let published = Self.start.addingTimeInterval(Double(number) * 997)
            for age in PluginManifest.usualMetricAges {
                let moment = MetricPlan.moment(of: age, publishedAt: published, account: account)
                let late = moment.timeIntervalSince(published) - Double(age.components.seconds)
                #expect(late >= -0.001 && late < max(1, Double(age.components.seconds) / 12))
            }
        }
    }

    @Test("the pauses between the readings of a publication grow")
    func pauses() {
        for number in 0..<100 {
            let account = Self.account(number)
            let moments = PluginManifest.usualMetricAges.map {
                MetricPlan.moment(of: $0, publishedAt: Self.start, account: account)
            }
            let pauses = zip(moments, moments.dropFirst()).map { $1.timeIntervalSince($0) }
            #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $0 < $1 }, "\(pauses)")
        }
    }

    @Test("posts of the same hours are read together once they are days old, whatever account they are of")
    func meeting() {
        for number in 0..<50 {
            let account = Self.account(number)
            let posts = (0..<12).map { Self.start.addingTimeInterval(Double($0) * 3600) }
            for age in PluginManifest.usualMetricAges.suffix(2) {
                let moments = Set(posts.map { MetricPlan.moment(of: age, publishedAt: $0, account: account) })
                #expect(moments.count <= 2)
            }
        }
    }

    @Test("numbers that X gives for 30 days are read before they end")
    func privateNumbers() {
        for number in 0..<200 {
            let last = MetricPlan.moment(
                of: XPlugin.manifest.metricAges.last ?? .zero, publishedAt: Self.start, account: Self.account(number))
            #expect(last.timeIntervalSince(Self.start) <= 29.5 * 86_400)
        }
    }

    @Test("500 accounts with 100 posts each stay within the platform's limits", arguments: Platform.all)
    func limits(platform: Platform) {
        // The worst month there is: everybody posts in the same minutes.
        var posts: [Int: [Date: Int]] = [:]
        for account in 0..<500 {
            let id = Self.account(account)
            for number in 0..<100 {
                let day = Double((number * 7 + account) % 30)
                let hour = [9.0, 12, 17, 20][(number + account) % 4]
                let published = Self.start.addingTimeInterval(day * 86_400 + hour * 3600 + Double(account % 60))
                for age in platform.manifest.metricAges {
                    let moment = MetricPlan.moment(of: age, publishedAt: published, account: id)
                    posts[account, default: [:]][moment, default: 0] += 1
                }
            }
        }
        let calls = posts.mapValues { $0.mapValues(platform.calls) }
        let groups =
            platform.isOfApp
            ? [calls.values.reduce(into: [:]) { all, own in all.merge(own) { $0 + $1 } }] : Array(calls.values)
        let busiest = groups.map { Self.busiest($0, within: platform.window) }.max() ?? 0
        #expect(busiest > 0 && busiest <= platform.limit, "\(busiest) of \(platform.limit)")
        // Together is less than one by one.
        let made = calls.values.reduce(0) { $0 + $1.values.reduce(0, +) }
        let alone = 500 * 100 * platform.manifest.metricAges.count * platform.calls(1)
        #expect(
            platform.calls(2) == 2 * platform.calls(1) ? made == alone : made < alone * 3 / 4, "\(made) of \(alone)")
    }

    /// The most calls within any window.
    private static func busiest(_ calls: [Date: Int], within window: TimeInterval) -> Int {
        let ordered = calls.sorted { $0.key < $1.key }
        var first = ordered.startIndex
        var sum = 0
        var most = 0
        for call in ordered {
            sum += call.value
            while call.key.timeIntervalSince(ordered[first].key) >= window {
                sum -= ordered[first].value
                first += 1
            }
            most = max(most, sum)
        }
        return most
    }
}
