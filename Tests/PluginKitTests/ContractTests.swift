// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PluginKit
import Testing

@Suite("The plugin contract")
struct ContractTests {
    @Test("every error code has a text form that is read back")
    func codes() {
        #expect(PluginError.Code.allCases.count == 8)
        for code in PluginError.Code.allCases { #expect(PluginError.Code(code.description) == code) }
        #expect(PluginError.Code("no-such-code") == nil)
    }

    @Test(
        "a lost answer is ambiguous only for what creates",
        arguments: [
            (TransportError.Reach.notSent, true, PluginError.Code.retryAfter), (.notSent, false, .retryAfter),
            (.mayHaveArrived, true, .ambiguousOutcome), (.mayHaveArrived, false, .retryAfter),
        ])
    func reach(reach: TransportError.Reach, creates: Bool, code: PluginError.Code) {
        #expect(PluginError(TransportError(reach, "x"), creates: creates).code == code)
    }

    @Test("a manifest survives JSON, which process plugins speak")
    func manifest() throws {
        let manifest = PluginManifest(
            id: "p", name: "P", apiVersion: "1", hosts: ["h"], capabilities: [.publish, .boost],
            formats: [
                FormatLimits(
                    format: .image, textLength: 10, media: 1...4, mediaTypes: ["image/png": 5], altTextLength: 3)
            ],
            limitsReadOn: "2026-11-21",
            rateBuckets: [RateBucket(endpoint: "e", scope: .app, calls: 1, window: .seconds(60))],
            boost: BoostLimits(objectives: ["reach"], minimumBudgetMinorUnits: 100),
            metrics: [MetricDefinition(.views, field: "v", "Views")],
            settings: [Setting("s", values: ["a"], "S")],
            costs: [CallCost("post", microdollars: 15_000, readOn: "2026-11-20")])
        let read = try JSONDecoder().decode(PluginManifest.self, from: JSONEncoder().encode(manifest))
        #expect(read == manifest)
    }

    @Test("limits are checked in the platform's own counting, and say what would be right")
    func limits() {
        let limits = FormatLimits(
            format: .thread, textLength: 5, textUnit: "weighted", parts: 1...2, media: 0...1,
            mediaTypes: ["image/png": 10], altTextLength: 3)
        let good = MediaItem(hash: "h", type: "image/png", byteCount: 10, altText: "abc")
        #expect(limits.check(PostContent(format: .thread, parts: [PostPart(text: "abcde", media: [good])])).isEmpty)
        let bad = [
            PostPart(text: "abcdef", media: [good, good]),
            PostPart(text: "x", media: [MediaItem(hash: "h", type: "image/gif", byteCount: 1)]),
            PostPart(text: "x", media: [MediaItem(hash: "h", type: "image/png", byteCount: 11, altText: "abcd")]),
        ]
        let issues = limits.check(PostContent(format: .thread, parts: bad))
        #expect(
            issues.map(\.field) == [
                "parts", "parts[0].text", "parts[0].media", "parts[1].media[0]", "parts[2].media[0]",
                "parts[2].media[0].alt_text",
            ])
        #expect(issues[1].message == "The text has 6 of at most 5 weighted; shorten it by 1.")
        let doubled = limits.check(PostContent(format: .thread, parts: [PostPart(text: "abc")])) { $1.count * 2 }
        #expect(doubled.map(\.field) == ["text"])
    }

    @Test("a pause until an instant is rounded up and never negative")
    func pauses() {
        let now = Date(timeIntervalSince1970: 1000)
        let clock = WorldClock { now }
        #expect(clock.pause(until: now.addingTimeInterval(1.5)) == .milliseconds(1500))
        #expect(clock.pause(until: now.addingTimeInterval(-5)) == .zero)
    }
}
