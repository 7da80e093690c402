// SPDX-License-Identifier: MIT

import Domain
import Testing

@testable import Analysis

@Suite("the backtest of one account")
struct AccountBacktestTests {
    /// Accounts whose evenings are worth more.
    private static let evenings = SyntheticAccounts(
        posts: 300, worth: { _, slot in (18..<22).contains(slot % 24) ? 0.8 : -0.2 })

    private static func run(
        _ histories: [TimingHistory], _ plan: Backtest.Plan = .init()
    ) throws -> Backtest? {
        try Backtest.run(of: "account-0", on: "instagram", among: histories, plan: plan)
    }

    @Test("an effect that is there is found, with an interval from its own weeks, about as large as was said")
    func effect() throws {
        let result = try #require(try Self.run(Self.evenings.histories(seed: 11)))
        #expect(result.accounts == 1 && result.posts == 90 && result.learnt == 210)
        let interval = try #require(result.interval)
        #expect(interval.lowerBound > 0 && interval.contains(result.lift))
        let slope = try #require(result.calibrationInterval)
        #expect(slope.contains(1) && slope.contains(result.calibration))
    }

    @Test("where the hour makes no difference, the interval says so for nearly every account")
    func noEffect() throws {
        let histories = SyntheticAccounts(accounts: 20, posts: 300).histories(seed: 12)
        let sure = try histories.count { history in
            let result = try Backtest.run(of: history.account, on: "instagram", among: histories)
            return (result?.interval?.lowerBound ?? 0) > 0
        }
        #expect(sure <= 2)
    }

    @Test("what anybody posted after the cut changes nothing of what was said, whatever the zones")
    func strictOrder() throws {
        let histories = Self.evenings.histories(seed: 13)
        let before = try #require(try Self.run(histories))
        let cut = try #require(before.cut).clockSeconds
        let changed = histories.map { history in
            var history = history
            guard history.account != "account-0" else { return history }
            // From the cut on, less what two walls' clocks can be apart, everything is turned upside down.
            history.posts = history.posts.map { post in
                var post = post
                if post.clockSeconds >= cut - 26 * 3_600 { post.engagement = 1e6 / (1 + post.engagement) }
                return post
            }
            return history
        }
        #expect(try Self.run(changed) == before)
        // Cut by each account's own count of posts, others teach what came later.
        let late = Backtest.Plan(share: 0.3)
        let moved = changed.map { history in
            var history = history
            if history.account == "account-0" { history.posts = Array(history.posts.prefix(80)) }
            return history
        }
        let loose = try Backtest.run(moved, plan: late)
        let strict = try Backtest.run(moved, plan: Backtest.Plan(share: 0.3, isStrict: true))
        #expect(loose != strict)
    }

    @Test("what others had posted before the cut is learnt from")
    func borrows() throws {
        let histories = Self.evenings.histories(seed: 14)
        let plan = Backtest.Plan(known: 10)
        let alone = try #require(try Self.run([histories[0]], plan))
        let among = try #require(try Self.run(histories, Backtest.Plan(known: 60)))
        #expect(alone.learnt == 10 && among.learnt == 60)
        #expect(among.lift > alone.lift)
    }

    @Test("an account with too few posts on a side of the cut gives no answer, and the plan knows how many it takes")
    func few() throws {
        let plan = Backtest.Plan()
        #expect(plan.leastPosts == 31 && Backtest.Plan(share: 0.5).leastPosts == 20)
        #expect(Backtest.Plan(share: 0.9).leastPosts == 91)
        var histories = Self.evenings.histories(seed: 15)
        histories[0].posts = Array(histories[0].posts.prefix(30))
        #expect(try Self.run(histories) == nil)
        #expect(try Backtest.run(of: "nobody", on: "instagram", among: histories) == nil)
    }

    @Test("posts that were asked of few weeks give a lift without an interval")
    func fewWeeks() throws {
        var histories = Self.evenings.histories(seed: 16)
        // Five posts a week: ten are of two or three.
        histories[0].posts = Array(histories[0].posts.sorted(by: TimingPost.isBefore).prefix(31))
        let result = try #require(try Self.run(histories))
        #expect(result.posts == 10 && result.weeks < Backtest.leastDrawn && result.interval == nil)
    }

    @Test("in a strict backtest of all accounts each has what it would have alone")
    func strict() throws {
        let histories = SyntheticAccounts(accounts: 3, posts: 60).histories(seed: 17)
        let all = try #require(try Backtest.run(histories, plan: .init(isStrict: true)))
        let single = try histories.map {
            try Backtest.run(of: $0.account, on: "instagram", among: histories)?.lift ?? 0
        }
        #expect(abs(all.lift - single.reduce(0, +) / 3) < 1e-12)
    }
}
