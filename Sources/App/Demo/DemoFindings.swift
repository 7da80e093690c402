// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import PluginKit

/// What a demo's month came to, as the database and the pretend platforms have it; read once at the end.
struct DemoFindings: Sendable {
    /// One planned post of one account.
    struct Target: Sendable, Hashable {
        var id: String
        var client: String
        var account: String
        var platform: PlatformID
        var name = ""
        var due: Date
        var localTime: String?
        var zone: ZoneID
        var state: String
        var text: String
        var pictures: [String] = []
        var failure: String?
        var nextAction: String?
        /// What exists on the platform, the parts of a thread in order.
        var remoteIDs: [String] = []
        var isPaid = false
        var engagement: Int64?
        var views: Int64?
    }

    /// One visible call as a platform's own ledger has it.
    struct Entry: Sendable, Hashable {
        var kind: String
        var platform: String
        var account: String
        var at: Date
        var tookEffect: Bool
        var answer: String
        var remoteID: String?
        var isDuplicate: Bool
    }

    /// What is on a platform, newest first.
    struct Visible: Sendable, Hashable {
        var platform: PlatformID
        var id: String
        var text: String
        var at: Date
        var isReply: Bool
        var isBoosted: Bool
        var counts: [DemoReport.FeedCard.Count]
    }

    var targets: [Target] = []
    var entries: [Entry] = []
    var visible: [Visible] = []
    /// How many readings of metrics were made.
    var readings = 0
    var server = ""

    /// Reads both sides.
    static func read(_ services: ServiceContext, _ admin: SimulatorAdmin) async throws -> DemoFindings {
        var findings = DemoFindings()
        findings.targets = try await Self.targets(services.pool)
        findings.entries = try await Self.entries(admin)
        findings.visible = try Self.visible(await admin.posts(limit: 60))
        let facts = try await services.pool.query(
            "SELECT (SELECT count(*) FROM sample WHERE source = 'platform') AS readings, current_setting('server_version') AS server"
        )
        if let row = facts.first {
            findings.readings = Int(try row.get("readings") as Int64)
            let version: String = try row.get("server")
            findings.server = version.split(separator: " ").first.map(String.init) ?? version
        }
        return findings
    }

    private static func targets(_ pool: ConnectionPool) async throws -> [Target] {
        let rows = try await pool.query(
            """
            SELECT target.target_id::text AS id, client.slug AS client, account.slug AS account, account.name, target.platform,
                   target.due_at, target.local_time, coalesce(target.time_zone, client.time_zone) AS zone, target.state, target.content,
                   target.failure_message, target.next_action, publication.remote_id, publication.parts, publication.paid,
                   reading.engagement, reading.views
            FROM target
            JOIN client ON client.client_id = target.client_id
            JOIN account ON account.client_id = target.client_id AND account.account_id = target.account_id
            LEFT JOIN publication ON publication.client_id = target.client_id AND publication.target_id = target.target_id
            LEFT JOIN LATERAL (
                SELECT views,
                       coalesce(engagements,
                                CASE WHEN num_nonnulls(likes, comments, shares, saves) > 0
                                     THEN coalesce(likes, 0) + coalesce(comments, 0) + coalesce(shares, 0) + coalesce(saves, 0)
                                END) AS engagement
                FROM sample
                WHERE sample.client_id = publication.client_id AND sample.publication_id = publication.publication_id
                ORDER BY read_at DESC
                LIMIT 1
            ) AS reading ON true
            ORDER BY target.due_at, target.target_id
            """)
        return try rows.map { row throws in
            let content: JSONText = try row.get("content")
            let parts = try JSONDecoder().decode(PostContent.self, from: Data(content.text.utf8)).parts
            let zone: String = try row.get("zone")
            var target = Target(
                id: try row.get("id"), client: try row.get("client"), account: try row.get("account"),
                platform: PlatformID(rawValue: try row.get("platform")), due: try row.get("due_at"),
                zone: ZoneID(rawValue: zone) ?? .utc, state: try row.get("state"),
                text: parts.map(\.text).joined(separator: "\n\n"))
            target.name = try row.get("name")
            target.localTime = try row.get("local_time")
            target.pictures = parts.flatMap(\.media).compactMap(\.altText)
            target.failure = try row.get("failure_message")
            target.nextAction = try row.get("next_action")
            target.isPaid = try row.get("paid", as: Bool?.self) ?? false
            target.engagement = try row.get("engagement")
            target.views = try row.get("views")
            target.remoteIDs = try Self.remoteIDs(row)
            return target
        }
    }

    private static func remoteIDs(_ row: Row) throws -> [String] {
        struct Part: Decodable { var id: String }
        guard let first: String = try row.get("remote_id") else { return [] }
        let parts: JSONText? = try row.get("parts")
        let known = try JSONDecoder().decode([Part].self, from: Data((parts?.text ?? "[]").utf8)).map(\.id)
        return known.isEmpty ? [first] : known
    }

    private static func entries(_ admin: SimulatorAdmin) async throws -> [Entry] {
        struct Page: Decodable {
            struct Line: Decodable {
                var kind: String
                var platform: String
                var account: String
                var worldTime: String
                var tookEffect: Bool
                var answer: String
                var remoteId: String?
                var duplicate: Bool
            }
            var entries: [Line]
            var nextAfter: Int?
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var entries: [Entry] = []
        var after: Int? = 0
        while let start = after {
            let page = try decoder.decode(Page.self, from: await admin.ledger(query: "after=\(start)&limit=20000"))
            entries += try page.entries.map { line in
                Entry(
                    kind: line.kind, platform: line.platform, account: line.account,
                    at: try Date(iso8601: line.worldTime),
                    tookEffect: line.tookEffect, answer: line.answer, remoteID: line.remoteId,
                    isDuplicate: line.duplicate)
            }
            after = page.nextAfter
        }
        return entries
    }

    private static func visible(_ data: Data) throws -> [Visible] {
        struct Page: Decodable {
            struct Post: Decodable {
                struct Metrics: Decodable {
                    var views: Int64
                    var likes: Int64
                    var comments: Int64
                    var shares: Int64
                }
                struct Paid: Decodable { var impressions: Int64 }
                var platform: String
                var id: String
                var text: String
                var createdAt: String
                var replyTo: String?
                var metrics: Metrics
                var paid: Paid?
            }
            var posts: [Post]
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Page.self, from: data).posts.map { post in
            var counts: [DemoReport.FeedCard.Count] = [
                .init("likes", post.metrics.likes), .init("comments", post.metrics.comments),
                .init("shares", post.metrics.shares), .init("views", post.metrics.views),
            ]
            if let paid = post.paid { counts.append(.init("paid views", paid.impressions)) }
            return Visible(
                platform: PlatformID(rawValue: post.platform), id: post.id, text: post.text,
                at: try Date(iso8601: post.createdAt), isReply: post.replyTo != nil, isBoosted: post.paid != nil,
                counts: counts)
        }
    }
}
