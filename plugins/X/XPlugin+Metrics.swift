// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
public import PluginKit

/// Counters of X by name; what is null is not there.
private struct XCounters: Codable, Sendable {
    var values: [String: Int64]

    init(from decoder: any Decoder) throws {
        self.values = try [String: Int64?](from: decoder).compactMapValues(\.self)
    }
    func encode(to encoder: any Encoder) throws { try self.values.encode(to: encoder) }
    subscript(name: String) -> Int64? { self.values[name] }
}

/// The answer to a question for posts.
private struct XPosts: Decodable, Sendable {
    struct Post: Codable, Sendable {
        struct Attachments: Codable, Sendable { var media_keys: [String]? }
        var id: String
        var public_metrics: XCounters?
        var non_public_metrics: XCounters?
        var organic_metrics: XCounters?
        var attachments: Attachments?
    }
    struct Includes: Decodable, Sendable {
        struct Media: Decodable, Sendable {
            var media_key: String?
            var public_metrics: XCounters?
        }
        var media: [Media]?
    }
    var data: [Post]?
    var includes: Includes?
    var errors: [XProblem.Item]?
}

/// The answer to a question for the token's own user.
struct XMe: Decodable, Sendable {
    struct User: Decodable, Sendable {
        struct Metrics: Codable, Sendable { var followers_count: Int64? }
        var id: String
        var name: String
        var username: String
        var public_metrics: Metrics?
    }
    var data: User
}

extension XPlugin: MetricsFetching {
    private static let definition = 1
    private static let batch = 100

    /// Reads posts, with the private numbers where X still gives them, or the account.
    public func metrics(_ request: MetricsRequest) async throws(PluginError) -> [MetricReading] {
        guard !request.posts.isEmpty else { return [try await self.accountMetrics(request.access)] }
        var readings: [MetricReading] = []
        var rest = request.posts.map(\.id)[...]
        while !rest.isEmpty {
            readings += try await self.metrics(of: Array(rest.prefix(Self.batch)), request.access)
            rest = rest.dropFirst(Self.batch)
        }
        return readings
    }

    private func metrics(of ids: [String], _ access: AccountAccess) async throws(PluginError) -> [MetricReading] {
        let answer = try await self.dialect.read { dialect throws(PluginError) in
            var query: FormFields = ["ids": ids.joined(separator: ",")]
            query.append(dialect.fields, "public_metrics,non_public_metrics,organic_metrics")
            query.append("expansions", "attachments.media_keys")
            query.append("media.fields", "public_metrics")
            let head = HTTPRequest(
                .get, host: Self.host, path: "/2/tweets", query: query, bearer: access.tokens.accessToken)
            let call = HTTPCall(head, endpoint: XEndpoint.lookup.rawValue, maximumResponseBytes: 4 << 20)
            return try await self.client.call(XPosts.self, call, secrets: access.secrets)
        }
        let films = (answer.includes?.media ?? []).reduce(into: [String: Int64]()) { counts, media in
            if let key = media.media_key { counts[key] = media.public_metrics?["view_count"] }
        }
        var readings = (answer.data ?? []).map { Self.reading($0, films: films) }
        let there = Set(readings.compactMap(\.postID))
        for item in answer.errors ?? [] where item.kind == "resource-not-found" {
            guard let id = item.resourceID ?? item.value, ids.contains(id), !there.contains(id) else { continue }
            readings.append(
                MetricReading(
                    postID: id, values: [:], raw: #"{"type":"resource-not-found"}"#, definition: Self.definition,
                    isGone: true))
        }
        return readings
    }

    private static func reading(_ post: XPosts.Post, films: [String: Int64]) -> MetricReading {
        var values: [MetricName: Int64] = [:]
        let open = post.public_metrics
        values[.views] = open?["impression_count"] ?? post.organic_metrics?["impression_count"]
        values[.likes] = open?["like_count"]
        values[.comments] = open?["reply_count"]
        if let reposts = open?["repost_count"] ?? open?["retweet_count"] {
            values[.shares] = reposts + (open?["quote_count"] ?? 0)
        }
        values[.saves] = open?["bookmark_count"]
        values[.clicks] = post.non_public_metrics?["url_link_clicks"]
        values[.profileVisits] = post.non_public_metrics?["user_profile_clicks"]
        values[.engagements] = post.non_public_metrics?["engagements"]
        values[.videoViews] = (post.attachments?.media_keys ?? []).compactMap { films[$0] }.first
        return MetricReading(postID: post.id, values: values, raw: Self.json(post), definition: Self.definition)
    }

    private func accountMetrics(_ access: AccountAccess) async throws(PluginError) -> MetricReading {
        let me = try await self.me(access.tokens)
        var values: [MetricName: Int64] = [:]
        values[.followers] = me.public_metrics?.followers_count
        return MetricReading(
            postID: nil, values: values, raw: Self.json(me.public_metrics), definition: Self.definition)
    }

    /// Asks who the token speaks for.
    func me(_ tokens: TokenSet) async throws(PluginError) -> XMe.User {
        let head = HTTPRequest(
            .get, host: Self.host, path: "/2/users/me", query: ["user.fields": "public_metrics"],
            bearer: tokens.accessToken)
        let call = HTTPCall(head, endpoint: XEndpoint.me.rawValue)
        return try await self.client.call(XMe.self, call, secrets: tokens.secrets).data
    }

    private static func json(_ value: some Encodable) -> String {
        // Integers under text keys always encode; an empty object says the same as none.
        (try? XCoding.encoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
