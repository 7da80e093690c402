// SPDX-License-Identifier: MIT

public import PluginKit

extension XPlugin: RateReporting {
    /// Reads the headers that X sends with every answer.
    public static func usage(_ reply: HTTPReply, endpoint: String) -> [RateUsage] {
        XRateLimit.usage(reply, endpoint: endpoint)
    }
}
