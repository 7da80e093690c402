// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PluginKit

/// One publication with its readings of one metric.
package struct EarlyPost: Sendable, Hashable {
    /// The publication.
    package var publication: PublicationID
    /// Its account.
    package var account: AccountID
    /// When it appeared.
    package var publishedAt: Date
    /// Whether money was spent on it nobody knows since when: it is never compared with then.
    package var isPaid: Bool
    /// How many boosts persons made of it.
    package var boosts: Int
    /// What it says, for a person.
    package var text: String
    /// The readings in the order of time, from before any money was spent on it.
    package var readings: [Reading]

    /// One reading.
    package struct Reading: Sendable, Hashable {
        /// When it was made.
        package var at: Date
        /// What it said.
        package var value: Int64

        /// Makes a reading.
        package init(at: Date, value: Int64) {
            self.at = at
            self.value = value
        }
    }

    /// Makes a publication.
    package init(
        publication: PublicationID, account: AccountID, publishedAt: Date, isPaid: Bool = false, boosts: Int = 0,
        text: String = "", readings: [Reading]
    ) {
        self.publication = publication
        self.account = account
        self.publishedAt = publishedAt
        self.isPaid = isPaid
        self.boosts = boosts
        self.text = text
        self.readings = readings
    }
}

/// How a publication stands against the account's typical post at the same age.
package struct EarlyStanding: Sendable, Hashable {
    /// What it had.
    package var value: Int64
    /// How old it was then, in hours.
    package var ageHours: Double
    /// The median of the account's other organic posts at that age.
    package var typical: Double
    /// How many posts that median is of.
    package var posts: Int

    /// What its hour is worth, when that is counted.
    package var worth: HourWorth?

    /// What was to be expected of a post of that age, and of that hour when hours are counted.
    package var expected: Double { self.typical * (self.worth?.expected ?? 1) }

    /// How many times the expected it had; `nil` when the typical post had nothing, so that nothing can be said.
    package var ratio: Double? { self.expected > 0 ? Double(self.value) / self.expected : nil }
}

/// The publications of a client's accounts with their early results, as far as an instant knows them.
///
/// Compared is with readings at nearly the same age only (within a factor of 1.5), of organic posts of the same account in the 90 days
/// before: what money bought never makes a post look typical.
package struct EarlyResults: Sendable {
    private static let window: TimeInterval = 90 * 86_400
    private static let ageFactor = 1.5

    private let accounts: [AccountID: [EarlyPost]]

    /// Gathers publications.
    package init(_ posts: [EarlyPost]) {
        self.accounts = Dictionary(grouping: posts, by: \.account)
    }

    /// Every publication.
    package var posts: [EarlyPost] { self.accounts.values.flatMap { $0 } }

    /// How a publication stands by its latest reading until an instant; `nil` without one after its first minutes.
    package func standing(of post: EarlyPost, at instant: Date) -> EarlyStanding? {
        guard let reading = post.readings.last(where: { $0.at <= instant }) else { return nil }
        let age = reading.at.timeIntervalSince(post.publishedAt)
        guard age > 0 else { return nil }
        let others = (self.accounts[post.account] ?? []).compactMap { other -> Int64? in
            guard other.publication != post.publication, !other.isPaid, other.publishedAt < post.publishedAt,
                other.publishedAt >= post.publishedAt.addingTimeInterval(-Self.window)
            else { return nil }
            return Self.value(of: other, age: age, until: instant)
        }
        return EarlyStanding(
            value: reading.value, ageHours: age / 3_600, typical: Self.median(others), posts: others.count)
    }

    /// The reading nearest in age, when it is near enough.
    private static func value(of post: EarlyPost, age: TimeInterval, until instant: Date) -> Int64? {
        var best: (distance: Double, value: Int64)?
        for reading in post.readings where reading.at <= instant {
            let other = reading.at.timeIntervalSince(post.publishedAt)
            guard other > 0 else { continue }
            let factor = max(other / age, age / other)
            guard factor <= Self.ageFactor, factor < best?.distance ?? .infinity else { continue }
            best = (factor, reading.value)
        }
        return best?.value
    }

    private static func median(_ values: [Int64]) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1
            ? Double(sorted[middle]) : (Double(sorted[middle - 1]) + Double(sorted[middle])) / 2
    }
}
