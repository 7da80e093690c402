// SPDX-License-Identifier: MIT

import MetaGraph
public import PluginKit

extension FacebookPlugin: RateReporting {
    /// Nothing: Meta keeps the size of its limits to itself.
    public static func usage(_ reply: HTTPReply, endpoint: String) -> [RateUsage] { [] }

    /// Reads the shares that Meta sends with every answer.
    public static func load(_ reply: HTTPReply, endpoint: String) -> [RateLoad] {
        GraphUsage(reply, endpoint: endpoint).loads
    }
}
