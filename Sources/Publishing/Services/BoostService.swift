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
    /// - Returns: The boost, planned or waiting.
    /// - Throws: `ServiceError`: `notFound`, `invalid` with everything that is wrong, or `conflict` for a cap.
    package func create(_ plan: BoostPlan, isDryRun: Bool = false, actor: String) async throws -> BoostRow {
        try await self.pool.withTransaction { db in
            let subject = try await self.subject(plan.subject, on: &db)
            var boost = try await self.check(plan, subject, actor: actor, on: &db)
            guard !isDryRun else { return boost }
            if boost.state == .planned {
                let job = NewJob.startBoost(
                    boost.id, client: boost.client, account: boost.account, platform: subject.platform,
                    dueAt: boost.startsAt)
                boost.job = job.id
                try await BoostRepository.insert(boost, on: &db)
                try await self.jobs.enqueue([job], on: &db)
            } else {
                try await BoostRepository.insert(boost, on: &db)
            }
            return boost
        }
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
    private struct Subject {
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
            if let id = TargetID(text) { target = try await TargetRepository.find(id, on: &db) }
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

    private func check(
        _ plan: BoostPlan, _ subject: Subject, actor: String, on db: inout Transaction
    ) async throws -> BoostRow {
        guard let plugin = self.registry[subject.platform], plugin.boosting != nil, let limits = plugin.manifest.boost
        else {
            throw ServiceError(.invalid, "nothing can be boosted on '\(subject.platform)' with this binary")
        }
        if let target = subject.target, subject.publication == nil, target.state.isFinal {
            throw ServiceError(.conflict, "the target is \(target.state.rawValue) and will not be published")
        }
        if let publication = subject.publication, publication.state != .live && publication.state != .edited {
            throw ServiceError(
                .conflict, "the publication is \(publication.state.rawValue): there is nothing to promote")
        }
        var issues: [PostIssue] = []
        if !limits.objectives.contains(plan.objective) {
            issues.append(
                PostIssue(
                    .error, field: "objective",
                    "'\(plan.objective)' is none of: \(limits.objectives.joined(separator: ", "))."
                        + NearestName.hint(plan.objective, in: limits.objectives)))
        }
        let adAccount = try await self.adAccount(plan, subject, &issues, on: &db)
        let currency = adAccount?.currency ?? subject.client.currency
        let budget = Self.budget(plan, currency: currency, limits: limits, &issues)
        if !(1...365).contains(plan.days) {
            issues.append(PostIssue(.error, field: "days", "\(plan.days) days: use 1 to 365"))
        }
        Self.check(plan.audience, &issues)
        let now = try await WorldTime.now(on: &db)
        var start = max(now, subject.publication == nil ? subject.target?.dueAt ?? now : now)
        do {
            if let given = try ResolvedTime(plan.start, clientZone: subject.client.timeZone, now: now).dueAt {
                start = max(given, now)
            }
        } catch {
            issues.append(PostIssue(.error, field: "start", error.message))
        }
        guard issues.isEmpty, let budget else {
            throw ServiceError(.invalid, "the boost cannot be planned", issues: issues)
        }
        let campaign = plan.campaign.isEmpty ? subject.campaign : plan.campaign
        try await self.checkCap(
            BoostPlan.exposure(budget, kind: plan.kind, days: plan.days, limits: limits), client: subject.client,
            campaign: campaign,
            start: start, on: &db)
        return BoostRow(
            client: subject.client.id, account: subject.account.id, adAccount: adAccount?.id,
            publication: subject.publication?.id,
            target: subject.target?.id, objective: plan.objective, audience: plan.audience, budget: budget,
            budgetKind: plan.kind,
            startsAt: start, endsAt: start.addingTimeInterval(Double(plan.days) * 86_400), campaign: campaign,
            state: subject.publication == nil ? .waiting : .planned, createdBy: actor)
    }

    private func adAccount(
        _ plan: BoostPlan, _ subject: Subject, _ issues: inout [PostIssue], on db: inout Transaction
    ) async throws -> AdAccountRow? {
        let all = try await AdAccountRepository.list(of: subject.client.id, on: &db).filter {
            $0.platform == subject.platform
        }
        guard let name = plan.adAccount else {
            if all.count > 1 {
                let known = all.map(\.slug.rawValue).joined(separator: ", ")
                issues.append(PostIssue(.error, field: "ad-account", "which one? Give --ad-account: \(known)"))
            }
            return all.first
        }
        if let found = all.first(where: { $0.slug.rawValue == name || $0.id.description == name.lowercased() }) {
            return found
        }
        let known = all.map(\.slug.rawValue)
        issues.append(
            PostIssue(
                .error, field: "ad-account",
                "client '\(subject.client.slug)' has no ad account '\(name)' on \(subject.platform)."
                    + "\(NearestName.hint(name, in: known)) Add it: posthorn account add-ad-account"))
        return nil
    }

    private static func budget(
        _ plan: BoostPlan, currency: Currency, limits: BoostLimits, _ issues: inout [PostIssue]
    ) -> Money? {
        guard let budget = Money(plan.budget, defaultCurrency: currency), budget.minorUnits > 0 else {
            issues.append(
                PostIssue(.error, field: "budget", "'\(plan.budget)' is no amount: write it as 20.00, with a point"))
            return nil
        }
        guard budget.currency == currency else {
            issues.append(
                PostIssue(
                    .error, field: "budget", "is in \(budget.currency), but the ad account is billed in \(currency)"))
            return nil
        }
        // The manifest's minimum is for currencies with two places; others are scaled to the same number of major units.
        let least = Self.scaled(limits.minimumBudgetMinorUnits, to: currency)
        if budget.minorUnits < least {
            let money = Money(minorUnits: least, currency: currency)
            issues.append(PostIssue(.error, field: "budget", "is \(budget); the platform takes \(money) or more"))
        }
        return budget
    }

    private static func scaled(_ minorUnits: Int64, to currency: Currency) -> Int64 {
        switch currency.exponent {
        case 0: (minorUnits + 99) / 100
        case 3: minorUnits * 10
        default: minorUnits
        }
    }

    private static func check(_ audience: Audience, _ issues: inout [PostIssue]) {
        let ages = 13...120
        for (name, age) in [("min_age", audience.minimumAge), ("max_age", audience.maximumAge)] {
            guard let age, !ages.contains(age) else { continue }
            issues.append(PostIssue(.error, field: "audience.\(name)", "is \(age): use 13 to 120"))
        }
        if let least = audience.minimumAge, let most = audience.maximumAge, least > most {
            issues.append(PostIssue(.error, field: "audience", "the youngest age is \(least), the oldest \(most)"))
        }
        for country in audience.countries where country.count != 2 || country != country.uppercased() {
            issues.append(
                PostIssue(
                    .error, field: "audience.countries", "'\(country)' is no country: use ISO 3166 codes such as DE"))
        }
    }

    /// Asks whether the caps would hold the most that the boost may cost.
    private func checkCap(
        _ exposure: Money, client: ClientRow, campaign: String, start: Date, on db: inout Transaction
    ) async throws {
        let caps = try await BudgetRepository.list(of: client.id, on: &db).filter { cap in
            (cap.campaign.isEmpty || cap.campaign == campaign)
                && cap.month == CalendarMonth(containing: start, in: ZoneID(rawValue: cap.timeZone) ?? .utc)
        }
        guard caps.contains(where: { $0.campaign.isEmpty }) else {
            let month = CalendarMonth(containing: start, in: ZoneID(rawValue: client.timeZone) ?? .utc)
            throw ServiceError(
                .conflict,
                "client '\(client.slug)' has no budget for \(month): posthorn budget set --client \(client.slug) --month "
                    + "\(exposure.decimal)\(exposure.currency) --for \(month)")
        }
        let open = try await BoostRepository.list(of: client.id, states: [.waiting, .planned], limit: .max, on: &db)
        for cap in caps {
            let what =
                cap.campaign.isEmpty ? "the budget of \(cap.month)" : "the budget of '\(cap.campaign)' in \(cap.month)"
            guard cap.cap.currency == exposure.currency else {
                throw ServiceError(.conflict, "\(what) is in \(cap.cap.currency), the boost in \(exposure.currency)")
            }
            // Boosts that are planned have set nothing aside yet, but they will.
            let promised = open.filter { cap.counts($0) }.reduce(0) { $0 + self.exposure(of: $1) }
            let left = Money(minorUnits: max(0, cap.cap.minorUnits - cap.used - promised), currency: cap.cap.currency)
            guard exposure.minorUnits <= left.minorUnits else {
                throw ServiceError(
                    .conflict, "\(what) has \(left) left of \(cap.cap); the boost may cost up to \(exposure)")
            }
        }
    }
}

extension BoostService {
    /// What a planned boost may cost at most, in minor units.
    private func exposure(of boost: BoostRow) -> Int64 {
        let days = Int((boost.endsAt.timeIntervalSince(boost.startsAt) / 86_400).rounded(.up))
        let limits = self.registry.platforms.compactMap { self.registry[$0]?.manifest.boost }
        // The boost's platform is its account's; the largest overspend of all is on the safe side.
        let widest = limits.max { $0.dailyOverspend < $1.dailyOverspend }
        guard let widest else { return boost.budget.minorUnits }
        return BoostPlan.exposure(boost.budget, kind: boost.budgetKind, days: max(1, days), limits: widest).minorUnits
    }
}

extension BudgetRow {
    /// Whether a boost counts against this cap.
    fileprivate func counts(_ boost: BoostRow) -> Bool {
        (self.campaign.isEmpty || self.campaign == boost.campaign) && boost.budget.currency == self.cap.currency
            && self.month == CalendarMonth(containing: boost.startsAt, in: ZoneID(rawValue: self.timeZone) ?? .utc)
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
