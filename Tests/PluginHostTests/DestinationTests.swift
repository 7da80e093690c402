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

    @Test("an address at another host is a matter for a person at once, and says which host, where and what to do")
    func needsPerson() async throws {
        let client = PlatformHTTPClient()
        let transport = client.transport(for: Fixture.manifest)
        let request = HTTPRequest(.put, host: "upload.example.test", path: "/video?upload_token=secret")
        let error = await Fixture.failure(transport, HTTPCall(request, endpoint: "e"))
        try await client.shutdown()
        let failure = try #require(error)
        for creates in [false, true] {
            let mapped = PluginError(failure, creates: creates)
            #expect(mapped.code == .needsHuman)
            #expect(mapped.message.contains("upload.example.test") && mapped.message.contains("Update Posthorn"))
            #expect(!mapped.message.contains("secret"))
        }
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

    @Test("a URL under the origin goes unchanged, whatever its path; one beside it goes nowhere")
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
            #expect(try await transport.send(call("/upload/77?token=t")).status == 200)
            var beside = call("/upload/77")
            beside.request.authority = "127.0.0.1:1"
            #expect(await Fixture.failure(transport, beside)?.isForbidden == true)
            beside.request.authority = "localhost:\(server.port)"
            #expect(await Fixture.failure(transport, beside)?.isForbidden == true)
        }
        #expect(server.requests.count == 2)
        #expect(server.requests.first?.hasPrefix("GET /api.example.test/next?page=2 HTTP/1.1\r\n") == true)
        #expect(server.requests.last?.hasPrefix("GET /upload/77?token=t HTTP/1.1\r\n") == true)
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
