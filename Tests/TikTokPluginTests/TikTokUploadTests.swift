// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import TikTokPlugin

@Suite("Uploading to TikTok")
struct TikTokUploadTests {
    @Test(
        "films are cut by TikTok's rules: the count is rounded down and the last chunk takes the rest",
        arguments: [
            (1, 1, 1, 1), (4_000_000, 4_000_000, 1, 4_000_000), (5_000_000, 5_000_000, 1, 5_000_000),
            (19_999_999, 19_999_999, 1, 19_999_999), (20_000_000, 10_000_000, 2, 10_000_000),
            (50_000_123, 10_000_000, 5, 10_000_123), (59_999_999, 10_000_000, 5, 19_999_999),
            (4_000_000_000, 10_000_000, 400, 10_000_000),
        ] as [(Int64, Int64, Int, Int64)])
    func chunks(total: Int64, size: Int64, count: Int, last: Int64) {
        let chunks = TikTokChunks(of: total)
        #expect(chunks.size == size && chunks.count == count && Int64(chunks.range(count - 1).count) == last)
        #expect(Int64(count) == total / size && count <= 1000 && size <= 64_000_000 && last <= 128_000_000)
        var end: Int64 = 0
        for index in 0..<count {
            #expect(chunks.range(index).lowerBound == end)
            end = chunks.range(index).upperBound
        }
        #expect(end == total)
    }

    private static let long = MediaItem(hash: "ee55", type: "video/mp4", byteCount: 45_000_000, path: "/long.mp4")
    private static let content = TikTokFixtures.content(.video, "Long", [long])
    private static func range(_ index: Int64) -> Range<Int64> {
        index * 10_000_000..<(index == 3 ? 45_000_000 : (index + 1) * 10_000_000)
    }
    private static func chunk(_ index: Int64, _ outcome: ScriptedExchange.Outcome? = nil) -> ScriptedExchange {
        TikTokFixtures.chunk(Self.range(index), of: Self.long, isLast: index == 3, outcome)
    }
    private static let open = ScriptedExchange(
        .post, "/v2/post/publish/video/init/",
        TikTokFixtures.ok(
            #"{"publish_id":"v_pub_file~v2.1","upload_url":"https://open-upload.tiktokapis.com/video/?upload_id=7&upload_token=t"}"#
        ))
    private static func ranged(_ status: Int, _ arrived: Int64?) -> ScriptedExchange.Outcome {
        .json(status, "", arrived.map { ["Content-Range": "bytes 0-\($0 - 1)/45000000"] } ?? [:])
    }
    /// A checkpoint in the middle of an upload.
    private static func checkpoint(sent: Int, age: TimeInterval = 60) -> PluginState {
        let at = TikTokFixtures.now.timeIntervalSinceReferenceDate - age
        return PluginState(
            version: 1,
            data: Data(
                #"{"attempt":0,"publishID":"v_pub_file~v2.1","upload":{"address":"https://open-upload.tiktokapis.com/video/?upload_id=7&upload_token=t","sent":\#(sent),"openedAt":\#(at),"isComplete":false},"looks":0}"#
                    .utf8))
    }

    private func publish(
        _ exchanges: [ScriptedExchange], _ context: ScriptedEffectContext
    ) async throws -> (post: RemotePost?, error: PluginError?, transport: ScriptedTransport) {
        let (plugin, transport) = TikTokFixtures.plugin(exchanges)
        do throws(PluginError) {
            return (try await TikTokFixtures.publish(Self.content, plugin, context), nil, transport)
        } catch {
            return (nil, error, transport)
        }
    }

    @Test("a chunk whose answer was lost is sent again, and the answer says how far TikTok is")
    func lostChunk() async throws {
        let context = ScriptedEffectContext()
        let first = try await self.publish(
            [TikTokFixtures.creator(), Self.open, Self.chunk(0), Self.chunk(1, .lost)], context)
        #expect(first.error?.code == .retryAfter)
        // TikTok has that chunk and the next already.
        let second = try await self.publish(
            [Self.chunk(1, Self.ranged(206, 30_000_000)), Self.chunk(3), TikTokFixtures.complete()], context)
        #expect(second.post?.id == "7380000000000000123")
        #expect(second.transport.left.isEmpty && second.transport.unexpected.isEmpty)
    }

    @Test(
        "an upload to a host that the plugin may not ask is a matter for a person at once, whichever chunk meets it",
        arguments: [0, 3] as [Int64])
    func otherHost(chunk: Int64) async throws {
        let context = ScriptedEffectContext()
        let refused = ScriptedExchange.Outcome.failure(
            .forbidden("The platform named an address at upload.new.tiktokapis.com, which the manifest does not list."))
        let run = try await self.publish(
            [TikTokFixtures.creator(), Self.open] + (0..<chunk).map { Self.chunk($0) } + [Self.chunk(chunk, refused)],
            context)
        #expect(run.error?.code == .needsHuman && run.error?.message.contains("upload.new.tiktokapis.com") == true)
        #expect(run.transport.left.isEmpty && run.transport.unexpected.isEmpty)
    }

    @Test("answers without a Content-Range count the chunks")
    func silent() async throws {
        let context = ScriptedEffectContext()
        let run = try await self.publish(
            [TikTokFixtures.creator(), Self.open] + (0...3).map { Self.chunk($0, .json($0 == 3 ? 201 : 206, "")) }
                + [TikTokFixtures.complete()], context)
        #expect(run.post != nil && run.transport.left.isEmpty)
    }

