// SPDX-License-Identifier: MIT

import Domain
import FacebookPlugin
import Foundation
import HTTPTypes
import InstagramPlugin
import JobQueue
import PQClient
import PluginKit
import PluginTestKit
import TestSupport
import Testing

@testable import Publishing

@Suite("Facebook and Instagram through the handlers", .postgresSchema)
struct MetaHandlerTests {
    private static let now = AgencyFixture.start.formatted(.iso8601).replacing("Z", with: "+0000")

    private static func agency(
        _ plugin: (some CompiledPlugin).Type, _ exchanges: [ScriptedExchange]
    ) async throws -> (AgencyFixture, ScriptedTransport) {
        let transport = ScriptedTransport(exchanges)
        let clock = WorldClock { AgencyFixture.start }
        let context = PluginContext(http: transport, clock: clock, publicMedia: .scripted)
        return (try await AgencyFixture(plugin: plugin.init(context: context), externalID: "77"), transport)
    }

    private static func feed(_ outcome: ScriptedExchange.Outcome) -> ScriptedExchange {
        ScriptedExchange(.post, "/v25.0/77/feed", outcome, isVisible: true)
    }

    @Test("words become a post of the Page, with its address")
    func text() async throws {
        let (agency, transport) = try await Self.agency(
            FacebookPlugin.self,
            [Self.feed(.json(200, #"{"id":"77_1","permalink_url":"https://www.facebook.com/x"}"#))])
        let target = try await agency.plan("hello")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")
        #expect(
            try await agency.text("SELECT remote_id || ' ' || url FROM publication")
                == "77_1 https://www.facebook.com/x")
        #expect(transport.visibleCalls.first?.permit?.key == "publish:\(target)#0")
    }

    @Test("a post whose answer was lost is found in the Page's list and never sent again")
    func lostText() async throws {
        let listed = ScriptedExchange(
            .get, "/v25.0/77/feed",
            .json(200, #"{"data":[{"id":"77_1","message":"hello","created_time":"\#(Self.now)"}]}"#))
        let (agency, transport) = try await Self.agency(FacebookPlugin.self, [Self.feed(.lost), listed])
        let target = try await agency.plan("hello")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["held"])
        try await agency.advance(.seconds(40))
        #expect(try await agency.work(ReconcileHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")
        #expect(transport.visibleCalls.count == 1)
        #expect(try await agency.text("SELECT remote_id FROM publication") == "77_1")
    }

    @Test("a reel that Facebook works on gives its place back, and becomes its post later")
    func reel() async throws {
        func status(_ status: String, isRepeatable: Bool) -> ScriptedExchange {
            ScriptedExchange(
                .get, "/v25.0/700", .json(200, #"{"status":\#(status),"post_id":"5","permalink_url":"/reel/700/"}"#),
                isRepeatable: isRepeatable)
        }
        let (agency, transport) = try await Self.agency(
            FacebookPlugin.self,
            [
                ScriptedExchange(
                    .post, "/v25.0/77/video_reels",
                    .json(200, #"{"video_id":"700","upload_url":"https://rupload.facebook.com/video-upload/700"}"#)
                ) { $0.form["upload_phase"] == "start" },
                ScriptedExchange(.post, "/video-upload/700", .json(200, #"{"success":true}"#)),
                ScriptedExchange(
                    .post, "/v25.0/77/video_reels", .json(200, #"{"success":true}"#), isVisible: true
                ) { $0.form["upload_phase"] == "finish" },
                status(#"{"video_status":"processing"}"#, isRepeatable: false),
                status(
                    #"{"video_status":"ready","publishing_phase":{"publish_status":"published"}}"#, isRepeatable: true),
            ])
        let film = MediaItem(hash: "cc", type: "video/mp4", byteCount: 9)
        let target = try await agency.plan(
            PostContent(format: .reel, parts: [PostPart(text: "Reel", media: [film])]))
        let handler = PublishHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["deferred"])
        #expect(try await agency.state(of: target) == "processing")
        try await agency.advance(.seconds(20))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(transport.left.isEmpty && transport.unexpected.isEmpty && transport.visibleCalls.count == 1)
        #expect(
            try await agency.text("SELECT remote_id || ' ' || url FROM publication")
                == "77_5 https://www.facebook.com/reel/700/")
    }

    @Test("a picture waits for its container, and a lost answer is settled by the container itself")
    func picture() async throws {
        func status(_ code: String) -> ScriptedExchange {
            ScriptedExchange(
                .get, "/v25.0/901", .json(200, #"{"status_code":"\#(code)"}"#), isRepeatable: code == "PUBLISHED")
        }
        let (agency, transport) = try await Self.agency(
            InstagramPlugin.self,
            [
                ScriptedExchange(
                    .get, "/v25.0/77/content_publishing_limit",
                    .json(200, #"{"data":[{"quota_usage":1,"config":{"quota_total":25}}]}"#)),
                ScriptedExchange(.post, "/v25.0/77/media", .json(200, #"{"id":"901"}"#)) {
                    $0.form == ["image_url": "https://media.posthorn.test/aa", "caption": "Hi"]
                }, status("IN_PROGRESS"), status("FINISHED"),
                ScriptedExchange(.post, "/v25.0/77/media_publish", .lost, isVisible: true), status("PUBLISHED"),
                ScriptedExchange(
                    .get, "/v25.0/77/media",
                    .json(
                        200,
                        #"{"data":[{"id":"18001","caption":"Hi","timestamp":"\#(Self.now)","permalink":"https://www.instagram.com/p/x/"}]}"#
                    )),
                ScriptedExchange(
                    .get, "/v25.0/18001",
                    .json(200, #"{"permalink":"https://www.instagram.com/p/x/","timestamp":"\#(Self.now)"}"#)),
            ])
        let item = MediaItem(hash: "aa", type: "image/jpeg", byteCount: 9)
        let target = try await agency.plan(
            PostContent(format: .image, parts: [PostPart(text: "Hi", media: [item])]))
        let handler = PublishHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["deferred"])
        try await agency.advance(.seconds(61))
        #expect(try await agency.work(handler) == ["held"])
        #expect(try await agency.state(of: target) == "unknown")
        try await agency.advance(.seconds(40))
        #expect(try await agency.work(ReconcileHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")
        #expect(transport.unexpected.isEmpty && transport.visibleCalls.count == 1)
        #expect(
            try await agency.text("SELECT remote_id || ' ' || url FROM publication")
                == "18001 https://www.instagram.com/p/x/")
    }

    @Test("a Page that posts too fast waits for a person, with what to do")
    func tooFast() async throws {
        let refusal = HTTPReply.json(
            400, #"{"error":{"code":368,"error_subcode":1390008,"message":"m","fbtrace_id":"A1"}}"#)
        let (agency, _) = try await Self.agency(FacebookPlugin.self, [Self.feed(.reply(refusal))])
        let target = try await agency.plan("hello")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["held"])
        #expect(try await agency.state(of: target) == "waiting")
        #expect(try await agency.text("SELECT state FROM account") == "needs-human")
        #expect(
            try await agency.text("SELECT next_action FROM target")?.contains("posthorn account resume") == true)
    }
}
