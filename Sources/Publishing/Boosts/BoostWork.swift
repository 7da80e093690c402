// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// What a boost job needs to know of its boost.
struct BoostWork: Sendable {
    var client: ClientID
    var boost: BoostID
    var account: AccountID
    var platform: PlatformID
    var adAccount: AdAccountID?
    var publication: PublicationID?
    var post: RemotePost?
    var format: PostFormat?
    var terms: BoostTerms
    var campaign: String
    var state: BoostState
    var remoteID: String?
    /// The job that looks at it or stops it.
    var watchJob: JobID?
    /// Whether a second person must release it and has not.
    var isUnreleased: Bool
    /// Why it is to be stopped.
    var stopReason: String?
    /// Since when it is to be stopped; the world's time.
    var stopAskedAt: Date?
    /// Since when the platform runs it, as far as it was looked at; the world's time.
    var runningSince: Date?
    /// Since when it spends next to nothing of its plan; the world's time.
    var idleSince: Date?
    /// Whether that stops it.
    var stopsWhenIdle: Bool
    /// When it was seen to have ended; the world's time.
    var endedAt: Date?
    /// Whether its spend is final.
    var isSettled: Bool
    /// When the platform was last asked; the world's time.
    var readAt: Date?
    /// Where its publication stands.
    var publicationState: String?
    var clientZone: String
    var clientState: String
    var onUnknown: String
    var accountState: String
    /// World seconds per real second.
    var rate: Double
    var now: Date

    /// Why its publication cannot be promoted any more.
    var publicationObstacle: String? {
        guard let state = self.publicationState, state != "live", state != "edited" else { return nil }
        return "its publication is \(state)"
    }

    var operation: String { "boost:\(self.boost)" }

    /// What the platform is asked for.
    func request(_ post: RemotePost, access: AccountAccess) -> BoostRequest {
        BoostRequest(
            access: access, post: post, format: self.format, terms: self.terms, operation: self.operation)
    }

    /// The boost as the platform knows it.
    func started(_ remoteID: String, access: AccountAccess) -> StartedBoost {
        StartedBoost(id: remoteID, access: access, terms: self.terms, operation: self.operation)
    }

    /// What the boost may cost at most in which month, by the platform's own overspend rules.
    func exposure(_ limits: BoostLimits?) -> BoostExposure {
        BoostExposure(terms: self.terms, limits: limits, capZone: ZoneID(rawValue: self.clientZone) ?? .utc)
    }

    /// A job of this boost.
    func job(_ step: BoostStep, dueAt: Date?) -> NewJob {
        .boost(step, of: self.boost, client: self.client, account: self.account, platform: self.platform, dueAt: dueAt)
    }

    /// Whose money it is in the ledger.
    var owner: BudgetLedger.Owner {
        BudgetLedger.Owner(
            boost: self.boost, client: self.client, adAccount: self.adAccount, campaign: self.campaign,
            currency: self.terms.budget.currency)
    }

