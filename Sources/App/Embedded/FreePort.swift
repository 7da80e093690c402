// SPDX-License-Identifier: MIT

import Foundation

/// Finds ports on the loopback address.
package enum FreePort {
    /// Where ports are chosen: below those that systems give to outgoing connections (from 32,768 on Linux), any of which could
    /// take a port between the moment it is found and the moment it is listened on.
    private static let range = 20_000..<32_768

    /// A port that nobody listens on now.
    ///
    /// - Throws: ``CommandError`` with exit code 69 when the system has none.
    package static func any() throws -> Int {
        for _ in 0..<256 {
            let port = Int.random(in: Self.range)
            if Self.isFree(port) { return port }
        }
        guard let port = Self.bind(0) else {
            throw CommandError(.unreachable, "the system gives out no free port on 127.0.0.1")
        }
        return port
    }

    /// Whether a port can be listened on now.
    package static func isFree(_ port: Int) -> Bool { Self.bind(port) != nil }

    private static func bind(_ port: Int) -> Int? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // What a server does too: a port in TIME_WAIT is free.
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Foundation.bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        return isBound ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }
}
