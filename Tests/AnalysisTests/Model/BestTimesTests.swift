// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import Analysis

@Suite struct BestTimesTests {
    /// Evenings are worth a quarter more, the nights less.
    private static let evening = SyntheticAccounts(worth: { _, slot in (18..<22).contains(slot % 24) ? 0.5 : -0.1 })

    private func collected(_ samples: [PostSample]) -> [TimingHistory] {
        var collector = HistoryCollector()
        for sample in samples { collector.add(sample) }
        return collector.histories()
    }

    /// Posts as a file would give them.
    private func samples(
        _ histories: [TimingHistory], zone: ZoneID = .utc, change: (inout PostSample) -> Void = { _ in }
    ) -> [PostSample] {
        histories.flatMap { history in
            history.posts.map { post in
                var sample = PostSample(
                    account: history.account, platform: history.platform,
                    postedAt: Date(timeIntervalSince1970: Double(post.clockSeconds)),
                    engagement: Int64(post.engagement), zone: zone)
                change(&sample)
                return sample
            }
        }
    }

    @Test("what all accounts share is found, and claimed where it is sure")
    func finds() throws {
        let times = try BestTimes(Self.evening.histories(seed: 1))
        let curve = try #require(times.platforms["instagram"])
        #expect(curve.mean[18] > curve.mean[8] && curve.shared != nil && curve.accounts == 12)
        for account in times.accounts {
            #expect(account.curve.hours[20].score > 1 && account.curve.hours[20].score > account.curve.hours[8].score)
        }
        #expect(times.accounts.contains { $0.curve.hours[20].lower > 1 })
    }

    @Test("the same posts in any order give the same bits")
    func order() throws {
        let all = self.samples(Self.evening.histories(seed: 2))
        var chance = Chance(seed: 9)
        #expect(try BestTimes(self.collected(all)) == BestTimes(self.collected(all.shuffled(using: &chance))))
    }

    @Test("content types are told apart by what they are, not by which came first")
    func types() throws {
        let all = self.samples(Self.evening.histories(seed: 2)) { sample in
            sample.contentType = (sample.engagement ?? 0) % 2 == 0 ? "photo" : "video"
        }
        #expect(try BestTimes(self.collected(all)) == BestTimes(self.collected(all.reversed())))
    }

    @Test("times on the wall, relabelled as UTC, give the same table, the moved clocks included")
    func wall() throws {
        let zone = try ZoneID(parsing: "America/New_York")
        let local = self.samples(Self.evening.histories(seed: 3), zone: zone)
        let relabelled = local.map { sample in
            var sample = sample
            sample.postedAt = Date(
                timeIntervalSince1970: Double(zone.table.clockSeconds(at: sample.postedAt)))
            sample.zone = .utc
            return sample
        }
        #expect(try BestTimes(self.collected(local)) == BestTimes(self.collected(relabelled)))
    }

    @Test("posts of the hours that spring leaves out and autumn has twice land where the wall shows them")
    func nights() throws {
        let spring = try sample("2022-03-27T03:10:00")
        let autumn = try sample("2022-10-30T02:30:00")
        let posts = try #require(self.collected([spring, autumn]).first).posts
        #expect(posts.map(\.hour.description) == ["Sun 03:00", "Sun 02:00"])
    }

    @Test("twenty times the engagement keeps the order of the hours")
    func scale() throws {
        let histories = Self.evening.histories(seed: 4)
        let larger = histories.map { history in
            var history = history
            for index in history.posts.indices { history.posts[index].engagement *= 20 }
            return history
        }
        func order(_ histories: [TimingHistory]) throws -> [[Int]] {
            try BestTimes(histories).accounts.map { account in
                account.curve.hours.sorted { $0.score > $1.score }.prefix(10).map(\.hour.index)
            }
        }
        for (left, right) in zip(try order(histories), try order(larger)) {
            #expect(Set(left).intersection(right).count >= 9 && left[0] == right[0])
        }
    }

    @Test("boosted posts with fifty times the engagement change nothing, and are counted")
    func boosted() throws {
        let all = self.samples(Self.evening.histories(seed: 5))
        let boosted = all.prefix(60).map { sample in
            var sample = sample
            sample.isPaid = true
            sample.engagement = (sample.engagement ?? 0) * 50
            sample.postedAt = Date(timeIntervalSince1970: Double(SyntheticAccounts.monday + 4 * 3_600))
            return sample
        }
        let plain = try BestTimes(self.collected(all))
        let mixed = try BestTimes(self.collected(all + boosted))
        #expect(plain.accounts.map(\.curve) == mixed.accounts.map(\.curve))
        #expect(mixed.accounts.reduce(0) { $0 + ($1.excluded[.boosted] ?? 0) } == 60)
    }

    @Test("posts whose numbers are a few hours old change nothing")
    func young() throws {
        let all = self.samples(Self.evening.histories(seed: 6))
        let young = all.prefix(40).map { sample in
            var sample = sample
            sample.engagement = 0
            sample.postedAt += 400
            sample.observedAt = sample.postedAt + 3 * 3_600
            return sample
        }
        let mixed = try BestTimes(self.collected(all + young))
        #expect(try BestTimes(self.collected(all)).accounts.map(\.curve) == mixed.accounts.map(\.curve))
        #expect(mixed.accounts.reduce(0) { $0 + ($1.excluded[.tooYoung] ?? 0) } == 40)
    }

