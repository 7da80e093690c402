// SPDX-License-Identifier: MIT

import NIOHTTP1
import Testing

@testable import Console

@Suite("Health and metrics")
struct AdminTests {
    @Test("health is about the process, readiness about what it needs, and says why not")
    func health() async throws {
        try await RunningConsole.with { console in
            let health = try await console.ask(.GET, "/healthz", isAdmin: true)
            #expect(health.status == 200 && health.text == "ok\n")
            #expect(try await console.ask(.GET, "/readyz", isAdmin: true).status == 200)
            #expect(try await console.ask(.POST, "/readyz", isAdmin: true).status == 405)
            #expect(try await console.ask(.GET, "/media/x.jpg", isAdmin: true).status == 404)
        }
        try await RunningConsole.with(readiness: { "cannot reach the database" }) { console in
            let ready = try await console.ask(.GET, "/readyz", isAdmin: true)
            #expect(ready.status == 503 && ready.text == "cannot reach the database\n")
            #expect(try await console.ask(.GET, "/healthz", isAdmin: true).status == 200)
        }
    }

    @Test("metrics count answers by status and the bytes that were sent")
    func metrics() async throws {
        try await RunningConsole.with { console in
            let (item, _) = try await console.picture(5000)
            _ = try await console.ask(.GET, console.target(item))
            _ = try await console.ask(.GET, console.target(item), [("Range", "bytes=0-99")])
            _ = try await console.ask(.HEAD, console.target(item))
            _ = try await console.ask(.GET, "/media/x.jpg")
            let answer = try await console.ask(.GET, "/metrics", isAdmin: true)
            #expect(answer.header("Content-Type")?.hasPrefix("text/plain; version=0.0.4") == true)
            let lines = answer.text.split(separator: "\n")
            for line in [
                "posthorn_build_info{version=\"1.2.3\"} 1", "posthorn_media_responses_total{status=\"200\"} 2",
                "posthorn_media_responses_total{status=\"206\"} 1", "posthorn_media_responses_total{status=\"403\"} 1",
                "posthorn_media_sent_bytes_total 5100", "posthorn_serve_draining 0",
            ] {
                #expect(lines.contains(Substring(line)), "\(answer.text)")
            }
        }
    }

    @Test("a port that is taken is named, with the setting that chooses another")
    func taken() async throws {
        try await RunningConsole.with { console in
            let port = console.ports.admin
            let error = await #expect(throws: ConsoleError.self) {
                try await RunningConsole.with(admin: ListenAddress(host: "127.0.0.1", port: port)) { _ in }
            }
            #expect(error?.code == .portTaken)
            #expect(error?.message.contains("127.0.0.1:\(port)") == true)
            #expect(error?.remedy.contains("POSTHORN_ADMIN_ADDRESS") == true)
        }
    }

    @Test(
        "an address is a host and a port",
        arguments: [
            ("127.0.0.1:9464", "127.0.0.1:9464"), ("[::1]:80", "[::1]:80"), ("localhost:0", "localhost:0"),
            ("9464", nil), (":9464", nil), ("a:b", nil), ("::1:80", nil), ("h:70000", nil), ("h:-1", nil), ("", nil),
        ] as [(String, String?)])
    func addresses(text: String, read: String?) {
        #expect(ListenAddress(text)?.description == read)
    }
}