    static func load(
        _ boost: BoostID, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> BoostWork? {
        let rows = try await db.query(
            """
            SELECT boost.account_id, account.platform, boost.ad_account_id, ad_account.external_id AS ad_external_id,
                   ad_account.currency AS ad_currency, ad_account.time_zone AS ad_time_zone, ad_account.payer,
                   boost.publication_id, publication.remote_id AS post_id, publication.url, publication.published_at, target.format,
                   objective, audience, call_to_action, special_ad_categories, budget_minor, boost.currency, budget_kind,
                   starts_at, ends_at, campaign, boost.state, boost.remote_id, watch_job_id, stop_asked_at, stop_reason, ended_at,
                   running_since, idle_since, stops_when_idle,
                   settled_at IS NOT NULL AS is_settled, status_read_at, needs_release AND released_by IS NULL AS is_unreleased,
                   publication.state AS publication_state, client.time_zone AS client_zone, client.state AS client_state,
                   client.on_unknown, account.state AS account_state, (SELECT rate FROM world) AS rate, world_now() AS now
            FROM boost
            JOIN client ON client.client_id = boost.client_id
            JOIN account ON account.client_id = boost.client_id AND account.account_id = boost.account_id
            LEFT JOIN ad_account ON ad_account.client_id = boost.client_id AND ad_account.ad_account_id = boost.ad_account_id
            LEFT JOIN publication
                   ON publication.client_id = boost.client_id AND publication.publication_id = boost.publication_id
            LEFT JOIN target ON target.client_id = boost.client_id
                            AND target.target_id = coalesce(publication.target_id, boost.target_id)
            WHERE boost.client_id = \(client) AND boost.boost_id = \(boost)
            """)
        guard let row = rows.first else { return nil }
        let postID: String? = try row.get("post_id")
        var post: RemotePost?
        if let postID {
            post = RemotePost(id: postID, url: try row.get("url"), publishedAt: try row.get("published_at"))
        }
        let format: String? = try row.get("format")
        return BoostWork(
            client: client, boost: boost, account: try row.get("account_id"), platform: try row.get("platform"),
            adAccount: try row.get("ad_account_id"), publication: try row.get("publication_id"),
            post: post, format: format.map(PostFormat.init(rawValue:)), terms: try Self.terms(row),
            campaign: try row.get("campaign"), state: try row.get("state"), remoteID: try row.get("remote_id"),
            watchJob: try row.get("watch_job_id"),
            isUnreleased: try row.get("is_unreleased"), stopReason: try row.get("stop_reason"),
            stopAskedAt: try row.get("stop_asked_at"), runningSince: try row.get("running_since"),
            idleSince: try row.get("idle_since"), stopsWhenIdle: try row.get("stops_when_idle"),
            endedAt: try row.get("ended_at"),
            isSettled: try row.get("is_settled"), readAt: try row.get("status_read_at"),
            publicationState: try row.get("publication_state"),
            clientZone: try row.get("client_zone"), clientState: try row.get("client_state"),
            onUnknown: try row.get("on_unknown"),
            accountState: try row.get("account_state"), rate: try row.get("rate"), now: try row.get("now"))
    }

    private static func terms(_ row: Row) throws -> BoostTerms {
        let code: String = try row.get("currency")
        let kind: String = try row.get("budget_kind")
        guard let currency = Currency(rawValue: code), let budgetKind = BudgetKind(rawValue: kind) else {
            throw PluginError(.permanent, "the boost's currency or budget kind is unknown")
        }
        var adAccount: AdAccountReference?
        if let externalID: String = try row.get("ad_external_id") {
            let billing: String = try row.get("ad_currency")
            adAccount = AdAccountReference(
                externalID: externalID, currency: Currency(rawValue: billing) ?? currency,
                timeZone: try row.get("ad_time_zone"), payer: try row.get("payer"))
        }
        let audience: JSONText = try row.get("audience")
        let button: JSONText? = try row.get("call_to_action")
        return BoostTerms(
            objective: try row.get("objective"),
            audience: try JSONDecoder().decode(Audience.self, from: Data(audience.text.utf8)),
            budget: Money(minorUnits: try row.get("budget_minor"), currency: currency), budgetKind: budgetKind,
            startsAt: try row.get("starts_at"), endsAt: try row.get("ends_at"),
            callToAction: try button.map { try JSONDecoder().decode(CallToAction.self, from: Data($0.text.utf8)) },
            specialAdCategories: try row.get("special_ad_categories"), adAccount: adAccount)
    }

    /// Lets the boost wait for a person; one that the platform knows already keeps the state that it has there.
    func hold(_ failure: PluginError, reason: String, on db: inout Transaction) async throws {
        guard [.planned, .starting, .unknown].contains(self.state), self.remoteID == nil else {
            return try await self.note(failure, on: &db)
        }
        try await self.move(to: .held, failure: failure, reason: reason, ifNotStarted: true, on: &db)
    }

    /// Keeps what went wrong where a person sees it; the state stays.
    func note(_ failure: PluginError, on db: inout Transaction) async throws {
        try await db.execute(
            """
            UPDATE boost SET failure_code = \(failure.code.description), failure_message = \(failure.message)
            WHERE client_id = \(self.client) AND boost_id = \(self.boost)
            """)
    }

    /// Moves the boost to a state, with its line in the history.
    ///
    /// With `ifNotStarted` one is left alone that the platform has meanwhile: what is said of its start is out of date then.
    func move(
        to state: BoostState, actor: String = "posthorn", failure: PluginError? = nil, reason: String,
        ifNotStarted: Bool = false, on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            WITH before AS (
                SELECT client_id, boost_id, state FROM boost
                WHERE client_id = \(self.client) AND boost_id = \(self.boost) AND state <> \(state)
                  AND (remote_id IS NULL OR NOT \(ifNotStarted)) FOR UPDATE),
            moved AS (
                UPDATE boost SET state = \(state), failure_code = \(failure?.code.description), failure_message = \(failure?.message)
                FROM before WHERE boost.client_id = before.client_id AND boost.boost_id = before.boost_id)
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT client_id, 'boost', boost_id, \(actor), state, \(state), \(reason) FROM before
            """)
    }
}
