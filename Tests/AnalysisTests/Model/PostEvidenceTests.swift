// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import Analysis

@Suite("what stands behind an hour")
struct PostEvidenceTests {
    private static let histories = SyntheticAccounts(
        accounts: 5, posts: 120, worth: { _, slot in (18..<22).contains(slot % 24) ? 0.8 : -0.2 }
    ).histories(seed: 21)

    private static func fit() throws -> (PlatformCurve, AccountCurve, PostEvidence) {
        let platform = try PlatformCurve(Self.histories.map { PlatformMember(CleanedPosts($0.posts)) })
        let curve = try AccountCurve(Self.histories[0].posts, platform: platform)
        return (platform, curve, PostEvidence(Self.histories[0].posts))
    }

    @Test("the posts' parts and what is borrowed add up to what is said of every hour")
    func addsUp() throws {
        let (platform, curve, evidence) = try Self.fit()
        #expect(evidence.posts.count == 120)
        for hour in HourOfWeek.all {
            let share = try evidence.share(of: hour, in: curve, platform: platform)
            let told = zip(share.posts, evidence.posts).reduce(log(share.borrowed)) { $0 + $1.0 * $1.1.value }
            #expect(abs(told - log(curve.hours[hour.index].score)) < 1e-9)
            #expect(abs(share.posts.reduce(0, +) - share.hours.reduce(0, +)) < 1e-9)
        }
    }

    @Test("the hour's own posts count most, those of hours near to it more than those of hours far from it")
    func near() throws {
        let (platform, curve, evidence) = try Self.fit()
        // Wednesday 20:00 has posts, as have 14:00 and 02:00 of the days around.
        let hour = try #require(HourOfWeek(index: 2 * 24 + 20))
        let share = try evidence.share(of: hour, in: curve, platform: platform)
        let most = try #require(HourOfWeek.all.max { share.hours[$0.index] < share.hours[$1.index] })
        #expect(most == hour)
        #expect(share.hours[3 * 24 + 20] > share.hours[3 * 24 + 8])
        #expect(evidence.seen(in: hour) != nil && evidence.seen(in: HourOfWeek.all[21]) == nil)
    }

    @Test("a post's usual is the median of its weeks, and a post of old counts less than one of now")
    func posts() {
        let posts = (0..<60).map {
            TimingPost(
                clockSeconds: SyntheticAccounts.monday + Int64($0) * 7 * 86_400, engagement: $0 == 30 ? 400 : 100)
        }
        let evidence = PostEvidence(posts)
        #expect(evidence.posts.allSatisfy { abs($0.usual - 100) < 1e-6 })
        #expect(evidence.posts[30].value > evidence.posts[29].value)
        #expect(evidence.posts[0].count < 0.6 && evidence.posts[59].count == 1)
    }

    @Test("without posts everything is borrowed")
    func nothing() throws {
        let (platform, _, _) = try Self.fit()
        let curve = try AccountCurve([], platform: platform)
        let hour = try #require(HourOfWeek(index: 44))
        let share = try PostEvidence([]).share(of: hour, in: curve, platform: platform)
        #expect(share.posts.isEmpty && share.hours.allSatisfy { $0 == 0 })
        #expect(abs(share.borrowed - curve.hours[44].score) < 1e-9)
    }
}
