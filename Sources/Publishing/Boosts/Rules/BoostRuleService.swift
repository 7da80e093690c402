// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
package import PQClient
import Persistence
import PluginKit

/// Keeps the rules by which publications are boosted without a person asking.
package struct BoostRuleService: Sendable {
    let pool: ConnectionPool
    let jobs: JobStore
    let registry: PluginRegistry

    /// Makes a service.
    package init(pool: ConnectionPool, jobs: JobStore, registry: PluginRegistry) {
        self.pool = pool
        self.jobs = jobs
        self.registry = registry
    }

    /// Adds a rule, which is applied from the next hour on.
    ///
    /// - Parameters:
    ///   - rule: What it says.
    ///   - slug: Its name.
    ///   - client: The client's slug or identity.
    ///   - account: The one account it is for; all of the client's when `nil`.
    ///   - isDryRun: Whether nothing is written.
    ///   - actor: Who does it.
    /// - Returns: The rule; `nil` for a dry run.
    /// - Throws: `ServiceError`: `notFound`, `invalid` with everything that is wrong, `conflict` when there is one of that name.
    package func add(
        _ rule: BoostRule, slug: String, client: String, account: String?, isDryRun: Bool = false, actor: String
    ) async throws -> BoostRuleRow? {
        guard let name = Slug(rawValue: slug) else {
            throw ServiceError(.invalid, "'\(slug)' is no name: use 1 to 63 lower-case letters, digits and hyphens")
        }
        guard rule.problems.isEmpty else {
            throw ServiceError(
                .invalid, "the rule cannot be kept", issues: rule.problems.map { PostIssue(.error, field: "rule", $0) })
        }
        return try await self.pool.withTransaction { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            var only: AccountRow?
            if let account { only = try await ClientDirectory.account(account, client: client, on: &db).account }
            try await self.check(rule, client: owner, account: only, on: &db)
            guard !isDryRun else { return nil }
            let id = UUID.version7()
            let added = try await db.execute(
                """
                INSERT INTO boost_rule (client_id, rule_id, slug, account_id, definition, created_by)
                VALUES (\(owner.id), \(id), \(name), \(only?.id), \(try JSONColumn.encode(rule)), \(actor))
                ON CONFLICT (client_id, slug) WHERE state <> 'removed' DO NOTHING
                """)
            guard added == 1 else {
                throw ServiceError(.conflict, "client '\(owner.slug)' has a rule '\(name)' already")
            }
            let made = StateChange(
                client: owner.id, kind: .boostRule, subject: id, actor: actor, from: nil, to: "active",
                reason: name.rawValue)
            try await StateChanges.append([made], on: &db)
            let now = try await WorldTime.now(on: &db)
            _ = try await self.jobs.enqueue([.applyBoostRules(client: owner.id, after: now)], on: &db)
            return try await BoostRuleRow.list(of: owner.id, on: &db).first { $0.id == id }
        }
    }

    /// What the platforms' own rules say of it: every platform of an account that it is for.
    private func check(
        _ rule: BoostRule, client: ClientRow, account: AccountRow?, on db: inout Transaction
    ) async throws {
        let accounts =
            if let account { [account] } else { try await AccountRepository.list(of: client.id, on: &db) }
        let limits = Set(accounts.map(\.platform)).compactMap { self.registry[$0]?.manifest.boost }
        guard !limits.isEmpty else {
            throw ServiceError(.invalid, "nothing of client '\(client.slug)' can be boosted with this binary")
        }
        guard limits.contains(where: { $0.objectives.contains(rule.objective) }) else {
            let known = Set(limits.flatMap(\.objectives)).sorted()
            throw ServiceError(
                .invalid,
                "'\(rule.objective)' is none of: \(known.joined(separator: ", "))."
                    + NearestName.hint(rule.objective, in: known))
        }
        guard let money = Money(rule.budget, defaultCurrency: client.currency), money.minorUnits > 0 else {
            throw ServiceError(.invalid, "'\(rule.budget)' is no amount: write it as 20.00, with a point")
        }
    }

    /// Lists the rules of a client by name.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func list(client: String) async throws -> [BoostRuleRow] {
        try await self.pool.withConnection { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            return try await BoostRuleRow.list(of: owner.id, on: &db)
        }
    }

    /// Pauses a rule, lets it go on, or removes it; what it said stays.
    ///
    /// A run that is under way is waited for: afterwards a paused rule begins nothing.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func set(_ slug: String, client: String, state: String, actor: String) async throws {
        try await self.pool.withTransaction { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            let before = try await BoostRuleRow.setState(slug, of: owner.id, to: state, actor: actor, on: &db)
            guard before != nil else { throw Self.notFound(slug, owner) }
            guard state == "active" else { return }
            let now = try await WorldTime.now(on: &db)
            _ = try await self.jobs.enqueue([.applyBoostRules(client: owner.id, after: now)], on: &db)
        }
    }

    /// What a rule would have done in the last days, hour by hour, with what was known then.
    ///
    /// Caps and the platform's minimum are not asked: they were others then. Where hours count, they count by what is known of them now.
    ///
    /// - Returns: The boosts it would have made, oldest first, and how many publications it looked at.
    /// - Throws: `ServiceError`: `notFound`, or `invalid` for a rule that cannot be.
    package func dryRun(
        _ rule: BoostRule, client: String, account: String?, days: Int
    ) async throws -> (boosts: [RuleDecision], publications: Int) {
        guard rule.problems.isEmpty else {
            throw ServiceError(
                .invalid, "the rule cannot be tried", issues: rule.problems.map { PostIssue(.error, field: "rule", $0) }
            )
        }
        let (owner, now, results, accounts) = try await self.pool.withConnection { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            var only: AccountRow?
            if let account { only = try await ClientDirectory.account(account, client: client, on: &db).account }
            let now = try await WorldTime.now(on: &db)
            let results = try await EarlyResults.read(
                client: owner.id, account: only?.id, metric: rule.metric,
                since: now.addingTimeInterval(-Double(days + 120) * 86_400), on: &db)
            let all = try await AccountRepository.list(of: owner.id, on: &db)
            return (owner, now, results, all.filter { only == nil || $0.id == only?.id })
        }
        let counted = rule.byHour ? accounts.filter { $0.state == .active } : []
        let fits = try await TimingService(pool: self.pool).fits(of: counted)
        let judge = RuleJudge(rule: rule, zone: ZoneID(rawValue: owner.timeZone) ?? .utc, fits: fits)
        let posts = Dictionary(uniqueKeysWithValues: results.posts.map { ($0.publication, $0) })
        var made: [RuledBoost] = []
        var decisions: [RuleDecision] = []
        var seen: Set<PublicationID> = []
        for hour in stride(from: days * 24, through: 0, by: -1) {
            let instant = now.addingTimeInterval(-Double(hour) * 3_600)
            for verdict in judge.verdicts(results, made: made, at: instant) {
                seen.insert(verdict.publication)
                guard verdict.code == .boost, let post = posts[verdict.publication] else { continue }
                made.append(RuledBoost(account: post.account, publication: post.publication, at: instant))
                decisions.append(
                    RuleDecision(
                        rule: "", at: instant, publication: post.publication,
                        account: accounts.first { $0.id == post.account }?.slug.rawValue ?? "",
                        verdict: verdict.code.rawValue, reason: verdict.reason, ratio: verdict.ratio, boost: nil,
                        text: post.text))
            }
        }
        return (decisions, seen.count)
    }

    /// The rule of a name.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func rule(_ slug: String, client: String) async throws -> BoostRuleRow {
        try await self.pool.withConnection { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            let rules = try await BoostRuleRow.list(of: owner.id, on: &db)
            guard let rule = rules.first(where: { $0.slug.rawValue == slug }) else {
                throw Self.notFound(slug, owner, known: rules.map(\.slug.rawValue))
            }
            return rule
        }
    }

    /// What the rules of a client said, newest first.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func decisions(client: String, rule: String? = nil, limit: Int) async throws -> [RuleDecision] {
        try await self.pool.withConnection { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            return try await db.query(
                """
                SELECT boost_rule.slug AS rule, at, decision.publication_id, account.slug AS account, verdict, reason, ratio,
                       boost_id, left(coalesce(target.content -> 'parts' -> 0 ->> 'text', publication.text, ''), 80) AS text
                FROM boost_decision AS decision
                JOIN boost_rule ON boost_rule.client_id = decision.client_id AND boost_rule.rule_id = decision.rule_id
                JOIN publication ON publication.client_id = decision.client_id
                                AND publication.publication_id = decision.publication_id
                JOIN account ON account.client_id = publication.client_id AND account.account_id = publication.account_id
                LEFT JOIN target ON target.client_id = publication.client_id AND target.target_id = publication.target_id
                WHERE decision.client_id = \(owner.id) AND (\(rule) IS NULL OR boost_rule.slug = \(rule))
                ORDER BY decision_no DESC LIMIT \(Int64(limit))
                """
            ).decoded { row in
                RuleDecision(
                    rule: try row.get("rule"), at: try row.get("at"), publication: try row.get("publication_id"),
                    account: try row.get("account"), verdict: try row.get("verdict"), reason: try row.get("reason"),
                    ratio: try row.get("ratio"), boost: try row.get("boost_id"), text: try row.get("text"))
            }
        }
    }

    private static func notFound(_ slug: String, _ owner: ClientRow, known: [String] = []) -> ServiceError {
        ServiceError(
            .notFound,
            "client '\(owner.slug)' has no rule '\(slug)'.\(NearestName.hint(slug, in: known)) List them: posthorn boost rule list"
        )
    }
}
