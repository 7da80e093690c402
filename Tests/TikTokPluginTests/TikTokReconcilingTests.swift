// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import TikTokPlugin

@Suite("Looking for a send on TikTok")
struct TikTokReconcilingTests {
    private static func checkpoint(age: TimeInterval = 60) -> PluginState {
        let at = TikTokFixtures.now.timeIntervalSinceReferenceDate - age
        return PluginState(
            version: 1,
            data: Data(
                #"{"attempt":0,"publishID":"v_pub_file~v2.1","upload":{"address":"https://open-upload.tiktokapis.com/video/","sent":1,"openedAt":\#(at),"isComplete":false},"looks":0}"#
                    .utf8))
    }

    private static func send(
        _ content: PostContent, checkpoint: PluginState? = nil, age: TimeInterval = 300, others: Set<String> = [],
        absences: Int = 0
    ) -> UnknownSend {
        UnknownSend(
            access: TikTokFixtures.access, content: content, part: 0, confirmed: [:], checkpoint: checkpoint,
            sentAfter: TikTokFixtures.now.addingTimeInterval(-age), key: "k", others: others, absences: absences)
    }

    /// A post of the list: how old it is, and its words.
    private static func listed(_ id: String, _ words: String, _ age: Double, as field: String = "video_description")
        -> String
    {
        let at = Int(TikTokFixtures.now.timeIntervalSince1970 - age)
        return
            #"{"id":"\#(id)","\#(field)":"\#(words)","create_time":\#(at),"share_url":"https://www.tiktok.com/@a/video/\#(id)"}"#
    }
    private static func list(_ posts: [String], cursor: Int64? = nil, next: Int64? = nil) -> ScriptedExchange {
        let more = next.map { #","cursor":\#($0),"has_more":true"# } ?? #","has_more":false"#
        let body = cursor.map { #"{"cursor":\#($0),"max_count":20}"# } ?? #"{"max_count":20}"#
        return ScriptedExchange(
            .post, "/v2/video/list/",
            TikTokFixtures.ok(#"{"videos":[\#(posts.joined(separator: ","))]\#(more)}"#)
        ) { $0.query == ["fields": "id,title,create_time,video_description,share_url"] && $0.text == body }
    }

    /// What a look shows, in short.
    private func look(_ send: UnknownSend, _ exchanges: [ScriptedExchange]) async throws -> String {
        let (plugin, transport) = TikTokFixtures.plugin(exchanges)
        let finding = try await plugin.find(send)
        #expect(transport.left.isEmpty && transport.unexpected.isEmpty)
        return switch finding {
        case .found(let post): post.id
        case .absent: "absent"
        case .inconclusive: "inconclusive"
        case .undecidable: "undecidable"
        }
    }

    @Test(
        "of an upload the status says whether its last chunk arrived",
        arguments: [
            ("PROCESSING_UPLOAD", #","uploaded_bytes":25000123"#, 60.0, "v_pub_file~v2.1"),
            ("PROCESSING_UPLOAD", #","uploaded_bytes":10000000"#, 60, "absent"),
            ("PROCESSING_UPLOAD", #","uploaded_bytes":10000000"#, 9000, "absent"),
            // While the address lives, the same chunk again makes no second post.
            ("PROCESSING_UPLOAD", "", 60, "absent"), ("PROCESSING_UPLOAD", "", 3600, "inconclusive"),
            ("PUBLISH_COMPLETE", #","publicaly_available_post_id":[7]"#, 60, "v_pub_file~v2.1"),
            ("SEND_TO_USER_INBOX", "", 60, "v_pub_file~v2.1"),
            // It had its end, and the run that goes on reads why it failed.
            ("FAILED", #","fail_reason":"internal""#, 60, "v_pub_file~v2.1"),
        ])
    func upload(status: String, more: String, age: Double, expected: String) async throws {
        let send = Self.send(TikTokFixtures.video.content, checkpoint: Self.checkpoint(age: age))
        #expect(try await self.look(send, [TikTokFixtures.status(status, more)]) == expected)
    }

    @Test("an upload that nobody was ever told the address of is never published")
    func noAddress() async throws {
        #expect(try await self.look(Self.send(TikTokFixtures.video.content), []) == "absent")
    }

    private static let photos = TikTokFixtures.content(.image, "Tom &  Jerry", [TikTokFixtures.photo])
    private static let film = TikTokFixtures.content(
        .video, "Tom &  Jerry", [TikTokFixtures.clip], ["transfer": "pull"])

    @Test(
        "what TikTok fetches is found by its words and time among the public posts",
        arguments: [
            ([listed("9", "Something else", 10), listed("8", "Tom & Jerry", 60)], 300.0, "8"),
            ([listed("9", "Something else", 10), listed("8", "Tom & Jerry", 60, as: "title")], 300, "8"),
            // The oldest since the send is the first, and those of other operations are never ours.
            (
                [listed("9", "Tom & Jerry", 10), listed("8", "Tom & Jerry", 60), listed("5", "Tom & Jerry", 90)], 300,
                "8"
            ),
            // The newest with other words, and the same words from before, are never ours; the first hour proves nothing.
            ([listed("9", "Something else", 10), listed("7", "Tom & Jerry", 4000)], 300, "inconclusive"),
            ([], 300, "inconclusive"), ([], 3719, "inconclusive"), ([], 3720, "absent"),
            ([listed("9", "Something else", 10), listed("7", "Tom & Jerry", 8000)], 3720, "absent"),
        ] as [([String], Double, String)])
    func fetched(posts: [String], age: Double, expected: String) async throws {
        let send = Self.send(Self.film, age: age, others: ["5"])
        #expect(try await self.look(send, [Self.list(posts)]) == expected)
    }

    @Test("that the list does not have photos proves nothing, and a film is sent by itself only once more")
    func absence() async throws {
        #expect(try await self.look(Self.send(Self.photos, age: 9000), [Self.list([])]) == "undecidable")
        #expect(try await self.look(Self.send(Self.film, age: 9000), [Self.list([])]) == "absent")
        #expect(try await self.look(Self.send(Self.film, age: 9000, absences: 1), [Self.list([])]) == "undecidable")
    }

    @Test("long words are known by the beginning that the list shows")
    func longWords() async throws {
        let words = (1...80).map { "word\($0)" }.joined(separator: " ")
        let send = Self.send(TikTokFixtures.content(.image, words, [TikTokFixtures.photo]))
        #expect(try await self.look(send, [Self.list([Self.listed("8", String(words.prefix(150)), 60)])]) == "8")
        #expect(
            try await self.look(send, [Self.list([Self.listed("8", String(words.prefix(50)), 60)])]) == "inconclusive")
    }

    @Test("posts without words cannot be told apart; photos without a text are known by their title")
    func wordless() async throws {
        let bare = Self.send(TikTokFixtures.content(.image, "", [TikTokFixtures.photo]), age: 4000)
        #expect(try await self.look(bare, [Self.list([Self.listed("8", "", 60)])]) == "inconclusive")
        #expect(try await self.look(bare, [Self.list([Self.listed("8", "words", 60)])]) == "undecidable")
        let titled = Self.send(
            TikTokFixtures.content(.image, "", [TikTokFixtures.photo], ["title": "Shoes"]), age: 4000)
        #expect(try await self.look(titled, [Self.list([Self.listed("8", "Shoes", 60, as: "title")])]) == "8")
    }

    @Test("what not everybody may see is in no list: a person decides")
    func hidden() async throws {
        let send = Self.send(
            TikTokFixtures.content(.image, "x", [TikTokFixtures.photo], privacy: "SELF_ONLY"), age: 9000)
        #expect(try await self.look(send, []) == "inconclusive")
    }

    @Test("pages are read until they reach back to the send")
    func paging() async throws {
        let send = Self.send(Self.photos)
        let found = try await self.look(
            send,
            [
                Self.list([Self.listed("9", "x", 10)], next: 1_795_255_100_000),
                Self.list([Self.listed("8", "Tom & Jerry", 60)], cursor: 1_795_255_100_000),
            ])
        #expect(found == "8")
    }

    @Test("a look that fails is tried again and proves nothing")
    func lostLook() async {
        for outcome in [ScriptedExchange.Outcome.lost, .json(500, "")] {
            let (plugin, _) = TikTokFixtures.plugin([ScriptedExchange(.post, "/v2/video/list/", outcome)])
            let error = await #expect(throws: PluginError.self) { _ = try await plugin.find(Self.send(Self.photos)) }
            #expect(error?.code == .retryAfter)
        }
    }
}
