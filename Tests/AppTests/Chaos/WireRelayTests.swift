// SPDX-License-Identifier: MIT

import Glibc
import Testing

@testable import WireRelay

@Suite("wire relay")
struct WireRelayTests {
    @Test("a client that comes while the system has no descriptors is served when it has some")
    func outOfDescriptors() async {
        // In a process of its own, whose limit is nobody else's.
        await #expect(processExitsWith: .success) {
            let (server, port) = try WireSocket.listen()
            let relay = try WireRelay(upstream: port) { _ in .pass }
            let clients = (0..<2).map { _ in socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
            var usual = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &usual)
            var none = usual
            none.rlim_cur = 1
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none)
            for client in clients {
                Self.connect(client, relay.port)
                // Turned away at once where the system keeps a descriptor for the next client: then the one after it finds none.
                var turnedAway = pollfd(fd: client, events: Int16(POLLIN), revents: 0)
                poll(&turnedAway, 1, 100)
            }
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &usual)
            let greeting: [UInt8] = [0, 0, 0, 8, 0, 3, 0, 0]
            _ = WireSocket.write(clients[0], greeting)
            #expect(WireSocket.write(clients[1], greeting))
            var come = pollfd(fd: server, events: Int16(POLLIN), revents: 0)
            try #require(poll(&come, 1, 30_000) == 1)
            #expect(WireSocket.read(accept(server, nil, nil), 8) == greeting)
            relay.close()
        }
    }

    private static func connect(_ descriptor: Int32, _ port: UInt16) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        address.sin_port = port.bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Glibc.connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        #expect(isConnected)
    }
}
