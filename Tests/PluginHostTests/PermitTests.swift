// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit
import Synchronization
import Testing

@testable import PluginHost

@Suite("The permit to send")
struct PermitTests {
    @Test("a permit that has run out stops the request before anything is written")
    func expired() async throws {
        let server = RawServer { server, connection in server.note(connection.readRequest()) }
        defer { server.stop() }
        let permit = SendPermit(key: "k", number: 1, notAfter: .now - .seconds(1))
        let error = try await Fixture.withTransport(port: server.port) {
            await Fixture.failure($0, Fixture.call(.post, permit: permit))
        }
        #expect(error?.reach == .notSent)
        #expect(server.connections == 0)
    }

    @Test("a permit that runs out while the request waits for a connection stops it")
    func expiredInQueue() async throws {
        let release = DispatchSemaphore(value: 0)
        let server = RawServer { server, connection in
            while let request = connection.readRequest() {
                server.note(request)
                release.wait()
                connection.answer("200 OK", headers: [], "ok")
            }
        }
        defer { server.stop() }
        try await Fixture.withTransport(port: server.port, connectionsPerHost: 1) { transport in
            async let first = transport.send(Fixture.call())
            while server.requests.isEmpty { await Task.yield() }
            let notAfter = ContinuousClock.now + .milliseconds(50)
            async let second = Fixture.failure(
                transport, Fixture.call(.post, permit: SendPermit(key: "k", number: 1, notAfter: notAfter)))
            while ContinuousClock.now <= notAfter { await Task.yield() }
            release.signal()
            let reply = try await first
            #expect(reply.status == 200)
            let error = await second
            #expect(error?.reach == .notSent)
            #expect(error?.message.contains("permit") == true)
            // The connection that refused is gone; the next call makes its own.
            release.signal()
            let next = try await transport.send(Fixture.call())
            #expect(next.status == 200)
        }
        #expect(server.requests.allSatisfy { $0.hasPrefix("GET") })
    }

    @Test("a request that was given up before it was written is not written later")
    func closedGate() {
        let gate = SendGate(notAfter: nil)
        #expect(gate.close() == .closed)
        #expect(!gate.mayWrite())
        let other = SendGate(notAfter: nil)
        #expect(other.mayWrite())
        #expect(!other.mayWrite())
        #expect(other.close() == .written)
    }
}
