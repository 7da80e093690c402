// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit
import Testing

@testable import PluginHost

@Suite("The HTTP transport")
struct HTTPClientTransportTests {
    @Test("an answer arrives whole, from ORIGIN/HOST/PATH")
    func answer() async throws {
        let server = RawServer { server, connection in
            server.note(connection.readRequest())
            connection.answer("201 Created", headers: ["X-Request-Id: r1", "Connection: close"], #"{"id":"1"}"#)
        }
        defer { server.stop() }
        let recorder = NotedExchanges()
        let reply = try await Fixture.withTransport(port: server.port, recorder: recorder) {
            try await $0.send(Fixture.call(.post, body: .bytes(Data("hello".utf8))))
        }
        #expect(reply.status == 201)
        #expect(reply.header("x-request-id") == "r1")
        #expect(String(decoding: reply.body, as: UTF8.self) == #"{"id":"1"}"#)
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("POST /api.example.test/v1/things?secret=s3cr3t HTTP/1.1\r\n"))
        #expect(request.hasSuffix("\r\n\r\nhello"))
        #expect(!request.lowercased().contains("x-posthorn"))
        let record = try #require(recorder.all.first)
        #expect(recorder.all.count == 1)
        #expect(record.host == "api.example.test" && record.path == "/v1/things" && record.endpoint == "things")
        #expect(record.status == 201 && record.requestID == "r1" && record.bytesSent == 5 && record.bytesReceived == 10)
    }

    @Test("a call that gets no answer ends at its deadline, and may have arrived")
    func deadline() async throws {
        let server = RawServer { server, connection in
            server.note(connection.readRequest())
            connection.awaitClose()
        }
        defer { server.stop() }
        let recorder = NotedExchanges()
        let error = try await Fixture.withTransport(port: server.port, recorder: recorder) {
            await Fixture.failure($0, Fixture.call(.post, body: .bytes(Data("x".utf8)), deadline: .milliseconds(300)))
        }
        #expect(error?.reach == .mayHaveArrived)
        #expect(error?.message.contains("no complete answer") == true)
        #expect(recorder.all.first?.failure == .mayHaveArrived)
    }

    @Test("a body that trickles does not outlast the deadline")
    func slowBody() async throws {
        let server = RawServer { server, connection in
            server.note(connection.readRequest())
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            connection.awaitClose()
        }
        defer { server.stop() }
        let error = try await Fixture.withTransport(port: server.port) {
            await Fixture.failure($0, Fixture.call(deadline: .milliseconds(300)))
        }
        #expect(error?.reach == .mayHaveArrived)
    }

    @Test("a reset after the request was read may have arrived", arguments: [true, false])
    func resetAfterRead(reset: Bool) async throws {
        let server = RawServer { server, connection in
            server.note(connection.readRequest())
            if reset { connection.reset() }
        }
        defer { server.stop() }
        let error = try await Fixture.withTransport(port: server.port) {
            await Fixture.failure($0, Fixture.call(.post, body: .bytes(Data("x".utf8))))
        }
        #expect(error?.reach == .mayHaveArrived)
        #expect(server.requests.count == 1)
        #expect(server.connections == 1)
    }

