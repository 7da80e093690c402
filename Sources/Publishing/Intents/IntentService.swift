// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
package import PQClient
import Persistence
import PluginKit

/// Shows what was sent and is not known, and takes a person's word for it.
package struct IntentService: Sendable {
    let pool: ConnectionPool
    let jobs: JobStore
    let registry: PluginRegistry
    let ledger: BudgetLedger

    /// Makes a service.
    package init(pool: ConnectionPool, jobs: JobStore, registry: PluginRegistry, ledger: BudgetLedger = BudgetLedger())
    {
        self.pool = pool
        self.jobs = jobs
        self.registry = registry
        self.ledger = ledger
    }

    /// Lists intents, the one sent first at the top.
    ///
    /// - Parameters:
    ///   - state: What is known about them.
    ///   - client: Whose, by slug or identity; `nil` is everybody's.
    ///   - limit: At most so many.
    /// - Throws: `ServiceError` with code `notFound`.
    /// - Returns: The intents.
    package func list(
        _ state: EffectState = .unknown, client: String? = nil, limit: Int = 100
    ) async throws -> [Intent] {
        var owner: ClientID?
        if let client {
            owner = try await self.pool.withConnection { db in try await ClientDirectory.client(client, on: &db).id }
        }
        return try await self.named(
            try await EffectLedger(pool: self.pool).list(state, client: owner, limit: limit))
    }

    /// Finds an intent with its sends.
    ///
    /// - Parameter reference: `publish:<target>`, `boost:<boost>`, with `#N` for a later piece; or the identity of a
    ///   target, a boost, or the job of one. Without a piece the one whose outcome is not known is meant, else the first.
    /// - Throws: `ServiceError` with code `notFound`.
    /// - Returns: The intent and its sends.
    package func show(_ reference: String) async throws -> IntentDetail {
        let effect = try await self.find(reference)
        guard let intent = try await self.named([effect]).first else { throw Self.notFound(reference) }
        let sends = try await EffectLedger(pool: self.pool).sends(of: effect.operation, client: effect.client)
        return IntentDetail(
            intent: intent, sends: sends.filter { $0.part == effect.part },
            job: try await self.jobs.job(effect.job, client: effect.client))
    }

    func find(_ reference: String) async throws -> Effect {
        let words = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let part = words.count > 1 ? Int(words[1]) : nil
        guard words.count == 1 || part != nil else { throw Self.notFound(reference) }
        let effects = try await self.operation(words[0].lowercased())
        let wanted =
            part.map { part in effects.first { $0.part == part } }
            ?? effects.first { $0.state == .unknown } ?? effects.first
        guard let effect = wanted else { throw Self.notFound(reference) }
        return effect
    }

    /// The pieces of the operation that a key or an identity names.
    private func operation(_ name: String) async throws -> [Effect] {
        let ledger = EffectLedger(pool: self.pool)
        guard let id = UUID(uuidString: name) else {
            guard let client = try await self.owner(of: name) else { return [] }
            return try await ledger.load(name, client: client)
        }
        for subject in [IntentSubject.target(TargetID(id)), .boost(BoostID(id))] {
            if let client = try await self.owner(of: subject.operation) {
                return try await ledger.load(subject.operation, client: client)
            }
        }
        guard let client = try await self.jobs.owner(of: JobID(id)) else { return [] }
        return try await ledger.effects(of: JobID(id), client: client)
    }

    /// The owner of an operation: one probe per client.
    private func owner(of operation: OperationKey) async throws -> ClientID? {
        let rows = try await self.pool.query(
            """
            SELECT effect.client_id
            FROM client
            JOIN effect ON effect.client_id = client.client_id AND effect.op_key = \(operation)
            LIMIT 1
            """)
        return try rows.first?.get("client_id")
    }

    private static func notFound(_ reference: String) -> ServiceError {
        ServiceError(
            .notFound, "there is no intent '\(reference)'. List what is not known: posthorn intent list")
    }

    /// Gives effects the names a person knows them by, in order.
    private func named(_ effects: [Effect]) async throws -> [Intent] {
        guard !effects.isEmpty else { return [] }
        let rows = try await self.pool.query(
            """
            SELECT given.ordinal, client.slug AS client, client.time_zone, account.slug AS account, target.content,
                   boost.objective, boost.budget_minor, boost.currency,
                   place.state, place.due_at, place.reason, place.error_message
            FROM unnest(\(effects.map(\.client)), \(effects.map(\.operation)), \(effects.map(\.account)),
                        \(effects.map(\.looker)))
                 WITH ORDINALITY AS given (client_id, op_key, account_id, job_id, ordinal)
            JOIN client ON client.client_id = given.client_id
            LEFT JOIN account ON account.client_id = given.client_id AND account.account_id = given.account_id
            LEFT JOIN target
                   ON target.client_id = given.client_id
                  AND target.target_id = CASE WHEN given.op_key LIKE 'publish:%' THEN substr(given.op_key, 9)::uuid END
            LEFT JOIN boost
                   ON boost.client_id = given.client_id
                  AND boost.boost_id = CASE WHEN given.op_key LIKE 'boost:%' THEN substr(given.op_key, 7)::uuid END
            LEFT JOIN LATERAL (
                SELECT 'scheduled' AS state, due_at, NULL AS reason, NULL AS error_message
                FROM job_scheduled j WHERE j.client_id = given.client_id AND j.job_id = given.job_id
                UNION ALL
                SELECT 'ready', due_at, NULL, NULL
                FROM job_ready j WHERE j.client_id = given.client_id AND j.job_id = given.job_id
                UNION ALL
                SELECT 'leased', due_at, NULL, NULL
                FROM job_lease j WHERE j.client_id = given.client_id AND j.job_id = given.job_id
                UNION ALL
                SELECT 'held', due_at, reason, error_message
                FROM job_hold j WHERE j.client_id = given.client_id AND j.job_id = given.job_id
            ) AS place ON true
            ORDER BY given.ordinal
            """)
        return try rows.map { row throws in try Intent(row, effects[Int(try row.get("ordinal", as: Int64.self)) - 1]) }
    }
}

extension Effect {
    /// The job that looks for it when its outcome is not known.
    var looker: JobID { self.reconcileJob ?? self.job }
}

extension Intent {
    fileprivate init(_ row: Row, _ effect: Effect) throws {
        self.effect = effect
        self.client = try row.get("client")
        self.timeZone = try row.get("time_zone")
        self.account = try row.get("account")
        self.content = try Self.content(row, part: effect.part)
        if let state: JobState = try row.get("state") {
            self.look = Look(
                job: effect.looker, state: state, dueAt: try row.get("due_at"), reason: try row.get("reason"),
                message: try row.get("error_message"))
        }
    }

    /// What was sent, in one line.
    private static func content(_ row: Row, part: Int) throws -> String {
        if let stored: JSONText = try row.get("content") {
            let content = try JSONDecoder().decode(PostContent.self, from: Data(stored.text.utf8))
            let text = part < content.parts.count ? content.parts[part].text : content.firstComment ?? ""
            let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
            return line.count <= 80 ? line : line.prefix(79) + "…"
        }
        guard let objective: String = try row.get("objective"), let minorUnits: Int64 = try row.get("budget_minor"),
            let code: String = try row.get("currency")
        else { return "" }
        let budget = Currency(rawValue: code).map { "\(Money(minorUnits: minorUnits, currency: $0))" } ?? code
        return "a boost for \(objective), \(budget)"
    }
}
