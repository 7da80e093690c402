// SPDX-License-Identifier: MIT

package import Domain
import Foundation

extension DemoReport {
    /// What was planned for one client on one platform and what became of it.
    package struct Delivery: Hashable, Sendable, Codable {
        /// The client's slug.
        package var client: String
        /// The platform.
        package var platform: PlatformID
        /// Posts that were due in the period.
        package var due: Int
        /// Of these, published within the limit of lateness.
        package var onTime: Int
        /// Published later than that.
        package var late: Int
        /// Failed with a reason.
        package var failed: Int
        /// Waiting for a person's decision.
        package var waiting: Int
        /// Reactions, comments and shares of what was published, at the last reading; `nil` when there is no reading.
        package var engagement: Int64?
        /// How often it was shown; `nil` when the platform does not say.
        package var views: Int64?

        /// Makes a delivery.
        package init(
            client: String, platform: PlatformID, due: Int, onTime: Int, late: Int = 0, failed: Int = 0,
            waiting: Int = 0,
            engagement: Int64? = nil, views: Int64? = nil
        ) {
            self.client = client
            self.platform = platform
            self.due = due
            self.onTime = onTime
            self.late = late
            self.failed = failed
            self.waiting = waiting
            self.engagement = engagement
            self.views = views
        }
    }

    /// How late posts appeared: from the due time to the platform's answer, in seconds of business time.
    package struct Lateness: Hashable, Sendable, Codable {
        /// The platform; `nil` for all together.
        package var platform: PlatformID?
        /// How many publications were measured.
        package var posts: Int
        /// Half of them were not later.
        package var p50: Double
        /// 95 of 100 were not later.
        package var p95: Double
        /// 99 of 100 were not later.
        package var p99: Double
        /// None was later.
        package var max: Double

        /// Makes a row from percentiles measured elsewhere.
        package init(platform: PlatformID?, posts: Int, p50: Double, p95: Double, p99: Double, max: Double) {
            self.platform = platform
            self.posts = posts
            self.p50 = p50
            self.p95 = p95
            self.p99 = p99
            self.max = max
        }

        /// Measures single latenesses, in seconds, by the nearest-rank method; `nil` without any.
        package init?(platform: PlatformID?, of values: [Double]) {
            let sorted = values.sorted()
            guard let last = sorted.last else { return nil }
            func rank(_ share: Double) -> Double {
                sorted[Swift.max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
            }
            self.init(
                platform: platform, posts: sorted.count, p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: last)
        }
    }

    /// What the platforms' own ledger says, independently of Posthorn's tables.
    package struct Proof: Hashable, Sendable, Codable {
        /// Up to how many seconds after its due time a post counts as on time.
        package var onTimeLimitSeconds: Double
        /// Posts that exist on the platforms.
        package var visible: Int
        /// Posts that were sent a second time.
        package var duplicates: Int
        /// Posts that Posthorn calls published and the platforms do not have.
        package var missing: Int
        /// Faults that were injected on purpose: errors, resets, expired tokens, killed workers.
        package var faults: Int

        /// Makes a proof.
        package init(onTimeLimitSeconds: Double, visible: Int, duplicates: Int, missing: Int, faults: Int) {
            self.onTimeLimitSeconds = onTimeLimitSeconds
            self.visible = visible
            self.duplicates = duplicates
            self.missing = missing
            self.faults = faults
        }
    }
}
