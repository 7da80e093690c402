// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
package import PQClient
package import Persistence
import PluginKit

/// Plans boosts: everything is checked against the platform's rules and the caps before anything is written.
package struct BoostService: Sendable {
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

    /// Plans a boost.
    ///
    /// The money is set aside when a worker starts it; here the cap is only asked.
    ///
    /// - Parameters:
    ///   - plan: The boost.
    ///   - isDryRun: Whether nothing is written.
    ///   - actor: Who does it.
    /// - Returns: The boost: planned, waiting for its publication, or for a second person to release it.
    /// - Throws: `ServiceError`: `notFound`, `invalid` with everything that is wrong, or `conflict` for a cap.
    package func create(_ plan: BoostPlan, isDryRun: Bool = false, actor: String) async throws -> BoostRow {
        let boost = try await self.pool.withTransaction { db in
            try await self.create(plan, isDryRun: isDryRun, actor: actor, on: &db)
        }
        guard !isDryRun, boost.state == .waiting, let target = boost.target else { return boost }
        try await self.wake(target, of: boost)
        return try await self.show(boost.id.description).boost
    }

    /// Whoever published the target in the same moment did not see the boost: it begins now.
    private func wake(_ target: TargetID, of boost: BoostRow) async throws {
        try await self.pool.withTransaction { db in
            try await db.execute(
                "SELECT FROM target WHERE client_id = \(boost.client) AND target_id = \(target) FOR NO KEY UPDATE")
            guard
                let publication = try await PublicationRepository.find(targets: [target], of: boost.client, on: &db)
                    .first,
                let account = try await AccountRepository.find(boost.account, of: boost.client, on: &db)
            else { return }
            let jobs = try await WaitingBoosts(
                client: boost.client, target: target, account: boost.account, platform: account.platform,
                limits: self.registry[account.platform]?.manifest.boost
            ).begin(with: publication.id, on: &db)
            _ = try await self.jobs.enqueue(jobs, on: &db)
        }
    }

    /// Plans a boost in the caller's transaction.
    func create(
        _ plan: BoostPlan, isDryRun: Bool, actor: String, on db: inout Transaction
    ) async throws -> BoostRow {
        let subject = try await self.subject(plan.subject, on: &db)
        var boost = try await BoostCheck(registry: self.registry, ledger: self.ledger).boost(
            plan, subject, actor: actor, on: &db)
        guard !isDryRun else { return boost }
        if boost.state == .planned {
            let job = NewJob.boost(
                .start, of: boost.id, client: boost.client, account: boost.account, platform: subject.platform,
                dueAt: boost.startsAt)
            boost.job = job.id
            try await BoostRepository.insert(boost, on: &db)
            try await self.jobs.enqueue([job], on: &db)
        } else {
            try await BoostRepository.insert(boost, on: &db)
        }
        return boost
    }

    /// Lists boosts, newest first; of one client, or of all.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func list(client: String? = nil, states: [BoostState] = [], limit: Int = 100) async throws -> [BoostRow] {
        try await self.pool.withConnection { db in
            let owner: ClientRow? = if let client { try await ClientDirectory.client(client, on: &db) } else { nil }
            return try await BoostRepository.list(of: owner?.id, states: states, limit: limit, on: &db)
        }
    }

    /// Finds a boost with its ledger entries and its history.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func show(_ reference: String) async throws -> BoostDetail {
        try await self.pool.withConnection { db in
            guard let id = BoostID(reference), let boost = try await BoostRepository.find(id, on: &db),
                let client = try await ClientRepository.find(boost.client, on: &db),
                let account = try await AccountRepository.find(boost.account, of: boost.client, on: &db)
            else { throw ServiceError(.notFound, "there is no boost '\(reference)'. List them: posthorn boost list") }
            return BoostDetail(
                client: client, account: account, boost: boost,
                entries: try await BudgetRepository.entries(of: boost.client, boost: id, on: &db),
                history: try await StateChanges.list([id.uuid], of: boost.client, on: &db))
        }
    }

    /// What is promoted, with its owner.
    struct Subject {
        var client: ClientRow
        var account: AccountRow
        var platform: PlatformID
        var target: TargetRow?
        var publication: PublicationRow?
        var campaign: String
    }

    private func subject(_ wanted: BoostPlan.Subject, on db: inout Transaction) async throws -> Subject {
        var target: TargetRow?
        var publication: PublicationRow?
        switch wanted {
        case .publication(let text):
            if let id = PublicationID(text) { publication = try await PublicationRepository.find(id, on: &db) }
            guard publication != nil else { throw ServiceError(.notFound, "there is no publication '\(text)'") }
        case .target(let text):
            if let id = TargetID(text) {
                // Whoever publishes it locks the same row: it is seen as published, or the boost as waiting.
                try await db.execute("SELECT FROM target WHERE target_id = \(id) FOR NO KEY UPDATE")
                target = try await TargetRepository.find(id, on: &db)
            }
            guard let target else {
                throw ServiceError(.notFound, "there is no target '\(text)'. List them: posthorn post list")
            }
            publication = try await PublicationRepository.find(targets: [target.id], of: target.client, on: &db).first
        }
        if target == nil, let publication, let id = publication.target {
            target = try await TargetRepository.find(id, of: publication.client, on: &db)
        }
        guard let owner = target?.client ?? publication?.client, let id = target?.account ?? publication?.account,
            let client = try await ClientRepository.find(owner, on: &db),
            let account = try await AccountRepository.find(id, of: owner, on: &db)
        else { throw ServiceError(.notFound, "what is to be boosted has lost its account") }
        var campaign = ""
        if let target, let post = try await PostRepository.find(target.post, on: &db) { campaign = post.campaign ?? "" }
        return Subject(
            client: client, account: account, platform: account.platform, target: target, publication: publication,
            campaign: campaign)
    }
}

/// A boost with everything that belongs to it.
package struct BoostDetail: Sendable {
    /// The client.
    package var client: ClientRow
    /// The account whose publication is promoted.
    package var account: AccountRow
    /// The boost.
    package var boost: BoostRow
    /// Its ledger entries.
    package var entries: [LedgerRow]
    /// What happened to it.
    package var history: [StateChange]
}
