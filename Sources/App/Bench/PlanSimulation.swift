// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation

/// Accounts that begin without a past and post where the model says, week by week, among audiences that are known: how soon their plans
/// are near the best.
///
/// A post gets what its hour is worth times log-normal noise; a platform's accounts are fitted together at the end of each week. The first
/// week is the habit of an office: 09:00 to 17:00 on working days.
struct PlanSimulation: Sendable {
    /// What each hour is worth for each account, Monday 00:00 first; the mean does not matter.
    var audiences: [[Double]]
    /// How many posts a week each account has.
    var posts = 5
    /// For how many weeks.
    var weeks = 26
    /// How many of the first weeks are drawn instead of the best so far.
    var learning = 0
    /// The standard deviation of a post's logarithm around its hour.
    var noise = 0.44
    /// Decides everything.
    var seed: UInt64 = 1

    /// What the plans lose against the best ones, week by week, on average over the accounts: 0.05 is 5 %.
    ///
    /// - Throws: `Cholesky.NotPositiveDefinite` when a covariance cannot be factored.
    func losses() throws -> [Double] {
        var chance = Chance(seed: self.seed)
        var histories = self.audiences.indices.map { TimingHistory(account: Self.name($0), platform: "mock") }
        var plans = self.audiences.map { _ in self.office(&chance) }
        var losses: [Double] = []
        for week in 0..<self.weeks {
            let worth = zip(self.audiences, plans).map { audience, plan in
                plan.reduce(0) { $0 + audience[$1.index] } / self.best(audience)
            }
            losses.append(1 - worth.reduce(0, +) / Double(worth.count))
            for account in self.audiences.indices {
                for hour in plans[account] {
                    histories[account].posts.append(self.post(account, hour, week, &chance))
                }
            }
            let times = try BestTimes(histories)
            for (index, account) in times.accounts.enumerated() {
                let scores =
                    week + 1 < self.learning
                    ? try AccountCurve.drawnScores(
                        histories[index].posts, platform: times.platforms["mock"] ?? PlatformCurve([]),
                        seed: chance.next())
                    : account.curve.hours.map(\.score)
                plans[index] = self.plan(scores)
            }
        }
        return losses
    }

    /// The first week, from 1, from which on the loss stays at or below a limit; nil when it never does.
    static func week(of losses: [Double], within limit: Double) -> Int? {
        guard let last = losses.lastIndex(where: { $0 > limit }) else { return 1 }
        return last + 1 < losses.count ? last + 2 : nil
    }

    /// Names whose order is that of the numbers.
    private static func name(_ account: Int) -> String { String(format: "account-%04d", account) }

    private func post(_ account: Int, _ hour: HourOfWeek, _ week: Int, _ chance: inout Chance) -> TimingPost {
        let time = Self.monday + Int64(week) * 604_800 + Int64(hour.index) * 3_600 + Int64(chance.next() % 3_600)
        let value = 5 + log(self.audiences[account][hour.index]) + self.noise * chance.normal()
        return TimingPost(clockSeconds: time, engagement: exp(value).rounded())
    }

    /// A Monday, as wall clock seconds.
    private static let monday: Int64 = 1_767_571_200

    /// The best hour of each of the best days.
    private func plan(_ scores: [Double]) -> [HourOfWeek] {
        var days: Set<Int> = []
        return Array(
            HourOfWeek.all.sorted { (-scores[$0.index], $0) < (-scores[$1.index], $1) }
                .filter { days.insert($0.weekday).inserted }.prefix(self.posts))
    }

    private func best(_ audience: [Double]) -> Double { self.plan(audience).reduce(0) { $0 + audience[$1.index] } }

    private func office(_ chance: inout Chance) -> [HourOfWeek] {
        (0..<self.posts).compactMap { HourOfWeek(index: $0 % 5 * 24 + 9 + Int(chance.next() % 9)) }
    }
}
