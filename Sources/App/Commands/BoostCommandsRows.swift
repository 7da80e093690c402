// SPDX-License-Identifier: MIT

import Domain
import Persistence
import PluginKit
import Publishing

/// How boosts are shown.
enum BoostRows {
    static let columns = [
        Column("client", "CLIENT", "the client's slug"), Column("account", "ACCOUNT", "the account's slug"),
        Column("objective", "OBJECTIVE", "what it is for"),
        Column("budget", "BUDGET", "the budget: minor units and currency"),
        Column("budget_kind", "PER", "daily or lifetime"),
        Column("spend", "SPENT", "what was spent, when the platform said"),
        Column("starts_at", "FROM", "when it begins"), Column("ends_at", "TO", "when it ends"),
        Column("state", "STATE", "where it stands"), Column("campaign", nil, "the campaign"),
        Column("target", nil, "the target's id"), Column("publication", nil, "the publication's id"),
        Column("remote_id", nil, "the platform's identity of it"), Column("job", nil, "the job that starts it"),
        Column("most", nil, "the most that it may cost: minor units and currency"),
        Column("created_by", nil, "who made it"), Column("released_by", nil, "the second person who released it"),
        Column("stop_reason", nil, "why it is to be stopped"),
        Column("settled_at", nil, "when its bill was final and the rest given back"),
        Column("stop_when_idle", nil, "whether it is stopped when it spends next to nothing of its plan"),
        Column("idle_since", nil, "since when it spends next to nothing of its plan"),
        Column("remark", "REMARK", "the platform's words, or ours about its spend", isFlexible: true),
        Column("failure_code", nil, "the class of what went wrong"), Column("failure_message", nil, "what went wrong"),
        Column("id", "BOOST", "its id"),
    ]

    static func record(_ boost: BoostRow, client: ClientRow, account: String) -> Record {
        let currency = boost.budget.currency
        return Record([
            "id": .text("\(boost.id)"), "client": .text(client.slug.rawValue), "account": .text(account),
            "objective": .text(boost.objective), "budget": .money(boost.budget),
            "budget_kind": .text(boost.budgetKind.rawValue),
            "spend": boost.spendMinorUnits.map { .money(Money(minorUnits: $0, currency: currency)) } ?? .none,
            "starts_at": .time(boost.startsAt, in: client.timeZone),
            "ends_at": .time(boost.endsAt, in: client.timeZone),
            "state": .state(boost.state.rawValue), "campaign": .optional(boost.campaign.isEmpty ? nil : boost.campaign),
            "target": .optional(boost.target?.description), "publication": .optional(boost.publication?.description),
            "remote_id": .optional(boost.remoteID), "job": .optional(boost.job?.description),
            "most": .money(Money(minorUnits: boost.mostMinorUnits, currency: currency)),
            "created_by": .text(boost.createdBy), "released_by": .optional(boost.releasedBy),
            "stop_reason": .optional(boost.stop?.reason),
            "settled_at": boost.settledAt.map { .time($0, in: client.timeZone) } ?? .none,
            "stop_when_idle": .flag(boost.stopsWhenIdle), "idle_since": .time(boost.idleSince, in: client.timeZone),
            "remark": .optional(boost.remark), "failure_code": .optional(boost.failureCode),
            "failure_message": .optional(boost.failureMessage),
        ])
    }

    /// Says which boosts spend next to nothing of their plan.
    static func warn(_ boosts: [BoostRow], _ output: Output) {
        for boost in boosts where boost.idleSince != nil && boost.state == .running {
            output.warn("boost \(boost.id): \(boost.remark ?? "it spends next to nothing of its plan")")
        }
    }