    @Test("an answer that breaks off is no answer")
    func truncated() async throws {
        let server = RawServer { server, connection in
            server.note(connection.readRequest())
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":")
        }
        defer { server.stop() }
        let error = try await Fixture.withTransport(port: server.port) { await Fixture.failure($0, Fixture.call()) }
        #expect(error?.reach == .mayHaveArrived)
    }

    @Test("a refused connection was not sent, at once")
    func refused() async throws {
        let server = RawServer { _, _ in }
        let port = server.port
        server.stop()
        let error = try await Fixture.withTransport(port: port) { await Fixture.failure($0, Fixture.call(.post)) }
        #expect(error?.reach == .notSent)
    }

    @Test("a host that does not resolve was not sent")
    func unresolved() async throws {
        let client = PlatformHTTPClient(
            PlatformHTTPConfiguration(origin: PlatformOrigin("http://no-such-host.invalid")))
        let error = await Fixture.failure(client.transport(for: Fixture.manifest), Fixture.call(.post))
        try await client.shutdown()
        #expect(error?.reach == .notSent)
    }

    @Test("a TLS failure was not sent")
    func tls() async throws {
        let server = RawServer { _, connection in
            _ = connection.read()
            connection.write("this is not TLS\r\n\r\n")
        }
        defer { server.stop() }
        let client = PlatformHTTPClient(
            PlatformHTTPConfiguration(origin: PlatformOrigin("https://127.0.0.1:\(server.port)")))
        let error = await Fixture.failure(client.transport(for: Fixture.manifest), Fixture.call(.post))
        try await client.shutdown()
        #expect(error?.reach == .notSent)
    }

    @Test("a larger answer than allowed is an error, with and without a length", arguments: [true, false])
    func cap(withLength: Bool) async throws {
        let server = RawServer { server, connection in
            server.note(connection.readRequest())
            if withLength {
                connection.answer("200 OK", headers: [], String(repeating: "x", count: 2000))
            } else {
                connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + String(repeating: "x", count: 2000))
            }
        }
        defer { server.stop() }
        try await Fixture.withTransport(port: server.port) { transport in
            let error = await Fixture.failure(transport, Fixture.call(cap: 1000))
            #expect(error?.reach == .mayHaveArrived)
            #expect(error?.message.contains("larger than 1000 bytes") == true)
        }
    }

    @Test("a redirect is an answer, not an order")
    func redirect() async throws {
        let server = RawServer { server, connection in
            while let request = connection.readRequest() {
                server.note(request)
                connection.answer("302 Found", headers: ["Location: /elsewhere"])
            }
        }
        defer { server.stop() }
        let reply = try await Fixture.withTransport(port: server.port) { try await $0.send(Fixture.call()) }
        #expect(reply.status == 302)
        #expect(server.requests.count == 1)
    }

    @Test("a request on a stale connection is never repeated")
    func stale() async throws {
        let server = RawServer { server, connection in
            server.note(connection.readRequest())
            connection.answer("200 OK", headers: [], "first")
            if connection.number == 0 {
                // The next request on this connection is read, and the connection then reset.
                server.note(connection.readRequest())
                connection.reset()
            }
        }
        defer { server.stop() }
        try await Fixture.withTransport(port: server.port) { transport in
            _ = try await transport.send(Fixture.call())
            let error = await Fixture.failure(transport, Fixture.call(.post, body: .bytes(Data("once".utf8))))
            #expect(error?.reach == .mayHaveArrived)
        }
        #expect(server.connections == 1)
        #expect(server.requests.count == 2)
        #expect(server.requests.filter { $0.hasPrefix("POST") }.count == 1)
    }

    @Test("a file is streamed from its offset")
    func file() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "posthorn-\(UUID().uuidString)").path
        let content = Data((0..<200_000).map { UInt8(ascii: "a") + UInt8($0 % 26) })
        try content.write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let server = RawServer { server, connection in
            server.note(connection.readRequest())
            connection.answer("201 Created")
        }
        defer { server.stop() }
        try await Fixture.withTransport(port: server.port) { transport in
            let reply = try await transport.send(
                Fixture.call(.post, body: .file(path: path, offset: 10, length: 150_000)))
            #expect(reply.status == 201)
            let missing = await Fixture.failure(
                transport, Fixture.call(.post, body: .file(path: path, offset: 10, length: 200_000)))
            #expect(missing?.reach == .notSent)
        }
        let request = try #require(server.requests.first)
        #expect(request.lowercased().contains("content-length: 150000\r\n"))
        #expect(request.hasSuffix(String(decoding: content[10..<150_010], as: UTF8.self)))
    }

    @Test("a form with a file in it is streamed: head, file, tail")
    func framed() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "posthorn-\(UUID().uuidString)").path
        let content = Data((0..<200_000).map { UInt8(ascii: "a") + UInt8($0 % 26) })
        try content.write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let server = RawServer { server, connection in
            server.note(connection.readRequest())
            connection.answer("201 Created")
        }
        defer { server.stop() }
        func body(_ length: Int64) -> HTTPCall.Body {
            .framed(head: Data("<<".utf8), path: path, offset: 10, length: length, tail: Data(">>".utf8))
        }
        try await Fixture.withTransport(port: server.port) { transport in
            let reply = try await transport.send(Fixture.call(.post, body: body(150_000)))
            #expect(reply.status == 201)
            let missing = await Fixture.failure(transport, Fixture.call(.post, body: body(200_000)))
            #expect(missing?.reach == .notSent)
        }
        let request = try #require(server.requests.first)
        #expect(request.lowercased().contains("content-length: 150004\r\n"))
        #expect(request.hasSuffix("<<\(String(decoding: content[10..<150_010], as: UTF8.self))>>"))
    }

    @Test("a call that is cancelled before anything is written was not sent")
    func cancelledEarly() async throws {
        let server = RawServer { server, connection in server.note(connection.readRequest()) }
        defer { server.stop() }
        try await Fixture.withTransport(port: server.port) { transport in
            let error = await withTaskGroup(of: TransportError?.self) { group in
                group.cancelAll()
                group.addTask { await Fixture.failure(transport, Fixture.call(.post)) }
                return await group.next() ?? nil
            }
            #expect(error?.reach == .notSent)
        }
        #expect(server.requests.isEmpty)
    }
}
