// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import Publishing
import Testing

@testable import MediaHost

@Suite struct ProgramConverterTests {
    private typealias Size = MediaConversion.Size

    /// Makes a file and looks into it.
    private static func make(
        _ file: URL, _ type: String, _ conversion: MediaConversion, _ folder: SampleFolder
    ) async throws -> (file: URL, facts: MediaFacts) {
        let kept = folder.url.appendingPathComponent("made-\(UUID().uuidString)")
        let work = folder.url.appendingPathComponent("work")
        try await ProgramConverter(folder: work).withFile(from: file.path, type: type, conversion) { made in
            let head = try FileHandle(forReadingFrom: made).read(upToCount: 64) ?? Data()
            #expect(MediaType.sniff(head) == conversion.type)
            try FileManager.default.moveItem(at: made, to: kept)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: work.path).isEmpty, "nothing is left behind")
        return (kept, try await ProgramProbe().probe(kept.path, type: conversion.type))
    }

    private static func picture(
        _ type: String, _ picture: Size, canvas: Size? = nil, bytes: Int64 = 10_000_000
    ) -> MediaConversion {
        MediaConversion(type: type, byteCount: bytes, picture: picture, canvas: canvas ?? picture)
    }

    @Test(
        "every kind of picture becomes a JPEG of the size that was asked for",
        arguments: [
            ("a.png", "image/png"), ("a.webp", "image/webp"), ("a.bmp", "image/bmp"), ("a.tiff", "image/tiff"),
            ("a.jpg", "image/jpeg"),
        ])
    func pictures(_ name: String, _ type: String) async throws {
        try await SampleFolder.with { folder in
            let original = try await folder.picture(name, size: "400x300")
            let before = try Data(contentsOf: original)
            let wanted = Self.picture("image/jpeg", Size(width: 200, height: 150))
            let first = try await Self.make(original, type, wanted, folder)
            #expect(first.facts.width == 200 && first.facts.height == 150)
            let again = try await Self.make(original, type, wanted, folder)
            #expect(try Data(contentsOf: again.file) == Data(contentsOf: first.file), "the same bytes each time")
            #expect(try Data(contentsOf: original) == before)
        }
    }

    @Test("a picture is shown whole between bars, and becomes smaller until it has few enough bytes")
    func shape() async throws {
        try await SampleFolder.with { folder in
            let original = try await folder.picture("a.png", size: "300x600")
            let padded = try await Self.make(
                original, "image/png",
                Self.picture("image/jpeg", Size(width: 300, height: 600), canvas: Size(width: 480, height: 600)),
                folder)
            #expect(padded.facts.width == 480 && padded.facts.height == 600)
            let noise = try await folder.make(
                "b.png", ["-f", "lavfi", "-i", "nullsrc=s=800x800,geq=random(1)*255:128:128", "-frames:v", "1"])
            let light = try await Self.make(
                noise, "image/png", Self.picture("image/jpeg", Size(width: 800, height: 800), bytes: 100_000), folder)
            let size = try Data(contentsOf: light.file).count
            #expect(size <= 100_000 && light.facts.width ?? 0 < 800)
            let error = await #expect(throws: MediaError.self) {
                _ = try await Self.make(
                    noise, "image/png", Self.picture("image/jpeg", Size(width: 800, height: 800), bytes: 100), folder)
            }
            #expect(error?.description.contains("as small as 100 bytes") == true)
        }
    }

    @Test("a film gets the container, coding, rate, size and bars that were asked for, and keeps its length")
    func film() async throws {
        try await SampleFolder.with { folder in
            let webm = try await folder.make(
                "a.webm",
                [
                    "-f", "lavfi", "-i", "testsrc2=s=320x240:r=10:d=2", "-f", "lavfi", "-i", "sine=d=2", "-c:v",
                    "libvpx", "-deadline", "realtime", "-c:a", "libopus",
                ])
            let wanted = MediaConversion(
                type: "video/mp4", byteCount: 5_000_000, picture: Size(width: 270, height: 202),
                canvas: Size(width: 270, height: 480),
                film: MediaConversion.Film(codec: "h264", frameRate: 30, sound: .aac, bitRate: 2_000_000))
            let made = try await Self.make(webm, "video/webm", wanted, folder)
            #expect(made.facts.width == 270 && made.facts.height == 480)
            #expect(made.facts.videoCodec == "h264" && made.facts.audioCodec == "aac" && made.facts.frameRate == 30)
            let duration = try #require(made.facts.duration)
            #expect(duration > .milliseconds(1900) && duration < .milliseconds(2200))
        }
    }

    @Test("what is right of a film is taken over as it is: pictures without a change, in another container")
    func kept() async throws {
        try await SampleFolder.with { folder in
            let film = try await folder.film("a.mov", size: "320x240", rate: "25", seconds: 1)
            let wanted = MediaConversion(
                type: "video/mp4", byteCount: 5_000_000, picture: Size(width: 320, height: 240),
                canvas: Size(width: 320, height: 240), film: MediaConversion.Film(sound: .kept))
            let made = try await Self.make(film, "video/quicktime", wanted, folder)
            #expect(made.facts.videoCodec == "h264" && made.facts.audioCodec == "aac" && made.facts.frameRate == 25)
        }
    }

    @Test("a film that stays too large is no result, and a damaged one is told with the program's reason")
    func failures() async throws {
        try await SampleFolder.with { folder in
            let film = try await folder.film("a.mp4", size: "640x480", rate: "30", seconds: 2)
            var wanted = MediaConversion(
                type: "video/mp4", byteCount: 5000, picture: Size(width: 640, height: 480),
                canvas: Size(width: 640, height: 480), film: MediaConversion.Film(sound: .kept))
            let error = await #expect(throws: MediaError.self) {
                _ = try await Self.make(film, "video/mp4", wanted, folder)
            }
            #expect(error?.description.contains("5000 bytes") == true)
            let broken = folder.url.appendingPathComponent("broken")
            try Data("\u{0}\u{0}\u{0}\u{18}ftypmp42 and nothing more".utf8).write(to: broken)
            wanted.byteCount = 1_000_000
            let damaged = await #expect(throws: MediaError.self) {
                _ = try await Self.make(broken, "video/mp4", wanted, folder)
            }
            #expect(damaged?.description.contains(folder.url.path) == false)
        }
    }

    @Test("a program that takes too long is ended")
    func tooSlow() async throws {
        try await SampleFolder.with { folder in
            let film = try await folder.film("a.mp4", size: "640x480", rate: "30", seconds: 5)
            var limits = ProgramConverter.Limits()
            limits.film = .zero
            let wanted = MediaConversion(
                type: "video/mp4", byteCount: 5_000_000, picture: Size(width: 320, height: 240),
                canvas: Size(width: 320, height: 240), film: MediaConversion.Film(codec: "h264", sound: .none))
            let converter = ProgramConverter(folder: folder.url.appendingPathComponent("work"), limits: limits)
            let error = await #expect(throws: MediaError.self) {
                try await converter.withFile(from: film.path, type: "video/mp4", wanted) { _ in }
            }
            #expect(error?.description.contains("took longer") == true)
        }
    }
}
