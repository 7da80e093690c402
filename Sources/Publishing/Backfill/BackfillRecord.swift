// SPDX-License-Identifier: MIT

package import Domain
import Foundation
package import JobQueue
package import PQClient
import Persistence
package import PluginKit

/// Records posts that a platform listed as publications of origin *external*.
///
/// What is known stays as it is, under whichever of its identities. What may be the work of a send that is not settled is left out: recorded as
/// somebody else's, it would be taken for proof that the send did not take effect.
package struct BackfillRecord: Sendable {
    /// How far the platform's clock may be behind ours when a post's time is compared with a send's.
    private static let clockMargin: TimeInterval = 600
    /// How far apart the calls that read the numbers are due.
    private static let distance: TimeInterval = 2

    var client: ClientID
    var account: AccountID
    var manifest: PluginManifest
    var posts: [FoundPost]

    /// Describes what was found.
    ///
    /// - Parameters:
    ///   - client: the account's client.
    ///   - account: the account.
    ///   - manifest: its platform.
    ///   - posts: what the platform listed.
    package init(client: ClientID, account: AccountID, manifest: PluginManifest, posts: [FoundPost]) {
        self.client = client
        self.account = account
        self.manifest = manifest
        self.posts = posts
    }

    /// Writes what is new.
    ///
    /// - Returns: The jobs that read its numbers, once now, and again at the ages that it has not reached yet; and whether what is older was
    ///   found before: the oldest post was. That Posthorn published a post says nothing of what others posted before it.
    /// - Throws: What the database throws.
    package func write(on db: inout Transaction) async throws -> (readings: [NewJob], reachesFound: Bool) {
        guard let oldest = self.posts.min(by: { $0.publishedAt < $1.publishedAt }) else { return ([], false) }
        let now = try await db.query("SELECT world_now()").single(Date.self)
        let (known, found) = try await self.known(since: oldest.publishedAt, on: &db)
        let barrier = try await self.barrier(on: &db) ?? .distantFuture
        let new = self.posts.filter { $0.publishedAt < barrier && known.isDisjoint(with: $0.ids) }
        let reachesFound = !found.isDisjoint(with: oldest.ids)
        guard !new.isEmpty else { return ([], reachesFound) }
        let rows = try await db.query(
            """
            INSERT INTO publication (client_id, publication_id, account_id, platform, remote_id, url, published_at,
                                     content_type, origin, text)
            SELECT \(self.client), found.publication_id, \(self.account), \(self.manifest.id), found.remote_id, found.url,
                   found.published_at, found.content_type, 'external', found.text
            FROM unnest(\(new.map { _ in PublicationID() }), \(new.map(\.remote.id)), \(new.map(\.remote.url)),
                        \(new.map(\.publishedAt)), \(new.map(\.format?.rawValue)), \(new.map(\.text)))
                 AS found (publication_id, remote_id, url, published_at, content_type, text)
            ON CONFLICT (client_id, account_id, remote_id) DO NOTHING
            RETURNING publication_id, published_at
            """)
        guard self.manifest.capabilities.contains(.metrics) else { return ([], reachesFound) }
        let readings = try rows.enumerated().flatMap { place, row in
            try self.readings(
                of: row.get("publication_id"), publishedAt: row.get("published_at"),
                call: place / max(1, self.manifest.metricsBatch), now: now)
        }
        return (readings, reachesFound)
    }

    /// Notes that the account's past is known, or until when it was looked at.
    ///
    /// What was left out beside a send is looked for again. The first daily look is planned for a time of day of the account's own.
    ///
    /// - Parameters:
    ///   - wholePast: Whether the run took in the past, and was no daily look.
    ///   - db: The database.
    /// - Returns: The world's time.
    /// - Throws: What the database throws.
    func end(wholePast: Bool, on db: inout Transaction) async throws -> Date {
        let barrier = try await self.barrier(on: &db)
        try await db.execute(
            """
            UPDATE account
            SET backfilled_at = CASE WHEN \(wholePast) THEN world_now() ELSE backfilled_at END,
                looked_at = least(world_now(), \(barrier)),
                next_look_at = coalesce(
                    next_look_at,
                    world_now() + interval '12 hours'
                    + make_interval(secs => mod(abs(hashtext(account_id::text)::bigint), 86400)))
            WHERE client_id = \(self.client) AND account_id = \(self.account)
            """)
        return try await db.query("SELECT world_now()").single(Date.self)
    }

    private func readings(
        of publication: PublicationID, publishedAt: Date, call: Int, now: Date
    ) throws -> [NewJob] {
        let first = NewJob.fetchMetrics(
            publication: publication, client: self.client, account: self.account, platform: self.manifest.id,
            dueAt: now.addingTimeInterval(Double(call) * Self.distance), key: "metrics:\(publication):backfill")
        let later = MetricPlan.jobs(
            for: publication, publishedAt: publishedAt, client: self.client, account: self.account,
            manifest: self.manifest
        ).filter { $0.dueAt.map { $0 > now } ?? false }
        return [first] + later
    }

    /// Every identity that the account's posts of that time are known by: recorded, or confirmed and not yet recorded; and those that were
    /// found on the platform before.
    private func known(
        since oldest: Date, on db: inout Transaction
    ) async throws -> (all: Set<String>, found: Set<String>) {
        let ids = self.posts.flatMap(\.ids)
        let start = oldest.addingTimeInterval(-86_400)
        let rows = try await db.query(
            """
            SELECT remote_id AS id, origin = 'external' AS is_found FROM publication
            WHERE client_id = \(self.client) AND account_id = \(self.account) AND remote_id = ANY(\(ids))
            UNION
            SELECT part ->> 'id', false FROM publication, jsonb_array_elements(parts) AS part
            WHERE client_id = \(self.client) AND account_id = \(self.account) AND published_at >= \(start)
            UNION
            SELECT evidence ->> 'id', false FROM effect_send
            WHERE client_id = \(self.client) AND account_id = \(self.account) AND sent_at >= \(start)
              AND outcome = 'confirmed'
            """)
        var (all, found): (Set<String>, Set<String>) = ([], [])
        for row in rows {
            guard let id = try row.get("id", as: String?.self) else { continue }
            all.insert(id)
            if try row.get("is_found", as: Bool.self) { found.insert(id) }
        }
        return (all, found)
    }

    /// What appeared from then on may be the work of a send that is not settled; `nil` when all are.
    private func barrier(on db: inout Transaction) async throws -> Date? {
        try await self.firstUnsettledSend(on: &db)?.addingTimeInterval(-Self.clockMargin)
    }

    /// When the first of the account's sends left of which nobody knows what became of it.
    private func firstUnsettledSend(on db: inout Transaction) async throws -> Date? {
        try await db.query(
            """
            SELECT min(send.sent_at) AS sent_at
            FROM effect_send AS send
            JOIN effect USING (client_id, op_key, part)
            WHERE send.client_id = \(self.client) AND send.account_id = \(self.account)
              AND effect.state NOT IN ('confirmed', 'rejected')
            """
        ).first?.get("sent_at")
    }
}
