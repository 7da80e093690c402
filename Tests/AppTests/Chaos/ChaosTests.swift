// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import Subprocess
import SystemPackage
import Testing

@testable import App

/// `posthorn chaos` at small size: the built program, real processes, a real PostgreSQL, the simulator's own
/// ledger.
///
/// One at a time: each run wants the machine for itself.
@Suite("chaos", .serialized)
struct ChaosTests {
    private struct Verdict: Decodable {
        struct Binary: Decodable {
            var path: String
            var version: String
            var workers: Int
            var attempts: Int
        }
        var binaries: [Binary]
        var published: Int
        var effects: Int
        var duplicates: Int
        var lost: Int
        var wrong: Int
        var unknown: Int
        var asked: Int
        var violations: Int
        var limits: Int
        var limits_reached: Int
        var limit_violations: Int
        var calls: Int
        var posts: Int
        var kills: Int
        var killed_at: [String: Int]
        var not_reached: [String]
        var freezes: Int
        var cuts: Int
        var snapshots: Int
        var migrations: Int
        var clocks: Int
        var pooler_kills: Int
        var lost_replies: Int
        var lost_commits: Int
        var restarts: Int
        var worker_starts: Int
        var crashed: Int
        var failed: Int
        var kept: Bool
    }

    @Test(
        "what works in an installation of its own refuses a configured database before it touches it",
        arguments: [["chaos"], ["bench", "boosts"], ["bench", "limit"], ["bench", "metrics"], ["bench", "publish"]])
    func configuredDatabase(words: [String]) async throws {
        let result = try await self.run(words + ["--database-url", "postgresql://nobody@127.0.0.1:1/nothing"])
        #expect(result.error.contains("a database is configured"), "\(result.error)")
        #expect(result.output.isEmpty)
    }

    /// Runs the built program.
    func run(_ arguments: String...) async throws -> (output: String, error: String) {
        try await self.run(arguments)
    }

    /// The built program.
    private var binary: String {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? OwnBinary.path
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("posthorn").path
    }

