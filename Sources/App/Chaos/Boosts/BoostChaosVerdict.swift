// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient

/// What a run with boosts came to: the ledger beside the platform's campaigns.
struct BoostChaosVerdict: Sendable {
    /// Boosts by state.
    var boosts: [String: Int] = [:]
    /// Campaigns that were made, by platform.
    var campaigns: [String: Int] = [:]
    /// Campaigns beyond the first of a boost.
    var second = 0
    /// Campaigns that deliver although their boost is not running for us.
    var leftRunning = 0
    /// The most by which anything was set aside or spent above a cap at any moment, in minor units.
    var aboveCap: Int64 = 0
    /// How many boosts the caps refused.
    var refused = 0
    /// What the ledger has as spent, in minor units.
    var booked: Int64 = 0
    /// What the platform says was spent, in minor units.
    var reported: Int64 = 0
    /// Boosts whose spend differs.
    var different: [String] = []
    /// Boosts that are in no known end.
    var unfinished = 0
    /// Money still set aside though every boost has ended, in minor units.
    var leftOver: Int64 = 0
    /// How many starts were found by a look at the platform.
    var reconciled = 0

    /// Whether every promise was kept.
    var isKept: Bool {
        self.second == 0 && self.leftRunning == 0 && self.aboveCap == 0 && self.different.isEmpty
            && self.unfinished == 0
            && self.leftOver == 0
    }

    /// Reads both sides.
    static func read(services: ServiceContext, admin: SimulatorAdmin) async throws -> BoostChaosVerdict {
        var verdict = BoostChaosVerdict()
        let campaigns = try await BoostChaosCampaign.all(admin)
        let byBoost = Dictionary(grouping: campaigns, by: \.boost)
        verdict.campaigns = Dictionary(grouping: campaigns, by: \.platform).mapValues(\.count)
        verdict.second = byBoost.values.reduce(0) { $0 + $1.count - 1 }
        verdict.reported = campaigns.reduce(0) { $0 + $1.spend }
        let rows = try await services.pool.query(
            """
            SELECT boost.boost_id::text AS id, boost.state, boost.settled_at IS NOT NULL AS is_settled,
                   coalesce(sum(CASE kind WHEN 'spend' THEN amount_minor WHEN 'credit' THEN -amount_minor END), 0)::bigint AS spent,
                   coalesce(sum(CASE kind WHEN 'reserve' THEN amount_minor WHEN 'release' THEN -amount_minor END), 0)::bigint
                       AS open
            FROM boost LEFT JOIN ledger_entry ON ledger_entry.client_id = boost.client_id
                                             AND ledger_entry.boost_id = boost.boost_id
            GROUP BY boost.client_id, boost.boost_id
            """)
        for row in rows {
            let id: String = try row.get("id")
            let state: String = try row.get("state")
            let spent: Int64 = try row.get("spent")
            verdict.boosts[state, default: 0] += 1
            verdict.booked += spent
            let own = byBoost[id] ?? []
            if own.reduce(0, { $0 + $1.spend }) != spent { verdict.different.append(id) }
            let isEnded = ["completed", "stopped", "rejected"].contains(state)
            let isSettled: Bool = try row.get("is_settled")
            if !["failed", "cancelled"].contains(state), !(isEnded && isSettled) {
                verdict.unfinished += 1
            } else {
                verdict.leftOver += max(0, try row.get("open", as: Int64.self) - spent)
                verdict.leftRunning += own.count(where: \.isDelivering)
            }
        }
        verdict.refused = Int(
            try await services.pool.query(
                "SELECT count(*) AS count FROM boost WHERE state = 'failed' AND failure_message ~ 'left of|counts against it'"
            ).single(Int64.self))
        verdict.reconciled = Int(
            try await services.pool.query(
                "SELECT count(*) AS count FROM attempt WHERE kind = 'reconcile' AND outcome = 'succeeded'"
            ).single(Int64.self))
        verdict.aboveCap = try await Self.mostAboveCap(services.pool)
        return verdict
    }

    /// Follows the ledger entry by entry: what counts against each cap after every one of them.
    private static func mostAboveCap(_ pool: ConnectionPool) async throws -> Int64 {
        struct Balance {
            var open: Int64 = 0
            var spent: Int64 = 0
            var used: Int64 { max(self.open, self.spent) }
        }
        struct Place: Hashable {
            var cap: String
            var boost: String
        }
        let rows = try await pool.query(
            """
            SELECT ledger_entry.client_id::text || ' ' || ledger_entry.month::text || ' ' || budget_cap.campaign AS cap,
                   boost_id::text AS boost, kind, amount_minor, cap_minor
            FROM ledger_entry
            JOIN budget_cap ON budget_cap.client_id = ledger_entry.client_id AND budget_cap.month = ledger_entry.month
                           AND budget_cap.campaign IN ('', ledger_entry.campaign)
            ORDER BY entry_no
            """)
        var balances: [Place: Balance] = [:]
        var used: [String: Int64] = [:]
        var most: Int64 = 0
        for row in rows {
            let cap: String = try row.get("cap")
            let place = Place(cap: cap, boost: try row.get("boost"))
            var balance = balances[place] ?? Balance()
            used[cap, default: 0] -= balance.used
            let amount: Int64 = try row.get("amount_minor")
            switch try row.get("kind", as: String.self) {
            case "reserve": balance.open += amount
            case "release": balance.open -= amount
            case "spend": balance.spent += amount
            case "credit": balance.spent -= amount
            default: break
            }
            balances[place] = balance
            used[cap, default: 0] += balance.used
            most = max(most, (used[cap] ?? 0) - (try row.get("cap_minor", as: Int64.self)))
        }
        return most
    }
}
