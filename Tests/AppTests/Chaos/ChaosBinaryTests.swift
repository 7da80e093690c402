// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient
import TestSupport
import Testing

@testable import App

@Suite("binaries of a chaos run", .postgresSchema)
struct ChaosBinaryTests {
    @Test(
        "a program that is no Posthorn, fails, cannot be run or does not answer in time is refused by its name",
        arguments: ["echo tree 1.2", "echo posthorn 0.1.0; exit 3", "sleep 600; true", nil])
    func refused(script: String?) async throws {
        let file = try self.program(script)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let error = await #expect(throws: CommandError.self) {
            _ = try await ChaosBinary.ask(file, within: script == "sleep 600; true" ? .milliseconds(100) : .seconds(60))
        }
        #expect(error?.status == .configuration && error?.what.contains(file) == true)
    }

    @Test("a program of another version is taken with the version that it says")
    func accepted() async throws {
        let file = try self.program("echo 'posthorn 0.0.9 (release)'")
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(try await ChaosBinary.ask(file, within: .seconds(60)).version == "posthorn 0.0.9 (release)")
    }

    @Test("a worker counts for the program whose process had its id at the time, not for one that has it later")
    func reusedID() async throws {
        let pool = TestDatabase.required.pool
        try await QueueMigrations.up(pool, world: .simulated)
        let start = Date(timeIntervalSince1970: 1_780_000_000)
        for second in [10.0, 110] {
            try await pool.execute(
                """
                INSERT INTO worker (worker_id, host, pid, version, slots, queues, abilities, dead_after_ms, state, started_at)
                VALUES (\(UUID()), 'here', 4711, '0.1.0', 1, \(["publish"]), \([String]()), 1000, 'dead', \(start + second))
                """)
        }
        let lives = [
            Supervised.Life(processID: 4_711, began: start, ended: start + 60),
            Supervised.Life(processID: 4_711, began: start + 100),
            Supervised.Life(processID: 4_712, began: start),
        ]
        for (mine, workers) in [([lives[0]], 1), ([lives[1], lives[2]], 1), ([lives[2]], 0), (lives, 2)] {
            var binary = ChaosBinary.own
            try await binary.count(mine, pool)
            #expect(binary.workers == workers && binary.attempts == 0)
        }
    }

    /// A shell script, or a file that is no program.
    private func program(_ script: String?) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("posthorn-\(UUID().uuidString)").path
        try Data("#!/bin/sh\n\(script ?? "")\n".utf8).write(to: URL(fileURLWithPath: file))
        if script != nil {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        }
        return file
    }
}
