// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import FacebookPlugin

@Suite("Looking for a send on Facebook")
struct FacebookReconcilingTests {
    private static let at = FacebookFixtures.now.timeIntervalSinceReferenceDate - 90
    private static let uploaded = PluginState(
        version: 1,
        data: Data(
            #"{"photos":[{"index":0,"id":"71","at":\#(at)},{"index":1,"id":"72","at":\#(at)}],"looks":0}"#.utf8))
    private static let filmed = PluginState(
        version: 1,
        data: Data(
            #"{"photos":[],"looks":0,"film":{"id":"700","at":\#(at),"session":"9001","start":0,"end":0,"isUploaded":true}}"#
                .utf8))

    private static func send(
        _ content: PostContent, part: Int = 0, _ checkpoint: PluginState? = nil, others: Set<String> = []
    ) -> UnknownSend {
        UnknownSend(
            access: FacebookFixtures.access, content: content, part: part,
            confirmed: part == 0 ? [:] : [0: RemotePost(id: FacebookFixtures.post)], checkpoint: checkpoint,
            sentAfter: FacebookFixtures.now.addingTimeInterval(-100), key: "k", others: others)
    }

    private static func list(_ edge: String, _ items: String..., next: String? = nil, after: String? = nil)
        -> ScriptedExchange
    {
        let paging = next.map { #","paging":{"cursors":{"after":"\#($0)"},"next":"https://x"}"# } ?? ""
        return ScriptedExchange(
            .get, "/v25.0/\(edge)", .json(200, #"{"data":[\#(items.joined(separator: ","))]\#(paging)}"#),
            isRepeatable: false
        ) { $0.query["after"] == after }
    }
    private static func post(_ id: String, _ message: String?, _ time: String = "09:59:50", _ more: String = "")
        -> String
    {
        let words = message.map { #""message":"\#($0)","# } ?? ""
        return #"{"id":"\#(id)",\#(words)"created_time":"2026-11-21T\#(time)+0000"\#(more)}"#
    }
    private static func attached(_ kind: String, id: String = "5", url: String = "https://www.facebook.com/x") -> String
    {
        #","attachments":{"data":[{"media_type":"\#(kind)","target":{"id":"\#(id)","url":"\#(url)"}}]}"#
    }

    /// What a look shows, in short.
    private func look(_ send: UnknownSend, _ exchanges: ScriptedExchange...) async throws -> String {
        let (plugin, transport) = FacebookFixtures.plugin(exchanges)
        let finding = try await plugin.find(send)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
        switch finding {
        case .found(let post): return post.id
        case .absent: return "absent"
        case .inconclusive: return "inconclusive"
        case .undecidable: return "undecidable"
        }
    }

    private static let feed = "\(FacebookFixtures.page)/feed"

    @Test(
        "a post is found by its words and time, whatever became of spaces and line breaks",
        arguments: [
            ([post("1", "Two  words\\nhere")], "1"), ([post("1", "Two words")], "absent"),
            ([post("1", "Two words here", "09:58:10")], "absent"),
            ([post("2", "Two words here"), post("1", "Two words here", "09:59:00")], "1"),
            ([post("1", "Two words here", "09:59:50", #","is_published":false"#)], "absent"),
            ([post("9", "Two words here")], "absent"), ([], "absent"),
        ])
    func words(posts: [String], expected: String) async throws {
        let send = Self.send(FacebookFixtures.content(.text, "Two\nwords here"), others: ["9"])
        let list = ScriptedExchange(
            .get, "/v25.0/\(Self.feed)", .json(200, #"{"data":[\#(posts.joined(separator: ","))]}"#)
        ) {
            $0.query == [
                "fields":
                    "id,message,created_time,permalink_url,is_published,attachments{media_type,target,subattachments{target}}",
                "since": "1795255100", "limit": "100",
            ]
        }
        #expect(try await self.look(send, list) == expected)
    }

    @Test("pages are read to the end of the list, and an endless list proves nothing")
    func paging() async throws {
        let send = Self.send(FacebookFixtures.content(.text, "Hi"))
        let found = try await self.look(
            send, Self.list(Self.feed, Self.post("2", "x"), next: "c1"),
            Self.list(Self.feed, Self.post("1", "Hi"), after: "c1"))
        #expect(found == "1")
        let endless = ScriptedExchange(
            .get, "/v25.0/\(Self.feed)",
            .json(200, #"{"data":[],"paging":{"cursors":{"after":"c"},"next":"https://x"}}"#))
        #expect(try await self.look(send, endless) == "inconclusive")
    }

    @Test(
        "the same words with another link prove nothing; Facebook's redirect to ours is ours",
        arguments: [
            ("https://example.com/a", "1"), ("http://www.example.com/a/", "1"),
            ("https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.com%2Fa%3Ffbclid%3D1&h=x", "1"),
            ("https://example.com/b", "inconclusive"),
        ])
    func link(url: String, expected: String) async throws {
        let send = Self.send(FacebookFixtures.content(.text, "Read", link: "https://example.com/a"))
        let post = Self.post("1", "Read", "09:59:50", Self.attached("link", url: url))
        #expect(try await self.look(send, Self.list(Self.feed, post)) == expected)
    }

    @Test("our own photo in a post is proof, without words too; another's is none")
    func photo() async throws {
        let send = Self.send(FacebookFixtures.content(.image, "", [FacebookFixtures.photo]), Self.uploaded)
        let ours = Self.post("1", nil, "09:59:50", Self.attached("photo", id: "71"))
        #expect(try await self.look(send, Self.list(Self.feed, ours)) == "1")
        let other = Self.post("1", nil, "09:59:50", Self.attached("photo", id: "99"))
        #expect(try await self.look(send, Self.list(Self.feed, other)) == "inconclusive")
        let worded = Self.post("1", "Words", "09:59:50", Self.attached("photo", id: "99"))
        #expect(try await self.look(send, Self.list(Self.feed, worded)) == "absent")
    }

    @Test("our own photo in an album is proof: the album's own target is another")
    func album() async throws {
        let send = Self.send(
            FacebookFixtures.content(.carousel, "", [FacebookFixtures.photo, FacebookFixtures.second]), Self.uploaded)
        func album(_ first: String) -> String {
            #","attachments":{"data":[{"media_type":"album","target":{"id":"5"},"subattachments":{"data":[{"target":{"id":"\#(first)"}},{"target":{"id":"98"}}]}}]}"#
        }
        let ours = Self.post("1", nil, "09:59:50", album("72"))
        #expect(try await self.look(send, Self.list(Self.feed, ours)) == "1")
        let other = Self.post("1", nil, "09:59:50", album("99"))
        #expect(try await self.look(send, Self.list(Self.feed, other)) == "inconclusive")
    }

    @Test(
        "a reel's upload says whether it was published",
        arguments: [
            (FacebookFixtures.published, "\(FacebookFixtures.page)_555"), (FacebookFixtures.processing, "inconclusive"),
            (#"{"video_status":"upload_complete","uploading_phase":{"status":"complete"}}"#, "absent"),
            (#"{"video_status":"expired"}"#, "absent"),
        ])
    func reel(status: String, expected: String) async throws {
        let send = Self.send(FacebookFixtures.reel.content, Self.filmed)
        #expect(try await self.look(send, FacebookFixtures.status("700", status)) == expected)
    }

    @Test("a reel whose post Facebook does not name stands under its own identity, which has no numbers")
    func namelessPost() async throws {
        let status = FacebookFixtures.status("700", FacebookFixtures.published, post: nil)
        let send = Self.send(FacebookFixtures.reel.content, Self.filmed)
        #expect(try await self.look(send, status) == "700")
    }

    @Test("a reel whose upload is gone was not published")
    func goneReel() async throws {
        let gone = ScriptedExchange(.get, "/v25.0/700", .reply(FacebookFixtures.error(100, 33)))
        #expect(try await self.look(Self.send(FacebookFixtures.reel.content, Self.filmed), gone) == "absent")
    }

    @Test("a film is in the Page's list, or its upload says how it stands")
    func video() async throws {
        let send = Self.send(FacebookFixtures.video.content, Self.filmed)
        let videos = "\(FacebookFixtures.page)/videos"
        let listed = #"{"id":"700","created_time":"2026-11-21T09:59:50+0000","permalink_url":"/v/700"}"#
        #expect(try await self.look(send, Self.list(videos, listed)) == "700")
        let posted = listed.replacing(#""700","#, with: #""700","post_id":"55","#)
        #expect(try await self.look(send, Self.list(videos, posted)) == "\(FacebookFixtures.page)_55")
        let none = Self.list(videos)
        #expect(
            try await self.look(send, none, FacebookFixtures.status("700", FacebookFixtures.processing))
                == "inconclusive")
        let uploaded = #"{"video_status":"upload_complete","uploading_phase":{"status":"complete"}}"#
        #expect(try await self.look(send, none, FacebookFixtures.status("700", uploaded)) == "absent")
    }

    @Test("a story is found by the photo or film in it")
    func story() async throws {
        let stories = "\(FacebookFixtures.page)/stories"
        let photo = Self.send(FacebookFixtures.photoStory.content, Self.uploaded)
        let ours = #"{"post_id":"55","creation_time":"1795255190","media_type":"photo","media_id":"71","url":"u"}"#
        let other = #"{"post_id":"56","creation_time":"1795255195","media_type":"photo","media_id":"99","url":"u"}"#
        #expect(try await self.look(photo, Self.list(stories, other, ours)) == "55")
        #expect(try await self.look(photo, Self.list(stories, other)) == "absent")
        let film = Self.send(FacebookFixtures.videoStory.content, Self.filmed)
        let status = FacebookFixtures.status("700", FacebookFixtures.published)
        #expect(try await self.look(film, Self.list(stories, other), status) == "inconclusive")
        #expect(try await self.look(Self.send(FacebookFixtures.photoStory.content)) == "absent")
    }

    @Test(
        "a comment is found by its words, its author and its time",
        arguments: [
            (#","from":{"id":"102030405060708"}"#, "First!", "09:59:50", "3"), ("", "First!", "09:59:50", "3"),
            (#","from":{"id":"5"}"#, "First!", "09:59:50", "absent"), ("", "Second", "09:59:50", "absent"),
            ("", "First!", "09:00:00", "absent"),
        ])
    func comment(from: String, words: String, time: String, expected: String) async throws {
        let send = Self.send(FacebookFixtures.link.content, part: 1)
        let list = Self.list("\(FacebookFixtures.post)/comments", Self.post("3", words, time, from))
        #expect(try await self.look(send, list) == expected)
    }

    @Test("a look with a person's token is made as the Page")
    func personal() async throws {
        var send = Self.send(FacebookFixtures.text.content)
        send.access = FacebookFixtures.personal
        let token = ScriptedExchange(
            .get, "/v25.0/me/accounts",
            .json(200, #"{"data":[{"id":"\#(FacebookFixtures.page)","access_token":"EAAown-1"}]}"#))
        let list = ScriptedExchange(.get, "/v25.0/\(Self.feed)", .json(200, #"{"data":[]}"#)) {
            $0.call.request.headerFields[.authorization] == "Bearer EAAown-1"
        }
        #expect(try await self.look(send, token, list) == "absent")
    }
}
