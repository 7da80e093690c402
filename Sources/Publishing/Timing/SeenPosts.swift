// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import JobQueue
import PQClient
import Persistence

/// When an account has other posts, planned, recurring or just published, as they stood when a time was chosen beside them.
struct SeenPosts: Sendable {
    /// The account.
    let account: AccountRow
    /// The moment of the look.
    let now: Date
    /// When they are, in their order.
    let dates: [Date]
    private let from: Date
    private let until: Date

    /// Looks.
    static func look(
        _ account: AccountRow, _ wish: SlotWish, now: Date, schedules: ScheduleStore,
        on db: inout some SQLSession & ~Copyable
    ) async throws -> SeenPosts {
        // The present week's posts too: a week has so many slots.
        let from = now.addingTimeInterval(-max(8 * 86_400, Double(wish.distance.components.seconds)))
        let until = now.addingTimeInterval(Double(wish.days + 1) * 86_400 + Double(wish.distance.components.seconds))
        let dates = try await Self.dates(account, from: from, until: until, schedules, on: &db)
        return SeenPosts(account: account, now: now, dates: dates, from: from, until: until)
    }

    private init(account: AccountRow, now: Date, dates: [Date], from: Date, until: Date) {
        self.account = account
        self.now = now
        self.dates = dates
        self.from = from
        self.until = until
    }

    /// Whether nothing was planned, moved or published meanwhile for any of the accounts.
    ///
    /// Until the transaction ends nobody else gets past this for the same accounts, so of two that chose the same time one chooses
    /// again. It waits for no connection of ours: only for other transactions of this kind.
    static func stillHold(
        _ looks: [SeenPosts], schedules: ScheduleStore, on db: inout Transaction
    ) async throws -> Bool {
        for look in looks.sorted(by: { $0.account.id < $1.account.id }) {
            try await db.execute(
                """
                SELECT FROM account WHERE client_id = \(look.account.client) AND account_id = \(look.account.id)
                FOR NO KEY UPDATE
                """)
            let dates = try await Self.dates(look.account, from: look.from, until: look.until, schedules, on: &db)
            guard dates == look.dates else { return false }
        }
        return true
    }

    private static func dates(
        _ account: AccountRow, from: Date, until: Date, _ schedules: ScheduleStore,
        on db: inout some SQLSession & ~Copyable
    ) async throws -> [Date] {
        let dates: [Date] = try await db.query(
            """
            SELECT due_at
            FROM target
            WHERE client_id = \(account.client) AND account_id = \(account.id)
              AND due_at BETWEEN \(from) AND \(until)
              AND state NOT IN ('draft', 'cancelled', 'failed', 'missed')
              AND NOT EXISTS (
                  SELECT FROM publication
                  WHERE publication.client_id = target.client_id AND publication.target_id = target.target_id)
            UNION ALL
            SELECT published_at
            FROM publication
            WHERE client_id = \(account.client) AND account_id = \(account.id) AND published_at >= \(from)
              AND state NOT IN ('deleted', 'gone') AND NOT \(ImportedTwin.isRepeated)
            """
        ).column()
        return try await (dates + self.recurring(account, until: until, schedules, on: &db).map { $0.at }).sorted()
    }

    /// The posts that schedules will make: each is made only some time before its own.
    static func recurring(
        _ account: AccountRow, until: Date, _ schedules: ScheduleStore, on db: inout some SQLSession & ~Copyable
    ) async throws -> [(at: Date, schedule: String)] {
        try await schedules.list(client: account.client, on: &db).flatMap {
            schedule -> [(at: Date, schedule: String)] in
            guard schedule.state == .active, schedule.work.kind == .makePost, let next = schedule.next?.instant,
                let template: PostTemplate = try? JSONColumn.decode(schedule.work.payload), !template.isDraft,
                template.accounts.contains(account.slug.rawValue)
            else { return [] }
            return schedule.plan.slots(from: next).lazy.prefix { $0.instant.map { $0 <= until } ?? true }
                .compactMap { slot in schedule.dueAt(slot).map { (at: $0, schedule: schedule.name) } }
        }
    }
}
