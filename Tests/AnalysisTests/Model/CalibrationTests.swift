// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import Analysis

/// How the model takes it that audiences change.
@Suite struct CalibrationTests {
    /// Accounts whose evenings are worth something else before and after a post of theirs.
    private func changing(_ accounts: Int, posts: Int, at cut: Int, before: Double, after: Double) -> [TimingHistory] {
        var chance = Chance(seed: 21)
        return (0..<accounts).map { account in
            let past = (0..<posts).map { number in
                let slot = Int(chance.next() % 168)
                let worth = (18..<22).contains(slot % 24) ? (number < cut ? before : after) : 0
                let time =
                    SyntheticAccounts.monday + Int64(number / 5) * 604_800 + Int64(slot) * 3_600
                    + Int64(chance.next() % 3_600)
                return TimingPost(clockSeconds: time, engagement: exp(6 + worth + 0.6 * chance.normal()).rounded())
            }
            return TimingHistory(account: "account-\(account)", platform: "instagram", posts: past)
        }
    }

    private func calibration(_ histories: [TimingHistory]) throws -> Double {
        try #require(try BestTimes(histories).platforms["instagram"]).calibration
    }

    @Test("where an hour came to matter more, more is said of it; where it came to matter less, less")
    func changes() throws {
        let growing = try self.calibration(self.changing(20, posts: 300, at: 210, before: 0.3, after: 0.7))
        let fading = try self.calibration(self.changing(20, posts: 300, at: 210, before: 0.7, after: 0.3))
        #expect(growing > 1.2 && fading < 0.8)
    }

    @Test("where nothing changes, what is said stays as it is")
    func stays() throws {
        let steady = try self.calibration(self.changing(20, posts: 300, at: 0, before: 0, after: 0.5))
        #expect((0.85...1.15).contains(steady))
    }

    @Test("with two accounts nothing is known of how much comes true")
    func few() throws {
        #expect(try self.calibration(self.changing(2, posts: 300, at: 210, before: 0.3, after: 0.7)) == 1)
    }

    @Test("newer posts count more, and none counts more than it is")
    func recency() throws {
        let old = SyntheticAccounts.monday
        let posts = (0..<40).map { number in
            TimingPost(
                clockSeconds: old + Int64(number) * 30 * 86_400 + 9 * 3_600, engagement: Double(100 + number % 7 * 20))
        }
        let cleaned = CleanedPosts(posts)
        #expect(cleaned.recency.last == 1 && zip(cleaned.recency, cleaned.recency.dropFirst()).allSatisfy { $0 < $1 })
        #expect(abs(cleaned.recency[0] - exp2(-39.0 * 30 / 365)) < 1e-12)
        let statistics = SlotStatistics(cleaned)
        let plain = cleaned.slots.reduce(into: [Int: Double]()) { $0[$1, default: 0] += 1 }
        let recent = zip(cleaned.slots, cleaned.recency).reduce(into: [Int: Double]()) { $0[$1.0, default: 0] += $1.1 }
        for slot in statistics.observed {
            #expect(statistics.weights[slot] <= (plain[slot] ?? 0) + 1e-9)
            #expect(statistics.weights[slot] > (recent[slot] ?? 0))
        }
    }

    @Test("audiences that differ by more than any that is known are found all the same")
    func large() throws {
        let wide = SyntheticAccounts(
            accounts: 8, posts: 200, hours: Array(0..<168), noise: 0.3,
            worth: { account, slot in abs(slot % 24 - (account * 5 + 3) % 24) < 3 ? 1.5 : -0.5 })
        let curve = try #require(try BestTimes(wide.histories(seed: 22)).platforms["instagram"])
        #expect(curve.own.hours > (WeeklyKernel.own.map(\.hours).max() ?? 0))
    }

    @Test("with several accounts, the truth is inside the 80 % interval in 70 to 90 % of the hours")
    func coverage() throws {
        func factor(_ variance: Double) throws -> Cholesky {
            let kernel = WeeklyKernel(hours: variance, days: variance / 6, both: variance / 3, length: 0.8)
            return try Cholesky(kernel.covariance())
        }
        var chance = Chance(seed: 23)
        func noise() -> [Double] { HourOfWeek.all.map { _ in chance.normal() } }
        var (inside, all) = (0, 0)
        for round in 0..<4 {
            let shared = try factor(0.04).coloured(noise())
            let own = try factor(0.03)
            let truth = (0..<15).map { _ in zip(shared, own.coloured(noise())).map { 0.7 * ($0 + $1) } }
            let synthetic = SyntheticAccounts(
                accounts: 15, posts: 200, hours: Array(stride(from: 0, to: 168, by: 5)), worth: { truth[$0][$1] })
            let histories = synthetic.histories(seed: 24 + UInt64(round))
            let times = try BestTimes(histories)
            for (history, truth) in zip(histories, truth) {
                let hours = try #require(times.accounts.first { $0.account == history.account }).curve.hours
                let total = Double(history.posts.count) + 5
                let typical = hours.reduce(0) {
                    $0 + (Double($1.posts) + 5.0 / 168) / total * truth[$1.hour.index]
                }
                inside += hours.count { hour in
                    let worth = exp(truth[hour.hour.index] - typical)
                    return hour.lower <= worth && worth <= hour.upper
                }
                all += hours.count
            }
        }
        #expect((0.7...0.9).contains(Double(inside) / Double(all)))
    }
}
