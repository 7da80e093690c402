// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import Testing
import TikTokPlugin
import XPlugin

@testable import App

struct MetricsLimitReportTests {
    private static func calls(_ rows: [(account: String, endpoint: String, second: Int, status: Int)]) throws
        -> [PlatformCall]
    {
        let lines = rows.map { row in
            let time = Date(timeIntervalSince1970: Double(row.second)).formatted(
                Date.ISO8601FormatStyle(includingFractionalSeconds: true))
            return
                #"{"platform":"p","account":"\#(row.account)","endpoint":"\#(row.endpoint)","worldTime":"\#(time)","status":\#(row.status)}"#
        }
        return try JSONDecoder().decode([PlatformCall].self, from: Data("[\(lines.joined(separator: ","))]".utf8))
    }

    @Test("an app's limit counts the calls of all accounts, an account's only its own, each in its fullest window")
    func windows() throws {
        let tiktok = try Self.calls([
            ("a", "POST /v2/video/query/", 0, 200), ("b", "POST /v2/video/query/", 30, 200),
            ("b", "POST /v2/video/query/", 59, 429), ("a", "POST /v2/video/query/", 61, 200),
        ])
        let app = MetricsLimitReport.all(TikTokPlugin.manifest, calls: tiktok, accounts: 2)
        #expect(app.map(\.endpoint) == ["POST video/query"] && app.map(\.most) == [3])
        #expect(app.map(\.share) == [0.5] && app.map(\.refused) == [1] && app.allSatisfy(\.isKept))
        let x = try Self.calls([
            ("a", "GET /2/tweets", 0, 200), ("b", "GET /2/tweets", 1, 200), ("b", "GET /2/tweets", 899, 200),
            ("a", "GET /2/tweets", 900, 200),
        ])
        let own = MetricsLimitReport.all(XPlugin.manifest, calls: x, accounts: 2)
        #expect(own.map(\.most) == [2] && own.map(\.calls) == [4] && own.map(\.limit) == [5000])
    }
}
