// SPDX-License-Identifier: MIT

import Foundation
import Subprocess
import SystemPackage

/// PostgreSQL's server programs on this machine.
package struct ServerBinaries: Sendable, Hashable {
    /// The folder that holds `postgres` and `initdb`.
    package var folder: String

    package init(folder: String) { self.folder = folder }

    /// A program's path.
    package func path(_ program: String) -> String { "\(self.folder)/\(program)" }

    /// Looks for the programs: `POSTHORN_PG_BIN`, `pg_config`, Debian's folders (newest version first), other usual places, `PATH`.
    ///
    /// - Parameters:
    ///   - configured: the folder of `pg.bin`.
    ///   - environment: the process's environment.
    /// - Returns: the first folder that has both programs.
    /// - Throws: ``CommandError`` with exit code 78 when the configured folder has none, 69 when none is found anywhere.
    package static func locate(configured: String?, environment: [String: String]) async throws -> ServerBinaries {
        if let configured {
            guard Self.isComplete(configured) else {
                throw CommandError(
                    .configuration,
                    "POSTHORN_PG_BIN names a folder without PostgreSQL's server programs: \(configured)",
                    details: ["it must hold postgres and initdb"],
                    remedy: "set it to a folder such as /usr/lib/postgresql/15/bin, or leave it out")
            }
            return ServerBinaries(folder: configured)
        }
        var candidates: [String] = []
        if let folder = await Self.askConfig() { candidates.append(folder) }
        candidates +=
            Self.versioned("/usr/lib/postgresql", suffix: "bin")
            + Self.versioned("/usr", prefix: "pgsql-", suffix: "bin")
        candidates += ["/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"]
        candidates += (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        guard let folder = candidates.first(where: Self.isComplete) else {
            throw CommandError(
                .unreachable, "PostgreSQL's server programs (postgres, initdb) are not on this machine",
                details: ["Posthorn starts its own server from them; it needs no running service"],
                remedy:
                    "apt-get install postgresql, or set POSTHORN_PG_BIN, or use a server of yours with POSTHORN_DATABASE_URL"
            )
        }
        return ServerBinaries(folder: folder)
    }

    private static func isComplete(_ folder: String) -> Bool {
        ["postgres", "initdb"].allSatisfy { FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)") }
    }

    private static func versioned(_ parent: String, prefix: String = "", suffix: String) -> [String] {
        // A folder that is not there has no versions in it.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        let versions = names.filter { $0.hasPrefix(prefix) }.compactMap { name in
            Double(name.dropFirst(prefix.count)).map { (version: $0, name: name) }
        }
        return versions.sorted { $0.version > $1.version }.map { "\(parent)/\($0.name)/\(suffix)" }
    }

    private static func askConfig() async -> String? {
        // A machine without pg_config is asked in other ways.
        let result = try? await run(
            .name("pg_config"), arguments: ["--bindir"], output: .string(limit: 4_096), error: .discarded)
        return result?.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
