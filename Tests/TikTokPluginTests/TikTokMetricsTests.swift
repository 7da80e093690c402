// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import TikTokPlugin

@Suite("Metrics of TikTok")
struct TikTokMetricsTests {
    private static func query(_ ids: [String], _ videos: String) -> ScriptedExchange {
        let list = ids.map { #""\#($0)""# }.joined(separator: ",")
        return ScriptedExchange(.post, "/v2/video/query/", TikTokFixtures.ok(#"{"videos":[\#(videos)]}"#)) {
            $0.query == [
                "fields": "id,title,create_time,share_url,view_count,like_count,comment_count,share_count"
            ] && $0.text == #"{"filters":{"video_ids":[\#(list)]}}"#
        }
    }

    private func read(_ exchanges: [ScriptedExchange], _ ids: [String]) async throws -> [MetricReading] {
        let (plugin, transport) = TikTokFixtures.plugin(exchanges)
        let readings = try await plugin.metrics(
            MetricsRequest(access: TikTokFixtures.access, posts: ids.map { RemotePost(id: $0) }))
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
        return readings
    }

    @Test("what TikTok gives is in the common schema, what it does not give is absent")
    func posts() async throws {
        let readings = try await self.read(
            [
                Self.query(
                    ["71", "72", "73"],
                    #"{"id":"72","view_count":0,"like_count":3},{"id":"71","view_count":1200,"like_count":40,"comment_count":5,"share_count":2,"create_time":1795255000}"#
                )
            ], ["71", "72", "73"])
        #expect(readings.map(\.postID) == ["71", "72"])
        #expect(readings.first?.values == [.views: 1200, .likes: 40, .comments: 5, .shares: 2])
        #expect(readings.last?.values == [.views: 0, .likes: 3])
        #expect(readings.first?.raw.contains(#""view_count":1200"#) == true)
        #expect(readings.allSatisfy { !$0.isGone })
    }

    @Test("twenty posts go into one question")
    func batches() async throws {
        let ids = (1...21).map { String($0) }
        let readings = try await self.read(
            [Self.query(Array(ids.prefix(20)), #"{"id":"4","view_count":1}"#), Self.query(["21"], #"{"id":"21"}"#)],
            ids)
        #expect(readings.map(\.postID) == ["4", "21"] && readings.last?.values.isEmpty == true)
    }

    @Test("a post without an identity of its own is asked for it; while there is none it has no numbers")
    func unlisted() async throws {
        let known = try await self.read(
            [
                TikTokFixtures.complete("7380000000000000123"),
                Self.query(["7380000000000000123"], #"{"id":7380000000000000123,"view_count":9}"#),
            ],
            ["v_pub_file~v2.1"])
        #expect(known.first?.postID == "v_pub_file~v2.1" && known.first?.values == [.views: 9])
        let hidden = try await self.read([TikTokFixtures.complete(nil)], ["v_pub_file~v2.1"])
        #expect(hidden.first?.postID == "v_pub_file~v2.1" && hidden.first?.values.isEmpty == true)
        var forgotten = TikTokFixtures.complete(nil)
        forgotten.outcome = .reply(TikTokFixtures.error(400, "invalid_publish_id"))
        #expect(try await self.read([forgotten], ["v_pub_file~v2.1"]).first?.values.isEmpty == true)
    }

    @Test("the account has its followers")
    func account() async throws {
        let user = ScriptedExchange(
            .get, "/v2/user/info/",
            TikTokFixtures.ok(#"{"user":{"follower_count":1234,"likes_count":99,"video_count":7}}"#)
        ) { $0.query == ["fields": "follower_count,likes_count,video_count"] }
        let readings = try await self.read([user], [])
        #expect(readings.first?.values == [.followers: 1234] && readings.first?.postID == nil)
        #expect(readings.first?.raw == #"{"follower_count":1234,"likes_count":99,"video_count":7}"#)
    }
}
