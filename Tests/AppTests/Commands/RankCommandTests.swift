// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import App

@Suite("best-times rank")
struct RankCommandTests {
    private static let head = "account,platform,posted_at,paid,engagement,tz\n"

    /// Runs the command in a folder of its own; gives the exit code and what was written.
    private func rank(_ text: String, to name: String = "slots.csv", _ more: String...) async throws
        -> (status: App.ExitStatus, written: String?)
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("posthorn-rank-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let input = folder.appendingPathComponent("posts.csv")
        let output = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: input)
        let status = await PosthornMain.run(
            arguments: ["best-times", "rank", "--input", input.path, "--output", output.path, "--quiet"] + more)
        let isWritten = FileManager.default.fileExists(atPath: output.path)
        return (status, isWritten ? try String(contentsOf: output, encoding: .utf8) : nil)
    }

    @Test("a file of posts becomes 168 rows an account, without a database")
    func ranks() async throws {
        let rows = "b,x,2026-01-05T09:00:00Z,0,5,\na,x,2026-01-06T10:00:00Z,0,7,Europe/Berlin\n"
        let (status, written) = try await self.rank(Self.head + rows)
        let lines = try #require(written).split(separator: "\n")
        #expect(status == .done && lines.count == 1 + 2 * 168)
        #expect(lines[1].hasPrefix("a,0,0,1.0,") && lines[168].hasPrefix("a,6,23,") && lines[169].hasPrefix("b,0,0,"))
    }

    @Test("wrong rows are left out and the rest is used, with the code of a part that failed")
    func wrongRows() async throws {
        let rows = "a,x,yesterday,0,5,\na,x,2026-01-06T10:00:00Z,0,7,\n"
        let (status, written) = try await self.rank(Self.head + rows)
        #expect(status == .partlyFailed && written?.split(separator: "\n").count == 169)
    }

    @Test("told to be strict it refuses wrong rows and writes nothing")
    func strict() async throws {
        let rows = "a,x,yesterday,0,5,\na,x,2026-01-06T10:00:00Z,0,7,\n"
        let (status, written) = try await self.rank(Self.head + rows, to: "slots.csv", "--strict")
        #expect(status == .badData && written == nil)
    }

    @Test(
        "a file that is no table, or without a row of use, is refused and nothing is written",
        arguments: ["", "a,b\n1,2\n", head])
    func useless(_ text: String) async throws {
        let (status, written) = try await self.rank(text)
        #expect(status == .badData && written == nil)
    }

    @Test("an account all of whose posts were left out still has its rows")
    func leftOut() async throws {
        let (status, written) = try await self.rank(Self.head + "a,x,2026-01-06T10:00:00Z,1,7,\n")
        #expect(status == .done && written?.split(separator: "\n").count == 169)
    }

    @Test("a name that ends in .json gets JSON")
    func json() async throws {
        let (_, written) = try await self.rank(Self.head + "a,x,2026-01-06T10:00:00Z,0,7,\n", to: "slots.json")
        let rows = try JSONSerialization.jsonObject(with: Data(try #require(written).utf8)) as? [[String: Any]]
        #expect(rows?.count == 168 && rows?.first?["score"] as? Double == 1)
    }

    @Test("a file that is not there, or a folder that is not there, is bad data")
    func missing() async throws {
        let missing = "/nowhere/\(UUID())"
        #expect(
            await PosthornMain.run(arguments: ["best-times", "rank", "--input", missing, "--output", "-", "--quiet"])
                == .badData)
        #expect(
            try await self.rank(Self.head + "a,x,2026-01-06T10:00:00Z,0,7,\n", to: "no/such.csv").status == .badData)
    }
}
