// SPDX-License-Identifier: MIT

import Testing

@testable import Analysis

@Suite struct BacktestTests {
    @Test("where evenings are worth more, the best fifth of what was not seen did better, about as much as was said")
    func effect() throws {
        let histories = SyntheticAccounts(worth: { _, slot in (18..<22).contains(slot % 24) ? 0.8 : -0.2 }).histories(
            seed: 1)
        let result = try #require(try Backtest.run(histories))
        #expect(result.accounts == 12 && result.posts == 12 * 45)
        #expect(result.lift > 0.5 && (result.interval?.lowerBound ?? 0) > 0)
        #expect(result.gain > 0.3)
        #expect((0.7...1.5).contains(result.calibration))
    }

    @Test("where the hour makes no difference, none is found")
    func noEffect() throws {
        let result = try #require(try Backtest.run(SyntheticAccounts(accounts: 40).histories(seed: 2)))
        #expect((result.interval?.lowerBound ?? 1) < 0.02 && abs(result.lift) < 0.1)
    }

    @Test("accounts with too few posts are not asked, and none leaves nothing to say")
    func few() throws {
        var histories = SyntheticAccounts(accounts: 2, posts: 80).histories(seed: 3)
        histories[0].posts = Array(histories[0].posts.prefix(12))
        let one = try #require(try Backtest.run(histories))
        // One account shows no spread of accounts; its weeks do.
        #expect(one.accounts == 1 && one.weeks == 5 && one.interval != nil)
        #expect(try Backtest.run([histories[0]]) == nil)
    }

    @Test("with the last posts alone known, no more than those are learnt from")
    func known() throws {
        let histories = SyntheticAccounts(accounts: 4, posts: 100).histories(seed: 4)
        let short = histories.map { history in
            var history = history
            history.posts = Array(history.posts.sorted(by: TimingPost.isBefore).dropFirst(45))
            return history
        }
        let plan = Backtest.Plan(share: 0.7, known: 25)
        let all = try #require(try Backtest.run(histories, plan: plan))
        // The last 25 of the first 70 of 100 posts are the first 25 of the last 55.
        let cut = try #require(try Backtest.run(short, plan: Backtest.Plan(share: 25.0 / 55)))
        let everything = try #require(try Backtest.run(histories))
        #expect(all.posts == cut.posts)
        #expect(all.calibration != everything.calibration)
    }
}
