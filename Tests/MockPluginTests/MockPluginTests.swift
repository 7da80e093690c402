// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import MockPlugin
import PluginKit
import PluginTestKit
import Testing

@Suite("The mock plugin")
struct MockPluginTests {
    @Test("the plugin keeps the contract")
    func conformance() async {
        let failures = await PluginConformance.run(MockPlugin.self, MockFixtures.all)
        #expect(failures.isEmpty, "\(failures.map(\.description).joined(separator: "\n"))")
    }

    @Test("a post is sent as the sheet says, with the permit's key for platforms that honour it")
    func body() async throws {
        let (plugin, transport) = MockFixtures.plugin([MockFixtures.media("m_1"), MockFixtures.post("p_1")])
        let content = PostContent(
            format: .image, parts: [PostPart(text: "Hi", media: [MockFixtures.image])],
            link: "https://example.com/a?b=c")
        let request = PublishRequest(access: MockFixtures.access, content: content, operation: "op-1")
        _ = try await plugin.publish(request, ScriptedEffectContext())
        let call = try #require(transport.visibleCalls.first)
        #expect(
            call.text
                == #"{"alt_texts":["A horn"],"format":"image","link":"https://example.com/a?b=c","media_ids":["m_1"],"text":"Hi"}"#
        )
        #expect(call.host == "mock.posthorn.test")
        #expect(call.call.request.headerFields[.authorization] == "Bearer mock-access-5f1c9e")
        #expect(call.call.request.headerFields.first { $0.name.rawName == "Idempotency-Key" }?.value == "op-1#0")
        guard case .file(let path, 0, 10) = transport.calls[0].call.body else {
            Issue.record("the file is not streamed")
            return
        }
        #expect(path == "/nowhere.png")
    }

    @Test("a film is pending until the platform is done, and a failed one is permanent")
    func processing() async throws {
        let answers = [
            ScriptedExchange(
                .get, "/v1/processing/r_1", .json(200, #"{"id":"r_1","status":"processing","check_after_seconds":4}"#),
                isRepeatable: false),
            ScriptedExchange(
                .get, "/v1/processing/r_1",
                .json(200, #"{"id":"r_1","status":"failed","error":{"code":"processing_failed","message":"no film"}}"#)),
        ]
        let (plugin, _) = MockFixtures.plugin(Array(MockFixtures.film202.exchanges.prefix(2)) + answers)
        let context = ScriptedEffectContext()
        let request = PublishRequest(
            access: MockFixtures.access, content: MockFixtures.film202.content, operation: "op-1")
        guard case .pending(let state, let pause) = try await plugin.publish(request, context) else {
            Issue.record("not pending")
            return
        }
        #expect(pause == .seconds(4))
        let error = await #expect(throws: PluginError.self) { _ = try await plugin.resume(state, request, context) }
        #expect(error?.code == .permanent && error?.field == "media[0]")
    }

    @Test("a campaign of the same name is taken up, not made again")
    func campaignByName() async throws {
        let (plugin, transport) = MockFixtures.plugin([
            ScriptedExchange(.get, "/v1/campaigns", .json(200, #"{"campaigns":[{"id":"k_7","status":"paused"}]}"#)) {
                $0.query["name"] == "op-1"
            },
            ScriptedExchange(.post, "/v1/campaigns/k_7/activate", MockFixtures.campaign("in_review"), isVisible: true),
        ])
        _ = try await plugin.startBoost(MockFixtures.boostRequest, ScriptedEffectContext())
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
    }

    @Test(
        "a lost activation is found by the campaign's status",
        arguments: [
            ("paused", "", false), ("in_review", "", true), ("active", "", true), ("stopped", "", false),
            ("stopped", #","activated_at":"2026-11-21T10:00:02.000Z""#, true), ("rejected", "", true),
        ])
    func findBoost(status: String, more: String, isThere: Bool) async throws {
        let (plugin, _) = MockFixtures.plugin([
            ScriptedExchange(
                .get, "/v1/campaigns", .json(200, #"{"campaigns":[{"id":"k_1","status":"\#(status)"\#(more)}]}"#))
        ])
        switch try await plugin.findBoost(MockFixtures.boostRequest, checkpoint: nil) {
        case .found(let post): #expect(isThere && post.id == "k_1")
        case .absent: #expect(!isThere)
        case .inconclusive(let why), .undecidable(let why): Issue.record("\(why)")
        }
    }

    @Test("spend and results of a boost are read in minor units")
    func boostStatus() async throws {
        let (plugin, _) = MockFixtures.plugin([
            ScriptedExchange(
                .get, "/v1/campaigns/k_1",
                MockFixtures.campaign(
                    "active", #","spend":{"amount_minor":512,"currency":"EUR"},"results":{"impressions":90,"clicks":3}"#
                ))
        ])
        let boost = try await plugin.boostStatus(MockFixtures.startedBoost)
        #expect(boost.state == .running)
        #expect(boost.spend == Money(minorUnits: 512, currency: .eur))
        #expect(boost.results == [.views: 90, .clicks: 3])
    }

    @Test("one bad post never spoils the numbers of the others")
    func metrics() async throws {
        let (plugin, transport) = MockFixtures.plugin([
            ScriptedExchange(
                .get, "/v1/metrics",
                .json(
                    200,
                    """
                    {"measured_at":"2026-11-21T10:00:00.000Z","metrics":[
                    {"post_id":"p_1","values":{"views":10,"profile_visits":2,"watch_time_ms":7}},
                    {"post_id":"p_2","error":{"code":"not_found","message":"gone"}},
                    {"post_id":"p_3","error":{"code":"forbidden","message":"not yours"}}]}
                    """))
        ])
        let posts = ["p_1", "p_2", "p_3"].map { RemotePost(id: $0) }
        let readings = try await plugin.metrics(MetricsRequest(access: MockFixtures.access, posts: posts))
        #expect(transport.calls.first?.query["post_ids"] == "p_1,p_2,p_3")
        #expect(readings.map(\.postID) == ["p_1", "p_2"])
        #expect(readings[0].values == [.views: 10, .profileVisits: 2, .watchTimeMilliseconds: 7])
        #expect(readings[1].isGone && readings[1].values.isEmpty)
    }

    @Test("deleting what is not there is done")
    func deleteTwice() async throws {
        let (plugin, _) = MockFixtures.plugin([
            ScriptedExchange(.delete, "/v1/posts/p_1", .reply(MockFixtures.error(404, "not_found"))),
            ScriptedExchange(.delete, "/v1/comments/c_1", .json(200, #"{"deleted":true}"#)),
        ])
        try await plugin.delete(RemotePost(id: "p_1"), MockFixtures.access)
        try await plugin.delete(RemotePost(id: "c_1"), MockFixtures.access)
    }

    @Test("a comment is found by its words among newer ones")
    func findComment() async throws {
        let (plugin, _) = MockFixtures.plugin([
            ScriptedExchange(
                .get, "/v1/posts/p_1/comments",
                .json(
                    200,
                    """
                    {"comments":[{"id":"c_3","post_id":"p_1","text":"Nice","created_at":"2026-11-21T10:00:09.000Z","own":false},
                    {"id":"c_2","post_id":"p_1","text":"First!","created_at":"2026-11-21T10:00:05.000Z","own":true}]}
                    """))
        ])
        let send = UnknownSend(
            access: MockFixtures.access, content: MockFixtures.comment.content, part: 1,
            confirmed: [0: RemotePost(id: "p_1")],
            checkpoint: nil, sentAfter: MockFixtures.now.addingTimeInterval(-60), key: "k")
        guard case .found(let post) = try await plugin.find(send) else {
            Issue.record("not found")
            return
        }
        #expect(post.id == "c_2")
    }

    @Test(
        "refusals have the class of the sheet",
        arguments: [
            (400, "invalid_request", PluginError.Code.permanent), (403, "forbidden", .permanent),
            (403, "account_suspended", .needsHuman),
            (404, "not_found", .permanent), (409, "duplicate", .duplicate), (409, "conflict", .permanent),
            (413, "payload_too_large", .permanent), (415, "unsupported_media_type", .permanent),
            (401, "unauthorized", .reauthorize),
            (401, "invalid_client", .needsHuman), (418, "teapot", .ambiguousOutcome),
        ])
    func errors(status: Int, code: String, expected: PluginError.Code) async throws {
        let (plugin, _) = MockFixtures.plugin([
            ScriptedExchange(
                .post, "/v1/posts", .reply(MockFixtures.error(status, code, "no", ["X-Request-Id": "q_1"])),
                isVisible: true)
        ])
        let request = PublishRequest(access: MockFixtures.access, content: MockFixtures.text.content, operation: "op-1")
        let error = await #expect(throws: PluginError.self) {
            _ = try await plugin.publish(request, ScriptedEffectContext())
        }
        #expect(error?.code == expected)
        #expect(error?.platformCode == code && error?.httpStatus == status && error?.requestID == "q_1")
    }
}
