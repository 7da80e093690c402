// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import PluginKit
import Testing

@testable import PluginHost

@Suite("Where requests may go")
struct DestinationTests {
    @Test(
        "only the hosts of the manifest are reached",
        arguments: ["evil.example", "api.example.test.evil.example", "127.0.0.1"])
    func otherHost(host: String) async throws {
        let server = RawServer { server, connection in server.note(connection.readRequest()) }
        defer { server.stop() }
        let error = try await Fixture.withTransport(port: server.port) {
            await Fixture.failure($0, HTTPCall(HTTPRequest(.get, host: host, path: "/"), endpoint: "e"))
        }
        #expect(error?.reach == .notSent)
        #expect(server.connections == 0)
    }

    @Test("without an origin only https is spoken")
    func plainHTTP() async throws {
        let client = PlatformHTTPClient()
        let request = HTTPRequest(method: .get, scheme: "http", authority: "api.example.test", path: "/")
        let error = await Fixture.failure(client.transport(for: Fixture.manifest), HTTPCall(request, endpoint: "e"))
        try await client.shutdown()
        #expect(error?.reach == .notSent)
        #expect(error?.message.contains("https") == true)
    }

    @Test("a URL under the origin stays as it is, and its host is checked too")
    func underOrigin() async throws {
        let server = RawServer { server, connection in
            while let request = connection.readRequest() {
                server.note(request)
                connection.answer()
            }
        }
        defer { server.stop() }
        func call(_ path: String) -> HTTPCall {
            HTTPCall(
                HTTPRequest(method: .get, scheme: "http", authority: "127.0.0.1:\(server.port)", path: path),
                endpoint: "e")
        }
        try await Fixture.withTransport(port: server.port) { transport in
            let reply = try await transport.send(call("/api.example.test/next?page=2"))
            #expect(reply.status == 200)
            let refused = await Fixture.failure(transport, call("/admin/reset"))
            #expect(refused?.reach == .notSent)
        }
        #expect(server.requests.count == 1)
        #expect(server.requests.first?.hasPrefix("GET /api.example.test/next?page=2 HTTP/1.1\r\n") == true)
    }

    @Test(
        "an origin is a bare http or https URL",
        arguments: ["", "127.0.0.1:8300", "ftp://x", "http://", "http://u@h", "http://h?q"])
    func badOrigin(text: String) { #expect(PlatformOrigin(text) == nil) }

    @Test("a platform's URL is served under the origin, once")
    func serve() throws {
        let origin = try #require(PlatformOrigin("http://127.0.0.1:8300/"))
        #expect(origin.serve("https://api.x.com/2/tweets?a=b") == "http://127.0.0.1:8300/api.x.com/2/tweets?a=b")
        #expect(origin.serve("http://127.0.0.1:8300/api.x.com/2") == "http://127.0.0.1:8300/api.x.com/2")
    }
}
