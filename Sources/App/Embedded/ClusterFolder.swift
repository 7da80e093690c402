// SPDX-License-Identifier: MIT

import Crypto
import Foundation

/// The folders of a private cluster.
///
/// As root the server's user must be able to reach them; where the state folder is closed to it (under `/root`, say), the cluster
/// lives under `/var/lib/posthorn` and the state folder holds a link to it.
package struct ClusterFolder: Sendable, Hashable {
    /// The cluster's own folder, closed to other users.
    package var path: String

    /// PostgreSQL's data.
    package var data: String { self.path + "/data" }
    /// The generated password of the loopback listener.
    package var password: String { self.path + "/password" }
    /// The port of the last start.
    package var port: String { self.path + "/port" }

    /// Finds or makes the cluster's folder.
    ///
    /// - Parameters:
    ///   - state: the state folder.
    ///   - user: who runs the server.
    /// - Returns: the folders.
    /// - Throws: ``CommandError`` with exit code 77 when a folder cannot be made.
    package static func prepare(in state: StateFolder, for user: ServerUser) throws -> ClusterFolder {
        let manager = FileManager.default
        if !user.canReach(state.path), !manager.fileExists(atPath: state.postgres) {
            let digest = SHA256.hash(data: Data(state.path.utf8)).prefix(6).map { String(format: "%02x", $0) }.joined()
            let elsewhere = "/var/lib/posthorn/\(digest)"
            try Self.make(elsewhere)
            // A dangling link would be in the way.
            try? manager.removeItem(atPath: state.postgres)
            try Self.attempt("cannot make the link \(state.postgres)") {
                try manager.createSymbolicLink(atPath: state.postgres, withDestinationPath: elsewhere)
            }
        }
        try Self.make(state.postgres)
        let folder = ClusterFolder(path: URL(fileURLWithPath: state.postgres).resolvingSymlinksInPath().path)
        try user.own(folder.path)
        guard user.canReach(folder.path) else {
            throw CommandError(
                .notPermitted, "the user \(user.name), who runs PostgreSQL, cannot reach \(folder.path)",
                remedy: "remove \(state.postgres) and start again, or work in a folder that user may enter")
        }
        return folder
    }

    /// The folder of the Unix socket: inside the cluster's, or a short one in the temporary folder when the path would be longer than
    /// the 107 bytes that a socket's name may have.
    ///
    /// - Parameter user: who runs the server.
    /// - Returns: a folder that only this user (and root) can enter.
    /// - Throws: ``CommandError`` with exit code 77 when the folder belongs to somebody else.
    package func socket(for user: ServerUser) throws -> String {
        let inside = self.path + "/socket"
        let longestName = "/.s.PGSQL.65535.lock"
        var folder = inside
        if inside.utf8.count + longestName.utf8.count > 107 {
            let digest = SHA256.hash(data: Data(self.path.utf8)).prefix(6).map { String(format: "%02x", $0) }.joined()
            folder = "/tmp/posthorn-\(user.userID)-\(digest)"
        }
        try Self.make(folder)
        try user.own(folder)
        guard let info = FileOwnership(folder), info.isFolder, info.userID == user.userID, info.mode & 0o077 == 0 else {
            throw CommandError(
                .notPermitted, "the socket folder \(folder) does not belong to \(user.name) alone",
                remedy: "remove it and start again")
        }
        return folder
    }

    private static func make(_ path: String) throws {
        try Self.attempt("cannot make the folder \(path)") {
            let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
            guard !FileManager.default.fileExists(atPath: path) else { return }
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        }
    }

    private static func attempt(_ what: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            throw CommandError(
                .notPermitted, what, details: [error.localizedDescription],
                remedy: "run the command in a folder you may write to")
        }
    }
}
