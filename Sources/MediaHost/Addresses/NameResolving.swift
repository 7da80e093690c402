// SPDX-License-Identifier: MIT

import Foundation
import NIOCore
import NIOPosix
package import PluginKit

/// Finds the addresses of a host.
package protocol NameResolving: Sendable {
    /// The addresses of a host, the best one first; none when there is no such host.
    func addresses(of host: String) async throws -> [NetworkAddress]
}

/// The system's own resolver, off the threads that tasks run on.
package struct SystemResolver: NameResolving {
    /// Makes a resolver.
    package init() {}

    /// Asks the system.
    package func addresses(of host: String) async throws -> [NetworkAddress] {
        try await NIOThreadPool.singleton.runIfActive { Self.look(up: host) }
    }

    private static func look(up host: String) -> [NetworkAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [NetworkAddress] = []
        var next = list
        while let entry = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            if getnameinfo(
                entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
                == 0
            {
                let written = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                // A zone is of this machine's own links, which are never reached.
                if let address = NetworkAddress(String(written.prefix { $0 != "%" })), !found.contains(address) {
                    found.append(address)
                }
            }
            next = entry.pointee.ai_next
        }
        return found
    }
}
