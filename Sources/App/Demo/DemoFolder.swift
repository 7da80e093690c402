// SPDX-License-Identifier: MIT

import Foundation

/// The demo's own installation: fresh in each run, beside that of `posthorn up`.
struct DemoFolder: Sendable {
    let state: StateFolder

    init(_ parent: StateFolder) { self.state = parent.inside("demo") }

    /// The plan as a file.
    var plan: String { self.state.path + "/march.csv" }
    /// The pictures of the plan.
    var pictures: String { self.state.path + "/pictures" }

    /// Removes what an earlier run left; the caller holds the folder's lock.
    ///
    /// - Throws: ``CommandError`` with exit code 77 when it belongs to somebody else.
    func clear() async throws {
        let manager = FileManager.default
        let cluster = URL(fileURLWithPath: self.state.postgres).resolvingSymlinksInPath().path
        try await LeftoverServer(data: cluster + "/data").clear()
        do {
            if manager.fileExists(atPath: cluster) { try manager.removeItem(atPath: cluster) }
            for name in try manager.contentsOfDirectory(atPath: self.state.path) {
                let path = "\(self.state.path)/\(name)"
                if path != self.state.lock { try manager.removeItem(atPath: path) }
            }
        } catch {
            throw CommandError(
                .notPermitted, "cannot remove what an earlier demo left in \(self.state.path)",
                details: [error.localizedDescription],
                remedy: "remove that folder as the user who made it, or run the demo in another folder")
        }
        try self.state.create()
        try self.requireRoom()
    }

    /// What a run needs on the disk, in bytes: a fresh PostgreSQL takes most of it.
    private static let room: Int64 = 150 << 20

    private func requireRoom() throws {
        let facts = try FileManager.default.attributesOfFileSystem(forPath: self.state.path)
        guard let free = (facts[.systemFreeSize] as? NSNumber)?.int64Value, free < Self.room else { return }
        throw CommandError(
            .failed, "the disk under \(self.state.path) is nearly full: \(free >> 20) MB are free",
            remedy: "make room for \(Self.room >> 20) MB, or run the demo in another folder")
    }

    /// Looks whether a file could be written, before any work is done for it.
    ///
    /// - Throws: ``CommandError`` with exit code 77 that names the file.
    static func requireWritable(_ path: String) throws {
        let manager = FileManager.default
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        let exists = manager.fileExists(atPath: path, isDirectory: &isFolder)
        let isPossible = exists ? manager.isWritableFile(atPath: path) && !isFolder.boolValue : true
        guard isPossible, manager.isWritableFile(atPath: folder) else {
            throw CommandError(
                .notPermitted, "cannot write the page to \(path)",
                remedy: "choose a file in a folder that exists and that you may write to, with --page FILE")
        }
    }

    /// Writes a file.
    ///
    /// - Throws: ``CommandError`` with exit code 1 that names the file.
    static func write(_ data: Data, to path: String) throws {
        do {
            let url = URL(fileURLWithPath: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: url, options: .atomic)
        } catch {
            throw CommandError(
                .failed, "cannot write \(path)", details: [error.localizedDescription],
                remedy: "make room or choose another place, then try again")
        }
    }
}

/// Whose environment a demo has: nothing of a real installation may reach it.
enum DemoEnvironment {
    private static let kept: Set<String> = [
        "POSTHORN_PG_BIN", "POSTHORN_PG_USER", "POSTHORN_STATE", "POSTHORN_LOG_LEVEL", "POSTHORN_LOG_FORMAT",
    ]

    /// Whether a variable speaks of a database, a platform or a key that is not the demo's.
    static func isForeign(_ name: String) -> Bool {
        if name == "DATABASE_URL" || name.hasPrefix("PG") { return true }
        return name.hasPrefix("POSTHORN_") && !self.kept.contains(name)
    }

    /// Forgets foreign variables, so that neither this process nor those it starts see them.
    ///
    /// - Returns: What is left.
    static func isolate(_ environment: [String: String]) -> [String: String] {
        for name in environment.keys where self.isForeign(name) { unsetenv(name) }
        return environment.filter { !self.isForeign($0.key) }
    }
}
