// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("Log of calls")
struct CallLogTests {
    private static func row(_ second: Double) -> CallLog.Row {
        CallLog.Row(platform: .mock, account: "1", endpoint: "read", worldTime: WorldTime(epochSeconds: second))
    }

    @Test("every call is kept in order, by what the platform counts it by, whoever made it and whatever came of it")
    func kept() async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post("\(RunningSimulator.mock)/posts", ["text": "Hello"], token: "m1")
            _ = try await simulator.post("\(RunningSimulator.mock)/posts", ["text": " "], token: "m1")
            _ = try await simulator.get("\(RunningSimulator.mock)/posts", token: "nobody")
            _ = try await simulator.get("/api.x.com/2/users/11/tweets", token: "x1")
            let entries = try #require(try await simulator.get("/_admin/calls").json["entries"]?.array)
            #expect(
                entries.map { $0["endpoint"]?.string } == ["publish", "publish", "read", "GET /2/users/{id}/tweets"])
            #expect(entries.map { $0["status"]?.integer } == [201, 400, 401, 200])
            #expect(entries.map { $0["account"]?.string } == ["u1", "u1", "", "11"])
            #expect(entries.first?["world_time"]?.string == "2026-03-02T09:00:00.000Z")
            let page = try await simulator.get("/_admin/calls?platform=mock&after=1&limit=1").json
            #expect(page["entries"]?.array?.map { $0["sequence"]?.integer } == [2] && page["next_after"]?.integer == 2)
        }
    }

    @Test("the oldest are forgotten, never silently")
    func forgetting() {
        var log = CallLog(capacity: 4)
        for second in 0..<8 { log.record(Self.row(Double(second))) }
        #expect(log.forgotten == 4 && log.rows.count == 4)
        let report = log.report(CallLog.Filter(limit: 1))
        #expect(report["forgotten"]?.integer == 4)
        #expect(report["entries"]?.array?.first?["sequence"]?.integer == 5)
    }
}
