// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import MetaGraph

@Suite("Graph and Retry-After")
struct GraphRetryAfterTests {
    private static let now = Date(timeIntervalSince1970: 784_111_777)
    private static let date = "Sun, 06 Nov 1994 08:51:37 GMT"

    private func pause(_ status: Int, _ body: String, _ headers: [String: String]) -> Duration? {
        let failure = GraphFailure(creates: true, endpoint: "e", hidden: [], clock: WorldClock { Self.now })
        return failure.error(.json(status, body, headers)).retryAfter
    }

    @Test(
        "where Meta's own headers name no end, Retry-After does, also in an answer without a word of Graph",
        arguments: [
            (429, #"{"error":{"code":80001,"message":"m"}}"#), (503, #"{"error":{"code":2,"message":"m"}}"#),
            (503, "<html>"),
        ])
    func fallback(status: Int, body: String) {
        #expect(self.pause(status, body, ["Retry-After": "90"]) == .seconds(90))
        #expect(self.pause(status, body, ["Retry-After": Self.date]) == .seconds(120))
        #expect(self.pause(status, body, [:]) == nil)
    }

    @Test("Meta's own headers go first, and the pause that the documents name is never shortened")
    func own() {
        let own = ["X-Ad-Account-Usage": #"{"acc_id_util_pct":100,"reset_time_duration":30}"#, "Retry-After": "90"]
        #expect(self.pause(400, #"{"error":{"code":80001,"message":"m"}}"#, own) == .seconds(30))
        let documented = #"{"error":{"code":613,"error_subcode":1487632}}"#
        #expect(self.pause(400, documented, ["Retry-After": "90"]) == .seconds(3600))
    }

    @Test("what is refused for good has no pause")
    func refused() {
        #expect(self.pause(400, #"{"error":{"code":100,"message":"m"}}"#, ["Retry-After": "90"]) == nil)
    }
}
