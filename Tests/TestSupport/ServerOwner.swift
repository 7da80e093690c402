// SPDX-License-Identifier: MIT

import Glibc

/// Who runs a server of a test's own when the tests run as root, which PostgreSQL and PgBouncer refuse.
struct ServerOwner: Sendable {
    private let user: uid_t
    private let group: gid_t

    /// The user `postgres` for root; nil for anybody else, who runs servers as himself.
    static func ifRoot() throws -> ServerOwner? {
        guard geteuid() == 0 else { return nil }
        guard let entry = getpwnam("postgres") else {
            throw ClusterError("there is no user postgres, and PostgreSQL refuses to run as root")
        }
        return ServerOwner(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
    }

    /// What goes before a program and its arguments.
    var command: [String] {
        ["/usr/bin/setpriv", "--reuid=\(self.user)", "--regid=\(self.group)", "--init-groups", "--"]
    }

    /// Makes a file or folder the owner's.
    func take(_ path: String) throws {
        guard chown(path, self.user, self.group) == 0 else {
            throw ClusterError("\(path) cannot be given to postgres")
        }
    }
}
