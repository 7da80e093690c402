// SPDX-License-Identifier: MIT

package import Domain
package import PQClient

/// The boosts of clients.
package enum BoostRepository {
    private static let columns: Statement = """
        SELECT boost.client_id, boost.boost_id, boost.account_id, boost.ad_account_id, boost.publication_id, boost.target_id,
               boost.objective, boost.audience, boost.budget_minor, boost.currency, boost.budget_kind, boost.starts_at,
               boost.ends_at, boost.campaign, boost.state, boost.job_id, boost.remote_id, boost.spend_minor, boost.results,
               boost.failure_code, boost.failure_message, boost.created_by, boost.call_to_action,
               boost.special_ad_categories, boost.most_minor, boost.needs_release, boost.released_by, boost.rule_id,
               boost.stop_asked_at, boost.stop_asked_by, boost.stop_reason, boost.settled_at, boost.remark,
               boost.stops_when_idle, boost.idle_since
        FROM boost
        """

    /// Adds a boost and appends who made it.
    package static func insert(_ boost: BoostRow, on db: inout some SQLSession & ~Copyable) async throws {
        try await db.execute(
            """
            INSERT INTO boost (client_id, boost_id, account_id, ad_account_id, publication_id, target_id, objective, audience,
                               budget_minor, currency, budget_kind, starts_at, ends_at, campaign, state, job_id, created_by,
                               call_to_action, special_ad_categories, most_minor, needs_release, rule_id, stops_when_idle)
            VALUES (\(boost.client), \(boost.id), \(boost.account), \(boost.adAccount), \(boost.publication), \(boost.target),
                    \(boost.objective), \(try JSONColumn.encode(boost.audience)), \(boost.budget.minorUnits),
                    \(boost.budget.currency), \(boost.budgetKind), \(boost.startsAt), \(boost.endsAt), \(boost.campaign),
                    \(boost.state), \(boost.job), \(boost.createdBy),
                    \(try boost.callToAction.map { try JSONColumn.encode($0) }), \(boost.specialAdCategories),
                    \(boost.mostMinorUnits), \(boost.needsRelease), \(boost.rule), \(boost.stopsWhenIdle))
            """)
        try await StateChanges.append(
            [
                StateChange(
                    client: boost.client, kind: .boost, subject: boost.id.uuid, actor: boost.createdBy, from: nil,
                    to: boost.state.rawValue)
            ], on: &db)
    }

    /// Finds a client's boost.
    package static func find(
        _ id: BoostID, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> BoostRow? {
        try await db.query(
            Self.columns + " WHERE boost.client_id = \(client) AND boost.boost_id = \(id)"
        ).first.map(BoostRow.init(row:))
    }

    /// Finds a boost of any client.
    package static func find(_ id: BoostID, on db: inout some SQLSession & ~Copyable) async throws -> BoostRow? {
        try await db.query(
            Self.columns + " JOIN client USING (client_id) WHERE boost.boost_id = \(id)"
        ).first.map(BoostRow.init(row:))
    }

    /// Lists boosts, newest first; of one client, or of all.
    package static func list(
        of client: ClientID?, states: [BoostState] = [], limit: Int = 100, on db: inout some SQLSession & ~Copyable
    ) async throws -> [BoostRow] {
        try await db.query(
            Self.columns
                + """
                 WHERE (\(client) IS NULL OR boost.client_id = \(client))
                   AND (cardinality(\(states)) = 0 OR boost.state = ANY(\(states)))
                ORDER BY boost.boost_id DESC LIMIT \(Int64(limit))
                """
        ).decoded(BoostRow.init(row:))
    }

    /// The boosts that wait for a target to be published.
    package static func waiting(
        for target: TargetID, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> [BoostRow] {
        try await db.query(
            Self.columns
                + " WHERE boost.client_id = \(client) AND boost.target_id = \(target) AND boost.state = 'waiting'"
        ).decoded(BoostRow.init(row:))
    }

    /// Calls off the boosts that wait for a target which will not be published, and appends who did it and why.
    package static func cancelWaiting(
        for target: TargetID, of client: ClientID, actor: String, reason: String,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        for boost in try await Self.waiting(for: target, of: client, on: &db) {
            try await Self.transition(
                boost.id, of: client, from: [.waiting], to: .cancelled, actor: actor, reason: reason, on: &db)
        }
    }

    /// Changes a boost's state, when it is in one of the given states, and appends who did it and why.
    ///
    /// - Returns: The state before; `nil` when nothing was changed.
    @discardableResult
    package static func transition(
        _ id: BoostID, of client: ClientID, from states: [BoostState], to state: BoostState, actor: String,
        reason: String?,
        on db: inout some SQLSession & ~Copyable
    ) async throws -> BoostState? {
        let rows = try await db.query(
            """
            WITH old AS (
                SELECT client_id, boost_id, state FROM boost
                WHERE client_id = \(client) AND boost_id = \(id) AND state = ANY(\(states)) FOR UPDATE
            ),
            changed AS (
                UPDATE boost SET state = \(state) FROM old
                WHERE boost.client_id = old.client_id AND boost.boost_id = old.boost_id
            ),
            logged AS (
                INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
                SELECT client_id, 'boost', boost_id, \(actor), state, \(state), \(reason) FROM old WHERE state <> \(state)
            )
            SELECT state FROM old
            """)
        return try rows.first?.get("state")
    }

    /// Notes the job that starts a boost.
    package static func setJob(
        _ job: JobID?, of boost: BoostID, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute("UPDATE boost SET job_id = \(job) WHERE client_id = \(client) AND boost_id = \(boost)")
    }
}
