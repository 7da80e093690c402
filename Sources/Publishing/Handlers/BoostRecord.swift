// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit

/// Writes how a boost stands, its money, and the next look while it lasts.
struct BoostRecord: Sendable {
    /// How often a running boost is looked at, in world time.
    private static let statusInterval: TimeInterval = 6 * 3600

    var work: BoostWork
    var boost: RemoteBoost
    var jobs: JobStore
    var ledger: BudgetLedger
    /// Who says so.
    var actor = "posthorn"
    /// Why, for the history.
    var reason: String?

    func write(on db: inout Transaction) async throws {
        let work = self.work
        let state = self.boost.state.rawValue
        try await work.move(to: state, actor: self.actor, reason: self.reason ?? "the platform says \(state)", on: &db)
        let results = try String(
            decoding: JSONEncoder.posthorn.encode(
                Dictionary(uniqueKeysWithValues: self.boost.results.map { ($0.key.rawValue, $0.value) })),
            as: UTF8.self)
        try await db.execute(
            """
            UPDATE boost SET remote_id = \(self.boost.id), spend_minor = coalesce(\(self.boost.spend?.minorUnits), spend_minor),
                   results = \(JSONText(results)), status_read_at = world_now()
            WHERE client_id = \(work.client) AND boost_id = \(work.boost)
            """)
        if self.boost.state == .running || self.boost.state == .inReview {
            try await self.ledger.commit(boost: work.boost, client: work.client, actor: self.actor, on: &db)
            try await db.execute(
                """
                UPDATE publication SET paid = true
                FROM boost WHERE boost.client_id = \(work.client) AND boost.boost_id = \(work.boost)
                  AND publication.client_id = boost.client_id AND publication.publication_id = boost.publication_id
                """)
        }
        if let spend = self.boost.spend {
            try await self.ledger.spend(
                total: spend, boost: work.boost, client: work.client, actor: self.actor, on: &db)
        }
        guard self.boost.state == .running || self.boost.state == .inReview || self.boost.state == .paused else {
            try await self.ledger.releaseRest(
                boost: work.boost, client: work.client, actor: self.actor, reason: "the boost is \(state)", on: &db)
            return
        }
        try await self.planNextLook(on: &db)
    }

    private func planNextLook(on db: inout Transaction) async throws {
        let rows = try await db.query(
            """
            SELECT platform, world_now() AS now
            FROM account
            WHERE client_id = \(self.work.client) AND account_id = \(self.work.account)
            """)
        guard let row = rows.first else { return }
        let platform: String = try row.get("platform")
        let now: Date = try row.get("now")
        // A last look soon after the end, so that the final spend is booked and the rest given back.
        let next =
            now < self.work.endsAt
            ? min(now.addingTimeInterval(Self.statusInterval), self.work.endsAt.addingTimeInterval(60))
            : now.addingTimeInterval(3600)
        let job = NewJob.boostStatus(
            self.work.boost, client: self.work.client, account: self.work.account,
            platform: PlatformID(rawValue: platform), dueAt: next)
        _ = try await self.jobs.enqueue([job], on: &db)
    }
}
