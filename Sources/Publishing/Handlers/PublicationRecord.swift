// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import PluginKit

/// Records what now exists on the platform.
///
/// Doing it again changes nothing: a target has one publication.
struct PublicationRecord: Sendable {
    var work: TargetWork
    var remote: RemotePost
    var parts: [RemotePost]

    /// A publication that was recorded.
    struct Written: Sendable {
        var id: PublicationID
        /// The platform's own time when it said one that can be true, else the world's.
        var publishedAt: Date
        /// Whether boosts were planned for when it is published.
        var hasWaitingBoosts: Bool
        /// Whether it was written just now, and not taken over from a look at the account's past.
        var isNew: Bool
    }

    /// Writes the publication and moves the target, in the caller's transaction.
    ///
    /// - Returns: What was recorded; `nil` when it was recorded before, or belongs to another target.
    func write(actor: String, reason: String, on db: inout Transaction) async throws -> Written? {
        let id = PublicationID()
        let parts = String(decoding: try JSONEncoder.posthorn.encode(self.parts), as: UTF8.self)
        // A platform's clock may differ from ours, and a wrong date would spoil the metric plan: ours unless theirs is near.
        let written = try await db.query(
            """
            WITH clock AS MATERIALIZED (SELECT world_now() AS now),
            published AS (
                INSERT INTO publication (client_id, publication_id, account_id, platform, target_id, remote_id, url, parts,
                                         published_at, content_hash, content_type, origin)
                SELECT \(work.client.uuid), \(id.uuid), \(work.account.uuid), \(work.platform.rawValue), \(work.target.uuid),
                       \(remote.id), \(remote.url), \(JSONText(parts)),
                       CASE WHEN abs(extract(epoch FROM \(remote.publishedAt) - now)) < 86400 THEN \(remote.publishedAt)
                            ELSE now END,
                       \(work.contentHash), \(work.format.rawValue), 'posthorn'
                FROM clock
                ON CONFLICT DO NOTHING
                RETURNING client_id, target_id, published_at
            ),
            before AS (
                SELECT target.client_id, target.target_id, target.state, published.published_at
                FROM published
                JOIN target USING (client_id, target_id)
                FOR UPDATE OF target
            ),
            moved AS (
                UPDATE target SET state = 'published', published_at = before.published_at, failure_code = NULL,
                       failure_message = NULL, next_action = NULL
                FROM before WHERE target.client_id = before.client_id AND target.target_id = before.target_id
            ),
            told AS (
                INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
                SELECT client_id, 'target', target_id, \(actor), state, 'published', \(reason) FROM before
            )
            SELECT published_at, EXISTS (
                       SELECT FROM boost
                       WHERE boost.client_id = published.client_id AND boost.target_id = published.target_id
                         AND boost.state = 'waiting') AS has_boosts
            FROM published
            """)
        if let row = written.first {
            return Written(
                id: id, publishedAt: try row.get("published_at"), hasWaitingBoosts: try row.get("has_boosts"),
                isNew: true)
        }
        let rows = try await db.query(
            "SELECT publication_id FROM publication WHERE client_id = \(work.client.uuid) AND target_id = \(work.target.uuid)"
        )
        guard rows.isEmpty else { return nil }
        if let adopted = try await self.adopt(parts, actor: actor, reason: reason, on: &db) { return adopted }
        // Two posts cannot be one: a person must look which of them it is.
        try await TargetRecord(client: work.client, target: work.target).move(
            to: "unknown", reason: "the platform's post \(self.remote.id) is recorded for another post already", on: &db
        )
        return nil
    }

    /// Takes over what a look at the account's past recorded before we did.
    private func adopt(
        _ parts: String, actor: String, reason: String, on db: inout Transaction
    ) async throws -> Written? {
        let rows = try await db.query(
            """
            WITH adopted AS (
                UPDATE publication
                SET target_id = \(work.target), origin = 'posthorn', parts = \(JSONText(parts)), text = NULL,
                    content_hash = \(work.contentHash), content_type = \(work.format.rawValue)
                WHERE client_id = \(work.client) AND account_id = \(work.account) AND remote_id = \(self.remote.id)
                  AND origin = 'external' AND target_id IS NULL
                RETURNING client_id, publication_id, target_id, published_at
            ),
            before AS (
                SELECT target.client_id, target.target_id, target.state, adopted.published_at
                FROM adopted
                JOIN target USING (client_id, target_id)
                FOR UPDATE OF target
            ),
            moved AS (
                UPDATE target SET state = 'published', published_at = before.published_at, failure_code = NULL,
                       failure_message = NULL, next_action = NULL
                FROM before WHERE target.client_id = before.client_id AND target.target_id = before.target_id
            ),
            told AS (
                INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
                SELECT client_id, 'target', target_id, \(actor), state, 'published', \(reason) FROM before
            )
            SELECT publication_id, published_at, EXISTS (
                       SELECT FROM boost
                       WHERE boost.client_id = adopted.client_id AND boost.target_id = adopted.target_id
                         AND boost.state = 'waiting') AS has_boosts
            FROM adopted
            """)
        return try rows.first.map { row in
            Written(
                id: try row.get("publication_id"), publishedAt: try row.get("published_at"),
                hasWaitingBoosts: try row.get("has_boosts"), isNew: false)
        }
    }
}

extension JSONEncoder {
    /// The encoding of what is stored as JSON: ISO 8601 dates, keys in order, so that equal values are equal texts.
    static var posthorn: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}

extension JSONDecoder {
    /// Reads what `JSONEncoder.posthorn` wrote.
    static var posthorn: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }
}