    @Test("416 says where to go on: ahead at once, back from the first chunk with the next try")
    func resynchronise() async throws {
        let ahead = ScriptedEffectContext(checkpoint: Self.checkpoint(sent: 1))
        let forward = try await self.publish(
            [Self.chunk(1, Self.ranged(416, 30_000_000)), Self.chunk(3), TikTokFixtures.complete()], ahead)
        #expect(forward.post != nil && forward.transport.left.isEmpty)

        let behind = ScriptedEffectContext(checkpoint: Self.checkpoint(sent: 2))
        let back = try await self.publish([Self.chunk(2, Self.ranged(416, 10_000_000))], behind)
        #expect(back.error?.code == .retryAfter)
        let rest = try await self.publish(
            [Self.chunk(0, Self.ranged(206, 10_000_000))] + (1...3).map { Self.chunk($0) }
                + [TikTokFixtures.complete()], behind)
        #expect(rest.post != nil && rest.transport.left.isEmpty && rest.transport.unexpected.isEmpty)
    }

    @Test(
        "a last chunk that TikTok has already is sent; one that is out of order is not",
        arguments: [
            (416, 45_000_000, nil), (201, 45_000_000, nil), (201, nil, nil), (416, 20_000_000, .retryAfter),
            (206, 30_000_000, .retryAfter), (416, nil, .ambiguousOutcome),
        ] as [(Int, Int64?, PluginError.Code?)])
    func lastChunk(status: Int, arrived: Int64?, code: PluginError.Code?) async throws {
        let context = ScriptedEffectContext(checkpoint: Self.checkpoint(sent: 3))
        let run = try await self.publish(
            [Self.chunk(3, Self.ranged(status, arrived)), TikTokFixtures.complete()], context)
        #expect(run.error?.code == code && (run.post != nil) == (code == nil))
        #expect(context.unknown.isEmpty == (code != .ambiguousOutcome))
    }

    @Test(
        "an upload that TikTok has forgotten begins anew: without its end it was never published",
        arguments: [403, 404])
    func forgotten(status: Int) async throws {
        for sent in [1, 3] {
            let context = ScriptedEffectContext(checkpoint: Self.checkpoint(sent: sent))
            let gone = try await self.publish([Self.chunk(Int64(sent), .json(status, ""))], context)
            #expect(gone.error?.code == .retryAfter && context.unknown.isEmpty)
            let anew = try await self.publish(
                [TikTokFixtures.creator(), Self.open] + (0...3).map { Self.chunk($0) } + [TikTokFixtures.complete()],
                context)
            #expect(anew.post != nil && anew.transport.left.isEmpty && anew.transport.unexpected.isEmpty)
        }
    }

    @Test(
        "an old upload whose last chunk was sent before begins anew only when its status says that something is missing"
    )
    func old() async throws {
        let missing = TikTokFixtures.status("PROCESSING_UPLOAD", #","uploaded_bytes":30000000"#)
        let context = ScriptedEffectContext(checkpoint: Self.checkpoint(sent: 3, age: 3700))
        let anew = try await self.publish(
            [missing, TikTokFixtures.creator(), Self.open] + (0...3).map { Self.chunk($0) }
                + [TikTokFixtures.complete(isRepeatable: false)], context)
        #expect(anew.post != nil && anew.transport.left.isEmpty)

        let unsure = ScriptedEffectContext(checkpoint: Self.checkpoint(sent: 3, age: 3700))
        let broken = try await self.publish(
            [TikTokFixtures.status("PROCESSING_UPLOAD"), Self.chunk(3, .notSent)], unsure)
        #expect(broken.error?.code == .retryAfter)
        let gone = try await self.publish(
            [TikTokFixtures.status("PROCESSING_UPLOAD"), Self.chunk(3, .json(404, ""))], unsure)
        // An earlier pass of the fence may have been the one that ended it: the status decides, nothing begins anew.
        #expect(gone.error?.code == .ambiguousOutcome && gone.transport.unexpected.isEmpty)
    }

    @Test("the upload that had its end is followed, whatever a run without its checkpoint has opened since")
    func confirmedBefore() async throws {
        let context = ScriptedEffectContext(confirmed: [0: RemotePost(id: "v_pub_file~v2.0")])
        let (plugin, transport) = TikTokFixtures.plugin(
            [TikTokFixtures.creator(), Self.open] + (0...2).map { Self.chunk($0) } + [
                TikTokFixtures.status("PROCESSING_UPLOAD", id: "v_pub_file~v2.0", isRepeatable: false),
                TikTokFixtures.complete(id: "v_pub_file~v2.0"),
            ])
        let post = try await TikTokFixtures.publish(Self.content, plugin, context)
        #expect(post.id == "7380000000000000123" && transport.visibleCalls.isEmpty)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
    }

    @Test(
        "wrong sizes are a refusal for good, a broken host is not",
        arguments: [(400, PluginError.Code.permanent), (503, .retryAfter)])
    func refused(status: Int, code: PluginError.Code) async throws {
        let context = ScriptedEffectContext(checkpoint: Self.checkpoint(sent: 0))
        let run = try await self.publish([Self.chunk(0, .json(status, "<html>"))], context)
        #expect(run.error?.code == code && run.error?.httpStatus == status)
    }
}
