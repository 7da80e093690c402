// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// Makes a boost of what a person describes, when the platform's rules and the caps allow it.
struct BoostCheck: Sendable {
    var registry: PluginRegistry
    var ledger: BudgetLedger

    /// The boost, not yet written.
    ///
    /// - Throws: `ServiceError`: `invalid` with everything that is wrong, or `conflict` for a cap.
    func boost(
        _ plan: BoostPlan, _ subject: BoostService.Subject, actor: String, on db: inout Transaction
    ) async throws -> BoostRow {
        guard let plugin = self.registry[subject.platform], let boosting = plugin.boosting,
            let limits = plugin.manifest.boost
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
        let adAccount = try await self.adAccount(plan, subject, &issues, on: &db)
        if limits.needsAdAccount, adAccount == nil, issues.isEmpty {
            issues.append(
                PostIssue(
                    .error, field: "ad-account",
                    "client '\(subject.client.slug)' has no ad account on \(subject.platform). Add it: posthorn account "
                        + "add-ad-account"))
        }
        Self.check(plan, limits, &issues)
        let budget = Self.budget(
            plan, currency: adAccount?.currency ?? subject.client.currency, limits: limits, &issues)
        let now = try await WorldTime.now(on: &db)
        var start = max(now, subject.publication == nil ? subject.target?.dueAt ?? now : now)
        do {
            if let given = try ResolvedTime(plan.start, clientZone: subject.client.timeZone, now: now).dueAt {
                start = max(given, now)
            }
        } catch {
            issues.append(PostIssue(.error, field: "start", error.message))
        }
        guard let budget else { throw Self.refusal(issues) }
        let terms = BoostTerms(
            objective: plan.objective, audience: plan.audience, budget: budget, budgetKind: plan.kind, startsAt: start,
            endsAt: start.addingTimeInterval(Double(max(1, plan.days)) * 86_400), callToAction: plan.callToAction,
            specialAdCategories: plan.specialAdCategories, adAccount: adAccount?.reference)
        issues += boosting.validate(terms).map { PostIssue($0.severity, field: $0.field, $0.message) }
        guard issues.allSatisfy({ $0.severity != .error }) else { throw Self.refusal(issues) }
        let campaign = plan.campaign.isEmpty ? subject.campaign : plan.campaign
        let exposure = BoostExposure(
            terms: terms, limits: limits, capZone: ZoneID(rawValue: subject.client.timeZone) ?? .utc)
        try await self.checkCaps(exposure, client: subject.client, campaign: campaign, on: &db)
        var person = actor
        if let rule = plan.rule {
            person = try await BoostRuleRow.author(of: rule, client: subject.client.id, on: &db) ?? actor
        }
        let needsRelease = try await BudgetRepository.releaseLimit(of: subject.client.id, on: &db).needsRelease(
            Money(minorUnits: exposure.total, currency: budget.currency), by: person)
        var boost = BoostRow(
            client: subject.client.id, account: subject.account.id, adAccount: adAccount?.id,
            publication: subject.publication?.id, target: subject.target?.id, objective: plan.objective,
            audience: plan.audience, budget: budget, budgetKind: plan.kind, startsAt: start, endsAt: terms.endsAt,
            callToAction: plan.callToAction, specialAdCategories: plan.specialAdCategories,
            mostMinorUnits: exposure.total, needsRelease: needsRelease, rule: plan.rule, campaign: campaign,
            state: subject.publication == nil ? .waiting : needsRelease ? .awaitingRelease : .planned, createdBy: actor)
        boost.stopsWhenIdle = plan.stopsWhenIdle
        return boost
    }

    private static func refusal(_ issues: [PostIssue]) -> ServiceError {
        ServiceError(.invalid, "the boost cannot be planned", issues: issues)
    }

