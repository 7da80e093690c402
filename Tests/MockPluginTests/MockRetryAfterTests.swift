// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import PluginTestKit
import Testing

@testable import MockPlugin

@Suite("The mock platform and Retry-After")
struct MockRetryAfterTests {
    @Test(
        "a limit or a service that failed ends when Retry-After says, in seconds or by a date", arguments: [429, 503])
    func pauses(status: Int) {
        func pause(_ headers: [String: String]) -> Duration? {
            PluginError(
                mock: MockFixtures.error(status, "c", "m", headers), at: MockFixtures.now, endpoint: "e",
                creates: false, secrets: []
            ).retryAfter
        }
        #expect(pause(["Retry-After": "90"]) == .seconds(90))
        #expect(
            pause(["Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT", "Date": "Sun, 06 Nov 1994 08:47:37 GMT"])
                == .seconds(120))
        #expect(pause(["Retry-After": "0"]) == nil && pause([:]) == nil)
    }
}
