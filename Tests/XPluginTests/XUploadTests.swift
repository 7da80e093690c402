// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import XPlugin

@Suite("Uploads to X that are interrupted")
struct XUploadTests {
    private static let large = PostContent(format: .image, parts: [PostPart(text: "Big", media: [XFixtures.large])])
    private static let request = PublishRequest(access: XFixtures.access, content: large, operation: "op-1")

    private static func segment(_ call: SentCall) -> String? {
        guard call.path.hasSuffix("/append") else { return nil }
        let head = String(decoding: call.body.prefix(300), as: UTF8.self)
        return head.firstMatch(of: /name="segment_index"\r\n\r\n([0-9]+)\r\n/).map { String($0.1) }
    }

    @Test("segments are streamed from their places in the file")
    func streaming() async throws {
        let (plugin, transport) = XFixtures.plugin(XFixtures.segments("72", 3) + [XFixtures.post("1")])
        _ = try await plugin.publish(Self.request, ScriptedEffectContext())
        let parts = transport.calls.compactMap { call -> [Int64]? in
            guard case .framed(_, let path, let offset, let length, _) = call.call.body else { return nil }
            #expect(path == XFixtures.file)
            return [offset, length]
        }
        #expect(parts == [[0, 1_048_576], [1_048_576, 1_048_576], [2_097_152, 524_288]])
    }

    @Test("after a lost answer an upload goes on with the segment that was lost")
    func resumed() async throws {
        var exchanges = XFixtures.segments("72", 3) + [XFixtures.post("1")]
        exchanges[2].outcome = .lost
        let (first, before) = XFixtures.plugin(exchanges)
        let context = ScriptedEffectContext()
        let error = await #expect(throws: PluginError.self) { _ = try await first.publish(Self.request, context) }
        #expect(error?.code == .retryAfter && before.calls.count == 3)
        let (second, after) = XFixtures.plugin(
            Array(XFixtures.segments("72", 3)[2...]) + [XFixtures.post("1")])
        _ = try await second.publish(Self.request, context)
        #expect(after.calls.compactMap(Self.segment) == ["1", "2"] && after.unexpected.isEmpty && after.left.isEmpty)
    }

    @Test(
        "an upload that X will not go on with is made anew, once",
        arguments: [("append", 404), ("append", 400), ("finalize", 400)])
    func refused(step: String, status: Int) async throws {
        var exchanges = XFixtures.segments("72", 3) + [XFixtures.post("1")]
        let place = step == "append" ? 2 : 4
        exchanges[place].outcome = .lost
        let (first, _) = XFixtures.plugin(exchanges)
        let context = ScriptedEffectContext()
        await #expect(throws: PluginError.self) { _ = try await first.publish(Self.request, context) }
        let refusal = ScriptedExchange(
            .post, "/2/media/upload/72/\(step)",
            .reply(XFixtures.problem(status, "invalid-request", "The upload is not there.")))
        let (second, transport) = XFixtures.plugin(
            [refusal] + XFixtures.segments("73", 3) + [XFixtures.post("1")])
        _ = try await second.publish(Self.request, context)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
        #expect(transport.visibleCalls.first?.text.contains(#""media_ids":["73"]"#) == true)
    }

    @Test("a refusal of a new upload is final")
    func refusedAtOnce() async throws {
        var exchanges = XFixtures.segments("72", 3)
        exchanges[1].outcome = .reply(XFixtures.problem(400, "invalid-request", "No."))
        let (plugin, transport) = XFixtures.plugin(exchanges)
        let error = await #expect(throws: PluginError.self) {
            _ = try await plugin.publish(Self.request, ScriptedEffectContext())
        }
        #expect(error?.code == .permanent && transport.calls.count == 2)
    }
}
