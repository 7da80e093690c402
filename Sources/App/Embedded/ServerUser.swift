// SPDX-License-Identifier: MIT

import Foundation

/// Who runs PostgreSQL: never root.
package struct ServerUser: Sendable, Hashable {
    /// The login name.
    package var name: String
    /// The user's number.
    package var userID: UInt32
    /// The number of the user's main group.
    package var groupID: UInt32
    /// Whether the server must change to this user, because we are root.
    package var isSwitched: Bool

    /// The user to run the server as: this one, or as root the one of `pg.user`.
    ///
    /// - Parameter configured: a user's name; `postgres` when `nil`.
    /// - Returns: the user.
    /// - Throws: ``CommandError`` with exit code 78 when there is no such user, or it is root.
    package static func choose(_ configured: String?) throws -> ServerUser {
        guard geteuid() == 0 else {
            return ServerUser(
                name: NSUserName(), userID: geteuid(), groupID: getegid(), isSwitched: false)
        }
        let name = configured ?? "postgres"
        guard let found = Self.lookUp(name) else {
            throw CommandError(
                .configuration, "PostgreSQL must not run as root, and there is no user “\(name)” to run it as",
                remedy: "install Debian's postgresql package, which makes the user postgres, "
                    + "or name another with POSTHORN_PG_USER, or run Posthorn as an ordinary user")
        }
        guard found.userID != 0 else {
            throw CommandError(
                .configuration, "PostgreSQL must not run as root", remedy: "set POSTHORN_PG_USER to an ordinary user")
        }
        guard FileManager.default.isExecutableFile(atPath: Self.switcher) else {
            throw CommandError(
                .configuration, "\(Self.switcher) is missing, which changes the user for PostgreSQL",
                remedy: "install Debian's util-linux, or run Posthorn as an ordinary user")
        }
        return found
    }

    /// The program that changes the user and then becomes another one.
    static let switcher = "/usr/bin/setpriv"

    /// Whether the user may walk through a folder and everything above it.
    package func canReach(_ path: String) -> Bool {
        guard self.isSwitched else { return true }
        var url = URL(fileURLWithPath: path).standardizedFileURL
        while true {
            if let info = FileOwnership(url.path), !self.canSearch(info) { return false }
            guard url.path != "/" else { return true }
            url.deleteLastPathComponent()
        }
    }

    /// Makes the user the owner of a file or folder, when it is another one.
    ///
    /// - Throws: ``CommandError`` with exit code 77.
    package func own(_ path: String) throws {
        guard self.isSwitched else { return }
        guard chown(path, self.userID, self.groupID) == 0 else {
            throw CommandError(
                .notPermitted, "cannot give \(path) to the user \(self.name)",
                details: [String(cString: strerror(errno))])
        }
    }

    private func canSearch(_ info: FileOwnership) -> Bool {
        if info.userID == self.userID { return info.mode & 0o100 != 0 }
        if info.groupID == self.groupID { return info.mode & 0o010 != 0 }
        return info.mode & 0o001 != 0
    }

    private static func lookUp(_ name: String) -> ServerUser? {
        var entry = passwd()
        var result: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16_384)
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &result) == 0, result != nil else { return nil }
        return ServerUser(name: name, userID: entry.pw_uid, groupID: entry.pw_gid, isSwitched: true)
    }
}
