// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import PluginKit

/// What a boost job needs to know of its boost.
struct BoostWork: Sendable {
    var client: ClientID
    var boost: BoostID
    var account: AccountID
    var adAccount: AdAccountID?
    var adAccountExternalID: String?
    var post: RemotePost?
    var objective: String
    var audience: Audience
    var budget: Money
    var budgetKind: BudgetKind
    var startsAt: Date
    var endsAt: Date
    var campaign: String
    var state: String
    var remoteID: String?
    var clientState: String
    var onUnknown: String
    var accountState: String
    /// World seconds per real second.
    var rate: Double
    var now: Date

    var operation: String { "boost:\(self.boost)" }

    /// What the platform is asked for.
    func request(_ post: RemotePost, access: AccountAccess) -> BoostRequest {
        BoostRequest(
            access: access, adAccountID: self.adAccountExternalID, post: post, objective: self.objective,
            audience: self.audience, budget: self.budget, budgetKind: self.budgetKind, startsAt: self.startsAt,
            endsAt: self.endsAt, operation: self.operation)
    }

    /// What the boost may cost at most, by the platform's own overspend rules.
    func exposure(_ limits: BoostLimits?) -> Money {
        guard self.budgetKind == .daily else { return self.budget }
        let days = max(1, (self.endsAt.timeIntervalSince(self.startsAt) / 86_400).rounded(.up))
        let most = (Double(self.budget.minorUnits) * days * (limits?.dailyOverspend ?? 1)).rounded(.up)
        return Money(minorUnits: Int64(most), currency: self.budget.currency)
    }

    static func load(
        _ boost: BoostID, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> BoostWork? {
        let rows = try await db.query(
            """
            SELECT boost.account_id, boost.ad_account_id, ad_account.external_id AS ad_external_id, publication.remote_id AS post_id,
                   publication.url, publication.published_at, objective, audience, budget_minor, boost.currency, budget_kind, starts_at,
                   ends_at, campaign, boost.state, boost.remote_id, client.state AS client_state, client.on_unknown, account.state AS account_state,
                   (SELECT rate FROM world) AS rate, world_now() AS now
            FROM boost
            JOIN client ON client.client_id = boost.client_id
            JOIN account ON account.client_id = boost.client_id AND account.account_id = boost.account_id
            LEFT JOIN ad_account ON ad_account.client_id = boost.client_id AND ad_account.ad_account_id = boost.ad_account_id
            LEFT JOIN publication
                   ON publication.client_id = boost.client_id AND publication.publication_id = boost.publication_id
            WHERE boost.client_id = \(client) AND boost.boost_id = \(boost)
            """)
        guard let row = rows.first else { return nil }
        let code: String = try row.get("currency")
        let kind: String = try row.get("budget_kind")
        guard let currency = Currency(rawValue: code), let budgetKind = BudgetKind(rawValue: kind) else {
            throw PluginError(.permanent, "the boost's currency or budget kind is unknown")
        }
        let audience: JSONText = try row.get("audience")
        let postID: String? = try row.get("post_id")
        var post: RemotePost?
        if let postID {
            post = RemotePost(id: postID, url: try row.get("url"), publishedAt: try row.get("published_at"))
        }
        return BoostWork(
            client: client, boost: boost, account: try row.get("account_id"), adAccount: try row.get("ad_account_id"),
            adAccountExternalID: try row.get("ad_external_id"), post: post, objective: try row.get("objective"),
            audience: try JSONDecoder().decode(Audience.self, from: Data(audience.text.utf8)),
            budget: Money(minorUnits: try row.get("budget_minor"), currency: currency), budgetKind: budgetKind,
            startsAt: try row.get("starts_at"), endsAt: try row.get("ends_at"), campaign: try row.get("campaign"),
            state: try row.get("state"), remoteID: try row.get("remote_id"), clientState: try row.get("client_state"),
            onUnknown: try row.get("on_unknown"), accountState: try row.get("account_state"), rate: try row.get("rate"),
            now: try row.get("now"))
    }

    /// Lets the boost wait for a person; one that the platform knows already keeps the state that it has there.
    func hold(_ failure: PluginError, reason: String, on db: inout Transaction) async throws {
        guard ["planned", "starting", "unknown"].contains(self.state), self.remoteID == nil else {
            try await db.execute(
                """
                UPDATE boost SET failure_code = \(failure.code.description), failure_message = \(failure.message)
                WHERE client_id = \(self.client) AND boost_id = \(self.boost)
                """)
            return
        }
        try await self.move(to: "held", failure: failure, reason: reason, on: &db)
    }

    /// Moves the boost to a state, with its line in the history.
    func move(
        to state: String, actor: String = "posthorn", failure: PluginError? = nil, reason: String,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            WITH before AS (
                SELECT client_id, boost_id, state FROM boost
                WHERE client_id = \(self.client) AND boost_id = \(self.boost) AND state <> \(state) FOR UPDATE),
            moved AS (
                UPDATE boost SET state = \(state), failure_code = \(failure?.code.description), failure_message = \(failure?.message)
                FROM before WHERE boost.client_id = before.client_id AND boost.boost_id = before.boost_id)
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT client_id, 'boost', boost_id, \(actor), state, \(state), \(reason) FROM before
            """)
    }
}
