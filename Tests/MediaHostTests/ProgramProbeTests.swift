// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import Publishing
import Testing

@testable import MediaHost

@Suite struct ProgramProbeTests {
    @Test("a film's length, size, pictures a second and codings are known")
    func film() async throws {
        try await SampleFolder.with { folder in
            let film = try await folder.film("a.mp4", size: "320x240", rate: "30000/1001", seconds: 2)
            let facts = try await ProgramProbe().probe(film.path, type: "video/mp4")
            #expect(facts.width == 320 && facts.height == 240)
            #expect(facts.videoCodec == "h264" && facts.audioCodec == "aac")
            #expect(abs((facts.frameRate ?? 0) - 29.97) < 0.01)
            let duration = try #require(facts.duration)
            #expect(duration > .milliseconds(1900) && duration < .milliseconds(2200))
        }
    }

    @Test("a film that was turned by its camera has the size that people see")
    func turned() async throws {
        try await SampleFolder.with { folder in
            let film = try await folder.film("a.mp4", size: "320x240", rate: "30", seconds: 1)
            let turned = try await folder.make(
                "b.mov", ["-i", film.path, "-c", "copy", "-metadata:s:v", "rotate=90"])
            let facts = try await ProgramProbe().probe(turned.path, type: "video/quicktime")
            #expect(facts.width == 240 && facts.height == 320)
        }
    }

    @Test(
        "pictures of every kind that is taken are looked into",
        arguments: [
            ("a.jpg", "image/jpeg"), ("a.png", "image/png"), ("a.webp", "image/webp"), ("a.bmp", "image/bmp"),
            ("a.tiff", "image/tiff"), ("a.gif", "image/gif"),
        ])
    func picture(_ name: String, _ type: String) async throws {
        try await SampleFolder.with { folder in
            let picture = try await folder.picture(name, size: "200x100")
            #expect(MediaType.sniff(try Data(contentsOf: picture).prefix(64)) == type)
            let facts = try await ProgramProbe().probe(picture.path, type: type)
            #expect(facts.width == 200 && facts.height == 100)
            #expect(type == "image/gif" || facts.videoCodec == nil)
        }
    }

    @Test(
        "a file that only begins like a film or picture is unreadable, with the program's reason",
        arguments: ["video/mp4", "image/jpeg", "image/gif"])
    func damaged(_ type: String) async throws {
        try await SampleFolder.with { folder in
            let file = folder.url.appendingPathComponent("broken")
            try Data("\u{0}\u{0}\u{0}\u{18}ftypmp42 and nothing more".utf8).write(to: file)
            let error = await #expect(throws: MediaProbeError.self) {
                try await ProgramProbe().probe(file.path, type: type)
            }
            guard case .unreadable(let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(!reason.isEmpty && !reason.contains(folder.url.path))
        }
    }

    @Test("a film whose parts lie in other files is not followed to them")
    func contained() async throws {
        try await SampleFolder.with { folder in
            let list = folder.url.appendingPathComponent("list.mp4")
            try Data("ffconcat version 1.0\nfile '/etc/passwd'\n".utf8).write(to: list)
            await #expect(throws: MediaProbeError.self) { try await ProgramProbe().probe(list.path, type: "video/mp4") }
        }
    }

    @Test("a program that is not on the machine is named together with its package")
    func missing() async throws {
        let program = MediaProgram(name: "posthorn-has-no-such-program", package: "nothing")
        #expect(!program.isInstalled)
        await #expect(throws: MediaProgram.Failure.self) { try await program.run([], within: .seconds(60)) }
    }

    @Test("without a program a file is taken with a warning, and refused where looking is required")
    func policy() async throws {
        let absent = FakeProbe(error: .missing(program: "ffprobe", package: "ffmpeg"))
        let finding = try await MediaInspector(absent).inspect("/a", type: "video/mp4", named: "a.mp4")
        #expect(finding.facts == nil && finding.note?.contains("apt-get install ffmpeg") == true)
        let error = await #expect(throws: MediaError.self) {
            try await MediaInspector(absent, policy: .required).inspect("/a", type: "video/mp4", named: "a.mp4")
        }
        #expect(error?.kind == .configuration)
        let none = try await MediaInspector(absent, policy: .off).inspect("/a", type: "video/mp4", named: "a.mp4")
        #expect(none == MediaInspector.Finding())
        await #expect(throws: MediaError.self) {
            try await MediaInspector(FakeProbe(error: .unreadable("it ends too early"))).inspect(
                "/a", type: "video/mp4", named: "a.mp4")
        }
    }
}

/// A probe that always fails in one way.
private struct FakeProbe: MediaProbing {
    var error: MediaProbeError

    func probe(_ path: String, type: String) async throws -> MediaFacts { throw self.error }
}
