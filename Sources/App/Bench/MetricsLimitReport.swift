// SPDX-License-Identifier: MIT

import JobQueue
import PluginKit

/// How much of one limit was used by those who share it.
struct MetricsLimitReport: Sendable, Hashable {
    /// The platform.
    let platform: String
    /// Who shares the limit: `account`, `app`.
    let scope: String
    /// The endpoint; `*` for all.
    let endpoint: String
    /// How many calls counted in it.
    let calls: Int
    /// The most of them within any window of one who shares it.
    let most: Int
    /// How many are allowed.
    let limit: Int
    /// In how many seconds.
    let window: Double
    /// How many of them the platform refused.
    let refused: Int

    /// The share of the limit that the fullest window used, in per cent.
    var share: Double { Double(self.most) / Double(self.limit) * 100 }
    /// Whether no window had more than allowed.
    var isKept: Bool { self.most <= self.limit }

    /// What Meta allows an app in an hour for each user (`platforms/facebook.md`); the manifest leaves it to Meta's own words in each answer.
    private static let callsForUser = 200

    /// Looks at the limits of a platform that calls counted in.
    ///
    /// - Parameters:
    ///   - manifest: the platform's limits.
    ///   - calls: what it counted, of its own.
    ///   - accounts: how many accounts the app has.
    /// - Returns: what was used, account limits by the account that used most.
    static func all(_ manifest: PluginManifest, calls: [PlatformCall], accounts: Int) -> [MetricsLimitReport] {
        var buckets = manifest.rateBuckets.filter { $0.counts == .calls }
        if ["facebook", "instagram"].contains(manifest.id.rawValue) {
            buckets.append(
                RateBucket(
                    endpoint: LimitKey.everyEndpoint, scope: .app, calls: Self.callsForUser * max(1, accounts),
                    window: .seconds(3600)))
        }
        return buckets.compactMap { bucket in
            let counted = calls.filter {
                bucket.endpoint == LimitKey.everyEndpoint || bucket.endpoint == $0.endpoint
            }
            guard !counted.isEmpty else { return nil }
            let groups = bucket.scope == .app ? ["": counted] : Dictionary(grouping: counted, by: \.account)
            let most = groups.values.map {
                SlidingWindow(times: $0.map(\.time).sorted(), window: bucket.window.inSeconds).most
            }.max()
            return MetricsLimitReport(
                platform: manifest.id.rawValue, scope: bucket.scope.rawValue, endpoint: bucket.endpoint,
                calls: counted.count, most: most ?? 0, limit: bucket.calls, window: bucket.window.inSeconds,
                refused: counted.count { $0.status ?? 200 >= 400 })
        }
    }
}
