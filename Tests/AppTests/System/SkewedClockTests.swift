// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient
import TestSupport
import Testing

@testable import App

/// Worker processes whose wall clocks are wrong: every time that decides something is the database's.
@Suite("skewed clocks", .postgresSchema, .timeLimit(.minutes(10)))
struct SkewedClockTests {
    /// How far a worker's clock is from this machine's, by the last line of its log.
    private func skew(_ agency: SimulatedAgency, _ name: String) throws -> TimeInterval {
        struct Line: Decodable { var ts: String }
        let lines = try String(contentsOf: agency.log(name), encoding: .utf8).split(separator: "\n")
        let line = try #require(lines.last)
        let said = try #require(LimitReport.seconds(try JSONDecoder().decode(Line.self, from: Data(line.utf8)).ts))
        let attributes = try FileManager.default.attributesOfItem(atPath: agency.log(name).path)
        let written = try #require(attributes[.modificationDate] as? Date)
        return said - written.timeIntervalSince1970
    }

    @Test(
        "workers whose clocks are ten minutes ahead and behind publish everything once, at its time, within the limits, and are missed by nobody"
    )
    func skewed() async throws {
        let limit = 4
        try await SimulatedAgency.with { agency in
            let shim = try await ClockShim(in: agency.folder)
            try await agency.connect("mock")
            try await agency.setRate(20)
            try await agency.run(
                "limit", "set", "--account", "acme/mock", "--endpoint", "publish", "--limit", "\(limit)", "--per",
                "60s",
                "--reason", "a test")
            for number in 1...8 { _ = try await agency.publishNow("Post \(number) [ph:post-\(number)]", on: "mock") }
            let due: String = try await TestDatabase.required.pool.query(
                """
                SELECT to_char((world_now() + make_interval(mins => 4)) AT TIME ZONE 'Europe/Berlin',
                               'YYYY-MM-DD"T"HH24:MI')
                """
            ).single()
            try await agency.run(
                "post", "create", "--client", "acme", "--account", "mock", "--text", "Later [ph:later]", "--at", due)
            try await agency.withWorker("ahead", environment: shim.environment(shiftedBy: 600)) { _ in
                try await agency.withWorker("behind", environment: shim.environment(shiftedBy: -600)) { _ in
                    try await agency.until {
                        try await agency.count("SELECT count(*) FROM target WHERE state <> 'published'") == 0
                    }
                }
            }
            // The shim has worked.
            #expect(abs(try self.skew(agency, "ahead") - 600) < 60)
            #expect(abs(try self.skew(agency, "behind") + 600) < 60)
            #expect(try await agency.count("SELECT count(*) FROM worker WHERE state = 'dead'") == 0)
            #expect(try await agency.count("SELECT count(*) FROM attempt WHERE outcome IN ('crashed', 'stale')") == 0)
            let ledger = try await agency.ledger()
            let times = ledger.compactMap { ($0["world_time"] as? String).flatMap(LimitReport.seconds) }
            #expect(LimitHistory("posts", calls: limit, window: 60, arrivals: times).finding == nil)
            let later = try #require(ledger.first { $0["marker"] as? String == "ph:later" })
            let sent = try #require((later["world_time"] as? String).flatMap(LimitReport.seconds))
            let planned: Double = try await TestDatabase.required.pool.query(
                """
                SELECT extract(epoch FROM due_at)::double precision
                FROM target
                WHERE content::text LIKE '%later%'
                """
            ).single()
            #expect(sent >= planned && sent < planned + 6_000)
            #expect(ledger.count == 9)
            try await agency.expectSound()
        }
    }
}
