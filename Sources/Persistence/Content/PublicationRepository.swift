// SPDX-License-Identifier: MIT

package import Domain
package import PQClient

/// The publications of accounts.
package enum PublicationRepository {
    private static let columns: Statement = """
        SELECT publication.client_id, publication.publication_id, publication.account_id, publication.platform,
               publication.target_id, publication.remote_id, publication.url, publication.parts, publication.published_at,
               publication.content_hash, publication.content_type, publication.text, publication.origin, publication.state,
               publication.paid
        FROM publication
        """

    /// Records a publication.
    ///
    /// The same one of the same account again keeps the first record and fills in what it lacked.
    ///
    /// - Returns: The identity of the record, and whether it is new.
    /// - Throws: `PQError` with `uniqueViolation` when the target has another publication already.
    @discardableResult
    package static func record(
        _ publication: PublicationRow, on db: inout some SQLSession & ~Copyable
    ) async throws -> (id: PublicationID, isNew: Bool) {
        let id: PublicationID = try await db.query(
            """
            INSERT INTO publication (client_id, publication_id, account_id, platform, target_id, remote_id, url, parts,
                                     published_at, content_hash, content_type, origin, state, paid)
            VALUES (\(publication.client), \(publication.id), \(publication.account), \(publication.platform),
                    \(publication.target), \(publication.remoteID), \(publication.url), \(try JSONColumn.encode(publication.parts)),
                    \(publication.publishedAt), \(publication.contentHash), \(publication.contentType), \(publication.origin),
                    \(publication.state), \(publication.isPaid))
            ON CONFLICT (client_id, account_id, remote_id) DO UPDATE
            SET target_id = coalesce(publication.target_id, excluded.target_id), url = coalesce(publication.url, excluded.url),
                content_hash = coalesce(publication.content_hash, excluded.content_hash)
            RETURNING publication_id
            """
        ).single()
        return (id, id == publication.id)
    }

    /// Finds a publication of any client.
    package static func find(
        _ id: PublicationID, on db: inout some SQLSession & ~Copyable
    ) async throws -> PublicationRow? {
        try await db.query(
            Self.columns + " JOIN client USING (client_id) WHERE publication.publication_id = \(id)"
        ).first.map(PublicationRow.init(row:))
    }

    /// Finds publications of a client by identity.
    package static func find(
        _ ids: [PublicationID], of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> [PublicationRow] {
        try await db.query(
            Self.columns + " WHERE publication.client_id = \(client) AND publication.publication_id = ANY(\(ids))"
        ).decoded(PublicationRow.init(row:))
    }

    /// Finds the publications of some targets.
    package static func find(
        targets: [TargetID], of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> [PublicationRow] {
        try await db.query(
            Self.columns + " WHERE publication.client_id = \(client) AND publication.target_id = ANY(\(targets))"
        ).decoded(PublicationRow.init(row:))
    }

    /// Lists what was found on the platforms, newest first; states and campaign of the filter are not looked at.
    package static func found(
        _ filter: TargetFilter, on db: inout some SQLSession & ~Copyable
    ) async throws -> [FoundEntry] {
        try await db.query(
            """
            SELECT publication.client_id, publication.publication_id, publication.account_id, publication.platform,
                   publication.target_id, publication.remote_id, publication.url, publication.parts,
                   publication.published_at, publication.content_hash, publication.content_type, publication.text,
                   publication.origin, publication.state, publication.paid, client.slug AS client_slug,
                   client.time_zone AS client_time_zone, account.slug AS account_slug
            FROM publication
            JOIN client ON client.client_id = publication.client_id
            JOIN account ON account.client_id = publication.client_id AND account.account_id = publication.account_id
            WHERE publication.origin = 'external'
              AND (\(filter.client) IS NULL OR publication.client_id = \(filter.client))
              AND (cardinality(\(filter.accounts)) = 0 OR publication.account_id = ANY(\(filter.accounts)))
              AND (\(filter.from) IS NULL OR publication.published_at >= \(filter.from))
              AND (\(filter.before) IS NULL OR publication.published_at < \(filter.before))
            ORDER BY publication.published_at DESC, publication.publication_id
            LIMIT \(Int64(filter.limit))
            """
        ).decoded(FoundEntry.init(row:))
    }

    /// Changes how publications stand and appends who saw it.
    package static func setState(
        _ ids: [PublicationID], of client: ClientID, to state: PublicationState, actor: String, reason: String?,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        guard !ids.isEmpty else { return }
        try await db.execute(
            """
            WITH old AS (
                SELECT client_id, publication_id, state FROM publication
                WHERE client_id = \(client) AND publication_id = ANY(\(ids)) AND state <> \(state)
                ORDER BY publication_id FOR UPDATE
            ),
            changed AS (
                UPDATE publication SET state = \(state) FROM old
                WHERE publication.client_id = old.client_id AND publication.publication_id = old.publication_id
            )
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT client_id, 'publication', publication_id, \(actor), state, \(state), \(reason) FROM old
            """)
    }
}
