// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import Subprocess
import SystemPackage

/// A build of Posthorn that workers of a run are of, and what they did.
struct ChaosBinary: Sendable, Hashable {
    /// The program's file.
    var path: String
    /// What it answers to `--version`.
    var version: String
    /// Workers of it that registered; one that died and was started again counts anew.
    var workers = 0
    /// Runs whose lease a worker of it had.
    var attempts = 0

    /// Asks a program for its version.
    ///
    /// - Parameter path: the program's file.
    /// - Throws: ``CommandError`` with exit code 78 when it cannot be run or is no Posthorn.
    init(asking path: String) async throws {
        self.path = path
        do {
            let answer = try await Subprocess.run(
                .path(FilePath(path)), arguments: ["--version"], output: .string(limit: 4_096), error: .discarded)
            self.version = answer.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
            guard answer.terminationStatus.isSuccess, !self.version.isEmpty else {
                throw CommandError(
                    .configuration, "\(path) does not answer to --version: it \(answer.terminationStatus.words)",
                    remedy: "give --other-binary a build of Posthorn, such as the previous release's")
            }
        } catch let error as SubprocessError {
            throw CommandError(
                .configuration, "cannot run \(path), which --other-binary names", details: [String(describing: error)],
                remedy: "give --other-binary a build of Posthorn, such as the previous release's")
        }
    }

    /// Counts what workers of this program did.
    ///
    /// - Parameters:
    ///   - processes: every process that was started of it.
    ///   - pool: the database; nothing may be at work any more.
    /// - Throws: `PQError`.
    mutating func count(_ processes: [Int32], _ pool: ConnectionPool) async throws {
        self.workers = Int(
            try await pool.query("SELECT count(*) FROM worker WHERE pid = ANY(\(processes))").single(Int64.self))
        self.attempts = Int(
            try await pool.query(
                """
                SELECT count(*)
                FROM attempt a
                JOIN worker w ON w.worker_id = a.worker_id
                WHERE w.pid = ANY(\(processes))
                """
            ).single(Int64.self))
    }

    /// The program as the command shows it.
    var field: Field {
        .record(
            Record([
                "path": .text(self.path), "version": .text(self.version), "workers": .count(self.workers),
                "attempts": .count(self.attempts),
            ]))
    }
}
