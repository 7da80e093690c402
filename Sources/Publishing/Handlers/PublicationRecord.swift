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
    /// The platform's own time when it said one, else the world's.
    var publishedAt: Date

    /// Writes the publication and moves the target, in the caller's transaction.
    ///
    /// - Returns: The publication's identity, and whether it is new.
    func write(actor: String, reason: String, on db: inout Transaction) async throws -> (id: PublicationID, isNew: Bool)
    {
        let id = PublicationID()
        let parts = String(decoding: try JSONEncoder.posthorn.encode(self.parts), as: UTF8.self)
        let written = try await db.query(
            """
            INSERT INTO publication (client_id, publication_id, account_id, platform, target_id, remote_id, url, parts, published_at,
                                     content_hash, content_type, origin)
            VALUES (\(work.client.uuid), \(id.uuid), \(work.account.uuid), \(work.platform.rawValue), \(work.target.uuid),
                    \(remote.id), \(remote.url), \(JSONText(parts)), \(publishedAt), \(work.contentHash),
                    \(work.format.rawValue), 'posthorn')
            ON CONFLICT DO NOTHING
            RETURNING publication_id
            """)
        guard !written.isEmpty else {
            let rows = try await db.query(
                "SELECT publication_id FROM publication WHERE client_id = \(work.client.uuid) AND target_id = \(work.target.uuid)"
            )
            if let existing: UUID = try rows.first?.get("publication_id") { return (PublicationID(existing), false) }
            // Two posts cannot be one: a person must look which of them it is.
            try await TargetRecord(client: work.client, target: work.target).move(
                to: "unknown", reason: "the platform's post \(self.remote.id) is recorded for another post already",
                on: &db)
            return (id, false)
        }
        try await db.execute(
            """
            WITH before AS (
                SELECT client_id, target_id, state FROM target
                WHERE client_id = \(work.client.uuid) AND target_id = \(work.target.uuid) FOR UPDATE),
            moved AS (
                UPDATE target SET state = 'published', published_at = \(publishedAt), failure_code = NULL,
                       failure_message = NULL, next_action = NULL
                FROM before WHERE target.client_id = before.client_id AND target.target_id = before.target_id)
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT client_id, 'target', target_id, \(actor), state, 'published', \(reason) FROM before
            """)
        return (id, true)
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
