// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Publishing
import TestSupport
import Testing

@testable import App

@Suite("limits at the command line", .postgresSchema)
struct LimitCommandTests {
    private struct Line: Decodable, Equatable {
        var scope: String
        var subject: String
        var counts: String?
        var limit: Int?
        var used: Int?
        var left: Int?
        var source: String?
        var state: String
        var queue: String?
        var why: String?
        var setBy: String?

        var words: String {
            "\(self.subject) \(self.queue ?? "all"): \(self.used ?? -1) of \(self.limit ?? -1), \(self.source ?? "-"), \(self.state)"
        }
    }

    private func lines(_ world: CommandWorld, _ words: String...) async throws -> [Line] {
        let answer = try await world.answer(["limit"] + words + ["-o", "json"])
        try #require(answer.code == 0, "\(answer.messages)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode([Line].self, from: Data(answer.data.utf8))
    }

    /// Lets a job of the account run.
    private func run(_ world: CommandWorld) async throws {
        let pool = world.database.pool
        let store = JobStore(pool: pool)
        let row = try #require(try await pool.query("SELECT client_id, account_id FROM account").first)
        let client: ClientID = try row.get("client_id")
        try await store.enqueue([
            NewJob(client: client, account: try row.get("account_id"), queue: .publish, kind: .publish, provider: "x")
        ])
        let worker = WorkerRecord(
            host: "test", processID: 1, version: "0", slots: [.publish: 4], abilities: [JobAbility(kind: .publish)],
            deadAfter: .seconds(3_600))
        try await store.register(worker)
        let claimed = try await store.claim(
            ClaimRequest(queue: .publish, limit: 4, worker: worker.id, abilities: worker.abilities))
        #expect(claimed.count == 1)
    }

    @Test("how many jobs may run at once and how many do is listed and shown, as a table and as JSON")
    func running() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        #expect(
            try await self.lines(world, "show", "--account", "acme/x").filter { $0.counts == "running" }.map(\.words)
                == [("boost", 4), ("metrics", 1), ("publish", 4), ("reconcile", 4)].map {
                    "acme/x \($0): 0 of \($1), usual, open"
                })
        #expect(try await self.lines(world, "show", "--client", "acme").isEmpty)
        for subject in [["--account", "acme/x"], ["--client", "acme"], ["--provider", "x"]] {
            let set = try await world.answer(
                ["limit", "set"] + subject + ["--running", "2", "--reason", "slowly", "-o", "json"])
            #expect(set.code == 0 && set.data.contains("\"running\""), "\(set.messages)")
        }
        try await self.run(world)
        let list = try await self.lines(world, "list")
        #expect(
            list.map(\.words) == [
                "acme/x boost: 0 of 2, person, open", "acme/x metrics: 0 of 2, person, open",
                "acme/x publish: 1 of 2, person, open", "acme/x reconcile: 0 of 2, person, open",
                "each account metrics: 0 of 1, usual, open", "acme all: 1 of 2, person, open",
                "x all: 1 of 2, person, open",
            ])
        #expect(list.allSatisfy { $0.counts == "running" })
        #expect(list.filter { $0.source == "person" }.allSatisfy { $0.why == "slowly" && $0.setBy != nil })
        #expect(try await self.lines(world, "list", "--closed").isEmpty)
        #expect(try await world.posthorn("limit", "set", "--client", "acme", "--running", "1", "--reason", "one") == 0)
        #expect(
            try await self.lines(world, "list", "--closed").map(\.words) == ["acme all: 1 of 1, person, used-up"])
        let table = try await world.answer(["limit", "show", "--client", "acme"])
        #expect(table.data.contains("running") && table.data.contains("used-up") && table.data.contains("one"))
        let usual = ["limit", "set", "--client", "acme", "--running", "usual", "--reason", "-"]
        #expect(try await world.answer(usual).code == 0)
        #expect(try await self.lines(world, "show", "--client", "acme").isEmpty)
    }

    @Test("what each account has is counted of those it holds for alone, and is never closed")
    func eachAccount() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let store = JobStore(pool: world.database.pool)
        try await store.setConcurrency(.queue(.publish), 1)
        try await self.run(world)
        #expect(try await self.lines(world, "list").map(\.words).contains("each account publish: 1 of 1, usual, open"))
        #expect(try await self.lines(world, "list", "--closed").isEmpty)
        let own = ["limit", "set", "--account", "acme/x", "--running", "3", "--reason", "-"]
        #expect(try await world.answer(own).code == 0)
        let lines = try await self.lines(world, "list").map(\.words)
        #expect(lines.contains("each account publish: 0 of 1, usual, open"))
        #expect(lines.contains("acme/x publish: 1 of 3, person, open"))
    }

    @Test("who set a number of all queues is not named for one of a single queue")
    func setBy() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        #expect(
            try await world.answer(["limit", "set", "--client", "acme", "--running", "2", "--reason", "all"]).code == 0)
        let client: ClientID = try await world.database.pool.query("SELECT client_id FROM client").single()
        try await JobStore(pool: world.database.pool).setConcurrency(.client(client, .publish), 1)
        let lines = try await self.lines(world, "show", "--client", "acme")
        #expect(lines.map { "\($0.queue ?? "all") \($0.why ?? "-")" } == ["all all", "publish -"])
        #expect(lines.map { $0.setBy != nil } == [true, false])
    }

    @Test("quiet, what has no endpoint has no line", arguments: ["show", "set"])
    func quiet(verb: String) async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let change = verb == "set" ? ["--running", "2", "--reason", "-"] : []
        let answer = try await world.answer(["limit", verb, "--account", "acme/x", "--quiet"] + change)
        #expect(answer.code == 0 && answer.data.contains("POST /2/tweets\n"))
        #expect(!answer.data.split(separator: "\n", omittingEmptySubsequences: false).dropLast().contains(""))
    }

    @Test("a dry run refuses what the real run refuses, and changes nothing")
    func dryRun() async throws {
        let world = try await CommandWorld()
        defer { world.remove() }
        let day = ["--per", "24h"]
        let refused: [(words: [String], code: Int32)] = [
            (["--account", "acme/x", "--endpoint", "POST /2/tweet", "--limit", "5"] + day, 65),
            (["--account", "acme/x", "--limit", "0"] + day, 65),
            (["--provider", "x", "--posts", "--limit", "5"] + day, 65),
            (["--account", "acme/x", "--clear"] + day, 66),
            (["--account", "acme/x", "--limit", "5", "--per", "soon"], 64),
            (["--account", "acme/y", "--running", "2"], 66),
            (["--client", "acme", "--running", "0"], 64),
        ]
        for (words, code) in refused {
            let real = ["limit", "set"] + words + ["--reason", "r"]
            #expect(try await world.answer(real).code == code, "\(words)")
            #expect(try await world.answer(real + ["--dry-run"]).code == code, "\(words)")
        }
        for words in [
            ["--account", "acme/x", "--endpoint", "POST /2/tweets", "--limit", "5"] + day,
            ["--client", "acme", "--running", "2"],
        ] {
            #expect(try await world.answer(["limit", "set"] + words + ["--reason", "r", "--dry-run"]).code == 0)
        }
        #expect(try await world.count("limit_change") == 0)
    }
}
