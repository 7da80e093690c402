// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import XPlugin

@Suite("Looking for a send on X")
struct XReconcilingTests {
    private static func time(_ seconds: Double) -> String {
        XFixtures.now.addingTimeInterval(seconds).formatted(.iso8601)
    }

    private static func send(_ content: PostContent, part: Int = 0, confirmed: [Int: RemotePost] = [:]) -> UnknownSend {
        UnknownSend(
            access: XFixtures.access, content: content, part: part, confirmed: confirmed, checkpoint: nil,
            sentAfter: XFixtures.now.addingTimeInterval(-100), key: "k")
    }

    private static func page(_ body: String, token: String? = nil) -> ScriptedExchange {
        ScriptedExchange(.get, "/2/users/2244994945/tweets", .json(200, body), isRepeatable: false) {
            $0.query["pagination_token"] == token
        }
    }

    @Test("pages are read until they reach back to the send")
    func paging() async throws {
        let (plugin, transport) = XFixtures.plugin([
            Self.page(#"{"data":[{"id":"9","text":"x","created_at":"\#(Self.time(-1))"}],"meta":{"next_token":"n1"}}"#),
            Self.page(
                #"{"data":[{"id":"8","text":"y","created_at":"\#(Self.time(-9))"}],"meta":{"next_token":"n2"}}"#,
                token: "n1"),
            Self.page(
                #"{"data":[{"id":"7","text":"Tom &amp; Jerry","created_at":"\#(Self.time(-50))"},{"id":"6","text":"z","created_at":"\#(Self.time(-5000))"}],"meta":{"next_token":"n3"}}"#,
                token: "n2"),
        ])
        guard case .found(let post) = try await plugin.find(Self.send(XFixtures.text.content)) else {
            Issue.record("not found")
            return
        }
        #expect(post.id == "7")
        #expect(transport.calls.count == 3)
    }

    @Test("a list that never reaches back proves nothing")
    func uncovered() async throws {
        let endless = ScriptedExchange(
            .get, "/2/users/2244994945/tweets",
            .json(200, #"{"data":[{"id":"9","text":"x","created_at":"\#(Self.time(-1))"}],"meta":{"next_token":"n"}}"#))
        let (plugin, _) = XFixtures.plugin([endless])
        guard case .inconclusive = try await plugin.find(Self.send(XFixtures.text.content)) else {
            Issue.record("a proof from an incomplete list")
            return
        }
    }

    @Test("a part of a thread must answer the part before it", arguments: [("1", true), ("5", false)])
    func parent(parent: String, isOurs: Bool) async throws {
        let (plugin, transport) = XFixtures.plugin([
            Self.page(
                #"{"data":[{"id":"9","text":"Three","created_at":"\#(Self.time(-1))","referenced_tweets":[{"type":"replied_to","id":"\#(parent)"}]}],"meta":{}}"#
            )
        ])
        let content = PostContent(format: .thread, parts: [PostPart(text: "One"), PostPart(text: "Three")])
        let finding = try await plugin.find(Self.send(content, part: 1, confirmed: [0: RemotePost(id: "1")]))
        #expect(transport.calls.first?.query["tweet.fields"] == "created_at,referenced_tweets")
        switch finding {
        case .found(let post): #expect(isOurs && post.id == "9")
        case .absent: #expect(!isOurs)
        case .inconclusive(let why), .undecidable(let why): Issue.record("\(why)")
        }
    }

    @Test("the same words with another link prove nothing")
    func otherLink() async throws {
        let (plugin, _) = XFixtures.plugin([
            Self.page(
                #"{"data":[{"id":"9","text":"Read https://t.co/x","created_at":"\#(Self.time(-1))","entities":{"urls":[{"url":"https://t.co/x","expanded_url":"https://a.de/2"}]}}],"meta":{}}"#
            )
        ])
        let content = PostContent(format: .text, parts: [PostPart(text: "Read https://a.de/1")])
        guard case .inconclusive = try await plugin.find(Self.send(content)) else {
            Issue.record("taken for proof")
            return
        }
    }

    @Test("when the API no longer knows tweet.fields, post.fields is used from then on")
    func dialect() async throws {
        let refused = HTTPReply.json(
            400,
            #"{"errors":[{"parameters":{"tweet.fields":["created_at"]},"message":"The query parameter [tweet.fields] is not one of [id,post.fields]"}],"title":"Invalid Request","detail":"One or more parameters to your request was invalid.","type":"https://api.x.com/2/problems/invalid-request"}"#
        )
        let (plugin, transport) = XFixtures.plugin([
            ScriptedExchange(.get, "/2/users/2244994945/tweets", .reply(refused), isRepeatable: false) {
                $0.query["tweet.fields"] != nil
            },
            ScriptedExchange(.get, "/2/users/2244994945/tweets", .json(200, #"{"meta":{"result_count":0}}"#)) {
                $0.query["post.fields"] == "created_at"
            },
        ])
        for _ in 0..<2 {
            guard case .absent = try await plugin.find(Self.send(XFixtures.text.content)) else {
                Issue.record("not absent")
                return
            }
        }
        #expect(transport.calls.map { $0.query["tweet.fields"] != nil } == [true, false, false])
    }
}
