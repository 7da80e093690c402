// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import InstagramPlugin

@Suite("Metrics of Instagram")
struct InstagramMetricsTests {
    private static func media(_ id: String, _ kind: String) -> ScriptedExchange {
        ScriptedExchange(
            .get, "/v25.0/\(id)",
            .json(200, #"{"media_product_type":"\#(kind)","like_count":4,"comments_count":2,"id":"\#(id)"}"#)
        ) { $0.query == ["fields": "media_product_type,like_count,comments_count"] }
    }
    private static func insights(_ id: String, _ names: String, _ values: [String: Int]) -> ScriptedExchange {
        let data = values.sorted { $0.key < $1.key }.map {
            #"{"name":"\#($0.key)","period":"lifetime","values":[{"value":\#($0.value)}]}"#
        }
        return ScriptedExchange(
            .get, "/v25.0/\(id)/insights", .json(200, #"{"data":[\#(data.joined(separator: ","))]}"#)
        ) { $0.query == ["metric": names] }
    }
    private static let feed =
        "views,reach,likes,comments,shares,saved,total_interactions,follows,profile_visits,profile_activity"

    private func read(_ exchanges: [ScriptedExchange], _ ids: String...) async throws -> [MetricReading] {
        let (plugin, transport) = InstagramFixtures.plugin(exchanges)
        let readings = try await plugin.metrics(
            MetricsRequest(access: InstagramFixtures.access, posts: ids.map { RemotePost(id: $0) }))
        #expect(transport.unexpected.isEmpty)
        return readings
    }

    @Test("each kind of media is asked for its own metrics; what is not given is absent")
    func kinds() async throws {
        let feed = try await self.read(
            [
                Self.media("1", "FEED"),
                Self.insights(
                    "1", Self.feed, ["views": 100, "reach": 80, "likes": 5, "saved": 0, "profile_visits": 3]),
            ], "1")
        #expect(
            feed.first?.values
                == [.views: 100, .reach: 80, .likes: 5, .comments: 2, .saves: 0, .profileVisits: 3])
        let reel = try await self.read(
            [
                Self.media("1", "REELS"),
                Self.insights(
                    "1",
                    "views,reach,likes,comments,shares,saved,total_interactions,ig_reels_avg_watch_time,ig_reels_video_view_total_time",
                    ["views": 7, "comments": 9, "ig_reels_avg_watch_time": 900, "ig_reels_video_view_total_time": 6300]),
            ], "1")
        #expect(reel.first?.values == [.views: 7, .likes: 4, .comments: 9, .watchTimeMilliseconds: 6300])
        let story = try await self.read(
            [
                Self.media("1", "STORY"),
                Self.insights(
                    "1", "views,reach,replies,shares,total_interactions,follows,profile_visits",
                    ["views": 7, "replies": 1]),
            ], "1")
        #expect(story.first?.values == [.views: 7, .comments: 1])
        #expect(story.first?.raw.contains(#""media_product_type":"STORY""#) == true)
    }

    @Test(
        "with a token of Instagram's own login the address says the kind: the product type is not asked for",
        arguments: [
            (
                "reel/C1", ["views": 7, "ig_reels_video_view_total_time": 6300], MetricName.watchTimeMilliseconds,
                Int64(6300)
            ),
            ("stories/acme/1", ["replies": 1], .comments, 1), ("p/C1", ["profile_visits": 3], .profileVisits, 3),
        ])
    func ownLogin(path: String, values: [String: Int], name: MetricName, expected: Int64) async throws {
        let names =
            path.hasPrefix("p/")
            ? Self.feed
            : path.hasPrefix("reel/")
                ? "views,reach,likes,comments,shares,saved,total_interactions,ig_reels_avg_watch_time,ig_reels_video_view_total_time"
                : "views,reach,replies,shares,total_interactions,follows,profile_visits"
        let media = ScriptedExchange(
            .get, "/v25.0/1", .json(200, #"{"permalink":"https://www.instagram.com/\#(path)/","id":"1"}"#)
        ) { $0.query == ["fields": "permalink,like_count,comments_count"] }
        let (plugin, transport) = InstagramFixtures.plugin([media, Self.insights("1", names, values)])
        let readings = try await plugin.metrics(
            MetricsRequest(access: InstagramFixtures.own, posts: [RemotePost(id: "1")]))
        #expect(readings.first?.values[name] == expected)
        #expect(transport.unexpected.isEmpty)
    }

    @Test("a story with too few viewers has no numbers, which is no error; a picture without permission is one")
    func fewViewers() async throws {
        let refused = ScriptedExchange(
            .get, "/v25.0/1/insights", .reply(InstagramFixtures.error(10, nil, "(#10) Not enough viewers")))
        let story = try await self.read([Self.media("1", "STORY"), refused], "1")
        #expect(story.first?.values.isEmpty == true && story.first?.isGone == false)
        let error = await #expect(throws: PluginError.self) {
            _ = try await self.read([Self.media("1", "FEED"), refused], "1")
        }
        #expect(error?.code == .needsHuman)
    }

    @Test("media that is gone is said to be gone")
    func gone() async throws {
        let readings = try await self.read(
            [ScriptedExchange(.get, "/v25.0/1", .reply(InstagramFixtures.error(100, 33)))], "1")
        #expect(readings.first?.isGone == true)
    }

    @Test("many are read in two batches, and one that fails alone does not fail the others")
    func batch() async throws {
        func batch(_ bodies: [String], _ accepts: @escaping @Sendable (String) -> Bool) -> ScriptedExchange {
            ScriptedExchange(.post, "/v25.0/", .json(200, "[\(bodies.joined(separator: ","))]")) {
                accepts($0.form["batch"] ?? "")
            }
        }
        let readings = try await self.read(
            [
                batch([
                    #"{"code":200,"body":"{\"media_product_type\":\"FEED\",\"like_count\":1}"}"#,
                    #"{"code":400,"body":"{\"error\":{\"code\":100,\"error_subcode\":33}}"}"#, "null",
                    #"{"code":200,"body":"{\"media_product_type\":\"REELS\"}"}"#,
                ]) { !$0.contains("insights") && $0.contains(#""relative_url":"4?fields="#) },
                batch([
                    #"{"code":200,"body":"{\"data\":[{\"name\":\"views\",\"values\":[{\"value\":11}]}]}"}"#,
                    #"{"code":500,"body":"{\"error\":{\"code\":2}}"}"#,
                ]) { $0.contains("1/insights") && $0.contains("4/insights") && !$0.contains("2/insights") },
            ], "1", "2", "3", "4")
        #expect(readings.map(\.postID) == ["2", "1"])
        #expect(readings.map(\.isGone) == [true, false])
        #expect(readings.last?.values == [.views: 11, .likes: 1])
    }

    @Test(
        "why the first of a batch could not be read is said, because it is the one that is asked for",
        arguments: [
            ("null", PluginError.Code.retryAfter), (#"{"code":500,"body":"{\"error\":{\"code\":2}}"}"#, .retryAfter),
            (#"{"code":400,"body":"{\"error\":{\"code\":200}}"}"#, .needsHuman),
        ], [true, false])
    func firstOfBatch(row: (answer: String, code: PluginError.Code), isKind: Bool) async {
        let kind = #"{"code":200,"body":"{\"media_product_type\":\"FEED\"}"}"#
        let fine = #"{"code":200,"body":"{\"data\":[]}"}"#
        func batch(_ bodies: String...) -> ScriptedExchange {
            ScriptedExchange(.post, "/v25.0/", .json(200, "[\(bodies.joined(separator: ","))]"), isRepeatable: false)
        }
        let exchanges = isKind ? [batch(row.answer, kind)] : [batch(kind, kind), batch(row.answer, fine)]
        let error = await #expect(throws: PluginError.self) { _ = try await self.read(exchanges, "1", "2") }
        #expect(error?.code == row.code)
    }

    @Test("the account's numbers are totals of the last full day; followers are those of now")
    func account() async throws {
        let followers = ScriptedExchange(
            .get, "/v25.0/\(InstagramFixtures.account)", .json(200, #"{"followers_count":1234,"id":"1"}"#)
        ) { $0.query == ["fields": "followers_count"] }
        let totals = ScriptedExchange(
            .get, "/v25.0/\(InstagramFixtures.account)/insights",
            .json(
                200,
                #"{"data":[{"name":"views","period":"day","total_value":{"value":55}},{"name":"saves","period":"day","total_value":{"value":2}}]}"#
            )
        ) {
            $0.query["period"] == "day" && $0.query["metric_type"] == "total_value"
                && $0.query["since"] == "1795132800" && $0.query["until"] == "1795219200"
        }
        let readings = try await self.read([followers, totals])
        #expect(readings.first?.values == [.followers: 1234, .views: 55, .saves: 2])
        #expect(readings.first?.postID == nil)
        #expect(readings.first?.dayEnds == Date(timeIntervalSince1970: 1_795_219_200))
    }

    @Test("a name that Instagram no longer knows is left out from then on, for media of that kind")
    func deadName() async throws {
        let all = ScriptedExchange(
            .get, "/v25.0/1/insights", .reply(InstagramFixtures.error(100, nil, "must be a valid insights metric")),
            isRepeatable: false
        ) { $0.query["metric"] == Self.feed }
        let single = Self.feed.split(separator: ",").map(String.init).map { name in
            name == "profile_activity"
                ? ScriptedExchange(.get, "/v25.0/1/insights", .reply(InstagramFixtures.error(100))) {
                    $0.query["metric"] == name
                } : Self.insights("1", name, [name: 3])
        }
        let rest = Self.feed.replacing(",profile_activity", with: "")
        let (plugin, transport) = InstagramFixtures.plugin(
            [Self.media("1", "FEED"), all] + single + [Self.insights("1", rest, ["views": 9])])
        let request = MetricsRequest(access: InstagramFixtures.access, posts: [RemotePost(id: "1")])
        let first = try await plugin.metrics(request)
        #expect(first.first?.values[.views] == 3 && first.first?.values[.clicks] == nil)
        let second = try await plugin.metrics(request)
        #expect(second.first?.values[.views] == 9)
        #expect(transport.unexpected.isEmpty && transport.left.isEmpty)
    }
}
