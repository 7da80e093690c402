// SPDX-License-Identifier: MIT

import Glibc
import Synchronization

/// TCP ports on loopback for servers of tests.
///
/// They lie below those that the system gives to outgoing connections: hundreds of these come and go while tests run, and one
/// could take a port between the moment it is found and the moment it is listened on.
package enum TestPort {
    private static let range: Range<UInt16> = 20_000..<32_768
    private static let given = Mutex<Set<UInt16>>([])

    /// A port that nobody listens on now and that no other test of this process was given.
    ///
    /// - Throws: ``ClusterError`` when there is none.
    package static func next() throws -> UInt16 {
        for _ in 0..<1_000 {
            let port = UInt16.random(in: Self.range)
            guard Self.given.withLock({ $0.insert(port).inserted }) else { continue }
            if Self.isFree(port) { return port }
        }
        throw ClusterError("no free port")
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
