// SPDX-License-Identifier: MIT

import Analysis
import ArgumentParser
import Domain
import Foundation
import Simulator

/// `posthorn bench times`.
struct BenchTimes: PosthornCommand {
    static let configuration = CommandConfiguration(
        "times", "Say how soon plans by the posting-time model are near the best, and how fast it fits.",
        details: """
            Accounts with the simulator's audiences, whose true week is known, begin without a past and post where the model says. The loss of a
            week is what the planned hours get less than the best hours would. Needs no database; the seed decides all but the times.
            """,
        examples: ["bench times", "bench times --learning 0 --weeks 52 -o json"],
        keys: [
            Column("bench", nil, "which benchmark"), Column("accounts", nil, "accounts"),
            Column("posts", nil, "posts of each a week"),
            Column("learning", nil, "first weeks whose times are drawn"),
            Column("loss_first", nil, "loss of the first week, the habit of an office: 0.5 is half"),
            Column("loss_13", nil, "loss of week 13"), Column("loss_26", nil, "loss of week 26"),
            Column("loss_last", nil, "loss of the last week"),
            Column(
                "week_within", nil, "the first week from which on the loss stays within 5 %; null when there is none"),
            Column("fit_200_s", nil, "seconds for 200 accounts with 400 posts each, on one core"),
            Column("refit_ms", nil, "milliseconds for one account with 500 posts, the search included"),
            Column(
                "noise_sure", nil,
                "of 200 accounts without any effect, those with an hour whose lower end is above 1.05"),
        ])

    @OptionGroup var options: CommandOptions
    @Option(help: ArgumentHelp("Accounts.", valueName: "n")) var accounts = 100
    @Option(help: ArgumentHelp("Posts of each account a week, at most seven.", valueName: "n")) var posts = 5
    @Option(help: ArgumentHelp("Weeks.", valueName: "n")) var weeks = 52
    @Option(help: ArgumentHelp("The first weeks, whose times are drawn.", valueName: "n")) var learning = 22
    @Option(help: ArgumentHelp("The seed.", valueName: "n")) var seed: UInt64 = 1

    private static let limit = 0.05

    func validate() throws {
        guard (3...2_000).contains(self.accounts), (1...7).contains(self.posts), (26...520).contains(self.weeks),
            (0...self.weeks).contains(self.learning)
        else {
            throw ValidationError(
                "--accounts must be 3 to 2000, --posts 1 to 7, --weeks 26 to 520, --learning up to --weeks.")
        }
    }

    func run(_ context: CommandContext) async throws {
        var simulation = PlanSimulation(
            audiences: (0..<self.accounts).map { AudienceTruth.weights(seed: self.seed &* 1_000_003 &+ UInt64($0)) })
        simulation.posts = self.posts
        simulation.weeks = self.weeks
        simulation.learning = self.learning
        simulation.seed = self.seed
        let losses = try simulation.losses()
        let many = Self.noise(accounts: 200, posts: 400, seed: self.seed)
        let (times, fitting) = try Self.timed { try BestTimes(many) }
        let one = Self.noise(accounts: 1, posts: 500, seed: self.seed &+ 1)[0].posts
        let platform = try PlatformCurve(many.map { PlatformMember(CleanedPosts($0.posts)) })
        let (_, refitting) = try Self.timed { try AccountCurve(one, platform: platform) }
        let sure = times.accounts.count { account in account.curve.hours.contains { $0.lower > 1.05 } }
        context.output.show(
            Record([
                "bench": .text("times"), "accounts": .count(self.accounts), "posts": .count(self.posts),
                "learning": .count(self.learning), "loss_first": .number(losses[0], places: 3),
                "loss_13": .number(losses[12], places: 3), "loss_26": .number(losses[25], places: 3),
                "loss_last": .number(losses[self.weeks - 1], places: 3),
                "week_within": PlanSimulation.week(of: losses, within: Self.limit).map { .count($0) } ?? .none,
                "fit_200_s": .number(fitting / .seconds(1), places: 2),
                "refit_ms": .number(refitting / .milliseconds(1), places: 1), "noise_sure": .count(sure),
            ]), idKey: "week_within")
    }

    private static func timed<Value>(_ body: () throws -> Value) rethrows -> (Value, Duration) {
        let start = ContinuousClock.now
        let value = try body()
        return (value, ContinuousClock.now - start)
    }

    /// Accounts whose hour makes no difference.
    private static func noise(accounts: Int, posts: Int, seed: UInt64) -> [TimingHistory] {
        var chance = Chance(seed: seed)
        return (0..<accounts).map { account in
            let past = (0..<posts).map { number in
                let hour = 6 + Int64(chance.next() % 18)
                let time = Int64(18_993 + number * 2 / 3) * 86_400 + hour * 3_600 + Int64(chance.next() % 3_600)
                return TimingPost(clockSeconds: time, engagement: exp(5 + 0.7 * chance.normal()).rounded())
            }
            return TimingHistory(account: "account-\(account)", platform: "mock", posts: past)
        }
    }
}
