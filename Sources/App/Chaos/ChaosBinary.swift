// SPDX-License-Identifier: MIT

import Domain
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

    /// This program.
    static let own = ChaosBinary(path: OwnBinary.path, version: Version.words)

    /// Asks the program of `--other-binary` for its version.
    ///
    /// - Parameters:
    ///   - path: the program's file.
    ///   - limit: how long it may take.
    /// - Returns: The program.
    /// - Throws: ``CommandError`` with exit code 78 when it cannot be run, does not answer or is no Posthorn.
    static func ask(_ path: String, within limit: Duration = .seconds(10)) async throws -> ChaosBinary {
        do {
            let answer = try await withDeadline(limit) {
                try await Subprocess.run(
                    .path(FilePath(path)), arguments: ["--version"], output: .string(limit: 4_096), error: .discarded)
            }
            let version = answer.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
            guard answer.terminationStatus.isSuccess, version.hasPrefix("\(Version.name) ") else {
                throw self.refusal(path, "it \(answer.terminationStatus.words) and said “\(version.prefix(80))”")
            }
            return ChaosBinary(path: path, version: version)
        } catch is DeadlineExceeded {
            throw self.refusal(path, "it did not answer within \(limit)")
        } catch let error as SubprocessError {
            // As one of a program that is told to end with us.
            try Task.checkCancellation()
            throw self.refusal(path, String(describing: error))
        }
    }

    private static func refusal(_ path: String, _ cause: String) -> CommandError {
        CommandError(
            .configuration, "--other-binary does not answer to --version as a Posthorn does: \(path)",
            details: [cause], remedy: "give it a build of Posthorn, such as the previous release's")
    }

    /// Counts what workers of this program did.
    ///
    /// - Parameters:
    ///   - lives: every process that was started of it, beside a server of our own, whose clock is this machine's.
    ///   - pool: the database; nothing may be at work any more.
    /// - Throws: `PQError`.
    mutating func count(_ lives: [Supervised.Life], _ pool: ConnectionPool) async throws {
        let (ids, began) = (lives.map(\.processID), lives.map(\.began))
        let ended = lives.map { $0.ended ?? .distantFuture }
        let row = try await pool.query(
            """
            WITH mine AS (
                SELECT w.worker_id
                FROM worker w
                WHERE EXISTS (SELECT FROM unnest(\(ids), \(began), \(ended)) AS life (pid, began_at, ended_at)
                              WHERE life.pid = w.pid AND w.started_at BETWEEN life.began_at AND life.ended_at)
            )
            SELECT (SELECT count(*) FROM mine), (SELECT count(*) FROM attempt a WHERE a.worker_id IN (SELECT worker_id FROM mine))
            """
        ).first
        self.workers = Int(try row?.get(0) as Int64? ?? 0)
        self.attempts = Int(try row?.get(1) as Int64? ?? 0)
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
