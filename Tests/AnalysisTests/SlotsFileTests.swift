// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import Analysis

@Suite struct SlotsFileTests {
    private struct Row: Decodable {
        var account: String
        var weekday: Int
        var hour: Int
        var score: Double
        var lower: Double
        var upper: Double
        var platform: String?
    }

    private func text(_ times: BestTimes, _ format: SlotsFile.Format) throws -> String {
        let file = SlotsFile(format, of: times)
        var data = file.head
        for (index, account) in times.accounts.enumerated() { data += try file.rows(account, isFirst: index == 0) }
        return String(decoding: data + file.tail, as: UTF8.self)
    }

    private func history(_ account: String, _ platform: PlatformID) -> TimingHistory {
        TimingHistory(account: account, platform: platform, posts: [TimingPost(clockSeconds: 0, engagement: 1)])
    }

    @Test("every account has all 168 hours, Monday first, with an interval above zero around the score")
    func complete() throws {
        let times = try BestTimes(SyntheticAccounts(accounts: 3, posts: 30).histories(seed: 1))
        let rows = try JSONDecoder().decode([Row].self, from: Data(self.text(times, .json).utf8))
        #expect(rows.count == 3 * 168)
        for (index, row) in rows.enumerated() {
            #expect(row.weekday * 24 + row.hour == index % 168)
            #expect(0 < row.lower && row.lower <= row.score && row.score <= row.upper)
            #expect(row.platform == nil)
        }
        let lines = try self.text(times, .csv).split(separator: "\n")
        #expect(lines.first == "account,weekday,hour,score,lower,upper" && lines.count == 3 * 168 + 1)
    }

    @Test("names with commas, quotes and line ends come back as they were")
    func names() throws {
        let name = "a, \"b\"\nc/ü"
        let times = try BestTimes([self.history(name, "x")])
        let rows = try JSONDecoder().decode([Row].self, from: Data(self.text(times, .json).utf8))
        #expect(rows.first?.account == name)
        var reader = CSVReader(text: try self.text(times, .csv))
        _ = try reader.next()
        #expect(try reader.next()?.get().fields.first == name)
    }

    @Test("a name on two platforms is told apart by a last column")
    func platforms() throws {
        let times = try BestTimes([self.history("acme", "x"), self.history("acme", "facebook")])
        let rows = try JSONDecoder().decode([Row].self, from: Data(self.text(times, .json).utf8))
        #expect(rows.map(\.platform) == Array(repeating: "facebook", count: 168) + Array(repeating: "x", count: 168))
        #expect(try self.text(times, .csv).hasPrefix("account,weekday,hour,score,lower,upper,platform\nacme,0,0,"))
    }
}
