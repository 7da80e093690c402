// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import JobQueue
import Logging
package import PQClient
import Persistence
import PluginKit

/// Renews tokens that must live to be renewed, before they end, also those that nothing uses.
///
/// A token that a refresh token renews at any time, as X's, is left until it is used: renewing it for nobody would only risk the answer.
/// Where the refresh token ends too, as TikTok's, it is used in its last weeks.
package struct TokenHousekeeping: Errand {
    /// The most grants of one round.
    private static let batch: Int32 = 10
    /// How long before its end a refresh token is used for the sake of a newer one, in days.
    private static let refreshDays: Double = 30

    private let accesses: AccessProvider

    /// Makes it.
    package init(accesses: AccessProvider) { self.accesses = accesses }

    /// `renew-tokens`.
    package var name: String { "renew-tokens" }

    /// Renews one batch; what a drain leaves of it is taken again after a pause, as what failed is.
    package func run(_ pool: ConnectionPool, isDraining: @Sendable () -> Bool) async throws -> HousekeepingReport {
        let due = try await pool.withTransaction { db in try await self.take(on: &db) }
        var report = HousekeepingReport()
        report.add(0, isMore: due.count >= Int(Self.batch))
        for entry in due {
            guard !Task.isCancelled, !isDraining() else { break }
            do {
                if try await self.accesses.renewUnused(entry.grant, for: entry.client) { report.add(1) }
            } catch let error where !(error is PQError || error is CancellationError) {
                // What is wrong with one says nothing of the next; its account shows it.
                Logger.current.warning(
                    "a token could not be renewed", metadata: ["grant.id": "\(entry.grant)", "reason": "\(error)"])
            }
        }
        return report
    }

    private struct Due {
        var grant: GrantID
        var client: ClientID?
    }

    /// Takes the grants whose tokens end first; for a while no other worker takes them.
    private func take(on db: inout Transaction) async throws -> [Due] {
        let isAlone: Bool = try await db.query(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('posthorn.renew-tokens.' || current_schema(), 0))"
        ).single()
        guard isAlone else { return [] }
        var due: [Due] = []
        for platform in self.accesses.registry.platforms {
            guard let plugin = self.accesses.registry[platform], plugin.connecting != nil,
                due.count < Int(Self.batch)
            else { continue }
            let life = plugin.manifest.tokens
            let timing = RenewalTiming(life)
            let rows = try await db.query(
                """
                WITH due AS (
                    SELECT grant_id FROM access_grant AS g
                    WHERE platform = \(platform) AND renewal <> 'none' AND octet_length(sealed) > 0
                      AND (state = 'active' OR (state = 'refreshing' AND refreshing_until < clock_timestamp()))
                      AND (renewal_tried_at IS NULL
                           OR renewal_tried_at <= world_now() - make_interval(secs => \(timing.pause)))
                      AND (((renewal = 'itself' OR \(life.renewBefore != nil))
                            AND expires_at <= world_now() + make_interval(secs => \(timing.margin)))
                           -- When it ends nobody said: the platform does when it renews it, from its second day on.
                           OR (renewal = 'itself' AND expires_at IS NULL
                               AND coalesce(refreshed_at, created_at) <= world_now() - interval '1 day')
                           OR (renewal = 'refresh-token'
                               AND ends_at <= world_now() + make_interval(secs => \(Self.refreshDays * 86_400))
                               AND coalesce(refreshed_at, created_at) <= world_now() - interval '1 day'))
                      AND (EXISTS (SELECT FROM account_grant AS used WHERE used.grant_id = g.grant_id)
                           OR EXISTS (SELECT FROM ad_account AS used WHERE used.grant_id = g.grant_id))
                    ORDER BY expires_at NULLS LAST
                    LIMIT \(Self.batch - Int32(due.count))
                    FOR UPDATE SKIP LOCKED
                )
                UPDATE access_grant AS g SET renewal_tried_at = world_now()
                FROM due
                WHERE g.grant_id = due.grant_id
                RETURNING g.grant_id, coalesce(g.owner_client_id, (
                    SELECT used.client_id FROM account_grant AS used WHERE used.grant_id = g.grant_id LIMIT 1)) AS client_id
                """)
            due += try rows.map { row in Due(grant: try row.get("grant_id"), client: try row.get("client_id")) }
        }
        return due
    }
}

extension AccessProvider {
    /// Renews a grant that is due, whether or not anybody uses it.
    ///
    /// - Returns: Whether it has new tokens now.
    /// - Throws: As ``renew(_:app:for:)`` when its token does not live any more.
    func renewUnused(_ id: GrantID, for client: ClientID?) async throws -> Bool {
        let found = try await self.pool.withConnection { db -> (grant: Grant, app: AppCredential?, now: Date)? in
            let answers = try await db.pipeline([
                "SELECT world_now()", GrantVault.find("\(id.uuid)"), GrantVault.findApp(of: "\(id.uuid)"),
            ])
            guard let now = try answers[0].first?.get(0, as: Date.self),
                let grant = try answers[1].first.map({ row throws in try self.vault.read(row) })
            else { return nil }
            return (grant, try self.app(of: grant, answers[2]), now)
        }
        guard let (grant, app, now) = found, grant.tokens.refreshToken != nil else { return false }
        if let end = grant.tokens.expiresAt, end <= now {
            _ = try await self.renew(grant, app: app, for: client)
            return true
        }
        return try await self.renewEarly(grant, app: app, for: client) != nil
    }
}
