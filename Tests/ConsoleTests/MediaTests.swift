// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PluginKit
import Testing

@testable import Console

@Suite("Files for platforms")
struct MediaTests {
    @Test("a signed address gives the whole file with its type, and HEAD the same without it")
    func whole() async throws {
        try await RunningConsole.with { console in
            let (item, bytes) = try await console.picture(300_000)
            let answer = try await console.ask(.GET, console.target(item))
            #expect(answer.status == 200 && answer.body == bytes)
            #expect(answer.header("Content-Type") == "image/jpeg")
            #expect(answer.header("Content-Length") == "300000")
            #expect(answer.header("Accept-Ranges") == "bytes")
            #expect(answer.header("Transfer-Encoding") == nil && answer.header("Location") == nil)
            let head = try await console.ask(.HEAD, console.target(item))
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.header("Content-Length") == "300000" && head.header("ETag") == answer.header("ETag"))
        }
    }

    @Test("a range gives its bytes and says where they stand; one that the file does not have is 416")
    func ranges() async throws {
        try await RunningConsole.with { console in
            let (item, bytes) = try await console.picture(200_000)
            let target = console.target(item)
            let part = try await console.ask(.GET, target, [("Range", "bytes=1000-150999")])
            #expect(part.status == 206 && part.body == Array(bytes[1000...150_999]))
            #expect(part.header("Content-Range") == "bytes 1000-150999/200000")
            #expect(part.header("Content-Length") == "150000")
            let end = try await console.ask(.GET, target, [("Range", "bytes=-5")])
            #expect(end.status == 206 && end.body == Array(bytes.suffix(5)))
            let beyond = try await console.ask(.GET, target, [("Range", "bytes=200000-")])
            #expect(beyond.status == 416 && beyond.header("Content-Range") == "bytes */200000")
            let same = try await console.ask(
                .GET, target, [("Range", "bytes=0-9"), ("If-Range", "\"\(item.hash)\"")])
            #expect(same.status == 206 && same.body.count == 10)
            let other = try await console.ask(.GET, target, [("Range", "bytes=0-9"), ("If-Range", "\"other\"")])
            #expect(other.status == 200 && other.body.count == 200_000)
            let known = try await console.ask(.GET, target, [("If-None-Match", "\"\(item.hash)\"")])
            #expect(known.status == 304 && known.body.isEmpty)
        }
    }

    @Test("an address that ended is 410, one that was changed 403, a file that is gone 404, each with a reason")
    func refusals() async throws {
        try await RunningConsole.with { console in
            let (item, _) = try await console.picture(1000)
            let ended = try await console.ask(.GET, console.target(item, life: 0))
            #expect(ended.status == 410 && ended.text.contains("has ended"))
            let changed = try await console.ask(
                .GET, console.target(item).replacingOccurrences(of: "expires=1", with: "expires=2"))
            #expect(changed.status == 403 && changed.text.contains("not made by this installation"))
            let bare = try await console.ask(.GET, "/media/\(item.hash).jpg")
            #expect(bare.status == 403)
            for path in ["/", "/media/", "/media/../media/x.jpg", "/healthz", "/metrics"] {
                #expect(try await console.ask(.GET, path).status == 404)
            }
            let lost = MediaItem(hash: String(repeating: "a", count: 64), type: "image/png", byteCount: 1)
            let gone = try await console.ask(.GET, console.target(lost))
            #expect(gone.status == 404 && gone.text.contains("not in the media store"))
            let posted = try await console.ask(.POST, console.target(item))
            #expect(posted.status == 405 && posted.header("Allow") == "GET, HEAD")
            #expect(ended.header("Cache-Control") == "no-store")
        }
    }

    @Test("a download that is on its way when a stop is asked for ends whole, and readiness says that it drains")
    func drain() async throws {
        try await RunningConsole.with { console in
            // More than the buffers of a connection hold, so that the server still has work when it is told to stop.
            let (item, bytes) = try await console.picture(48 << 20)
            let response = try await console.client.execute(
                console.request(.GET, console.target(item)), timeout: .seconds(600))
            var received = 0
            var isAsked = false
            for try await piece in response.body {
                received += piece.readableBytes
                if !isAsked {
                    isAsked = true
                    await console.server.drain()
                    while try await console.ask(.GET, "/readyz", isAdmin: true).text != "draining\n" {
                        try await Task.sleep(for: .milliseconds(10))
                    }
                }
            }
            #expect(received == bytes.count)
        }
    }
}
