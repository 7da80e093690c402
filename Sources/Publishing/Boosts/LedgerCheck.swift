// SPDX-License-Identifier: MIT

package import Domain
import Foundation
import PQClient
package import Persistence
import PluginKit

/// A boost in the ledger and at the platform.
package struct LedgerComparison: Sendable, Hashable {
    /// The boost.
    package var boost: BoostRow
    /// The account's slug.
    package var account: String
    /// What the ledger has as spent, credits taken off.
    package var booked: Money
    /// What the platform reports now; `nil` when it did not say.
    package var reported: Money?
    /// Why it could not be asked.
    package var problem: String?

    /// What the platform reports beyond the ledger, in minor units; `nil` when it did not say.
    package var difference: Int64? { self.reported.map { $0.minorUnits - self.booked.minorUnits } }
}

/// Compares the ledger with what the platforms report.
package struct LedgerCheck: Sendable {
    private let services: HandlerServices

    /// Makes a check.
    package init(services: HandlerServices) { self.services = services }

    /// Asks the platform for every boost of a client that it ever ran, and compares.
    ///
    /// What a running boost has spent since is booked with its next look. What was billed or taken back after its bill was final is booked here,
    /// when somebody wants it.
    ///
    /// - Parameters:
    ///   - client: The client's slug or identity.
    ///   - only: One boost alone.
    ///   - booker: Who wants late differences booked; `nil` books nothing.
    /// - Returns: Every boost that the platform knows, newest first.
    /// - Throws: `ServiceError` with code `notFound`.
    package func compare(
        client: String, boost only: BoostID? = nil, bookingAs booker: String? = nil
    ) async throws -> [LedgerComparison] {
        let (boosts, accounts) = try await self.services.pool.withConnection { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            let boosts = try await BoostRepository.list(of: owner.id, limit: .max, on: &db)
            return (
                boosts.filter { $0.remoteID != nil && (only == nil || $0.id == only) },
                try await AccountRepository.list(of: owner.id, on: &db)
            )
        }
        var comparisons: [LedgerComparison] = []
        for boost in boosts {
            let slug = accounts.first { $0.id == boost.account }?.slug.rawValue ?? ""
            comparisons.append(try await self.compare(boost, account: slug, bookingAs: booker))
        }
        return comparisons
    }

    private func book(_ spend: Money, _ remote: RemoteBoost, of work: BoostWork, actor: String) async throws {
        let exposure = work.exposure(self.services.registry[work.platform]?.manifest.boost)
        try await self.services.pool.withTransaction(retrying: 3) { db in
            try await self.services.ledger.book(
                for: work.owner, actor: actor, reason: "reported after its bill was final", on: &db
            ) { remote.bookings(of: spend, exposure, at: work.now, $0) }
            try await db.execute(
                """
                UPDATE boost SET spend_minor = \(spend.minorUnits)
                WHERE client_id = \(work.client) AND boost_id = \(work.boost)
                """)
        }
    }

    private func compare(
        _ boost: BoostRow, account: String, bookingAs booker: String?
    ) async throws -> LedgerComparison {
        let loaded = try await self.services.pool.withConnection { db -> (BoostWork, Int64)? in
            guard let work = try await BoostWork.load(boost.id, client: boost.client, on: &db) else { return nil }
            return (work, try await self.services.ledger.balances(of: work.owner, on: &db).spent)
        }
        let currency = boost.budget.currency
        guard let (work, spent) = loaded, let remoteID = work.remoteID else {
            throw ServiceError(.notFound, "there is no boost '\(boost.id)' any more")
        }
        var comparison = LedgerComparison(
            boost: boost, account: account, booked: Money(minorUnits: spent, currency: currency))
        guard let boosting = self.services.registry[work.platform]?.boosting else {
            comparison.problem = "this binary has no boosts for '\(work.platform)'"
            return comparison
        }
        do {
            let remote = try await self.services.withAccess(client: work.client, account: work.account, for: "boost") {
                access throws(PluginError) in try await boosting.boostStatus(work.started(remoteID, access: access))
            }
            comparison.reported = remote.spend
            if remote.spend == nil { comparison.problem = "the platform reports no spend" }
            if let booker, let spend = remote.spend, work.isSettled, spend != comparison.booked {
                try await self.book(spend, remote, of: work, actor: booker)
                comparison.booked = spend
            }
        } catch let error as PluginError {
            comparison.problem = error.message
        }
        return comparison
    }
}
