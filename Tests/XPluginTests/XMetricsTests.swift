// SPDX-License-Identifier: MIT

import Domain
import Foundation
import HTTPTypes
import PluginKit
import PluginTestKit
import Testing

@testable import XPlugin

@Suite("Metrics of X")
struct XMetricsTests {
    @Test("both names of fields are read, private numbers where X gives them, and what is gone is said")
    func posts() async throws {
        let (plugin, transport) = XFixtures.plugin([
            ScriptedExchange(
                .get, "/2/tweets",
                .json(
                    200,
                    """
                    {"data":[
                    {"id":"1","text":"a","public_metrics":{"retweet_count":2,"quote_count":1,"reply_count":3,"like_count":4,"bookmark_count":5,
                    "impression_count":600},"non_public_metrics":{"url_link_clicks":7,"user_profile_clicks":8,"engagements":90,"x":null}},
                    {"id":"2","text":"b","attachments":{"media_keys":["13_7"]},"public_metrics":{"repost_count":6,"like_count":0}}],
                    "includes":{"media":[{"media_key":"13_7","type":"video","public_metrics":{"view_count":44}}]},
                    "errors":[{"resource_id":"2","field":"non_public_metrics","title":"Field Authorization Error",
                    "type":"https://api.twitter.com/2/problems/not-authorized-for-field"},
                    {"resource_id":"3","value":"3","title":"Not Found Error","type":"https://api.twitter.com/2/problems/resource-not-found"}]}
                    """))
        ])
        let readings = try await plugin.metrics(
            MetricsRequest(access: XFixtures.access, posts: ["1", "2", "3", "4"].map { RemotePost(id: $0) }))
        let query = try #require(transport.calls.first?.query)
        #expect(query["ids"] == "1,2,3,4")
        #expect(query["tweet.fields"] == "public_metrics,non_public_metrics,organic_metrics")
        #expect(readings.map(\.postID) == ["1", "2", "3"])
        #expect(
            readings[0].values
                == [
                    .views: 600, .likes: 4, .comments: 3, .shares: 3, .saves: 5, .clicks: 7, .profileVisits: 8,
                    .engagements: 90,
                ])
        #expect(readings[1].values == [.likes: 0, .shares: 6, .videoViews: 44])
        #expect(readings[2].isGone && readings[2].values.isEmpty)
        #expect(readings[0].raw.contains(#""url_link_clicks":7"#))
    }

    @Test("more than a hundred posts are read in batches of a hundred")
    func batches() async throws {
        let (plugin, transport) = XFixtures.plugin([ScriptedExchange(.get, "/2/tweets", .json(200, #"{"data":[]}"#))])
        let posts = (0..<250).map { RemotePost(id: String($0)) }
        _ = try await plugin.metrics(MetricsRequest(access: XFixtures.access, posts: posts))
        #expect(transport.calls.map { $0.query["ids"]?.split(separator: ",").count } == [100, 100, 50])
    }

    @Test("the account's followers are read, and who a token speaks for")
    func account() async throws {
        let me = ScriptedExchange(
            .get, "/2/users/me",
            .json(
                200,
                #"{"data":{"id":"2244994945","name":"Posthorn","username":"posthorn","public_metrics":{"followers_count":77}}}"#
            ))
        let (plugin, _) = XFixtures.plugin([me])
        let readings = try await plugin.metrics(MetricsRequest(access: XFixtures.access, posts: []))
        #expect(readings.map(\.values) == [[.followers: 77]])
        #expect(readings.first?.postID == nil)
        let account = try await plugin.identify(XFixtures.access.tokens)
        #expect(account == RemoteAccount(externalID: "2244994945", name: "Posthorn", handle: "posthorn", followers: 77))
    }
}
