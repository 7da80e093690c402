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

/// A TCP port on loopback that nobody uses now.
enum FreePort {
    static func find() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard bound else { throw ClusterError("no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}
