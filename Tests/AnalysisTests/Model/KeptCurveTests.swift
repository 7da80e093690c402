// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import Analysis

struct KeptCurveTests {
    private static let accounts = SyntheticAccounts(worth: { _, slot in slot % 24 == 20 ? 0.5 : 0 })

    @Test("an account that is fitted to a kept platform's curve gets what it got when all were fitted together")
    func kept() throws {
        let histories = Self.accounts.histories(seed: 3)
        let times = try BestTimes(histories)
        let learnt = try #require(times.platforms["instagram"])
        let kept = PlatformCurve(
            mean: learnt.mean, covariance: learnt.covariance, shared: learnt.shared, own: learnt.own,
            typicalVariance: learnt.typicalVariance,
            calibration: learnt.calibration, accounts: learnt.accounts, weeks: learnt.weeks)
        let curve = try AccountCurve(histories[4].posts, platform: kept)
        #expect(curve == times.accounts.first { $0.account == histories[4].account }?.curve)
        #expect(try BestTimes.curves(histories, platform: kept)[4] == curve)
        #expect(try JSONDecoder().decode(AccountCurve.self, from: JSONEncoder().encode(curve)) == curve)
    }

    @Test("draws scatter around what is known, the less the more is known, and one seed gives one draw")
    func draws() throws {
        let histories = Self.accounts.histories(seed: 5)
        let platform = try #require(try BestTimes(histories).platforms["instagram"])
        func spread(_ posts: [TimingPost]) throws -> (spread: Double, evening: Double) {
            let draws = try (0..<60).map { seed in
                try AccountCurve.drawnScores(posts, platform: platform, seed: seed).map { log($0) }
            }
            let means = (0..<168).map { slot in draws.reduce(0) { $0 + $1[slot] } / 60 }
            let variance = draws.reduce(0) { sum, draw in
                sum + zip(draw, means).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            }
            return ((variance / 60 / 168).squareRoot(), means[20])
        }
        let much = try spread(histories[0].posts)
        let little = try spread(Array(histories[0].posts.prefix(5)))
        #expect(much.spread < little.spread)
        #expect(much.evening > 0)
        let posts = histories[0].posts
        #expect(
            try AccountCurve.drawnScores(posts, platform: platform, seed: 9)
                == AccountCurve.drawnScores(posts, platform: platform, seed: 9))
        #expect(
            try AccountCurve.drawnScores(posts, platform: platform, seed: 9)
                != AccountCurve.drawnScores(posts, platform: platform, seed: 10))
    }

    @Test("a learnt week in the true order correlates with 1, and the best plan reaches all that can be reached")
    func truth() {
        let truth = HourOfWeek.all.map { 1 + Double($0.hour) / 24 + Double($0.weekday) / 100 }
        let plan = (4..<7).compactMap { HourOfWeek(index: $0 * 24 + 23) }
        let same = TruthComparison(scores: truth.map { $0 * $0 }, truth: truth, plan: plan)
        #expect(abs(same.rankCorrelation - 1) < 1e-12 && same.reached == 1)
        let turned = TruthComparison(scores: truth.map { -$0 }, truth: truth, plan: [])
        #expect(abs(turned.rankCorrelation + 1) < 1e-12 && turned.reached == nil)
        let poor = TruthComparison(scores: truth, truth: truth, plan: [HourOfWeek.all[0]])
        #expect((poor.reached ?? 1) < 0.6)
    }
}
