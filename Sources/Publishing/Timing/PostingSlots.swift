// SPDX-License-Identifier: MIT

package import Analysis
package import Domain
import Foundation
package import PQClient
package import Persistence

/// The queue slots of an account: how many posts a week it has, and when they are allowed.
package struct SlotSetting: Sendable, Hashable {
    /// Posts a week.
    package var perWeek: Int
    /// What a person allows.
    package var wish: SlotWish

    /// Makes a setting.
    package init(perWeek: Int, wish: SlotWish) {
        self.perWeek = perWeek
        self.wish = wish
    }
}

/// The free queue slots of an account.
package struct FreeSlots: Sendable {
    /// What they were made from.
    package var timing: AccountTiming
    /// How many there are a week, and when they are allowed.
    package var setting: SlotSetting
    /// The free ones in their order.
    package var slots: [SlotChooser.Slot]
    /// Whether they were drawn to learn from.
    package var isDrawn: Bool
}

/// Keeps how many posts a week accounts have; where in the week those are follows the model.
///
/// Nothing is kept of the slots themselves: they are planned from the present curve whenever somebody asks, so they move with what is
/// learnt, and posts that are planned stay where they are and count.
package struct PostingSlots: Sendable {
    /// How many weeks ahead a free slot is looked for.
    static let weeks = 26

    private let pool: ConnectionPool

    /// Makes it.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// Sets how many slots a week an account has, or takes them away.
    ///
    /// - Parameters:
    ///   - setting: The slots; `nil` takes them away. Posts that are planned stay.
    ///   - account: The account as `client/account` or identity, or its slug when the client is given.
    ///   - client: The client.
    /// - Throws: `ServiceError` with code `notFound`.
    package func set(_ setting: SlotSetting?, account: String, client: String?) async throws {
        try await self.pool.withTransaction { db in
            let (owner, row) = try await ClientDirectory.account(account, client: client, on: &db)
            guard let setting else {
                try await db.execute(
                    "DELETE FROM posting_slots WHERE client_id = \(owner.id) AND account_id = \(row.id)")
                return
            }
            try await db.execute(
                """
                INSERT INTO posting_slots (client_id, account_id, per_week, wish)
                VALUES (\(owner.id), \(row.id), \(Int32(clamping: setting.perWeek)), \(try JSONColumn.encode(setting.wish)))
                ON CONFLICT (client_id, account_id) DO UPDATE SET per_week = excluded.per_week, wish = excluded.wish
                """)
        }
    }

    /// The free slots of an account in the next weeks, the present one included.
    ///
    /// - Throws: `ServiceError`: `notFound`; `invalid` where the account has no slots, or nothing is known of when it does well.
    package func free(account: String, client: String?, weeks: Int) async throws -> FreeSlots {
        let (owner, row) = try await self.pool.withConnection { db in
            try await ClientDirectory.account(account, client: client, on: &db)
        }
        let setting = try await self.setting(of: row, owner)
        let basis = try await self.basis(row, owner, setting, isKept: false)
        let slots = (0..<weeks).flatMap { week in
            basis.chooser.free(setting.perWeek, week: week, now: basis.now, taken: basis.taken)
        }
        return FreeSlots(timing: basis.timing, setting: setting, slots: slots, isDrawn: basis.isDrawn)
    }

    /// The next free slot of each account.
    ///
    /// - Throws: `ServiceError` with code `invalid` where an account has no slots, or none is free.
    func next(
        for accounts: [AccountRow], of owner: ClientRow, isKept: Bool
    ) async throws -> [AccountID: ChosenTime] {
        var chosen: [AccountID: ChosenTime] = [:]
        for account in accounts where chosen[account.id] == nil {
            let setting = try await self.setting(of: account, owner)
            let basis = try await self.basis(account, owner, setting, isKept: isKept)
            let next = (0..<Self.weeks).lazy.compactMap { week in
                basis.chooser.free(setting.perWeek, week: week, now: basis.now, taken: basis.taken).first
            }.first
            guard let next else {
                throw ServiceError(
                    .invalid,
                    "no slot of '\(account.slug)' is free in the next \(Self.weeks) weeks beside its other posts, recurring ones included: allow more with posthorn best-times slots"
                )
            }
            chosen[account.id] = basis.chosen(next)
        }
        return chosen
    }

    /// The queue slots that an account has; `nil` when it has none.
    package func setting(of account: AccountID, client: ClientID) async throws -> SlotSetting? {
        try await self.pool.query(
            "SELECT per_week, wish FROM posting_slots WHERE client_id = \(client) AND account_id = \(account)"
        ).first.map { row in
            SlotSetting(
                perWeek: Int(try row.get("per_week", as: Int32.self)), wish: try JSONColumn.decode(try row.get("wish")))
        }
    }

    /// What is allowed for an account's posts: by its queue slots where it has some, and without what is quiet.
    package func wish(of account: AccountRow) async throws -> SlotWish {
        let setting = try await self.setting(of: account.id, client: account.client)
        return (setting?.wish ?? SlotWish()).without(try await QuietStore(pool: self.pool).quiet(of: account))
    }

    private func setting(of account: AccountRow, _ owner: ClientRow) async throws -> SlotSetting {
        guard let setting = try await self.setting(of: account.id, client: owner.id) else {
            throw ServiceError(
                .invalid,
                "'\(owner.slug)/\(account.slug)' has no queue slots: give it some with posthorn best-times slots --account \(owner.slug)/\(account.slug) --posts 5"
            )
        }
        return setting
    }

    private func basis(
        _ account: AccountRow, _ owner: ClientRow, _ setting: SlotSetting, isKept: Bool
    ) async throws -> SlotBasis {
        var wish = setting.wish
        wish.days = (Self.weeks + 1) * 7
        return try await SlotAdvisor(pool: self.pool).basis(account, owner, wish, isKept: isKept)
    }
}
