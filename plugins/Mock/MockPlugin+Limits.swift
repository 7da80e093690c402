// SPDX-License-Identifier: MIT

import Foundation
public import PluginKit

extension MockPlugin: RateReporting {
    /// Reads `X-RateLimit-*`, which the mock platform sends with every answer to an account.
    public static func usage(_ reply: HTTPReply, endpoint: String) -> [RateUsage] {
        func number(_ name: String) -> Int? { reply.header("X-RateLimit-\(name)").flatMap { Int($0) } }
        guard let bucket = Self.manifest.rateBuckets.first(where: { $0.endpoint == endpoint && $0.scope != .app }),
            let rest = number("Remaining"), let reset = number("Reset").flatMap({ Date(saidSeconds: Double($0)) })
        else { return [] }
        return [
            RateUsage(
                scope: bucket.scope, window: bucket.window, calls: number("Limit"), rest: rest,
                resetsAt: reset)
        ]
    }
}
