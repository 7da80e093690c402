// SPDX-License-Identifier: MIT

import Foundation
import PluginKit
import Testing

@Suite struct MediaRuleTests {
    private static let upright = MediaRule(
        types: ["video/mp4"], duration: .seconds(3)...(.seconds(90)), width: 540...Int.max, height: 960...Int.max,
        aspect: 0.5625...0.5625, frameRate: 24...60, videoCodecs: ["h264", "hevc"], audioCodecs: ["aac"])

    private static let good = MediaFacts(
        duration: .seconds(30), width: 1080, height: 1920, frameRate: 30, videoCodec: "h264", audioCodec: "aac")

    private static func issues(_ rule: MediaRule, _ facts: MediaFacts?, type: String = "video/mp4") -> [ValidationIssue]
    {
        rule.check(
            MediaItem(hash: "a", type: type, byteCount: 1, facts: facts), field: "media[0]", format: .reel)
    }

    @Test("a film that fits, one of which nothing is known, and one of another type have nothing wrong")
    func fits() {
        #expect(Self.issues(Self.upright, Self.good).isEmpty)
        #expect(Self.issues(Self.upright, nil).isEmpty)
        #expect(Self.issues(Self.upright, MediaFacts()).isEmpty)
        #expect(Self.issues(Self.upright, MediaFacts(duration: .seconds(900)), type: "video/webm").isEmpty)
        var silent = Self.good
        silent.audioCodec = nil
        silent.frameRate = 24000.0 / 1001
        silent.width = 1082
        #expect(Self.issues(Self.upright, silent).isEmpty, "no sound, 23.976 for 24 and two pixels are no faults")
    }

    @Test(
        "each limit that is not kept is told with what is there, what may be and what to do",
        arguments: [
            (Duration.milliseconds(2500), "The film lasts 2.5 s; in a reel it may last 3 s to 90 s; use a longer one."),
            (Duration.milliseconds(90_040), "The film lasts 90.04 s; in a reel it may last 3 s to 90 s; cut it."),
        ])
    func duration(_ value: Duration, _ words: String) {
        var facts = Self.good
        facts.duration = value
        #expect(Self.issues(Self.upright, facts).map(\.message) == [words])
    }

    @Test("shape, size, pictures a second and codings are told apart")
    func others() {
        let wrong = MediaFacts(
            duration: .seconds(30), width: 320, height: 180, frameRate: 15, videoCodec: "vp9", audioCodec: "opus")
        let issues = Self.issues(Self.upright, wrong)
        #expect(issues.allSatisfy { $0.severity == .error && $0.field == "media[0]" })
        #expect(
            issues.map(\.message) == [
                "The film has 15 pictures a second; in a reel it may have 24 to 60; convert it.",
                "It is 320×180, width by height 1.78; in a reel that must be 0.56; crop or pad it.",
                "The film is coded as vp9; in a reel it must be h264 or hevc; convert it.",
                "Its sound is coded as opus; in a reel it must be aac; convert it.",
                "It is 320 pixels wide; in a reel it must be at least 540; scale it.",
                "It is 180 pixels high; in a reel it must be at least 960; scale it.",
            ])
    }

    @Test("what a platform scales by itself is a warning")
    func scaled() {
        let rule = MediaRule(types: ["image/jpeg"], width: 320...1440, aspect: 0.8...1.91, isScaled: true)
        let issues = Self.issues(rule, MediaFacts(width: 4000, height: 3000), type: "image/jpeg")
        #expect(issues.map(\.severity) == [.warning])
        #expect(
            issues.first?.message == "It is 4000 pixels wide; in a reel it must be 320 to 1440; the platform scales it."
        )
        let tall = Self.issues(rule, MediaFacts(width: 1000, height: 2000), type: "image/jpeg")
        #expect(tall.map(\.severity) == [.error])
    }

    @Test("facts are stored in words of their own and read again as they were")
    func stored() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(Self.good)
        #expect(
            String(decoding: data, as: UTF8.self)
                == #"{"audio_codec":"aac","duration_ms":30000,"frame_rate":30,"height":1920,"video_codec":"h264","width":1080}"#
        )
        #expect(try JSONDecoder().decode(MediaFacts.self, from: data) == Self.good)
    }
}
