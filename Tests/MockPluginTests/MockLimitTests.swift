// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import MockPlugin

@Suite("Limits of the mock platform")
struct MockLimitTests {
    @Test("a pause and a reset beyond all sense are kept within what can be meant")
    func senseless() async {
        let most = "9223372036854775807"
        let headers = ["Retry-After": most, "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": most]
        let reply = MockFixtures.error(429, "rate_limited", "slow down", headers)
        let (plugin, _) = MockFixtures.plugin([ScriptedExchange(.get, "/v1/me/metrics", .reply(reply))])
        let error = await #expect(throws: PluginError.self) {
            _ = try await plugin.metrics(MetricsRequest(access: MockFixtures.access, posts: []))
        }
        #expect(error?.retryAfter == .seconds(86_400))
        #expect(
            MockPlugin.usage(reply, endpoint: MockBucket.publish).map(\.resetsAt)
                == [Date(timeIntervalSince1970: 253_402_300_799)])
    }
}