    @Test("a post that is listed twice counts once")
    func twice() throws {
        let all = self.samples(Self.evening.histories(seed: 7))
        let doubled = try BestTimes(self.collected(all + all))
        #expect(try BestTimes(self.collected(all)).accounts.map(\.curve) == doubled.accounts.map(\.curve))
    }

    @Test("one post with a thousand times the engagement moves its hour by less than a quarter")
    func viral() throws {
        let histories = Self.evening.histories(seed: 8)
        var viral = histories
        viral[0].posts[3].engagement *= 1_000
        let slot = viral[0].posts[3].hour.index
        let before = try BestTimes(histories).accounts[0].curve.hours[slot].score
        let after = try BestTimes(viral).accounts[0].curve.hours[slot].score
        #expect(abs(after / before - 1) < 0.25)
    }

    @Test("a newcomer with three posts follows the platform's curve, with wider intervals than the others")
    func newcomer() throws {
        var histories = Self.evening.histories(seed: 9)
        histories.append(
            TimingHistory(
                account: "newcomer", platform: "instagram",
                posts: (0..<3).map {
                    TimingPost(clockSeconds: SyntheticAccounts.monday + Int64($0) * 90_000, engagement: 50)
                }))
        let times = try BestTimes(histories)
        let newcomer = try #require(times.accounts.first { $0.account == "newcomer" })
        #expect(newcomer.curve.hours[20].score > newcomer.curve.hours[8].score)
        func width(_ account: BestTimes.Account) -> Double {
            log(account.curve.hours[20].upper / account.curve.hours[20].lower) / account.curve.variance.squareRoot()
        }
        for other in times.accounts where other.account != "newcomer" { #expect(width(newcomer) > width(other)) }
    }

    @Test("a first post alone claims nothing, and nothing comes of its own")
    func lonely() throws {
        let history = TimingHistory(
            account: "first", platform: "x",
            posts: [TimingPost(clockSeconds: SyntheticAccounts.monday, engagement: 1_000)])
        let hours = try BestTimes([history]).accounts[0].curve.hours
        #expect(hours.count == 168)
        #expect(hours.allSatisfy { $0.score == 1 && $0.lower < 1 && $0.upper > 1 && $0.ownShare == 0 })
    }

    @Test("two accounts with the same posts have the same curve")
    func same() throws {
        var histories = Self.evening.histories(seed: 10)
        histories[1].posts = histories[0].posts
        let accounts = try BestTimes(histories).accounts
        let first = accounts.first { $0.account == "account-0" }
        #expect(first?.curve == accounts.first { $0.account == "account-1" }?.curve)
    }

    @Test("where the hour makes no difference, at most one account in twenty gets a sure hour")
    func noise() throws {
        let histories = SyntheticAccounts(accounts: 40, posts: 120).histories(seed: 11)
        let sure = try BestTimes(histories).accounts.filter { $0.curve.hours.contains { $0.lower > 1.05 } }
        #expect(sure.count <= 2)
    }

    @Test("the truth is inside the 80 % interval in 70 to 90 % of the hours")
    func coverage() throws {
        let kernel = WeeklyKernel(hours: 0.04, days: 0.007, both: 0.013, length: 0.8)
        let factor = try Cholesky(kernel.covariance())
        var chance = Chance(seed: 12)
        let truth = (0..<30).map { _ in factor.coloured(HourOfWeek.all.map { _ in chance.normal() * 0.7 }) }
        let synthetic = SyntheticAccounts(
            accounts: 30, posts: 200, hours: Array(stride(from: 0, to: 168, by: 5)), worth: { truth[$0][$1] })
        var inside = 0
        for (number, history) in synthetic.histories(seed: 13).enumerated() {
            let hours = try #require(try BestTimes([history]).accounts.first).curve.hours
            let total = Double(hours.reduce(0) { $0 + $1.posts }) + 5
            let typical = hours.reduce(0) { $0 + (Double($1.posts) + 5.0 / 168) / total * truth[number][$1.hour.index] }
            inside += hours.count { hour in
                let worth = exp(truth[number][hour.hour.index] - typical)
                return hour.lower <= worth && worth <= hour.upper
            }
        }
        #expect((0.7...0.9).contains(Double(inside) / Double(30 * 168)))
    }

    @Test("where the habit moved through the day over the years, the intervals are wider")
    func drifting() throws {
        func width(_ moves: Bool) throws -> Double {
            var chance = Chance(seed: 14)
            let posts = (0..<200).map { number in
                let hour: Int64 = moves ? 6 + Int64(number) / 15 : 6 + Int64(chance.next() % 14)
                return TimingPost(
                    clockSeconds: SyntheticAccounts.monday + Int64(number) * 86_400 + hour * 3_600,
                    engagement: exp(5 + 0.5 * chance.normal()))
            }
            let curve = try #require(
                try BestTimes([TimingHistory(account: "a", platform: "x", posts: posts)]).accounts.first
            ).curve
            #expect((abs(curve.drift) > AccountCurve.strongDrift) == moves)
            return log(curve.hours[12].upper / curve.hours[12].lower)
        }
        #expect(try width(true) > width(false))
    }

    @Test("platforms are not mixed")
    func platforms() throws {
        let histories = Self.evening.histories(seed: 15)
        let other = SyntheticAccounts(worth: { _, slot in (18..<22).contains(slot % 24) ? -0.5 : 0.1 }).histories(
            seed: 16
        )
        .map { history in
            var history = history
            history.platform = "facebook"
            return history
        }
        let alone = try BestTimes(histories).accounts
        let together = try BestTimes(histories + other).accounts.filter { $0.platform == "instagram" }
        #expect(alone == together)
    }
}
