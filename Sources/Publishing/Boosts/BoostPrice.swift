// SPDX-License-Identifier: MIT

import Domain
import PQClient
import Persistence
import PluginKit

/// What a boost may cost at most with dates that have moved: other dates can touch a day more.
struct BoostPrice: Sendable {
    var boost: BoostID
    var client: ClientID
    /// The platform's own rules.
    var limits: BoostLimits?

    /// Reckons it again, and who must agree to it: what a second person released is released up to that amount.
    ///
    /// - Returns: The amount, when a second person must agree to it who has not; else nothing.
    func reckonAgain(on db: inout Transaction) async throws -> Money? {
        guard let work = try await BoostWork.load(self.boost, client: self.client, on: &db) else { return nil }
        let most = Money(minorUnits: work.exposure(self.limits).total, currency: work.terms.budget.currency)
        let person: String = try await db.query(
            """
            SELECT coalesce(boost_rule.created_by, boost.created_by)
            FROM boost
            LEFT JOIN boost_rule ON boost_rule.client_id = boost.client_id AND boost_rule.rule_id = boost.rule_id
            WHERE boost.client_id = \(self.client) AND boost.boost_id = \(self.boost)
            """
        ).single()
        let isAbove = try await BudgetRepository.releaseLimit(of: self.client, on: &db).needsRelease(most, by: person)
        let isUnreleased: Bool? = try await db.query(
            """
            UPDATE boost SET needs_release = needs_release OR \(isAbove), most_minor = \(most.minorUnits),
                             released_by = CASE WHEN \(most.minorUnits) <= most_minor THEN released_by END
            WHERE client_id = \(self.client) AND boost_id = \(self.boost)
            RETURNING needs_release AND released_by IS NULL AS is_unreleased
            """
        ).first?.get("is_unreleased")
        return isUnreleased == true ? most : nil
    }
}
