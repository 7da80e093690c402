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
    /// Who says that it is there.
    var actor: String
    /// Why, for the history.
    var reason: String

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

    /// Writes publications and moves their targets, in the caller's transaction: those that are new in one statement.
    ///
    /// - Parameters:
    ///   - records: The publications.
    ///   - db: The transaction.
    /// - Returns: What was recorded, in order; `nil` when it was recorded before, or belongs to another target.
    /// - Throws: What the database throws, `EncodingError`.
    static func write(_ records: [PublicationRecord], on db: inout Transaction) async throws -> [Written?] {
        let entries = try records.map(Entry.init)
        // In one order, so that of two transactions with the same targets one waits for the other, and not each for the other.
        let order = entries.indices.sorted { entries[$0].place < entries[$1].place }
        let ids = entries.map { _ in PublicationID() }
        let given = order.map { (id: ids[$0], entry: entries[$0]) }
        var written = [Written?](repeating: nil, count: entries.count)
        for row in try await db.query(Self.insert(given)) {
            let index = order[try row.position]
            written[index] = Written(
                id: ids[index], publishedAt: try row.get("published_at"), hasWaitingBoosts: try row.get("has_boosts"),
                isNew: true)
        }
        for index in order where written[index] == nil { written[index] = try await entries[index].settle(on: &db) }
        return written
    }

    /// A publication as it is written.
    struct Entry {
        var record: PublicationRecord
        /// The parts, as JSON.
        var parts: String

        init(_ record: PublicationRecord) throws {
            self.record = record
            self.parts = String(decoding: try JSONEncoder.posthorn.encode(record.parts), as: UTF8.self)
        }

        var work: TargetWork { self.record.work }
        var remote: RemotePost { self.record.remote }
        /// What the order of locks goes by.
        var place: String { "\(self.work.client) \(self.work.target)" }
    }

    /// Writes what no other publication stands against; the statement's rows are the positions of those, from 1 on.
    static func insert(_ given: [(id: PublicationID, entry: Entry)]) -> Statement {
        // A platform's clock may differ from ours, and a wrong date would spoil the metric plan: ours unless theirs is near.
        //
        // A key's first column is compared with ANY, and a row is locked where it is looked up: a join might begin with the whole
        // table where that was empty when the plan was made. For the same reason nobody asks EXISTS of the boosts.
        """
        WITH clock AS MATERIALIZED (SELECT world_now() AS now),
        given AS MATERIALIZED (\(given.count == 1 ? Self.row(given[0]) : Self.rows(given))),
        published AS (
            INSERT INTO publication (client_id, publication_id, account_id, platform, target_id, remote_id, url, parts,
                                     published_at, content_hash, content_type, origin)
            SELECT client_id, publication_id, account_id, platform, target_id, remote_id, url, parts,
                   CASE WHEN abs(extract(epoch FROM published_at - now)) < 86400 THEN published_at ELSE now END,
                   content_hash, content_type, 'posthorn'
            FROM given
            CROSS JOIN clock
            ON CONFLICT DO NOTHING
            RETURNING client_id, publication_id, target_id, published_at
        ),
        before AS (
            SELECT published.client_id, published.target_id, published.publication_id, published.published_at,
                   target.state
            FROM published
            CROSS JOIN LATERAL (
                SELECT state FROM target
                WHERE target.client_id = published.client_id AND target.target_id = published.target_id
                FOR UPDATE OFFSET 0
            ) AS target
        ),
        moved AS (
            UPDATE target
            SET state = 'published', published_at = before.published_at, failure_code = NULL, failure_message = NULL,
                next_action = NULL
            FROM before
            WHERE target.client_id = ANY (ARRAY[before.client_id]) AND target.target_id = before.target_id
        ),
        told AS (
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT before.client_id, 'target', before.target_id, given.actor, before.state, 'published', given.reason
            FROM before
            JOIN given USING (publication_id)
        )
        SELECT given.ordinal, published.published_at, (
                   SELECT true FROM boost
                   WHERE boost.client_id = published.client_id AND boost.target_id = published.target_id
                     AND boost.state = 'waiting'
                   LIMIT 1) IS NOT NULL AS has_boosts
        FROM published
        JOIN given USING (publication_id)
        """
    }

    /// One publication without arrays: the planner knows that it is one.
    private static func row(_ given: (id: PublicationID, entry: Entry)) -> Statement {
        let (work, remote) = (given.entry.work, given.entry.remote)
        return """
            SELECT \(work.client) AS client_id, \(given.id) AS publication_id, \(work.account) AS account_id,
                   \(work.platform) AS platform, \(work.target) AS target_id, \(remote.id) AS remote_id,
                   \(remote.url) AS url, \(JSONText(given.entry.parts)) AS parts, \(remote.publishedAt) AS published_at,
                   \(work.contentHash) AS content_hash, \(work.format) AS content_type,
                   \(given.entry.record.actor) AS actor, \(given.entry.record.reason) AS reason, 1::bigint AS ordinal
            """
    }

    private static func rows(_ given: [(id: PublicationID, entry: Entry)]) -> Statement {
        let (works, remotes) = (given.map(\.entry.work), given.map(\.entry.remote))
        return """
            SELECT client_id, publication_id, account_id, platform, target_id, remote_id, url, parts, published_at,
                   content_hash, content_type, actor, reason, ordinal
            FROM unnest(\(works.map(\.client)), \(given.map(\.id)), \(works.map(\.account)), \(works.map(\.platform)),
                        \(works.map(\.target)), \(remotes.map(\.id)), \(remotes.map(\.url)),
                        \(given.map { JSONText($0.entry.parts) }), \(remotes.map(\.publishedAt)),
                        \(works.map(\.contentHash)), \(works.map(\.format)), \(given.map(\.entry.record.actor)),
                        \(given.map(\.entry.record.reason)))
                 WITH ORDINALITY AS entry (
                     client_id, publication_id, account_id, platform, target_id, remote_id, url, parts, published_at,
                     content_hash, content_type, actor, reason, ordinal
                 )
            """
    }
}

extension PublicationRecord.Entry {
    /// What becomes of a publication that another one stands against.
    ///
    /// - Returns: What was recorded; `nil` when it was recorded before, or belongs to another target.
    fileprivate func settle(on db: inout Transaction) async throws -> PublicationRecord.Written? {
        let rows = try await db.query(
            "SELECT publication_id FROM publication WHERE client_id = \(work.client) AND target_id = \(work.target)")
        guard rows.isEmpty else { return nil }
        if let adopted = try await self.adopt(on: &db) { return adopted }
        // Two posts cannot be one: a person must look which of them it is.
        try await TargetRecord(client: work.client, target: work.target).move(
            to: "unknown", reason: "the platform's post \(self.remote.id) is recorded for another post already", on: &db
        )
        return nil
    }

    /// Takes over what a look at the account's past recorded before we did.
    private func adopt(on db: inout Transaction) async throws -> PublicationRecord.Written? {
        let rows = try await db.query(
            """
            WITH adopted AS (
                UPDATE publication
                SET target_id = \(work.target), origin = 'posthorn', parts = \(JSONText(self.parts)), text = NULL,
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
                SELECT client_id, 'target', target_id, \(self.record.actor), state, 'published', \(self.record.reason) FROM before
            )
            SELECT publication_id, published_at, EXISTS (
                       SELECT FROM boost
                       WHERE boost.client_id = adopted.client_id AND boost.target_id = adopted.target_id
                         AND boost.state = 'waiting') AS has_boosts
            FROM adopted
            """)
        return try rows.first.map { row in
            PublicationRecord.Written(
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
