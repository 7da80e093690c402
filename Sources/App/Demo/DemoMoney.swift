// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence
import PluginKit
import Publishing

/// The boosts of the month with their ledgers, as the database has them.
enum DemoMoney {
    static func read(_ services: ServiceContext, _ memory: DemoStage.Memory) async throws -> [DemoReport.Boost] {
        let boosts = BoostService(pool: services.pool, jobs: services.jobs, registry: services.registry)
        let budgets = BudgetService(pool: services.pool)
        let march = CalendarMonth(year: 2026, month: 3)
        var cards: [DemoReport.Boost] = []
        for id in memory.boosts + (try await Self.automatic(services.pool)) {
            let detail = try await boosts.show(id)
            let slug = detail.client.slug.rawValue
            let zone = ZoneID(rawValue: detail.client.timeZone) ?? .utc
            guard let cap = try await budgets.show(client: slug, month: march).first else { continue }
            let entries = try await budgets.ledger(client: slug, month: march).entries
            let movements = entries.map { entry in
                Movement(at: entry.at, kind: entry.kind, minorUnits: entry.amount.minorUnits, reason: entry.reason)
            }
            var lines = Self.lines(movements, zone: zone)
            if let refusal = memory.overBudget, slug == DemoOffice.studied.client {
                let line = DemoReport.LedgerLine(
                    at: refusal.at, kind: .refused, minorUnits: refusal.amount.minorUnits, note: refusal.message)
                lines.insert(line, at: lines.firstIndex { $0.at > refusal.at } ?? lines.endIndex)
            }
            cards.append(
                DemoReport.Boost(
                    client: slug, account: "\(slug)/\(detail.account.slug)", platform: detail.account.platform,
                    text: try await Self.text(of: detail.boost, services.pool),
                    reason: try await Self.reason(of: detail.boost, services.pool), objective: detail.boost.objective,
                    audience: Self.words(detail.boost.audience), budget: Self.most(entries, of: detail.boost),
                    start: detail.boost.startsAt, end: detail.boost.endsAt, state: detail.boost.state.rawValue,
                    counts: Self.counts(detail.boost.results), capName: "March 2026", cap: cap.cap, ledger: lines))
        }
        return cards
    }

    /// The boosts that rules made, oldest first.
    private static func automatic(_ pool: ConnectionPool) async throws -> [String] {
        try await pool.query(
            "SELECT boost_id::text FROM boost WHERE rule_id IS NOT NULL AND remote_id IS NOT NULL ORDER BY boost_id"
        ).column()
    }

    /// Why a rule made a boost, with the rule's name; `nil` for a person's.
    private static func reason(of boost: BoostRow, _ pool: ConnectionPool) async throws -> String? {
        let found: [String] = try await pool.query(
            """
            SELECT 'rule “' || slug || '”: ' || reason FROM boost_decision
            JOIN boost_rule ON boost_rule.client_id = boost_decision.client_id AND boost_rule.rule_id = boost_decision.rule_id
            WHERE boost_decision.client_id = \(boost.client) AND boost_id = \(boost.id)
            """
        ).column()
        return found.first
    }

    /// One entry of the ledger, as the database has it.
    struct Movement: Sendable, Hashable {
        var at: Date
        var kind: String
        var minorUnits: Int64
        var reason: String
    }

    /// The movements; those of one day by which money was spent are one line.
    static func lines(_ entries: [Movement], zone: ZoneID) -> [DemoReport.LedgerLine] {
        var lines: [DemoReport.LedgerLine] = []
        var readings = 0
        for entry in entries {
            let kind: DemoReport.LedgerLine.Kind? =
                switch entry.kind {
                case "reserve": .reserved
                case "commit": .committed
                case "spend": .spent
                case "release": .released
                default: nil
                }
            guard let kind, entry.minorUnits > 0 else { continue }
            if kind == .spent, let last = lines.last, last.kind == .spent,
                zone.wallTime(at: last.at).dayNumber == zone.wallTime(at: entry.at).dayNumber
            {
                readings += 1
                lines[lines.count - 1].minorUnits += entry.minorUnits
                lines[lines.count - 1].note = "the platform's bill, read \(readings) times that day"
            } else {
                readings = 1
                let note = kind == .spent ? "the platform's bill, read once that day" : entry.reason
                lines.append(
                    DemoReport.LedgerLine(at: entry.at, kind: kind, minorUnits: entry.minorUnits, note: note))
            }
        }
        return lines
    }

    /// What was set aside for a boost: all that it may cost.
    private static func most(_ entries: [LedgerRow], of boost: BoostRow) -> Money {
        let reserved = entries.filter { $0.boost == boost.id && $0.kind == "reserve" }
        return Money(
            minorUnits: reserved.reduce(0) { $0 + $1.amount.minorUnits }, currency: boost.budget.currency)
    }

    private static func counts(_ results: [String: Int64]) -> [DemoReport.FeedCard.Count] {
        let order = [
            ("views", "paid views"), ("impressions", "paid views"), ("reach", "people reached"),
            ("engagements", "engagements"), ("clicks", "clicks"), ("follows", "new followers"),
        ]
        return order.compactMap { key, name in results[key].map { .init(name, $0) } }
    }

    private static func words(_ audience: Audience) -> String {
        var words: [String] = []
        switch (audience.minimumAge, audience.maximumAge) {
        case (let least?, let most?): words.append("\(least) to \(most) years")
        case (let least?, nil): words.append("from \(least) years")
        case (nil, let most?): words.append("up to \(most) years")
        case (nil, nil): break
        }
        if !audience.countries.isEmpty { words.append("in \(audience.countries.joined(separator: ", "))") }
        return words.isEmpty ? "everybody" : words.joined(separator: ", ")
    }

    private static func text(of boost: BoostRow, _ pool: ConnectionPool) async throws -> String {
        let found: [String] = try await pool.query(
            """
            SELECT target.content->'parts'->0->>'text'
            FROM target
            LEFT JOIN publication ON publication.client_id = target.client_id AND publication.target_id = target.target_id
            WHERE target.client_id = \(boost.client)
              AND (target.target_id = \(boost.target) OR publication.publication_id = \(boost.publication))
            """
        ).column()
        return found.first ?? ""
    }
}