    static func audience(_ audience: Audience) -> Field {
        var entries: [Record.Entry] = []
        if let age = audience.minimumAge { entries.append(Record.Entry(key: "min_age", value: .count(age))) }
        if let age = audience.maximumAge { entries.append(Record.Entry(key: "max_age", value: .count(age))) }
        let lists = [
            ("genders", audience.genders), ("countries", audience.countries), ("places", audience.places),
            ("interests", audience.interests), ("custom_audiences", audience.customAudiences),
            ("excluded_audiences", audience.excludedAudiences),
        ]
        for (name, values) in lists where !values.isEmpty {
            entries.append(Record.Entry(key: name, value: .list(values.map { .text($0) })))
        }
        return entries.isEmpty ? .text("everybody") : .record(Record(entries: entries))
    }
}

/// How ledger entries are shown.
enum LedgerRows {
    static let columns = [
        Column("entry", "ENTRY", "its number"), Column("at", "WHEN", "when it was booked"),
        Column("kind", "KIND", "reserve, commit, spend, credit or release"),
        Column("amount", "AMOUNT", "minor units and currency"), Column("month", "MONTH", "the month it counts in"),
        Column("campaign", "CAMPAIGN", "the campaign"), Column("boost", "BOOST", "the boost's id"),
        Column("actor", nil, "who"),
        Column("reason", "WHY", "why", isFlexible: true),
    ]

    static func record(_ entry: LedgerRow, zone: String) -> Record {
        Record([
            "entry": .text(String(entry.number)), "at": .time(entry.at, in: zone), "kind": .text(entry.kind),
            "amount": .money(entry.amount), "month": .text("\(entry.month)"),
            "campaign": .optional(entry.campaign.isEmpty ? nil : entry.campaign), "boost": .text("\(entry.boost)"),
            "actor": .text(entry.actor), "reason": .text(entry.reason),
        ])
    }
}

/// How what a boost brought is shown.
enum EffectRows {
    static func field(_ effect: BoostResults, values: [String: Int64], results: [String: Int64]) -> Field {
        let currency = effect.spend?.currency
        func price(_ minorUnits: Double?) -> Field {
            guard let minorUnits, let currency else { return .none }
            return .money(Money(minorUnits: Int64(minorUnits.rounded()), currency: currency))
        }
        func number(_ value: Double?, _ places: Int) -> Field { value.map { .number($0, places: places) } ?? .none }
        return .record(
            Record([
                "cost_per_thousand_views": price(effect.costPerThousandViews),
                "cost_per_engagement": price(effect.costPerEngagement), "cost_per_click": price(effect.costPerClick),
                "engagement_rate": number(effect.rate, 4), "organic_engagement_rate": number(effect.organicRate, 4),
                "rate_to_organic": number(effect.rateToOrganic, 2), "organic_views": number(effect.organicViews, 0),
                "views_to_organic": number(effect.viewsToOrganic, 2), "organic_posts": .count(effect.organicPosts),
                "return_on_spend": number(effect.returnOnSpend(values: values, results: results), 2),
            ]))
    }
}

/// How the ledger is shown beside what platforms report.
enum ComparisonRows {
    static let columns = [
        Column("booked", "BOOKED", "with --check: what the ledger has as spent, credits taken off"),
        Column("reported", "REPORTED", "with --check: what the platform reports now"),
        Column("difference", "DIFFERENCE", "with --check: minor units that the platform reports beyond the ledger"),
        Column("state", "STATE", "with --check: where the boost stands"),
        Column("account", "ACCOUNT", "with --check: the account's slug"),
        Column("problem", "PROBLEM", "with --check: why it could not be compared", isFlexible: true),
        Column("boost", "BOOST", "the boost's id"),
    ]

    static func record(_ row: LedgerComparison) -> Record {
        Record([
            "booked": .money(row.booked), "reported": row.reported.map { .money($0) } ?? .none,
            "difference": row.difference.map { .money(Money(minorUnits: $0, currency: row.booked.currency)) } ?? .none,
            "state": .state(row.boost.state.rawValue), "account": .text(row.account),
            "problem": .optional(row.problem), "boost": .text("\(row.boost.id)"),
        ])
    }
}
