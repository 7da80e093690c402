// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import XPlugin

@Suite("X and Retry-After")
struct XRetryAfterTests {
    private static let dates = [
        "Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT", "Date": "Sun, 06 Nov 1994 08:47:37 GMT",
    ]

    private func failure(_ status: Int, _ headers: [String: String]) -> PluginError {
        XClient(http: ScriptedTransport([]), clock: WorldClock { XFixtures.now }).failure(
            .json(status, "", headers), endpoint: "e", creates: false, secrets: [])
    }

    @Test(
        "where X's own headers name no end, Retry-After does, for a limit and for a service that failed",
        arguments: [429, 503])
    func fallback(status: Int) {
        #expect(self.failure(status, ["Retry-After": "90"]).retryAfter == .seconds(90))
        #expect(self.failure(status, Self.dates).retryAfter == .seconds(120))
        #expect(self.failure(status, [:]).retryAfter == nil)
        #expect(self.failure(403, ["Retry-After": "90"]).retryAfter == nil)
    }

    @Test("the end that X's own headers name goes first")
    func own() {
        let reset = String(Int(XFixtures.now.timeIntervalSince1970) + 300)
        let headers = ["x-rate-limit-remaining": "0", "x-rate-limit-reset": reset, "Retry-After": "90"]
        #expect(self.failure(429, headers).retryAfter == .seconds(301))
    }

    @Test("X's ads are understood likewise", arguments: [(429, "TOO_MANY_REQUESTS"), (503, "OVER_CAPACITY")])
    func ads(status: Int, code: String) {
        for creates in [true, false] {
            let failure = XAdsFailure(creates: creates, endpoint: "e", hidden: [], now: XFixtures.now)
            let error = failure.error(XBoostFixtures.error(status, code, "words", Self.dates))
            #expect(error.retryAfter == .seconds(120))
        }
    }
}
