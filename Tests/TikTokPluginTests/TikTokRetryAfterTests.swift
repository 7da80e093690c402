// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import TikTokPlugin

@Suite("TikTok and Retry-After")
struct TikTokRetryAfterTests {
    private static let clock = WorldClock { Date(timeIntervalSince1970: 784_111_777) }
    private static let date = ["Retry-After": "Sun, 06 Nov 1994 08:51:37 GMT"]

    private func pause(_ status: Int, _ body: String, _ headers: [String: String]) -> Duration? {
        let failure = TikTokFailure(creates: true, endpoint: "e", hidden: [], clock: Self.clock)
        return failure.error(.json(status, body, headers)).retryAfter
    }

    @Test("a limit or a service that failed ends when Retry-After says", arguments: [429, 503])
    func fallback(status: Int) {
        #expect(self.pause(status, "", ["Retry-After": "90"]) == .seconds(90))
        #expect(self.pause(status, "", Self.date) == .seconds(120))
        // A limit has a pause by the documents.
        #expect(self.pause(status, "", [:]) == (status == 429 ? .seconds(60) : nil))
        #expect(self.pause(400, "", ["Retry-After": "90"]) == nil)
    }

    @Test("the pause that the documents name is lengthened and never shortened")
    func documented() {
        let body = #"{"data":{},"error":{"code":"rate_limit_exceeded","message":"m","log_id":"l"}}"#
        #expect(self.pause(429, body, ["Retry-After": "20"]) == .seconds(60))
        #expect(self.pause(429, body, ["Retry-After": "90"]) == .seconds(90))
    }

    @Test("TikTok's ads are understood likewise", arguments: [40100, 50_000])
    func ads(code: Int) {
        let failure = BusinessFailure(creates: true, endpoint: "e", hidden: [], clock: Self.clock)
        let body = #"{"code":\#(code),"message":"m","request_id":"r","data":{}}"#
        #expect(failure.error(.json(200, body, Self.date)).retryAfter == .seconds(120))
        #expect(failure.error(.json(200, body)).retryAfter == nil)
    }
}