    private static func check(_ plan: BoostPlan, _ limits: BoostLimits, _ issues: inout [PostIssue]) {
        func known(_ word: String, _ words: [String], _ field: String, none: String) {
            guard !words.contains(word) else { return }
            let message =
                words.isEmpty
                ? none : "'\(word)' is none of: \(words.joined(separator: ", "))." + NearestName.hint(word, in: words)
            issues.append(PostIssue(.error, field: field, message))
        }
        known(plan.objective, limits.objectives, "objective", none: "the platform has no objectives")
        if let button = plan.callToAction {
            known(button.name, limits.callsToAction, "cta", none: "the platform has no buttons for a boosted post")
        }
        for category in plan.specialAdCategories {
            known(
                category, limits.specialAdCategories, "special-ad-category",
                none: "the platform does not ask for legal categories: leave it out")
        }
        for field in plan.audience.fields.subtracting(limits.audience).sorted(by: { $0.rawValue < $1.rawValue }) {
            issues.append(
                PostIssue(.error, field: "audience.\(field.rawValue)", "the platform's boosts cannot be limited by it"))
        }
        if !(1...365).contains(plan.days) {
            issues.append(PostIssue(.error, field: "days", "\(plan.days) days: use 1 to 365"))
        }
        self.check(plan.audience, &issues)
    }

    private func adAccount(
        _ plan: BoostPlan, _ subject: BoostService.Subject, _ issues: inout [PostIssue], on db: inout Transaction
    ) async throws -> AdAccountRow? {
        let family = self.registry.family(of: subject.platform)
        let all = try await AdAccountRepository.list(of: subject.client.id, on: &db).filter {
            family.contains($0.platform)
        }
        guard let name = plan.adAccount else {
            let usual = try await AdAccountRepository.usual(
                for: subject.account.id, of: subject.client.id, on: &db)
            if let usual, let found = all.first(where: { $0.id == usual }) { return found }
            // Those that stand under the account's own platform come first.
            let own = all.filter { $0.platform == subject.platform }
            let choice = own.isEmpty ? all : own
            if choice.count > 1 {
                let known = choice.map(\.slug.rawValue).joined(separator: ", ")
                issues.append(PostIssue(.error, field: "ad-account", "which one? Give --ad-account: \(known)"))
            }
            return choice.first
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

    /// Asks whether the caps of every month that it touches would hold the most that it may cost there.
    private func checkCaps(
        _ exposure: BoostExposure, client: ClientRow, campaign: String, on db: inout Transaction
    ) async throws {
        let currency = exposure.terms.budget.currency
        let all = try await BudgetRepository.list(of: client.id, on: &db)
        let planned = try await PlannedBoosts.load(of: client, self.registry, on: &db)
        for (month, amount) in exposure.byMonth.sorted(by: { $0.key < $1.key }) {
            let caps = all.filter { ($0.campaign.isEmpty || $0.campaign == campaign) && $0.month == month }
            let most = Money(minorUnits: amount, currency: currency)
            guard caps.contains(where: { $0.campaign.isEmpty }) else {
                throw ServiceError(
                    .conflict,
                    "client '\(client.slug)' has no budget for \(month): posthorn budget set --client \(client.slug) "
                        + "--month \(most.decimal)\(currency) --for \(month)")
            }
            for cap in caps {
                let what =
                    cap.campaign.isEmpty ? "the budget of \(month)" : "the budget of '\(cap.campaign)' in \(month)"
                guard cap.cap.currency == currency else {
                    throw ServiceError(.conflict, "\(what) is in \(cap.cap.currency), the boost in \(currency)")
                }
                // Boosts that are planned have set nothing aside yet, but they will.
                let others = planned.mayCost(under: cap)
                let left = Money(minorUnits: max(0, cap.cap.minorUnits - cap.used - others), currency: currency)
                guard amount <= left.minorUnits else {
                    throw ServiceError(
                        .conflict,
                        "\(what) has \(left) left of \(cap.cap); the boost may cost up to \(most)"
                            + (others > 0
                                ? ". Boosts that are planned and have not begun hold "
                                    + "\(Money(minorUnits: others, currency: currency)): posthorn boost list" : ""))
                }
            }
        }
    }
}
