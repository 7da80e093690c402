// SPDX-License-Identifier: MIT

import Domain
import Foundation

/// Where a platform tells what happens: `/webhooks/PLATFORM`, or `/webhooks/PLATFORM/APP` when it has several apps.
struct WebhookAddress: Hashable {
    /// The platform.
    var platform: PlatformID
    /// The app; `nil` when the address names none.
    var app: String?

    /// Reads a request's path; `nil` for what is not about webhooks.
    ///
    /// - Parameters:
    ///   - path: The path as it was sent.
    ///   - root: The path of the public address, which a proxy may keep.
    init?(path: String, root: String) {
        var rest = Substring(path)
        if !root.isEmpty, rest.hasPrefix(root + "/") { rest = rest.dropFirst(root.count) }
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (3...4).contains(parts.count), parts[0].isEmpty, parts[1] == "webhooks",
            parts.dropFirst(2).allSatisfy({ !$0.isEmpty })
        else { return nil }
        self.platform = PlatformID(rawValue: parts[2])
        guard parts.count == 4 else { return }
        guard let app = parts[3].removingPercentEncoding else { return nil }
        self.app = app
    }
}
