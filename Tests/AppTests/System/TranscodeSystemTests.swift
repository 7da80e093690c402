// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import Subprocess
import TestSupport
import Testing

@testable import App

/// The built program makes files fit that a platform would refuse, with the programs that the tests need anyway.
@Suite("transcoding", .postgresSchema, .timeLimit(.minutes(10)))
struct TranscodeSystemTests {
    private static let looking = ["POSTHORN_MEDIA_PROBE": "required", "POSTHORN_PUBLIC_URL": "http://127.0.0.1:1/p"]

    private static func draw(_ name: String, _ arguments: [String], _ agency: SimulatedAgency) async throws {
        let path = agency.folder.appendingPathComponent(name).path
        let result = try await Subprocess.run(
            .name("ffmpeg"),
            arguments: Arguments(["-v", "error", "-nostdin", "-f", "lavfi", "-i"] + arguments + [path]),
            output: .discarded, error: .string(limit: 65_536))
        try #require(result.terminationStatus == .exited(0), "\(result.standardError)")
    }

    private static func create(
        _ agency: SimulatedAgency, _ accounts: [String], _ media: String, _ more: String...
    ) async throws -> SimulatedAgency.Answer {
        try await agency.answer(
            ["post", "create", "--client", "acme", "--now", "--text", "Look", "--media", media]
                + accounts.flatMap { ["--account", $0] } + more)
    }

    @Test("a picture gets a file of its own for the account that refuses it, the others keep the original")
    func picture() async throws {
        try await SimulatedAgency.with(environment: Self.looking) { agency in
            for platform in ["x", "instagram"] { try await agency.connect(platform) }
            try await Self.draw("shoe.png", ["testsrc2=s=1000x1000", "-frames:v", "1"], agency)
            let refused = try await Self.create(agency, ["x", "instagram"], "shoe.png")
            #expect(refused.code == 65)
            #expect(refused.messages.contains("With --transcode it is made to fit."), "\(refused.messages)")
            let tried = try await Self.create(agency, ["x", "instagram"], "shoe.png", "--transcode", "--dry-run")
            #expect(tried.code == 0 && tried.messages.contains("would be made to fit"), "\(tried.messages)")
            #expect(try await agency.count("SELECT count(*) FROM media") == 0)

            let answer = try await Self.create(agency, ["x", "instagram"], "shoe.png", "--transcode")
            #expect(answer.code == 0, "\(answer.messages)")
            #expect(
                answer.messages.contains(
                    "account instagram, media[0]: shoe.png was made to fit: image/png became image/jpeg"),
                "\(answer.messages)")
            #expect(!answer.messages.contains("account x, media[0]"))
            #expect(
                try await agency.count(
                    """
                    SELECT count(*) FROM media AS made JOIN media AS original ON original.hash = made.source_hash
                    WHERE made.type = 'image/jpeg' AND original.type = 'image/png' AND original.source_hash IS NULL
                    """) == 1)
            for (platform, type) in [("x", "image/png"), ("instagram", "image/jpeg")] {
                #expect(
                    try await agency.count(
                        """
                        SELECT count(*) FROM target
                        WHERE platform = \(platform) AND content -> 'parts' -> 0 -> 'media' -> 0 ->> 'type' = \(type)
                        """) == 1)
            }
        }
    }

    @Test("a change of the words keeps the files that were made, and the same key again makes nothing")
    func edit() async throws {
        try await SimulatedAgency.with(environment: Self.looking) { agency in
            try await agency.connect("instagram")
            try await Self.draw("tall.jpg", ["testsrc2=s=600x1200", "-frames:v", "1"], agency)
            let shape = try await Self.create(agency, ["instagram"], "tall.jpg", "--transcode")
            #expect(shape.code == 65 && shape.messages.contains("--transcode --pad"), "\(shape.messages)")
            func padded() async throws -> SimulatedAgency.Answer {
                try await agency.answer([
                    "post", "create", "--client", "acme", "--account", "instagram", "--text", "Look", "--media",
                    "tall.jpg", "--at", "2031-01-01T10:00", "--transcode", "--pad", "--key", "k",
                ])
            }
            let answer = try await padded()
            #expect(answer.code == 0 && answer.messages.contains("with bars around 600×1200"), "\(answer.messages)")
            let again = try await padded()
            #expect(again.code == 0 && again.messages.contains("there already"), "\(again.messages)")
            #expect(!again.messages.contains("made to fit"))
            try await agency.run("post", "edit", "k", "--client", "acme", "--text", "Other words")
            #expect(
                try await agency.count(
                    """
                    SELECT count(*) FROM target JOIN media ON media.hash = content -> 'parts' -> 0 -> 'media' -> 0 ->> 'hash'
                    WHERE content::text LIKE '%Other words%' AND source_hash IS NOT NULL AND (probe ->> 'width')::int = 960
                    """) == 1)
        }
    }

    @Test("a film in a coding that is not taken is coded anew, published, and one that is too long stays refused")
    func film() async throws {
        try await SimulatedAgency.with(environment: Self.looking) { agency in
            try await agency.connect("x")
            let quick = ["-c:v", "libvpx", "-deadline", "realtime", "-b:v", "200k"]
            try await Self.draw("a.webm", ["testsrc2=s=320x240:r=25:d=2"] + quick, agency)
            try await Self.draw("long.webm", ["color=s=32x32:r=1:d=141"] + quick, agency)
            let long = try await Self.create(agency, ["x"], "long.webm", "--transcode")
            #expect(long.code == 65 && !long.messages.contains("made to fit"), "\(long.messages)")
            let answer = try await Self.create(agency, ["x"], "a.webm", "--transcode")
            #expect(answer.code == 0 && answer.messages.contains("vp8 became h264"), "\(answer.messages)")
            try await agency.until {
                try await agency.work()
                return try await agency.count("SELECT count(*) FROM target WHERE state = 'published'") == 1
            }
        }
    }

    @Test("a file of posts asks for it too, and the same file made twice is one")
    func file() async throws {
        try await SimulatedAgency.with(environment: Self.looking) { agency in
            try await agency.connect("instagram")
            try await Self.draw("shoe.png", ["testsrc2=s=1000x1000", "-frames:v", "1"], agency)
            let table = try agency.file(
                "posts.csv", "account,at,text,media,transcode\ninstagram,2031-01-01T10:00,One,shoe.png,true\n")
            let imported = try await agency.answer(["post", "import", table, "--client", "acme"])
            #expect(imported.code == 0 && imported.messages.contains("was made to fit"), "\(imported.messages)")
            let yaml = try agency.file(
                "post.yaml", "account: instagram\nat: 2031-01-02T10:00\nmedia: [shoe.png]\ntranscode: true\n")
            let planned = try await agency.answer(["post", "create", "--client", "acme", "--file", yaml])
            #expect(planned.code == 0, "\(planned.messages)")
            #expect(try await agency.count("SELECT count(*) FROM media WHERE source_hash IS NOT NULL") == 1)
        }
    }

    @Test("nobody may ask for it while nobody looks into files")
    func blind() async throws {
        try await SimulatedAgency.with(environment: ["POSTHORN_MEDIA_PROBE": "off"]) { agency in
            try await agency.connect("x")
            try await Self.draw("shoe.png", ["testsrc2=s=100x100", "-frames:v", "1"], agency)
            let answer = try await Self.create(agency, ["x"], "shoe.png", "--transcode")
            #expect(answer.code == 78 && answer.messages.contains("POSTHORN_MEDIA_PROBE"), "\(answer.messages)")
        }
    }
}
