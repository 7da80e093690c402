// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient
import Persistence
import PluginKit

/// A rule as it is stored.
package struct BoostRuleRow: Sendable, Hashable {
    /// The client.
    package var client: ClientID
    /// Its identity.
    package var id: UUID
    /// Its name.
    package var slug: Slug
    /// The one account it is for; all of the client's when `nil`.
    package var account: AccountID?
    /// What it says.
    package var rule: BoostRule
    /// `active`, `paused` or `removed`.
    package var state: String
    /// Who made it.
    package var createdBy: String
    /// Who paused or resumed it last; `nil` when nobody did.
    package var changedBy: String?

    init(row: Row) throws {
        self.client = try row.get("client_id")
        self.id = try row.get("rule_id")
        self.slug = try row.get("slug")
        self.account = try row.get("account_id")
        self.rule = try JSONColumn.decode(try row.get("definition"))
        self.state = try row.get("state")
        self.createdBy = try row.get("created_by")
        self.changedBy = try row.get("changed_by")
    }

    /// The rules of a client that are not removed, by name.
    static func list(of client: ClientID, on db: inout some SQLSession & ~Copyable) async throws -> [BoostRuleRow] {
        try await db.query(
            """
            SELECT rule.client_id, rule.rule_id, rule.slug, rule.account_id, rule.definition, rule.state, rule.created_by,
                   change.actor AS changed_by
            FROM boost_rule AS rule
            LEFT JOIN LATERAL (
                SELECT actor FROM state_change
                WHERE client_id = rule.client_id AND subject_id = rule.rule_id AND from_state IS NOT NULL
                ORDER BY change_id DESC LIMIT 1
            ) AS change ON true
            WHERE rule.client_id = \(client) AND rule.state <> 'removed' ORDER BY rule.slug
            """
        ).decoded(BoostRuleRow.init(row:))
    }

    /// The active rules of a client by name, held until the transaction ends: who would apply or change them waits.
    static func lockActive(of client: ClientID, on db: inout some SQLSession & ~Copyable) async throws -> [BoostRuleRow]
    {
        try await db.execute(
            """
            SELECT FROM boost_rule WHERE client_id = \(client) AND state = 'active' ORDER BY rule_id FOR NO KEY UPDATE
            """)
        return try await Self.list(of: client, on: &db).filter { $0.state == "active" }
    }

    /// Changes a rule's state and appends who did it.
    ///
    /// - Returns: The state before, or `nil` when there is no such rule. The same state again changes and appends nothing.
    static func setState(
        _ slug: String, of client: ClientID, to state: String, actor: String,
        on db: inout some SQLSession & ~Copyable
    ) async throws -> String? {
        let rows = try await db.query(
            """
            WITH old AS (
                SELECT client_id, rule_id, state FROM boost_rule
                WHERE client_id = \(client) AND slug = \(slug) AND state <> 'removed' FOR UPDATE
            ),
            changed AS (
                UPDATE boost_rule SET state = \(state) FROM old
                WHERE boost_rule.client_id = old.client_id AND boost_rule.rule_id = old.rule_id AND old.state <> \(state)
            ),
            logged AS (
                INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
                SELECT client_id, \(SubjectKind.boostRule), rule_id, \(actor), state, \(state), \(slug)
                FROM old WHERE state <> \(state)
            )
            SELECT state FROM old
            """)
        return try rows.first?.get("state")
    }

    /// Who made a rule.
    static func author(
        of rule: UUID, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> String? {
        try await db.query(
            "SELECT created_by FROM boost_rule WHERE client_id = \(client) AND rule_id = \(rule)"
        ).first?.get("created_by")
    }

    /// The boosts that rules of a client made; one that Posthorn called off before it began, with its target, never was.
    static func made(of client: ClientID, since: Date, on db: inout some SQLSession & ~Copyable) async throws
        -> [RuledBoost]
    {
        try await db.query(
            """
            SELECT account_id, publication_id, created_at, state NOT IN ('cancelled', 'failed') AS has_begun FROM boost
            WHERE client_id = \(client) AND rule_id IS NOT NULL AND publication_id IS NOT NULL AND created_at >= \(since)
              AND (state <> 'cancelled' OR stop_asked_by IS DISTINCT FROM 'posthorn')
            """
        ).decoded { row in
            RuledBoost(
                account: try row.get("account_id"), publication: try row.get("publication_id"),
                at: try row.get("created_at"), hasBegun: try row.get("has_begun"))
        }
    }
}

/// What a rule said of a publication.
package struct RuleDecision: Sendable, Hashable {
    /// The rule's name.
    package var rule: String
    /// When it first said so; the world's time.
    package var at: Date
    /// The publication.
    package var publication: PublicationID
    /// The account's slug.
    package var account: String
    /// The class of the answer.
    package var verdict: String
    /// Why.
    package var reason: String
    /// How many times the typical it had, when that could be said.
    package var ratio: Double?
    /// The boost that came of it.
    package var boost: BoostID?
    /// The beginning of what was published.
    package var text: String
}
