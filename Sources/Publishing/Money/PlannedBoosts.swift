// SPDX-License-Identifier: MIT

import Domain
import PQClient
import Persistence
import PluginKit

/// The boosts of a client that have set nothing aside yet, but will when they begin.
struct PlannedBoosts: Sendable {
    private struct Plan {
        var campaign: String
        var exposure: BoostExposure
    }

    private let plans: [Plan]

    /// Loads them; what waits for a post that will not be published costs nothing.
    static func load(
        of client: ClientRow, _ registry: PluginRegistry, on db: inout some SQLSession & ~Copyable
    ) async throws -> PlannedBoosts {
        let idle: Set<BoostID> = Set(
            try await db.query(
                """
                SELECT boost_id FROM boost JOIN target USING (client_id, target_id)
                WHERE boost.client_id = \(client.id) AND boost.publication_id IS NULL
                  AND target.state IN ('failed', 'missed', 'cancelled')
                """
            ).column())
        let open = try await BoostRepository.list(
            of: client.id, states: [.waiting, .awaitingRelease, .planned], limit: .max, on: &db
        ).filter { !idle.contains($0.id) }
        guard !open.isEmpty else { return PlannedBoosts(plans: []) }
        let accounts = try await AccountRepository.list(of: client.id, on: &db)
        let adAccounts = try await AdAccountRepository.list(of: client.id, on: &db)
        let zone = ZoneID(rawValue: client.timeZone) ?? .utc
        return PlannedBoosts(
            plans: open.map { boost in
                let platform = accounts.first { $0.id == boost.account }?.platform
                let limits = platform.flatMap { registry[$0]?.manifest.boost }
                let terms = boost.terms(adAccounts.first { $0.id == boost.adAccount })
                return Plan(
                    campaign: boost.campaign, exposure: BoostExposure(terms: terms, limits: limits, capZone: zone))
            })
    }

    /// The most that they may cost under a cap, in its minor units.
    func mayCost(under cap: BudgetRow) -> Int64 {
        self.plans
            .filter {
                (cap.campaign.isEmpty || $0.campaign == cap.campaign)
                    && $0.exposure.terms.budget.currency == cap.cap.currency
            }
            .reduce(0) { $0 + ($1.exposure.byMonth[cap.month] ?? 0) }
    }
}
