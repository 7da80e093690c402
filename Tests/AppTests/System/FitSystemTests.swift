// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import Publishing
import TestSupport
import Testing

@testable import App

/// Fits of best times by worker processes that die.
@Suite("fits of workers that die", .postgresSchema, .timeLimit(.minutes(10)))
struct FitSystemTests {
    private static let short = ["POSTHORN_WORKER_HEARTBEAT": "500ms", "POSTHORN_WORKER_DEAD_AFTER": "3s"]

    @Test(
        "a worker that dies in the middle of a fit leaves it to the next, and one fit is kept",
        arguments: ["before-run", "before-finish"])
    func deaths(point: String) async throws {
        try await SimulatedAgency.with { agency in
            try await agency.connect("mock")
            let past = (0..<60).map { number in
                let day = Date(timeIntervalSince1970: 1_704_070_800 + Double(number) * 100_800)
                return "a,mock,\(day.formatted(.iso8601)),0,\(100 + number % 7 * 9)"
            }
            let file = try agency.file(
                "past.csv", (["account,platform,posted_at,paid,engagement"] + past).joined(separator: "\n") + "\n")
            try await agency.run("history", "import", file, "--client", "acme", "--map", "a=mock")
            // The import planned the fit.
            #expect(try await agency.count("SELECT count(*) FROM job_scheduled WHERE kind = 'fit-times'") == 1)
            try await agency.advance(700)
            try await agency.setRate(60)
            try await agency.until {
                try await agency.work(environment: Self.short.merging(["POSTHORN_CRASH_AT": point]) { $1 }).code == -1
            }
            #expect(try await agency.count("SELECT count(*) FROM timing_fit") == 0)
            try await agency.until {
                try await agency.work(environment: Self.short)
                return try await agency.count("SELECT count(*) FROM attempt WHERE kind = 'fit-times' AND final") == 1
            }
            #expect(try await agency.count("SELECT count(*) FROM timing_fit WHERE posts = 60") == 1)
            #expect(try await agency.count("SELECT count(*) FROM timing_curve") == 1)
            #expect(
                try await agency.count("SELECT count(*) FROM attempt WHERE kind = 'fit-times' AND outcome = 'crashed'")
                    == 1
            )
        }
    }
}
