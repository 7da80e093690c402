// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PQClient
import Subprocess
import TestSupport
import Testing

@testable import App

@Suite(.postgresSchema, .timeLimit(.minutes(10)))
struct MediaSystemTests {
    private static let looking = ["POSTHORN_MEDIA_PROBE": "auto", "POSTHORN_MEDIA_URL_LOOPBACK": "true"]

    /// Draws a film of a length in the agency's folder.
    private static func film(_ name: String, seconds: Int, size: String = "320x240", _ agency: SimulatedAgency)
        async throws
    {
        let path = agency.folder.appendingPathComponent(name).path
        let result = try await Subprocess.run(
            .name("ffmpeg"),
            arguments: [
                "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=\(size):r=30:d=\(seconds)", "-c:v",
                "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", path,
            ], output: .discarded, error: .string(limit: 65_536))
        try #require(result.terminationStatus == .exited(0), "\(result.standardError)")
    }

    private static func create(
        _ agency: SimulatedAgency, _ media: String, _ more: String...
    ) async throws -> SimulatedAgency.Answer {
        try await agency.answer(
            ["post", "create", "--client", "acme", "--account", "x", "--now", "--text", "Film", "--media", media]
                + more)
    }

    @Test("a film that X would refuse is refused when it is planned, with its length, the limit and what to do")
    func planned() async throws {
        try await SimulatedAgency.with(environment: Self.looking) { agency in
            try await agency.connect("x")
            try await Self.film("long.mp4", seconds: 141, size: "32x32", agency)
            let answer = try await Self.create(agency, "long.mp4")
            #expect(answer.code == 65)
            #expect(
                answer.messages.contains(
                    "media[0]: The film lasts 141 s; in a video it may last 0.5 s to 140 s; cut it."),
                "\(answer.messages)")
            #expect(try await agency.count("SELECT count(*) FROM target") == 0)
        }
    }

    @Test("what was found in a file is kept once, checked again before it is sent, and a file that fits is published")
    func sent() async throws {
        try await SimulatedAgency.with(environment: Self.looking) { agency in
            try await agency.connect("x")
            try await Self.film("a.mp4", seconds: 2, agency)
            try await Self.film("b.mp4", seconds: 3, agency)
            for name in ["a.mp4", "b.mp4"] {
                let answer = try await Self.create(agency, name)
                try #require(answer.code == 0, "\(answer.messages)")
            }
            #expect(
                try await agency.count(
                    """
                    SELECT count(*) FROM media
                    WHERE probe @> '{"width": 320, "height": 240, "video_codec": "h264"}' AND probe ? 'duration_ms'
                    """) == 2)
            #expect(try await agency.count("SELECT count(*) FROM target WHERE content::text LIKE '%h264%'") == 0)
            // As if X took less by now than when the post was planned.
            try await agency.execute(
                """
                UPDATE media SET probe = probe || '{"duration_ms": 200000}' WHERE file_name = 'b.mp4'
                """)
            try await agency.until {
                try await agency.work()
                return try await agency.count("SELECT count(*) FROM target WHERE state IN ('published', 'failed')") == 2
            }
            #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'published'") == 1)
            #expect(
                try await agency.count(
                    """
                    SELECT count(*) FROM target WHERE state = 'failed' AND failure_code = 'permanent'
                      AND failure_message LIKE 'media[0]: The film lasts 200 s;%'
                    """) == 1)
        }
    }

    @Test("a damaged film is refused with the reason")
    func damaged() async throws {
        try await SimulatedAgency.with(environment: Self.looking) { agency in
            try await agency.connect("x")
            try Data("\u{0}\u{0}\u{0}\u{18}ftypmp42 and no more".utf8).write(
                to: agency.folder.appendingPathComponent("broken.mp4"))
            let answer = try await Self.create(agency, "broken.mp4")
            #expect(answer.code == 65 && answer.messages.contains("cannot be read as video/mp4"), "\(answer.messages)")
        }
    }

    @Test("a file is fetched from its address when it is safe, and its post is as one of a file of this machine")
    func address() async throws {
        try await SimulatedAgency.with(environment: Self.looking) { agency in
            try await agency.connect("x")
            try await agency.pretend("mock")
            try await Self.film("a.mp4", seconds: 2, agency)
            var request = HTTPClientRequest(url: "\(agency.origin)/mock.posthorn.test/v1/media")
            request.method = .POST
            request.headers = ["Authorization": "Bearer mock-1", "Content-Type": "video/mp4"]
            request.body = .bytes(try Data(contentsOf: agency.folder.appendingPathComponent("a.mp4")))
            let reply = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
            struct Made: Decodable { var id: String }
            let made = try JSONDecoder().decode(
                Made.self, from: Data(try await reply.body.collect(upTo: 1 << 20).readableBytesView))
            let answer = try await Self.create(agency, "\(agency.origin)/_media/\(made.id)")
            #expect(answer.code == 0, "\(answer.messages)")
            #expect(
                try await agency.count("SELECT count(*) FROM media WHERE type = 'video/mp4' AND probe ? 'width'") == 1)
            let inner = try await Self.create(agency, "http://169.254.169.254/latest/meta-data")
            #expect(
                inner.code == 65 && inner.messages.contains("no address of the public network"), "\(inner.messages)")
        }
    }
}
