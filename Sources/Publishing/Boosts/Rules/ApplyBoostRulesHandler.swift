// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import JobQueue
import PQClient
import Persistence
import PluginKit

/// Applies the boost rules of one client, and plans the next time while it has any.
package struct ApplyBoostRulesHandler: JobHandler {
    private let services: HandlerServices

    /// Makes a handler.
    package init(services: HandlerServices) { self.services = services }

    /// `apply-boost-rules`.
    package var kind: JobKind { .applyBoostRules }

    /// Judges every publication of the rules' ages, boosts what earns it, and keeps what was said and why.
    ///
    /// Two runs of a client may meet, when one was late: the second waits for the rules and sees what the first began.
    package func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        let services = self.services
        let weeks = try await self.weeks(of: job.client)
        return JobResult(.succeeded) { db in
            // One that came to count hours meanwhile has its turn in an hour.
            let rules = try await BoostRuleRow.lockActive(of: job.client, on: &db)
            let owner = try await ClientRepository.find(job.client, on: &db)
            guard let owner, !rules.isEmpty else { return }
            let now = try await WorldTime.now(on: &db)
            if owner.state == .active {
                for rule in rules where !rule.rule.byHour || weeks.rules.contains(rule.id) {
                    try await Self.apply(rule, of: owner, at: now, weeks.fits, services, on: &db)
                }
            }
            _ = try await services.jobs.enqueue([.applyBoostRules(client: job.client, after: now)], on: &db)
        }
    }

    /// What is known of the hours of the accounts whose rules count them, of the posts that are there now; and which rules those are.
    ///
    /// It is computed before the transaction, which holds the rules.
    private func weeks(of client: ClientID) async throws -> (rules: Set<UUID>, fits: [AccountID: StoredFit]) {
        let (rules, accounts) = try await self.services.pool.withConnection { db in
            let rules = try await BoostRuleRow.list(of: client, on: &db).filter { $0.rule.byHour }
            return (rules, rules.isEmpty ? [] : try await AccountRepository.list(of: client, on: &db))
        }
        let counted = accounts.filter { account in
            account.state == .active && rules.contains { $0.account == nil || $0.account == account.id }
        }
        return (Set(rules.map(\.id)), try await TimingService(pool: self.services.pool).fits(of: counted))
    }

    private static func apply(
        _ row: BoostRuleRow, of client: ClientRow, at now: Date, _ fits: [AccountID: StoredFit],
        _ services: HandlerServices,
        on db: inout Transaction
    ) async throws {
        let results = try await EarlyResults.read(
            client: client.id, account: row.account, metric: row.rule.metric,
            since: now.addingTimeInterval(-120 * 86_400), on: &db)
        var made = try await BoostRuleRow.made(of: client.id, since: now.addingTimeInterval(-60 * 86_400), on: &db)
        let zone = ZoneID(rawValue: client.timeZone) ?? .utc
        let judge = RuleJudge(rule: row.rule, zone: zone, fits: fits)
        for candidate in judge.candidates(results, at: now) {
            var verdict = judge.verdict(on: candidate, made: made, at: now)
            var boost: BoostID?
            if verdict.code == .boost {
                do {
                    boost = try await Self.begin(verdict.publication, row, services, on: &db)
                    made.append(candidate.boost(at: now))
                } catch let error as ServiceError {
                    // What was refused was not begun: the next best has its chance.
                    let words = ([error.message] + error.issues.map(\.description)).joined(separator: "; ")
                    verdict.code = .refused
                    verdict.reason += "; refused: \(words)"
                }
            }
            try await self.keep(verdict, row, boost: boost, on: &db)
        }
    }

    private static func begin(
        _ publication: PublicationID, _ row: BoostRuleRow, _ services: HandlerServices, on db: inout Transaction
    ) async throws -> BoostID {
        let boosts = BoostService(pool: services.pool, jobs: services.jobs, registry: services.registry)
        return try await boosts.create(
            row.rule.plan(publication.description, id: row.id), isDryRun: false, actor: "rule:\(row.slug)", on: &db
        ).id
    }

    /// Keeps an answer when the rule gives it of the publication for the first time; a refusal also when its reason is a new one.
    private static func keep(
        _ verdict: RuleVerdict, _ row: BoostRuleRow, boost: BoostID?, on db: inout Transaction
    ) async throws {
        try await db.execute(
            """
            INSERT INTO boost_decision (client_id, rule_id, publication_id, verdict, reason, ratio, boost_id)
            SELECT \(row.client), \(row.id), \(verdict.publication), \(verdict.code.rawValue), \(verdict.reason),
                   \(verdict.ratio), \(boost)
            WHERE NOT EXISTS (
                SELECT FROM boost_decision
                WHERE client_id = \(row.client) AND rule_id = \(row.id) AND publication_id = \(verdict.publication)
                  AND verdict = \(verdict.code.rawValue) AND boost_id IS NOT DISTINCT FROM \(boost)
                  AND (verdict <> \(RuleVerdict.Code.refused.rawValue) OR reason = \(verdict.reason)))
            """)
    }
}

extension JobKind {
    /// Applies the boost rules of a client.
    package static let applyBoostRules: Self = "apply-boost-rules"
}

extension NewJob {
    /// How often rules are applied, in world time.
    private static let rulePause: TimeInterval = 3_600

    /// The job that applies a client's boost rules next: one an hour, each client at its own minute.
    package static func applyBoostRules(client: ClientID, after now: Date) -> NewJob {
        let phase = Double(client.uuid.uuid.15) / 256 * Self.rulePause
        let number = Int(((now.timeIntervalSince1970 - phase) / Self.rulePause).rounded(.down)) + 1
        return NewJob(
            client: client, account: nil, queue: .boost, kind: .applyBoostRules, provider: "posthorn",
            dueAt: Date(timeIntervalSince1970: Double(number) * Self.rulePause + phase),
            key: "boost-rules:\(client):\(number)", keyLifetime: .seconds(2 * 86_400))
    }
}
