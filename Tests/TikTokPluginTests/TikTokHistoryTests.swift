// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import TikTokPlugin

@Suite("What TikTok lists of the past")
struct TikTokHistoryTests {
    private static func page(_ body: String, _ answer: String) -> ScriptedExchange {
        ScriptedExchange(.post, "/v2/video/list/", TikTokFixtures.ok(answer)) {
            $0.text == body && $0.query == ["fields": "id,title,create_time,video_description,share_url"]
        }
    }

    private static func request(_ cursor: String? = nil, own: [RemotePost] = []) -> HistoryRequest {
        HistoryRequest(
            access: TikTokFixtures.access, since: Date(timeIntervalSince1970: 1_790_000_000), cursor: cursor,
            limit: 200, own: own)
    }

    @Test("posts come with words, time and address; the cursor is TikTok's, and the list ends where the time does")
    func pages() async throws {
        let (plugin, transport) = TikTokFixtures.plugin([
            Self.page(
                #"{"max_count":20}"#,
                #"{"videos":[{"id":73,"create_time":1795000000,"title":"T","video_description":"Words","share_url":"https://t/@a/video/73"},{"id":"72","create_time":1794000000,"title":"Photos","share_url":"https://t/@a/photo/72"}],"cursor":1794000000000,"has_more":true}"#
            ),
            Self.page(
                #"{"cursor":1794000000000,"max_count":20}"#,
                #"{"videos":[{"id":"71","create_time":1789999999}],"cursor":1789999999000,"has_more":true}"#),
        ])
        let first = try await plugin.history(Self.request())
        #expect(first.posts.map(\.remote.id) == ["73", "72"] && first.next == "1794000000000")
        #expect(first.posts.map(\.text) == ["Words", "Photos"] && first.posts.map(\.format) == [.video, nil])
        let last = try await plugin.history(Self.request(first.next))
        #expect(last.posts.isEmpty && last.next == nil)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
    }

    @Test("a post of ours that is known by its act of publishing alone is recognised")
    func ours() async throws {
        let (plugin, transport) = TikTokFixtures.plugin([
            Self.page(
                #"{"max_count":20}"#,
                #"{"videos":[{"id":"7380000000000000123","create_time":1795000000}],"has_more":false}"#),
            TikTokFixtures.complete("7380000000000000123"),
        ])
        let act = RemotePost(id: "v_pub_file~v2.1", publishedAt: Date(timeIntervalSince1970: 1_795_000_030))
        let old = RemotePost(id: "v_pub_file~v2.0", publishedAt: Date(timeIntervalSince1970: 1_791_000_000))
        let page = try await plugin.history(Self.request(own: [act, old, RemotePost(id: "7370000000000000001")]))
        #expect(page.posts.map(\.ids) == [["7380000000000000123", act.id]])
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
    }
}
