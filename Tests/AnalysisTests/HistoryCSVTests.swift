// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import Analysis

@Suite("Past posts from a file")
struct HistoryCSVTests {
    private let header = "account,platform,posted_at,paid,impressions,engagement,followers,content_type,tz,observed_at"

    private func read(_ text: String) throws -> (samples: [PostSample], problems: [CSVProblem]) {
        var history = try HistoryCSV(CSVReader(text: text))
        var samples: [PostSample] = []
        var problems: [CSVProblem] = []
        while let outcome = try history.next() {
            switch outcome {
            case .success(let sample): samples.append(sample)
            case .failure(let problem): problems.append(problem)
            }
        }
        return (samples, problems)
    }

    @Test("every column is read")
    func full() throws {
        let (samples, problems) = try self.read(
            "\(self.header)\nacme,Facebook,2026-03-01T12:30:00Z,1,5000,321,9000,photo,Europe/Berlin,2026-03-03T00:00:00Z\n"
        )
        #expect(problems.isEmpty)
        #expect(
            samples == [
                PostSample(
                    account: "acme", platform: "facebook", postedAt: try Date(iso8601: "2026-03-01T12:30:00Z"),
                    engagement: 321,
                    isPaid: true, contentType: "photo", observedAt: try Date(iso8601: "2026-03-03T00:00:00Z"),
                    zone: berlin,
                    impressions: 5000, followers: 9000)
            ])
    }

    @Test("optional columns may be absent, optional cells empty, unknown columns are ignored, order is free")
    func sparse() throws {
        let (samples, problems) = try self.read(
            "mood,engagement,paid,posted_at,platform,account\r\ngood,,0,2026-03-01T12:30:00Z,x,acme\r\n\r\nbad,17.0,false,2026-03-01T12:30:00+05:45,x,acme\r\n"
        )
        #expect(problems.isEmpty)
        #expect(samples.map(\.engagement) == [nil, 17])
        #expect(samples.allSatisfy { $0.zone == .utc && $0.observedAt == nil && !$0.isPaid && $0.contentType == nil })
        #expect(samples[1].postedAt == (try Date(iso8601: "2026-03-01T06:45:00Z")))
    }

    @Test(
        "flags are read as people, programs and data frames write them; a platform's name in any case is one platform")
    func spellings() throws {
        let flags = [("0", false), ("1", true), ("0.0", false), ("1.0", true), ("False", false), ("TRUE", true)]
        let rows = flags.map { "a,Instagram,2026-03-01T12:30:00Z,\($0.0),,1,,,," }.joined(separator: "\n")
        let (samples, problems) = try self.read("\(self.header)\n\(rows)\n")
        #expect(problems.isEmpty && samples.map(\.isPaid) == flags.map(\.1))
        #expect(Set(samples.map(\.platform)) == ["instagram"])
    }

    @Test(
        "a bad cell is reported with line, column and how to write it",
        arguments: [
            (",x,2026-03-01T12:30:00Z,0,,1,,,,", "account", "is empty"),
            ("a,my platform,2026-03-01T12:30:00Z,0,,1,,,,", "platform", "not a platform's name"),
            ("a,x,2026-03-01 12:30,0,,1,,,,", "posted_at", "has no offset"),
            ("a,x,yesterday,0,,1,,,,", "posted_at", "write it as"),
            ("a,x,2026-03-01T12:30:00Z,maybe,,1,,,,", "paid", "neither 1"),
            ("a,x,2026-03-01T12:30:00Z,,,1,,,,", "paid", "is empty"),
            ("a,x,2026-03-01T12:30:00Z,0,,-4,,,,", "engagement", "not a count"),
            ("a,x,2026-03-01T12:30:00Z,0,,\"1,234\",,,,", "engagement", "without grouping"),
            ("a,x,2026-03-01T12:30:00Z,0,,99999999999999999999,,,,", "engagement", "not a count"),
            ("a,x,2026-03-01T12:30:00Z,0,,1,,,Europe/Berln,", "tz", "did you mean Europe/Berlin?"),
            ("a,x,2026-03-01T12:30:00Z,0,,1,,,,2026-02-01T00:00:00Z", "observed_at", "before the post appeared"),
        ])
    func badCells(row: String, column: String, reason: String) throws {
        let good = "a,x,2026-03-01T12:30:00Z,0,,1,,,,"
        let (samples, problems) = try self.read("\(self.header)\n\(good)\n\(row)\n\(good)\n")
        #expect(samples.count == 2)
        #expect(problems.count == 1)
        let problem = try #require(problems.first)
        #expect(problem.line == 3 && problem.column == column && problem.reason.contains(reason), "\(problem)")
    }

    @Test("a missing required column is one clear error")
    func missingColumn() {
        let error = #expect(throws: CSVError.self) { try self.read("account,platform,posted_at,paid\n") }
        #expect(error?.message.hasPrefix("the required column is missing: engagement") == true)
    }

    @Test("a tally keeps the first problems and counts all")
    func tally() {
        var tally = ProblemTally(keeping: 2)
        for line in 2..<7 { tally.add(CSVProblem(line: line, column: "paid", reason: "is empty")) }
        #expect(tally.count == 5)
        #expect(
            tally.lines == [
                "line 2, column paid: is empty", "line 3, column paid: is empty", "… and 3 more rows skipped",
            ])
    }
}
