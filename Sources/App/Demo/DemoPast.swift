// SPDX-License-Identifier: MIT

import Domain
import Foundation

/// The past of an account, drawn from its pretend audience: four months of posts with what they got in the end.
struct DemoPast: Sendable {
    var account: DemoAgency.Account
    /// The audience's zone.
    var zone: String
    /// The audience's activity in each hour of the week, mean 1.
    var weights: [Double]
    var seed: UInt64 = 11

    /// The hours at which the account used to post.
    private static let hours = [6, 7, 8, 10, 12, 14, 16, 17, 18, 19, 21]
    /// How many posts each used hour of the week has.
    private static let postsPerHour = 5
    private static let weeks = 16

    /// One past post.
    struct Post: Sendable, Hashable {
        var at: Date
        var impressions: Int
        var engagement: Int
        var isPaid: Bool
    }

    /// The posts in order of time.
    func posts() -> [Post] {
        var generator = SeededGenerator(seed: self.seed)
        guard let zone = ZoneID(rawValue: self.zone) else { return [] }
        let first = WallTime(clockSeconds: Int64(20_395) * 86_400)  // Monday, 3 November 2025.
        var posts: [Post] = []
        for day in 0..<7 {
            for hour in Self.hours {
                for week in Array(0..<Self.weeks).shuffled(using: &generator).prefix(Self.postsPerHour) {
                    let minute = Int.random(in: 0..<60, using: &generator)
                    let seconds = ((week * 7 + day) * 24 + hour) * 3_600 + minute * 60
                    let wall = WallTime(clockSeconds: first.clockSeconds + Int64(seconds))
                    guard let at = LocalPlan(wall: wall, zone: zone).resolve().instant else { continue }
                    posts.append(self.post(at: at, weight: self.weights[day * 24 + hour], using: &generator))
                }
            }
        }
        return posts.sorted { $0.at < $1.at }
    }

    /// A post as the pretend audience takes it: shown to a share of the followers that follows the hour, liked by some of those.
    private func post(at: Date, weight: Double, using generator: inout some RandomNumberGenerator) -> Post {
        func noise(_ sigma: Double) -> Double {
            // A sum of twelve uniform numbers is nearly normal.
            let normal = (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
            return exp(sigma * normal - sigma * sigma / 2)
        }
        let views = (Double(self.account.followers) * 0.4 + 20) * weight * noise(0.35)
        let isPaid = Int.random(in: 0..<40, using: &generator) == 0
        return Post(
            at: at, impressions: Int(isPaid ? views * 3 : views), engagement: Int(views * 0.045 * noise(0.25)),
            isPaid: isPaid)
    }

    /// The posts as a file that `posthorn history import` takes.
    func csv() -> String {
        let writer = CSVWriter(guardsFormulas: false)
        let header = writer.line(["account", "platform", "posted_at", "paid", "impressions", "engagement", "tz"])
        return header
            + self.posts().map { post in
                writer.line([
                    self.account.externalID, self.account.platform, post.at.iso8601(), post.isPaid ? "1" : "0",
                    String(post.impressions), String(post.engagement), self.zone,
                ])
            }.joined()
    }
}
