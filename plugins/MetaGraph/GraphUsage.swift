// SPDX-License-Identifier: MIT

import Foundation
package import PluginKit

/// What the headers of an answer say of Meta's limits: shares in percent, for the app, the account and the ad account.
package struct GraphUsage: Sendable, Hashable {
    private struct Shares: Decodable {
        var call_count: Double?
        var total_time: Double?
        var total_cputime: Double?
        var estimated_time_to_regain_access: Double?
        var acc_id_util_pct: Double?
        var reset_time_duration: Double?

        /// The largest share.
        var percent: Int {
            let shares = [self.call_count, self.total_time, self.total_cputime, self.acc_id_util_pct]
            return GraphUsage.percent(shares.compactMap(\.self).max() ?? 0)
        }
        /// Business use cases say minutes, ad accounts seconds; zero says nothing.
        var pause: Duration? {
            let seconds = self.estimated_time_to_regain_access.map { $0 * 60 } ?? self.reset_time_duration
            return seconds.flatMap { $0 > 0 ? Duration(saidSeconds: $0) : nil }
        }
    }

    /// `X-FB-Ads-Insights-Throttle`: shares of the app and the ad account in the limit that reading the numbers of ads has for itself.
    ///
    /// Uncertain: Meta's documents name the header and no time after which calls are taken again, so a share of 100 backs off; that no
    /// other call is kept back by it is concluded from its name.
    private struct InsightsThrottle: Decodable {
        var app_id_util_pct: Double?
        var acc_id_util_pct: Double?

        func loads(_ endpoint: String) -> [RateLoad] {
            [(PluginError.Scope.app, self.app_id_util_pct), (.account, self.acc_id_util_pct)].compactMap {
                scope, share in
                share.map { RateLoad(scope: scope, percent: GraphUsage.percent($0), endpoint: endpoint) }
            }
        }
    }

    /// What is used of each limit.
    package var loads: [RateLoad] = []

    /// Reads the headers; one that cannot be read says nothing.
    ///
    /// - Parameters:
    ///   - reply: The answer.
    ///   - endpoint: The bucket that the call was counted in; without it limits of one endpoint are left out.
    package init(_ reply: HTTPReply, endpoint: String? = nil) {
        for (name, scope) in [
            ("X-App-Usage", PluginError.Scope.app), ("X-Page-Usage", .account), ("X-Ad-Account-Usage", .account),
        ] {
            guard let shares = Self.read(Shares.self, name, reply) else { continue }
            self.loads.append(RateLoad(scope: scope, percent: shares.percent, pause: shares.pause))
        }
        // By Page, Instagram account or ad account, and in each by kind of call.
        let cases = Self.read([String: [Shares]].self, "X-Business-Use-Case-Usage", reply) ?? [:]
        for shares in cases.sorted(by: { $0.key < $1.key }).flatMap(\.value) {
            self.loads.append(RateLoad(scope: .account, percent: shares.percent, pause: shares.pause))
        }
        if let endpoint, let throttle = Self.read(InsightsThrottle.self, "X-FB-Ads-Insights-Throttle", reply) {
            self.loads += throttle.loads(endpoint)
        }
    }

    /// The longest pause that the answer asks for.
    package var pause: Duration? { self.loads.compactMap(\.pause).max() }

    /// A share in whole percent: none below zero, and a limit that is used ten times over says no more than that.
    private static func percent(_ share: Double) -> Int {
        share.isNaN ? 0 : Int(min(max(share.rounded(.up), 0), 1_000))
    }

    private static func read<Value: Decodable>(_ type: Value.Type, _ name: String, _ reply: HTTPReply) -> Value? {
        // What Meta says of its limits is a hint: an unreadable one is none.
        reply.header(name).flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
    }
}
