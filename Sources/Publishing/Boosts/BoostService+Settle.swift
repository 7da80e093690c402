// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient
import Persistence
import PluginKit

extension BoostService {
    /// Ends a boost by a person's word, when its platform cannot be asked any more: what it cost is booked, the rest given back.
    ///
    /// - Parameters:
    ///   - reference: The boost's identity.
    ///   - spend: What the platform billed for it altogether, as written: `12.34`.
    ///   - reason: Why it is known, for the history.
    ///   - actor: Who says so.
    /// - Returns: The boost afterwards.
    /// - Throws: `ServiceError`: `notFound`; `invalid` for what is no amount; `conflict` for a boost that never ran, whose bill is final, or
    ///   of which it is not known whether it runs.
    package func settle(_ reference: String, spend: String, reason: String, actor: String) async throws -> BoostDetail {
        let boost = try await self.show(reference).boost
        guard let money = Money(spend, defaultCurrency: boost.budget.currency), money.minorUnits >= 0,
            money.currency == boost.budget.currency
        else {
            throw ServiceError(.invalid, "'\(spend)' is no amount in \(boost.budget.currency): write it as 12.34")
        }
        try await self.pool.withTransaction(retrying: 3) { db in
            try await db.execute(
                "SELECT FROM boost WHERE client_id = \(boost.client) AND boost_id = \(boost.id) FOR UPDATE")
            guard let work = try await BoostWork.load(boost.id, client: boost.client, on: &db), work.remoteID != nil
            else {
                throw ServiceError(
                    .conflict,
                    "the boost is \(boost.state.rawValue), and no campaign of it is known. What is unknown is settled with posthorn "
                        + "intent resolve, what has not begun with posthorn boost stop")
            }
            guard !work.isSettled else { throw ServiceError(.conflict, "the boost's bill is final already") }
            let exposure = work.exposure(self.registry[work.platform]?.manifest.boost)
            try await work.move(
                to: work.state.hasEnded ? work.state : .stopped, actor: actor, reason: reason, on: &db)
            try await self.ledger.book(for: work.owner, actor: actor, reason: reason, on: &db) {
                $0.spend(total: money.minorUnits, in: exposure.month(of: work.now))
            }
            try await self.ledger.releaseRest(for: work.owner, actor: actor, reason: reason, on: &db)
            try await db.execute(
                """
                UPDATE boost SET ended_at = coalesce(ended_at, least(world_now(), ends_at)), settled_at = world_now(),
                       spend_minor = \(money.minorUnits), stop_asked_at = coalesce(stop_asked_at, world_now()),
                       stop_asked_by = coalesce(stop_asked_by, \(actor)), stop_reason = coalesce(stop_reason, \(reason))
                WHERE client_id = \(boost.client) AND boost_id = \(boost.id)
                """)
        }
        return try await self.show(reference)
    }
}