    private func run(_ arguments: [String]) async throws -> (output: String, error: String) {
        let result = try await Subprocess.run(
            .path(FilePath(self.binary)), arguments: Arguments(arguments),
            environment: .custom(["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]),
            output: .string(limit: 1 << 20), error: .string(limit: 4 << 20))
        return (result.standardOutput, result.standardError)
    }

    private func chaos(_ arguments: String...) async throws -> Verdict { try await self.run(chaos: arguments) }

    private func run(chaos arguments: [String]) async throws -> Verdict {
        let result = try await self.run(["chaos", "-o", "json", "--limit", "240"] + arguments)
        let said = result.error
        let verdict = try #require(
            try? JSONDecoder().decode(Verdict.self, from: Data(result.output.utf8)), "\(said.suffix(3_000))")
        #expect(verdict.kept, "\(said.suffix(3_000))")
        return verdict
    }

    @Test(
        "with workers killed, answers lost and PostgreSQL restarted, every post appears exactly once and nothing stays unknown"
    )
    func everythingBreaks() async throws {
        let verdict = try await self.chaos("--posts", "400", "--clients", "10", "--accounts", "4", "--reset", "0.05")
        #expect(verdict.posts >= 400 && verdict.published == verdict.posts && verdict.effects == verdict.posts)
        #expect(verdict.duplicates == 0 && verdict.lost == 0 && verdict.unknown == 0 && verdict.violations == 0)
        #expect(verdict.limits > 10 && verdict.limit_violations == 0 && verdict.calls >= 400)
        // A limit that nobody comes near proves nothing.
        #expect(verdict.limits_reached > 10)
        #expect(verdict.kills > 0 && verdict.restarts == 1)
        #expect(verdict.lost_replies > 0)
        #expect(verdict.freezes > 0 && verdict.cuts > 0 && verdict.snapshots == 1 && verdict.migrations == 1)
    }

    @Test(
        "a worker may die at every named point of a job's life and of a schedule's, and every post appears exactly once"
    )
    func everyPoint() async throws {
        let verdict = try await self.chaos(
            "--posts", "100", "--clients", "5", "--accounts", "4", "--points", "1", "--kill-every", "2",
            "--no-restart", "--freezes", "0", "--cuts", "0", "--no-snapshot", "--no-migration")
        #expect(Set(verdict.killed_at.keys) == Set(CrashPoint.all.map(\.rawValue)) && verdict.not_reached.isEmpty)
        #expect(verdict.killed_at.values.allSatisfy { $0 > 0 })
        #expect(verdict.posts >= 100 && verdict.published == verdict.posts && verdict.effects == verdict.posts)
        #expect(verdict.duplicates == 0 && verdict.lost == 0 && verdict.unknown == 0 && verdict.violations == 0)
        #expect(verdict.limit_violations == 0)
    }

    @Test("every format of every platform appears exactly once, whatever call is lost before or after its effect")
    func everyFormat() async throws {
        let verdict = try await self.chaos(
            "--formats", "all", "--posts", "64", "--clients", "2", "--accounts", "4", "--reset", "0.025",
            "--no-restart",
            "--freezes", "0", "--cuts", "0")
        #expect(verdict.duplicates == 0 && verdict.lost == 0 && verdict.wrong == 0 && verdict.violations == 0)
        #expect(verdict.published + verdict.asked == 64 && verdict.unknown == 0)
        #expect(verdict.kills > 0)
    }

    @Test(
        "workers' clocks count as wrong when they are seen to be, and a shim that shifts none ends the run before it begins"
    )
    func clocks() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("posthorn-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let shim = try await ClockShim(in: folder)
        let verdict = try await self.chaos(
            "--posts", "40", "--clients", "2", "--accounts", "2", "--no-kill", "--freezes", "0", "--no-restart",
            "--cuts", "0", "--clock-shim", shim.path)
        #expect(verdict.clocks == 2)

        let idle = folder.appendingPathComponent("idle.so")
        try Data("no library".utf8).write(to: idle)
        let refused = try await self.run("chaos", "--posts", "40", "--clock-shim", idle.path)
        #expect(refused.error.contains("--clock-shim shifts no clock"), "\(refused.error)")
        #expect(refused.output.isEmpty)
    }

    @Test(
        "workers of two binaries (here one and its copy, since there is one release) share the work, and every post appears exactly once"
    )
    func twoBinaries() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("posthorn-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let other = folder.appendingPathComponent("posthorn-other").path
        try FileManager.default.copyItem(atPath: self.binary, toPath: other)
        let verdict = try await self.chaos(
            "--posts", "200", "--clients", "10", "--accounts", "2", "--points", "0", "--freezes", "0", "--no-restart",
            "--cuts", "0", "--other-binary", other)
        #expect(
            verdict.binaries.map { URL(fileURLWithPath: $0.path).lastPathComponent } == ["posthorn", "posthorn-other"])
        #expect(
            verdict.binaries.allSatisfy { $0.version.contains(Version.number) && $0.workers > 0 && $0.attempts > 0 })
        #expect(verdict.duplicates == 0 && verdict.lost == 0 && verdict.unknown == 0 && verdict.violations == 0)
    }

    @Test(
        "behind a PgBouncer that is killed now and then, beside workers and PostgreSQL, every post appears exactly once"
    )
    func pooler() async throws {
        let verdict = try await self.chaos(
            "--posts", "200", "--clients", "10", "--accounts", "2", "--points", "0", "--pgbouncer", "--pooler-kills",
            "3")
        #expect(verdict.pooler_kills == 3 && verdict.restarts == 1 && verdict.kills > 0)
        #expect(verdict.published == verdict.posts && verdict.effects == verdict.posts)
        #expect(verdict.duplicates == 0 && verdict.lost == 0 && verdict.unknown == 0 && verdict.violations == 0)
    }

    @Test(
        "replies of PostgreSQL that are lost after it did what it was asked, committed or not, cost no post, no attempt and no worker",
        arguments: [false, true])
    func repliesLost(isPooled: Bool) async throws {
        let verdict = try await self.run(
            chaos: [
                "--posts", "300", "--clients", "10", "--accounts", "3", "--no-kill", "--freezes", "0", "--no-restart",
                "--cuts", "0", "--no-limits", "--no-migration", "--no-snapshot", "--reset", "0", "--lost-replies", "60",
            ] + (isPooled ? ["--pgbouncer", "--pooler-kills", "0"] : []))
        #expect(verdict.lost_replies > 20 && verdict.lost_commits > 0)
        #expect(verdict.published == verdict.posts && verdict.effects == verdict.posts)
        #expect(verdict.worker_starts == 2 && verdict.failed == 0 && verdict.crashed == 0)
    }

    @Test("a restart of PostgreSQL restarts no worker and fails no job")
    func databaseRestarts() async throws {
        let verdict = try await self.chaos(
            "--posts", "300", "--clients", "5", "--accounts", "4", "--no-kill", "--freezes", "0", "--reset", "0")
        #expect(verdict.restarts == 1 && verdict.worker_starts == 2)
        #expect(verdict.failed == 0 && verdict.crashed == 0)
    }

    @Test(
        "connections of workers that the server ends at any point, an old snapshot and a migration cost no post, no attempt and no worker"
    )
    func connectionsEnd() async throws {
        let verdict = try await self.chaos(
            "--posts", "400", "--clients", "10", "--accounts", "4", "--no-kill", "--freezes", "0", "--no-restart",
            "--cuts", "40", "--no-limits", "--reset", "0", "--seed", "7")
        #expect(verdict.cuts > 20 && verdict.snapshots == 1 && verdict.migrations == 1)
        #expect(verdict.worker_starts == 2 && verdict.failed == 0 && verdict.crashed == 0)
    }

    @Test("workers that are told to stop in the middle of the work lose, fail and double nothing")
    func draining() async throws {
        let verdict = try await self.chaos(
            "--posts", "400", "--clients", "10", "--accounts", "4", "--terminate", "--no-restart",
            "--freezes", "0", "--cuts", "0", "--reset", "0")
        #expect(verdict.kills > 0)
        #expect(verdict.failed == 0 && verdict.crashed == 0)
    }
}
