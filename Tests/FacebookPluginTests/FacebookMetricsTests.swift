// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import FacebookPlugin

@Suite("Metrics of Facebook")
struct FacebookMetricsTests {
    private static let names =
        "post_media_view,post_total_media_view_unique,post_reactions_by_type_total,post_reactions_like_total,post_clicks,post_clicks_by_type,post_video_views,post_activity_by_action_type"

    private static func metric(_ name: String, _ value: String, _ end: String? = nil) -> String {
        let time = end.map { #","end_time":"\#($0)"# } ?? ""
        return #"{"name":"\#(name)","period":"lifetime","values":[{"value":\#(value)\#(time)}],"id":"x"}"#
    }
    private static func insights(_ id: String, _ metrics: String...) -> ScriptedExchange {
        ScriptedExchange(
            .get, "/v25.0/\(id)/insights", .json(200, #"{"data":[\#(metrics.joined(separator: ","))]}"#)
        ) { $0.query == ["metric": names, "period": "lifetime"] }
    }
    private static func counts(_ id: String, _ outcome: ScriptedExchange.Outcome) -> ScriptedExchange {
        ScriptedExchange(.get, "/v25.0/\(id)", outcome) {
            $0.query == ["fields": "shares,comments.summary(true).limit(0)"]
        }
    }

    private func read(_ exchanges: [ScriptedExchange], _ ids: String...) async throws -> [MetricReading] {
        let (plugin, transport) = FacebookFixtures.plugin(exchanges)
        let readings = try await plugin.metrics(
            MetricsRequest(access: FacebookFixtures.access, posts: ids.map { RemotePost(id: $0) }))
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
        return readings
    }

    @Test("breakdowns are summed, the post's own counts come first, and the raw answer is kept")
    func post() async throws {
        let readings = try await self.read(
            [
                Self.insights(
                    "1_2", Self.metric("post_media_view", "100"), Self.metric("post_total_media_view_unique", "80"),
                    Self.metric("post_reactions_by_type_total", #"{"like":3,"love":2}"#),
                    Self.metric("post_reactions_like_total", "3"),
                    Self.metric("post_clicks", "7"), Self.metric("post_clicks_by_type", #"{"link clicks":4}"#),
                    Self.metric("post_activity_by_action_type", #"{"comment":9,"share":8}"#)),
                Self.counts(
                    "1_2", .json(200, #"{"shares":{"count":6},"comments":{"data":[],"summary":{"total_count":5}}}"#)),
            ], "1_2")
        #expect(
            readings.first?.values
                == [.views: 100, .reach: 80, .likes: 3, .clicks: 7, .comments: 5, .shares: 6, .engagements: 23])
        #expect(readings.first?.raw.contains(#""link clicks":4"#) == true && readings.first?.postID == "1_2")
        #expect(readings.first?.reactions == ["like": 3, "love": 2] && readings.first?.dayEnds == nil)
    }

    @Test("without the permission for comments the insights' own numbers are taken; what nobody gave is absent")
    func noPermission() async throws {
        let readings = try await self.read(
            [
                Self.insights(
                    "1_2", Self.metric("post_media_view", "0"),
                    Self.metric("post_activity_by_action_type", #"{"comment":9}"#)),
                Self.counts("1_2", .reply(FacebookFixtures.error(10))),
            ], "1_2")
        #expect(readings.first?.values == [.views: 0, .comments: 9] && readings.first?.reactions == nil)
    }

    @Test("an empty list is no number, and a post that is gone is said to be gone")
    func nothing() async throws {
        let empty = try await self.read([Self.insights("1_2"), Self.counts("1_2", .json(200, "{}"))], "1_2")
        #expect(empty.first?.values.isEmpty == true && empty.first?.isGone == false)
        let gone = try await self.read(
            [ScriptedExchange(.get, "/v25.0/1_2/insights", .reply(FacebookFixtures.error(100, 33)))], "1_2")
        #expect(gone.first?.isGone == true)
    }

    @Test("many posts are read in one batch; one that fails alone does not fail the others")
    func batch() async throws {
        func answer(_ code: Int, _ body: String) -> String {
            #"{"code":\#(code),"body":"\#(body.replacing("\"", with: "\\\""))"}"#
        }
        let answers = [
            answer(200, #"{"data":[\#(Self.metric("post_media_view", "11"))]}"#), answer(200, "{}"),
            answer(400, #"{"error":{"code":100,"error_subcode":33}}"#), answer(200, "{}"), "null", "null",
        ]
        let readings = try await self.read(
            [
                ScriptedExchange(.post, "/v25.0/", .json(200, "[\(answers.joined(separator: ","))]")) { call in
                    let batch = call.form["batch"] ?? ""
                    return call.form["include_headers"] == "false"
                        && batch.hasPrefix(#"[{"method":"GET","relative_url":"1/insights?metric=post_media_view%2C"#)
                        && batch.components(separatedBy: "relative_url").count == 7
                }
            ], "1", "2", "3")
        #expect(readings.map(\.postID) == ["1", "2"] && readings.map(\.isGone) == [false, true])
        #expect(readings.first?.values == [.views: 11])
    }

    @Test(
        "why the first of a batch could not be read is said, because it is the one that is asked for",
        arguments: [
            ("null", PluginError.Code.retryAfter), (#"{"code":500,"body":"{\"error\":{\"code\":2}}"}"#, .retryAfter),
            (#"{"code":400,"body":"{\"error\":{\"code\":10}}"}"#, .needsHuman),
        ])
    func firstOfBatch(answer: String, code: PluginError.Code) async {
        let fine = #"{"code":200,"body":"{\"data\":[]}"}"#
        let (plugin, _) = FacebookFixtures.plugin([
            ScriptedExchange(.post, "/v25.0/", .json(200, "[\(answer),null,\(fine),\(fine)]"))
        ])
        let error = await #expect(throws: PluginError.self) {
            _ = try await plugin.metrics(
                MetricsRequest(access: FacebookFixtures.access, posts: [RemotePost(id: "1"), RemotePost(id: "2")]))
        }
        #expect(error?.code == code)
    }

    @Test("a dead token inside a batch fails the reading")
    func deadToken() async {
        let dead = #"{"code":400,"body":"{\"error\":{\"code\":190}}"}"#
        let (plugin, _) = FacebookFixtures.plugin([
            ScriptedExchange(.post, "/v25.0/", .json(200, "[\(dead),\(dead),\(dead),\(dead)]"))
        ])
        let error = await #expect(throws: PluginError.self) {
            _ = try await plugin.metrics(
                MetricsRequest(access: FacebookFixtures.access, posts: [RemotePost(id: "1"), RemotePost(id: "2")]))
        }
        #expect(error?.code == .reauthorize)
    }

    @Test("the Page's numbers are those of the last settled day; a Page without insights still has followers")
    func page() async throws {
        let followers = ScriptedExchange(
            .get, "/v25.0/\(FacebookFixtures.page)", .json(200, #"{"followers_count":1234}"#)
        ) { $0.query == ["fields": "followers_count"] }
        let settled =
            #"{"name":"page_media_view","period":"day","values":[{"value":5,"end_time":"2026-11-19T08:00:00+0000"},{"value":7,"end_time":"2026-11-20T08:00:00+0000"}]}"#
        let insights = ScriptedExchange(
            .get, "/v25.0/\(FacebookFixtures.page)/insights",
            .json(200, #"{"data":[\#(settled),{"name":"page_video_views","values":[]}]}"#)
        ) {
            $0.query["period"] == "day" && $0.query["since"] == "1794996000" && $0.query["until"] == "1795255200"
        }
        let readings = try await self.read([followers, insights])
        #expect(readings.first?.values == [.followers: 1234, .views: 7] && readings.first?.postID == nil)
        #expect(readings.first?.dayEnds == Date(timeIntervalSince1970: 1_795_161_600))
        let refused = ScriptedExchange(
            .get, "/v25.0/\(FacebookFixtures.page)/insights", .reply(FacebookFixtures.error(10)))
        let alone = try await self.read([followers, refused])
        #expect(alone.first?.values == [.followers: 1234] && alone.first?.dayEnds == nil)
    }

    @Test("what no metric name helps against is an error of the object, and no name is forgotten")
    func badObject() async throws {
        let refused = ScriptedExchange(.get, "/v25.0/1/insights", .reply(FacebookFixtures.error(100)))
        let (plugin, transport) = FacebookFixtures.plugin([refused])
        let request = MetricsRequest(access: FacebookFixtures.access, posts: [RemotePost(id: "1")])
        for _ in 1...2 {
            let error = await #expect(throws: PluginError.self) { _ = try await plugin.metrics(request) }
            #expect(error?.code == .permanent)
        }
        #expect(transport.calls.count { $0.query["metric"] == Self.names } == 2)
    }
}
