// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient
import TestSupport
import Testing

@testable import App

/// Limits as the platform sees them: its own ledger, after two worker processes.
@Suite("limits of the fleet", .postgresSchema)
struct LimitSystemTests {
    @Test("in no window do two workers with a backlog send more than the limit, and the platform never has to refuse")
    func kept() async throws {
        let limit = 4
        let window = 60.0
        let rate = 20.0
        try await SimulatedAgency.with { agency in
            try await agency.connect("mock")
            let world = try await WorldStore(pool: TestDatabase.required.pool).set(epoch: nil, rate: rate)
            try await agency.admin.setClock(
                worldEpoch: world.worldEpoch, realEpoch: world.realEpoch, rate: world.rate)
            try await agency.run(
                "limit", "set", "--account", "acme/mock", "--endpoint", "publish", "--limit", "\(limit)", "--per",
                "60s",
                "--reason", "a test")
            for number in 1...10 { _ = try await agency.publishNow("Post \(number) [ph:post-\(number)]", on: "mock") }
            // A worker ends when nothing is due; what waits for a token is due again a little later.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        while try await agency.ledger().count < 10 {
                            let work = try await agency.work()
                            try #require(work.code == 0, "\(work.messages)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            let ledger = try await agency.ledger()
            #expect(ledger.allSatisfy { $0["took_effect"] as? Bool == true } && ledger.count == 10)
            let arrivals = ledger.compactMap { ($0["world_time"] as? String).flatMap(LimitReport.seconds) }
            let report = LimitReport(arrivals: arrivals, limit: limit, window: window)
            #expect(report.calls == 10 && report.isKept)
            try await agency.expectSound()
            let lines = try #require(
                try await agency.json("limit", "show", "--account", "acme/mock") as? [[String: Any]])
            let line = try #require(lines.first { $0["source"] as? String == "person" })
            #expect(line["limit"] as? Int == limit && line["why"] as? String == "a test")
        }
    }

    @Test("a limit is set, shown and taken back by name, and what makes no sense is refused")
    func commands() async throws {
        try await SimulatedAgency.with { agency in
            try await agency.connect("mock")
            let account = ["--account", "acme/mock"]
            func code(_ words: String...) async throws -> Int32 { try await agency.answer(["limit"] + words).code }
            #expect(
                try await code(
                    "set", account[0], account[1], "--endpoint", "publsh", "--limit", "5", "--per", "1h", "--reason",
                    "r")
                    == 65)
            #expect(
                try await code("set", account[0], account[1], "--limit", "5", "--per", "soon", "--reason", "r") == 64)
            #expect(try await code("set", account[0], account[1], "--limit", "5", "--per", "1h") == 64)
            #expect(try await code("show", "--account", "acme/x") == 66)
            #expect(try await code("set", "--provider", "mock", "--limit", "5", "--per", "1h", "--reason", "r") == 0)
            let set = try #require(try await agency.json("limit", "list") as? [[String: Any]])
            let line = try #require(set.first { $0["source"] as? String == "person" })
            #expect(line["subject"] as? String == "mock" && line["left"] as? Int == 5)
            #expect(try await code("set", "--provider", "mock", "--per", "1h", "--clear", "--reason", "r") == 0)
            #expect(try await code("set", "--provider", "mock", "--per", "1h", "--clear", "--reason", "r") == 66)
            let changes: Int64 = try await TestDatabase.required.pool.query("SELECT count(*) FROM limit_change")
                .single()
            #expect(changes == 2)
        }
    }

    @Test("the checker sees a window that has one call too many, and one that has not")
    func checker() {
        let kept = LimitReport(arrivals: [0, 1, 10, 11, 20.1, 21], limit: 2, window: 10)
        #expect(kept.isKept && kept.mostInWindow == 2 && kept.calls == 6)
        #expect(kept.utilisation.map { abs($0 - 20 / 20.1) < 1e-9 } == true)
        #expect(!LimitReport(arrivals: [0, 5, 9.9], limit: 2, window: 10).isKept)
    }
}
