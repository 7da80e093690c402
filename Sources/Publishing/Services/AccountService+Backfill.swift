// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import JobQueue
import PQClient
package import Persistence
import PluginKit

/// What an account posted elsewhere than here, as far as it is known.
package struct AccountPast: Sendable, Hashable {
    /// How many posts were found on the platform.
    package var found: Int
    /// How many of them have a reading.
    package var measured: Int
    /// When it was last looked at for what others posted.
    package var lookedAt: Date?
    /// When that is done next, where it is done every day.
    package var nextLookAt: Date?
}

/// Whether an account is looked at every day for what others than Posthorn posted.
package enum DailyLooks: String, Sendable, CaseIterable {
    /// Every day, also where reading is charged.
    case on
    /// Never.
    case off
    /// Every day, unless its platform charges for reading.
    case usual

    var stored: Bool? {
        switch self {
        case .on: true
        case .off: false
        case .usual: nil
        }
    }
}

extension AccountService {
    /// Takes in what an account posted before, now; what is known is not taken twice.
    ///
    /// - Returns: The job that begins.
    /// - Throws: `ServiceError`: `notFound`, `invalid` for a platform that lists no earlier posts, `conflict` without a grant.
    package func startBackfill(_ backfill: Backfill, of reference: String, client: String?) async throws -> JobID {
        try await self.pool.withTransaction { db in
            let (owner, account) = try await ClientDirectory.account(reference, client: client, on: &db)
            let plugin = try self.plugin(account.platform)
            guard plugin.history != nil else {
                throw ServiceError(.invalid, "\(plugin.manifest.name) lists no earlier posts")
            }
            guard account.state != .disconnected, account.state != .moved else {
                throw ServiceError(
                    .conflict,
                    "account '\(owner.slug)/\(account.slug)' is \(account.state.rawValue): connect it first, posthorn account connect"
                )
            }
            guard let job = try await self.backfill(backfill, of: account, plugin, on: &db) else {
                throw ServiceError(.conflict, "the backfill could not be planned: try again")
            }
            return job
        }
    }

    /// Says whether an account is looked at every day for what others posted.
    ///
    /// - Throws: `ServiceError`: `notFound`, `invalid` for a platform that lists no earlier posts.
    package func setDailyLooks(_ looks: DailyLooks, of reference: String, client: String?) async throws {
        try await self.pool.withTransaction { db in
            let (_, account) = try await ClientDirectory.account(reference, client: client, on: &db)
            let plugin = try self.plugin(account.platform)
            guard plugin.history != nil else {
                throw ServiceError(.invalid, "\(plugin.manifest.name) lists no earlier posts")
            }
            try await db.execute(
                """
                UPDATE account
                SET looks_daily = \(looks.stored),
                    next_look_at = CASE WHEN \(looks == .on) THEN coalesce(next_look_at, world_now()) ELSE next_look_at END
                WHERE client_id = \(account.client) AND account_id = \(account.id)
                """)
        }
    }

    /// What is known of an account's posts that were not published here.
    ///
    /// - Throws: What the database throws.
    package func past(of account: AccountRow) async throws -> AccountPast {
        let row = try await self.pool.query(
            """
            SELECT count(*) AS found,
                   count(*) FILTER (WHERE EXISTS (
                       SELECT FROM sample
                       WHERE sample.client_id = publication.client_id
                         AND sample.publication_id = publication.publication_id)) AS measured
            FROM publication
            WHERE client_id = \(account.client) AND account_id = \(account.id) AND origin = 'external'
            """
        ).first
        let charged = !self.registry.readsForFree(account.platform)
        let look = try await self.pool.query(
            """
            SELECT looked_at, CASE WHEN coalesce(looks_daily, \(!charged)) THEN next_look_at END AS next_look_at
            FROM account WHERE client_id = \(account.client) AND account_id = \(account.id)
            """
        ).first
        return AccountPast(
            found: Int(try row?.get("found", as: Int64.self) ?? 0),
            measured: Int(try row?.get("measured", as: Int64.self) ?? 0),
            lookedAt: try look?.get("looked_at", as: Date?.self),
            nextLookAt: try look?.get("next_look_at", as: Date?.self))
    }

    /// Plans that what the account posted before is taken in, where the platform lists it.
    @discardableResult
    func backfill(
        _ wanted: Backfill?, of account: AccountRow, _ plugin: RegisteredPlugin, on db: inout Transaction
    ) async throws -> JobID? {
        guard let wanted, plugin.history != nil else { return nil }
        let now = try await db.query("SELECT world_now()").single(Date.self)
        let job = try wanted.job(of: account.id, client: account.client, platform: account.platform, now: now)
        return try await JobStore(pool: self.pool).enqueue([job], on: &db).first?.id
    }
}
