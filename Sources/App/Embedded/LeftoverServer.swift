// SPDX-License-Identifier: MIT

import Foundation

/// A server that an earlier run left behind, because the run was killed.
package struct LeftoverServer: Sendable {
    private let data: String

    /// Looks after the cluster with that data folder.
    package init(data: String) { self.data = data }

    /// Stops what still runs on the data folder and removes a pid file that no longer means anything.
    ///
    /// Only the holder of the folder's lock may call it.
    ///
    /// - Returns: whether a server was running.
    /// - Throws: ``CommandError`` with exit code 75 when the old server does not end.
    @discardableResult
    package func clear() async throws -> Bool {
        let found = self.processes()
        if !found.isEmpty {
            // Fast shutdown for the postmaster; its children follow it.
            if let postmaster = self.recordedPostmaster(), found.contains(postmaster) { kill(postmaster, SIGINT) }
            if await !self.haveEnded(within: .seconds(20)) {
                for process in self.processes() { kill(process, SIGQUIT) }
                guard await self.haveEnded(within: .seconds(10)) else {
                    throw CommandError(
                        .tryAgain, "an earlier PostgreSQL still uses \(self.data) and does not end",
                        details: ["processes \(self.processes().map(String.init).joined(separator: ", "))"],
                        remedy: "stop them, then start again")
                }
            }
        }
        // Without a process it names, the file only confuses: its number may belong to somebody else by now.
        try? FileManager.default.removeItem(atPath: self.pidFile)
        return !found.isEmpty
    }

    /// Processes whose working folder is the data folder: PostgreSQL's and nobody else's.
    func processes() -> [Int32] {
        let target = URL(fileURLWithPath: self.data).resolvingSymlinksInPath().path
        // Without /proc there is nothing to look at.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(Int32.init).filter { process in
            // A process that has ended, or that is another user's, is none of ours.
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")) == target
                && (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe"))?
                    .hasSuffix("/postgres") == true
        }
    }

    private var pidFile: String { self.data + "/postmaster.pid" }

    private func recordedPostmaster() -> Int32? {
        guard let bytes = FileManager.default.contents(atPath: self.pidFile) else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.flatMap { Int32($0) }
    }

    private func haveEnded(within limit: Duration) async -> Bool {
        let end = ContinuousClock.now + limit
        while !self.processes().isEmpty {
            // A cancelled wait ends early; the caller then says that they still run.
            guard ContinuousClock.now < end, (try? await Task.sleep(for: .milliseconds(50))) != nil else {
                return self.processes().isEmpty
            }
        }
        return true
    }
}
