// SPDX-License-Identifier: MIT

package import Domain
import Foundation

extension AccountCurve {
    /// How much may be said of an hour.
    package enum Certainty: String, Sendable, Hashable, CaseIterable {
        /// Better or worse, mostly from the account's own posts.
        case strong
        /// Probably better or worse; or surely, but not mostly from the account's own posts.
        case weak
        /// Hardly anything of the account's own: what the platform's other accounts do.
        case borrowed
        /// Nothing that could be told from chance.
        case none
    }

    /// From which share of own posts on an hour speaks for itself, and below which it only borrows.
    private static let ownEnough = 0.5
    static let ownLittle = 0.2
    private static let fewPosts = 5
    private static let strongChance = 0.9
    private static let weakChance = 0.75

    /// Whether no hour can be told from the typical one.
    package var isFlat: Bool { self.hours.allSatisfy { $0.lower <= 1 && 1 <= $0.upper } }

    /// The hours, best first; of equals the earlier.
    package var ranked: [Hour] { self.hours.sorted { (-$0.score, $0.hour) < (-$1.score, $1.hour) } }

    /// How much may be said of an hour.
    package func certainty(of hour: Hour) -> Certainty {
        let chance = max(hour.chance, 1 - hour.chance)
        guard chance >= Self.weakChance else { return .none }
        if hour.ownShare < Self.ownLittle { return .borrowed }
        return chance >= Self.strongChance && hour.ownShare >= Self.ownEnough ? .strong : .weak
    }

    /// How many posts the account has within two hours of an hour.
    package func posts(near hour: HourOfWeek) -> Int {
        (-2...2).reduce(0) { sum, step in
            sum + self.hours[(hour.index + step + HourOfWeek.count) % HourOfWeek.count].posts
        }
    }

    /// What can be said of an hour, from numbers only.
    ///
    /// - Parameters:
    ///   - hour: The hour.
    ///   - platform: The platform's name, for a person.
    ///   - common: What its accounts have in common.
    /// - Returns: One sentence.
    package func sentence(for hour: Hour, platform: String, common: PlatformCurve) -> String {
        let range = "\(Self.percent(hour.lower)) … \(Self.percent(hour.upper))"
        let change = Self.change(hour.score)
        let way = hour.score >= 1 ? "more" : "less"
        let better = hour.score >= 1 ? "better" : "worse"
        switch self.certainty(of: hour) {
        case .strong:
            let posts = self.posts(near: hour.hour)
            return
                "\(hour.hour): your posts here got about \(change) \(way) engagement than usual (80 % range \(range)), from \(posts) \(posts == 1 ? "post" : "posts") within two hours"
        case .weak where max(hour.chance, 1 - hour.chance) >= Self.strongChance:
            return
                "\(hour.hour): about \(change) \(way) engagement than usual (80 % range \(range)), only partly from your own posts"
        case .weak: return "\(hour.hour): probably a little \(better) (\(Self.percent(hour.score)), \(range))"
        case .borrowed:
            let whose =
                self.posts(near: hour.hour) < Self.fewPosts
                ? "you have hardly posted here" : "little of it is from your own posts"
            let from =
                common.shared == nil
                ? "a guess from the hours around" : "mostly from what \(common.accounts) \(platform) accounts share"
            return "\(hour.hour): \(whose); about \(change) \(better) (\(range)), \(from)"
        case .none: return "\(hour.hour): no measurable difference (\(range))"
        }
    }

    /// What can be said of the whole week.
    ///
    /// - Parameters:
    ///   - posts: How many posts of the account were used.
    ///   - platform: What its platform's accounts have in common.
    /// - Returns: Sentences.
    package func findings(posts: Int, platform: PlatformCurve) -> [String] {
        var findings: [String] = []
        if posts < SlotStatistics.leastPosts {
            findings.append(
                platform.shared == nil
                    ? "no data: this account has \(posts) usable \(posts == 1 ? "post" : "posts"), and there are not yet three accounts and four weeks to borrow from"
                    : "this account has \(posts) usable \(posts == 1 ? "post" : "posts"): all of this is what \(platform.accounts) other accounts do"
            )
        }
        if self.isFlat, posts >= SlotStatistics.leastPosts {
            findings.append("for this account the hour makes no measurable difference: post when it suits you")
        }
        if abs(self.drift) > Self.strongDrift {
            findings.append(
                "the usual hour moved over the time of these posts, so growth and hour cannot be told apart; intervals are wider"
            )
        }
        return findings
    }

    /// A factor as a change with its sign: `+18 %`.
    package static func percent(_ factor: Double) -> String {
        let change = Self.whole(factor)
        return "\(change < 0 ? "−" : "+")\(abs(change)) %"
    }

    private static func change(_ factor: Double) -> String { "\(abs(Self.whole(factor))) %" }

    private static func whole(_ factor: Double) -> Int { Int(min(999, ((factor - 1) * 100).rounded())) }
}
