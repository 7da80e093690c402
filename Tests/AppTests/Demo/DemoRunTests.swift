// SPDX-License-Identifier: MIT

import Foundation
import Subprocess
import SystemPackage
import Testing

@testable import App

/// `posthorn demo` from nothing to its end: the built program, real processes, a real PostgreSQL, the simulator's own ledger.
@Suite("demo", .serialized)
struct DemoRunTests {
    @Test("a month of four clients ends with every post visible once or refused for a reason, and a page that says so")
    func month() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "posthorn-demo-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // What is left in the temporary folder harms nobody.
        defer { try? FileManager.default.removeItem(at: folder) }
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? OwnBinary.path
        let binary = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("posthorn").path
        let result = try await Subprocess.run(
            .path(FilePath(binary)), arguments: ["demo", "--page", "result.html", "-o", "json"],
            environment: .custom(["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]),
            workingDirectory: FilePath(folder.path), output: .string(limit: 16 << 20), error: .string(limit: 4 << 20))
        try #require(result.terminationStatus == .exited(0), "\(result.standardError.suffix(3_000))")

        let data = Data(result.standardOutput.utf8)
        let report = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let calendar = try #require(report["calendar"] as? [[String: Any]])
        #expect((250...350).contains(calendar.count))
        // How many were late is a matter of this machine's speed; that all but the refused one came is not.
        let states = calendar.map { $0["state"] as? String }
        #expect(states.count { $0 == "published" || $0 == "late" } == calendar.count - 1)
        #expect(states.count { $0 == "failed" } == 1)
        let proof = try #require(report["proof"] as? [String: Any])
        #expect(proof["duplicates"] as? Int == 0 && proof["missing"] as? Int == 0)
        // The past and the month, all but the young and the boosted: nothing of it was imported.
        let week = try #require(report["week"] as? [String: Any])
        let line = try #require(week["data_line"] as? String)
        let used = try #require(line.split(separator: " ").first.flatMap { Int($0) })
        #expect((DemoOffice.past.posts..<DemoOffice.past.posts + 60).contains(used), "\(line)")
        let boosts = try #require(report["boosts"] as? [[String: Any]])
        #expect(boosts.count >= 2)
        let troubles = try #require(report["troubles"] as? [[String: Any]])
        var endings: [String: String] = [:]
        for trouble in troubles { endings[trouble["title"] as? String ?? ""] = trouble["ending"] as? String }
        #expect(endings["A dying token"] == "settled_by_person")
        #expect(endings["A post that the platform refuses"] == "needs_person")
        #expect(endings["A budget near its cap"] == "prevented")
        #expect(endings["A worker killed in the middle of sending"] == "healed")

        let page = try String(contentsOf: folder.appendingPathComponent("result.html"), encoding: .utf8)
        #expect(page.hasPrefix("<!doctype html>") && page.hasSuffix("</html>\n"))
        for client in DemoAgency.clients { #expect(page.contains(client.name)) }
        for title in endings.keys { #expect(page.contains(title)) }
    }
}
