// SPDX-License-Identifier: MIT

import Foundation

/// Asks whether somebody listens.
enum TCPProbe {
    /// Whether a connection can be made.
    ///
    /// - Parameters:
    ///   - host: a name or an address.
    ///   - port: the port.
    ///   - seconds: how long to wait for each address of the host.
    /// - Returns: whether one of the host's addresses took the connection.
    static func answers(host: String, port: Int, within seconds: Int) -> Bool {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else { return false }
        defer { freeaddrinfo(list) }
        var next = list
        while let entry = next?.pointee {
            if Self.connects(entry, seconds) { return true }
            next = entry.ai_next
        }
        return false
    }

    private static func connects(_ entry: addrinfo, _ seconds: Int) -> Bool {
        let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(entry.ai_family, flags, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // A send time-out bounds connect() as well on Linux.
        var limit: (seconds: Int, microseconds: Int) = (seconds, 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<(Int, Int)>.size))
        return connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0
    }
}
