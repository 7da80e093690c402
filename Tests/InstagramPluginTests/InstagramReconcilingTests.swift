// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import InstagramPlugin

@Suite("Looking for a send on Instagram")
struct InstagramReconcilingTests {
    private static func checkpoint(published: String? = nil) -> PluginState {
        let at = InstagramFixtures.now.timeIntervalSinceReferenceDate - 90
        let post = published.map { #","published":{"id":"\#($0)"}"# } ?? ""
        return PluginState(
            version: 1,
            data: Data(
                #"{"containers":[{"index":0,"id":"901","at":\#(at),"isUploaded":true,"isReady":true}],"refusals":0,"looks":0\#(post)}"#
                    .utf8))
    }

    private static func send(
        _ content: PostContent, part: Int = 0, checkpoint: PluginState = checkpoint(), others: Set<String> = [],
        access: AccountAccess = InstagramFixtures.access
    ) -> UnknownSend {
        UnknownSend(
            access: access, content: content, part: part,
            confirmed: part == 0 ? [:] : [0: RemotePost(id: "18001")], checkpoint: checkpoint,
            sentAfter: InstagramFixtures.now.addingTimeInterval(-100), key: "k", others: others)
    }

    private static func listed(_ id: String, _ text: String, _ age: Double) -> ListedPost {
        ListedPost(id: id, text: text, createdAt: InstagramFixtures.now.addingTimeInterval(-age))
    }

    @Test(
        "with a token of Instagram's own login the address tells a reel from a picture of the same words",
        arguments: [("reel", "8"), ("p", "inconclusive")])
    func ownLogin(path: String, expected: String) async throws {
        let send = Self.send(
            InstagramFixtures.content(.reel, "Hi there", [InstagramFixtures.film]), access: InstagramFixtures.own)
        let found = try await self.look(
            send,
            [InstagramFixtures.status("901", "PUBLISHED")]
                + InstagramFixtures.media([Self.listed("8", "Hi there", 50)], path: path, isOwnLogin: true))
        #expect(found == expected)
    }

    /// What a look shows, in short.
    private func look(_ send: UnknownSend, _ exchanges: [ScriptedExchange]) async throws -> String {
        switch try await InstagramFixtures.plugin(exchanges).0.find(send) {
        case .found(let post): post.id
        case .absent: "absent"
        case .inconclusive: "inconclusive"
        case .undecidable: "undecidable"
        }
    }

    @Test(
        "the container says whether it was published, and the list as what",
        arguments: [
            ("PUBLISHED", [listed("9", "Other", 1), listed("8", "Hi\n there", 50)], "8"),
            ("PUBLISHED", [listed("9", "Other", 1)], "inconclusive"),
            ("PUBLISHED", [listed("7", "Hi there", 5000)], "inconclusive"),
            ("FINISHED", [listed("8", "Hi there", 50)], "absent"),
            ("IN_PROGRESS", [], "inconclusive"),
            ("EXPIRED", [listed("8", "Hi there", 50)], "8"), ("EXPIRED", [listed("9", "Other", 1)], "absent"),
            ("ERROR", [], "absent"),
        ] as [(String, [ListedPost], String)])
    func container(code: String, list: [ListedPost], expected: String) async throws {
        let send = Self.send(InstagramFixtures.content(.image, "Hi there", [InstagramFixtures.picture]))
        let found = try await self.look(
            send, [InstagramFixtures.status("901", code)] + InstagramFixtures.media(list))
        #expect(found == expected)
    }

    @Test("a container that is gone leaves the list to decide")
    func gone() async throws {
        let gone = ScriptedExchange(.get, "/v25.0/901", .reply(InstagramFixtures.error(100, 33)))
        let send = Self.send(InstagramFixtures.content(.image, "Hi", [InstagramFixtures.picture]))
        #expect(try await self.look(send, [gone] + InstagramFixtures.media([])) == "absent")
    }

    @Test("a published story is the only newcomer, or nobody can tell")
    func story() async throws {
        let send = Self.send(InstagramFixtures.pictureStory.content, others: ["7"])
        let published = InstagramFixtures.status("901", "PUBLISHED")
        let one = InstagramFixtures.media([Self.listed("8", "", 9), Self.listed("7", "", 9)], edge: "stories")
        #expect(try await self.look(send, [published] + one) == "8")
        let two = InstagramFixtures.media([Self.listed("8", "", 9), Self.listed("6", "", 9)], edge: "stories")
        #expect(try await self.look(send, [published] + two) == "inconclusive")
    }

    @Test("media of other operations and from before is never ours, and the oldest of equals is")
    func choice() async throws {
        let send = Self.send(
            InstagramFixtures.content(.image, "Hi", [InstagramFixtures.picture]), others: ["5"])
        let list = InstagramFixtures.media([
            Self.listed("9", "Hi", 1), Self.listed("8", "Hi", 40), Self.listed("5", "Hi", 60),
            Self.listed("4", "Hi", 400),
        ])
        #expect(try await self.look(send, [InstagramFixtures.status("901", "PUBLISHED")] + list) == "8")
    }

    @Test("pages are read until they reach back to the send")
    func paging() async throws {
        let first = ScriptedExchange(
            .get, "/v25.0/\(InstagramFixtures.account)/media",
            .json(
                200,
                #"{"data":[{"id":"9","caption":"x","timestamp":"2026-11-21T09:59:59+0000"}],"paging":{"cursors":{"after":"c1"},"next":"https://graph.facebook.com/next"}}"#
            ), isRepeatable: false
        ) { $0.query["after"] == nil }
        let second = ScriptedExchange(
            .get, "/v25.0/\(InstagramFixtures.account)/media",
            .json(200, #"{"data":[{"id":"8","caption":"Hi","timestamp":"2026-11-21T09:59:00+0000"}]}"#)
        ) { $0.query["after"] == "c1" }
        let send = Self.send(InstagramFixtures.content(.image, "Hi", [InstagramFixtures.picture]))
        let found = try await self.look(send, [InstagramFixtures.status("901", "PUBLISHED"), first, second])
        #expect(found == "8")
    }

    @Test(
        "a comment is found by its words, its author and its time",
        arguments: [
            (
                #"{"id":"1","text":"First!","timestamp":"2026-11-21T09:59:50+0000","from":{"id":"17841405822304914"}}"#,
                "1"
            ),
            (#"{"id":"1","text":"First!","timestamp":"2026-11-21T09:59:50+0000"}"#, "1"),
            (#"{"id":"1","text":"First!","timestamp":"2026-11-21T09:59:50+0000","from":{"id":"5"}}"#, "absent"),
            (#"{"id":"1","text":"Second","timestamp":"2026-11-21T09:59:50+0000"}"#, "absent"),
            (#"{"id":"1","text":"First!","timestamp":"2026-11-20T09:59:50+0000"}"#, "absent"),
        ])
    func comment(listed: String, expected: String) async throws {
        let list = ScriptedExchange(.get, "/v25.0/18001/comments", .json(200, #"{"data":[\#(listed)]}"#))
        let send = Self.send(
            InstagramFixtures.image.content, part: 1, checkpoint: Self.checkpoint(published: "18001"))
        #expect(try await self.look(send, [list]) == expected)
    }
}
