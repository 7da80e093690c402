// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// Which of X's limits a 429 is about, and when it ends.
struct XRateLimit: Sendable, Equatable {
    /// What is limited.
    var scope: PluginError.Scope
    /// When the limit that is used up starts anew.
    var resetsAt: Date
    /// Whether the headers say that nothing is left of it.
    var isUsedUp = false

    private static let windows: [(prefix: String, scope: PluginError.Scope, length: Duration)] = [
        ("x-rate-limit", .endpoint, .seconds(900)), ("x-account-rate-limit", .endpoint, .seconds(900)),
        ("x-user-limit-24hour", .account, .seconds(86_400)),
        ("x-app-limit-24hour", .app, .seconds(86_400)),
    ]

    /// What the headers say of each limit; of two that are counted in the same bucket, the one with less left.
    ///
    /// The Ads API's `x-account-rate-limit-*` are of the ad account. Uncertain: X's documents name its `-reset` alone, so `-limit` and
    /// `-remaining` are taken to mean what they do in `x-rate-limit-*`; none says its window, which is taken from the documented numbers
    /// of the endpoint (``XAdsEndpoint/window(of:)``). Accounts that share an ad account hear of it one by one.
    static func usage(_ reply: HTTPReply, endpoint: String) -> [RateUsage] {
        var said: [RateUsage] = []
        for window in Self.windows {
            func number(_ name: String) -> Int? { reply.header("\(window.prefix)-\(name)").flatMap { Int($0) } }
            guard let rest = number("remaining"), let reset = number("reset").flatMap({ Date(saidSeconds: Double($0)) })
            else { continue }
            let ownLength = window.scope == .endpoint ? XAdsEndpoint.window(of: endpoint) : nil
            let usage = RateUsage(
                scope: window.scope, window: ownLength ?? window.length, calls: number("limit"), rest: rest,
                resetsAt: reset)
            if let same = said.firstIndex(where: { ($0.scope, $0.window) == (usage.scope, usage.window) }) {
                if usage.rest < said[same].rest { said[same] = usage }
            } else {
                said.append(usage)
            }
        }
        return said
    }

    /// Reads the headers: of the limits with nothing remaining, the one that ends last; the endpoint's when none says zero.
    init?(_ reply: HTTPReply) {
        var named: [XRateLimit] = []
        var used: [XRateLimit] = []
        for window in Self.windows {
            guard let reset = reply.header("\(window.prefix)-reset").flatMap(Double.init),
                let resetsAt = Date(saidSeconds: reset)
            else { continue }
            let limit = XRateLimit(scope: window.scope, resetsAt: resetsAt)
            named.append(limit)
            if reply.header("\(window.prefix)-remaining").flatMap(Int.init) == 0 { used.append(limit) }
        }
        guard var limit = used.max(by: { $0.resetsAt < $1.resetsAt }) ?? named.first else { return nil }
        limit.isUsedUp = !used.isEmpty
        self = limit
    }

    private init(scope: PluginError.Scope, resetsAt: Date) {
        self.scope = scope
        self.resetsAt = resetsAt
    }
}
