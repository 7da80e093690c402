// SPDX-License-Identifier: MIT

import Domain
import Testing

@testable import Analysis

@Suite struct AccountCurveWordsTests {
    private static let evening = SyntheticAccounts(worth: { _, slot in (18..<22).contains(slot % 24) ? 0.5 : -0.1 })

    @Test("a sure hour is said with its range and the posts behind it")
    func strong() throws {
        // Two accounts have nothing to borrow from: all is their own.
        var alone = Self.evening
        (alone.accounts, alone.posts, alone.noise) = (2, 500, 0.4)
        let times = try BestTimes(alone.histories(seed: 1))
        let found = times.accounts.lazy.flatMap { account in
            account.curve.ranked.map { (account.curve, $0) }
        }.first { $0.certainty(of: $1) == .strong }
        let (curve, hour) = try #require(found)
        let common = try #require(times.platforms["instagram"])
        let sentence = curve.sentence(for: hour, platform: "instagram", common: common)
        #expect(sentence.hasPrefix("\(hour.hour): your posts here got about "))
        #expect(
            sentence.contains("80 % range \(AccountCurve.percent(hour.lower)) … \(AccountCurve.percent(hour.upper))"))
        #expect(sentence.contains("from \(curve.posts(near: hour.hour)) post"))
    }

    @Test("what is sure is not called probable because it is not all from the account's own posts")
    func sureButBorrowed() throws {
        let common = try PlatformCurve([])
        let flat = try AccountCurve([], platform: common)
        func sentence(_ score: Double, chance: Double) -> String {
            var hour = flat.hours[67]
            (hour.score, hour.lower, hour.upper) = (score, score - 0.1, score + 0.1)
            (hour.ownShare, hour.chance) = (0.4, chance)
            return flat.sentence(for: hour, platform: "instagram", common: common)
        }
        #expect(
            sentence(3.2, chance: 0.99)
                == "Wed 19:00: about 220 % more engagement than usual (80 % range +210 % … +230 %), only partly from your own posts"
        )
        #expect(sentence(0.5, chance: 0.02).hasPrefix("Wed 19:00: about 50 % less engagement than usual"))
        #expect(sentence(1.1, chance: 0.8).contains("probably a little better"))
    }

    @Test("an account without posts of its own is told whose they are")
    func borrowed() throws {
        let histories = Self.evening.histories(seed: 2) + [TimingHistory(account: "new", platform: "instagram")]
        let times = try BestTimes(histories)
        let account = try #require(times.accounts.first { $0.account == "new" })
        let common = try #require(times.platforms["instagram"])
        #expect(account.curve.findings(posts: 0, platform: common).first?.contains("12 other accounts") == true)
        let borrowed = try #require(account.curve.ranked.first { account.curve.certainty(of: $0) == .borrowed })
        let sentence = account.curve.sentence(for: borrowed, platform: "instagram", common: common)
        #expect(
            sentence.contains("you have hardly posted here; about ")
                && sentence.hasSuffix("mostly from what 12 instagram accounts share"))
        for hour in account.curve.hours { #expect([.borrowed, .none].contains(account.curve.certainty(of: hour))) }
    }

    @Test("an account without data and without others is told so")
    func nothing() throws {
        let times = try BestTimes([TimingHistory(account: "new", platform: "x")])
        let common = try #require(times.platforms["x"])
        #expect(times.accounts[0].curve.findings(posts: 0, platform: common).first?.hasPrefix("no data") == true)
        #expect(times.accounts[0].curve.isFlat)
    }

    @Test("an account without others is never told what others do")
    func alone() throws {
        var alone = Self.evening
        (alone.accounts, alone.posts) = (1, 40)
        for seed in 1...20 {
            let times = try BestTimes(alone.histories(seed: UInt64(seed)))
            let common = try #require(times.platforms["instagram"])
            let curve = times.accounts[0].curve
            for hour in curve.hours {
                #expect(!curve.sentence(for: hour, platform: "instagram", common: common).contains("accounts"))
            }
        }
    }

    @Test("where nothing differs it says that the hour does not matter")
    func flat() throws {
        let times = try BestTimes(SyntheticAccounts(accounts: 3, posts: 60).histories(seed: 5))
        let common = try #require(times.platforms["instagram"])
        let account = try #require(times.accounts.first { $0.curve.isFlat })
        let findings = account.curve.findings(posts: account.posts, platform: common)
        #expect(findings == ["for this account the hour makes no measurable difference: post when it suits you"])
    }

    @Test("changes are whole per cent with their sign", arguments: [(1.18, "+18 %"), (0.88, "−12 %"), (1.0, "+0 %")])
    func percent(_ factor: Double, _ text: String) { #expect(AccountCurve.percent(factor) == text) }
}
