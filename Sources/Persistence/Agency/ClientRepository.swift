// SPDX-License-Identifier: MIT

package import Domain
package import PQClient

/// The clients.
package enum ClientRepository {
    private static let columns: Statement = """
        SELECT client_id, slug, name, time_zone, currency, weight, state, on_unknown, on_missed, late_grace,
               late_spacing, created_at FROM client
        """

    /// Adds a client.
    ///
    /// - Throws: `PersistenceError` with code `nameTaken` when the slug is in use; the transaction can go on.
    package static func insert(_ client: ClientRow, on db: inout some SQLSession & ~Copyable) async throws {
        let added = try await db.execute(
            """
            INSERT INTO client (client_id, slug, name, time_zone, currency, weight, state, on_unknown, on_missed, late_grace,
                                late_spacing)
            VALUES (\(client.id), \(client.slug), \(client.name), \(client.timeZone), \(client.currency), \(Int32(client.weight)),
                    \(client.state), \(client.onUnknown), \(client.missed.policy), \(client.missed.grace),
                    \(client.missed.spacing))
            ON CONFLICT (slug) DO NOTHING
            """)
        guard added == 1 else {
            throw PersistenceError(.nameTaken, "a client '\(client.slug)' is there already: choose another slug")
        }
    }

    /// Finds a client by identity.
    package static func find(_ id: ClientID, on db: inout some SQLSession & ~Copyable) async throws -> ClientRow? {
        try await db.query(Self.columns + " WHERE client_id = \(id)").first.map(ClientRow.init(row:))
    }

    /// Finds a client by slug or identity.
    package static func find(_ reference: Reference, on db: inout some SQLSession & ~Copyable) async throws
        -> ClientRow?
    {
        try await db.query(
            Self.columns + " WHERE slug = \(reference.name) OR client_id = \(reference.id)"
        ).first.map(ClientRow.init(row:))
    }

    /// Holds a client until the transaction ends, so that those who change what belongs to it one at a time wait for each other.
    ///
    /// What only refers to the client goes on.
    package static func lock(_ id: ClientID, on db: inout some SQLSession & ~Copyable) async throws {
        try await db.execute("SELECT FROM client WHERE client_id = \(id) FOR NO KEY UPDATE")
    }

    /// Lists clients by slug, archived and erased ones only when asked for.
    package static func list(
        states: [ClientState] = [.active, .paused, .leaving], on db: inout some SQLSession & ~Copyable
    ) async throws -> [ClientRow] {
        try await db.query(Self.columns + " WHERE state = ANY(\(states)) ORDER BY slug").decoded(ClientRow.init(row:))
    }

    /// Changes a client's state and appends who did it and why.
    ///
    /// - Returns: The state before, or `nil` when there is no such client. The same state again changes and appends nothing.
    @discardableResult
    package static func setState(
        _ id: ClientID, to state: ClientState, actor: String, reason: String?, on db: inout some SQLSession & ~Copyable
    ) async throws -> ClientState? {
        let rows = try await db.query(
            """
            WITH old AS (SELECT client_id, state FROM client WHERE client_id = \(id) FOR UPDATE),
            changed AS (
                UPDATE client SET state = \(state) FROM old
                WHERE client.client_id = old.client_id AND old.state <> \(state)
            ),
            logged AS (
                INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
                SELECT client_id, 'client', client_id, \(actor), state, \(state), \(reason) FROM old WHERE state <> \(state)
            )
            SELECT state FROM old
            """)
        return try rows.first?.get("state")
    }

    /// Changes what happens to a client's missed posts and appends who did it and why.
    ///
    /// The same again changes and appends nothing.
    package static func setMissed(
        _ id: ClientID, to missed: MissedWindow, actor: String, reason: String?,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        let words =
            "on-missed \(missed.policy.rawValue), grace \(missed.grace.readable), spacing \(missed.spacing.readable)"
        try await db.execute(
            """
            WITH changed AS (
                UPDATE client
                SET on_missed = \(missed.policy), late_grace = \(missed.grace),
                    late_spacing = \(missed.spacing)
                WHERE client_id = \(id)
                  AND (on_missed, late_grace, late_spacing)
                      <> (\(missed.policy), \(missed.grace), \(missed.spacing))
                RETURNING client_id, state
            )
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT client_id, 'client', client_id, \(actor), state, state, concat_ws(': ', \(words), \(reason))
            FROM changed
            """)
    }

    /// Changes a client's share when work is scarce and appends who did it and why.
    ///
    /// The same weight again changes and appends nothing.
    package static func setWeight(
        _ id: ClientID, _ weight: Int, actor: String, reason: String?, on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            WITH old AS (
                SELECT client_id, state, weight FROM client
                WHERE client_id = \(id) AND weight <> \(Int32(weight))
                FOR UPDATE
            ),
            changed AS (
                UPDATE client SET weight = \(Int32(weight)) FROM old WHERE client.client_id = old.client_id
            )
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT client_id, 'client', client_id, \(actor), state, state,
                   concat_ws(': ', 'weight ' || weight || ' → ' || \(Int32(weight))::text, \(reason))
            FROM old
            """)
    }

    /// Changes what happens to a client's unknown sends and appends who did it and why.
    ///
    /// The same policy again changes and appends nothing.
    package static func setPolicy(
        _ id: ClientID, onUnknown policy: UnknownPolicy, actor: String, reason: String?,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            WITH old AS (
                SELECT client_id, state, on_unknown FROM client
                WHERE client_id = \(id) AND on_unknown <> \(policy)
                FOR UPDATE
            ),
            changed AS (
                UPDATE client SET on_unknown = \(policy) FROM old WHERE client.client_id = old.client_id
            )
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT client_id, 'client', client_id, \(actor), state, state,
                   concat_ws(': ', 'on-unknown ' || on_unknown || ' → ' || \(policy), \(reason))
            FROM old
            """)
    }
}
