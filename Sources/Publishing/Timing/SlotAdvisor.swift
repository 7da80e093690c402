// SPDX-License-Identifier: MIT

package import Analysis
import Domain
import Foundation
import JobQueue
package import PQClient
import Persistence

/// A time that was chosen for an account.
package struct ChosenTime: Sendable {
    var time: ResolvedTime
    /// Whether it was drawn to learn from.
    package var isExperiment: Bool
    /// The kept fit that it was chosen by.
    var fit: UUID
    /// Why it is this one, for the target's history.
    package var reason: String
    /// The other posts beside which it was chosen.
    var seen: SeenPosts
}

/// A plan of several posts of an account.
package struct PostingPlan: Sendable {
    /// What it was made from.
    package var timing: AccountTiming
    /// The times in their order.
    package var slots: [SlotChooser.Slot]
    /// Whether they were drawn to learn from.
    package var isDrawn: Bool
}

/// Chooses times for posts by what the model says of their accounts, beside what is planned already.
package struct SlotAdvisor: Sendable {
    private let pool: ConnectionPool

    /// Makes an advisor.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// Plans several posts of an account.
    ///
    /// - Throws: `ServiceError`: `notFound`; `invalid` when nothing is known of when the account does well.
    package func plan(
        _ count: Int, account: String, client: String?, wish: SlotWish
    ) async throws -> PostingPlan {
        let (owner, row) = try await self.pool.withConnection { db in
            try await ClientDirectory.account(account, client: client, on: &db)
        }
        let basis = try await self.basis(row, owner, wish, isKept: false)
        let slots = basis.chooser.plan(count, now: basis.now, taken: basis.taken)
        return PostingPlan(timing: basis.timing, slots: slots, isDrawn: basis.isDrawn)
    }

    /// Chooses the best free time of each account.
    ///
    /// - Throws: `ServiceError` with code `invalid` when nothing is known of when an account does well, or no time is free.
    func choose(
        for accounts: [AccountRow], of owner: ClientRow, wish: SlotWish, isKept: Bool
    ) async throws -> [AccountID: ChosenTime] {
        var chosen: [AccountID: ChosenTime] = [:]
        for account in accounts where chosen[account.id] == nil {
            let basis = try await self.basis(account, owner, wish, isKept: isKept)
            guard let slot = basis.chooser.slots(now: basis.now, taken: basis.taken).first else {
                throw ServiceError(
                    .invalid,
                    "no time of '\(account.slug)' is free in the next \(wish.days) days inside what is allowed, \(wish.distance.readable) from its other posts: allow more with --between, --not, --within or --distance"
                )
            }
            chosen[account.id] = basis.chosen(slot)
        }
        return chosen
    }

    /// What a choice is made from.
    ///
    /// With `isKept` somebody acts on it, and the fit is kept, so that it can be explained.
    func basis(
        _ account: AccountRow, _ owner: ClientRow, _ wish: SlotWish, isKept: Bool
    ) async throws -> SlotBasis {
        let quiet = try await QuietStore(pool: self.pool).quiet(of: account)
        let wish = try await self.withoutHolidays(wish.without(quiet), of: owner)
        let service = TimingService(pool: self.pool)
        var timing = try await service.timing(of: account, owner: owner)
        if timing.isFresh, isKept {
            try await service.refit(account.id, client: owner.id)
            timing = try await service.timing(of: account, owner: owner)
        }
        let (seen, learnsUntil) = try await self.pool.withConnection { db in
            (
                try await SeenPosts.look(
                    account, wish, now: WorldTime.now(on: &db),
                    schedules: ScheduleStore(jobs: JobStore(pool: self.pool)), on: &db),
                try await TimingLearning.until(account: account.id, client: owner.id, on: &db)
            )
        }
        let now = seen.now
        let isDrawn = wish.mayDraw && learnsUntil.map { $0 > now } ?? false
        guard isDrawn || !timing.knowsNothing else {
            throw ServiceError(
                .invalid,
                "nothing is known yet of when '\(account.slug)' does well: it has \(timing.fit.posts) usable posts, and there are not three accounts of \(account.platform) with four weeks of posts to borrow from. Give --at, or let it learn: posthorn best-times learn"
            )
        }
        let zone = ZoneID(rawValue: account.timeZone) ?? .utc
        let seed = Self.seed(account.id)
        let week = UInt64(bitPattern: Int64((zone.wallTime(at: now).dayNumber + 3) / 7))
        let scores =
            isDrawn
            ? try await service.drawnScores(timing, seed: seed ^ (week &* 0x9E37_79B9))
            : timing.fit.curve.hours.map(\.score)
        return SlotBasis(
            timing: timing, chooser: SlotChooser(scores: scores, zone: zone, wish: wish, seed: seed), seen: seen,
            isDrawn: isDrawn)
    }

    /// A wish that leaves the client's holidays out, unless they are wanted.
    private func withoutHolidays(_ wish: SlotWish, of owner: ClientRow) async throws -> SlotWish {
        guard !wish.mayUseHolidays else { return wish }
        let days = try await self.pool.withConnection { db in try await HolidayStore.days(of: owner.id, on: &db) }
        var wish = wish
        wish.dates.formUnion((days[owner.id] ?? []).map { Holiday(dayNumber: $0, name: "").date })
        return wish
    }

    /// The same minutes and draws for the same account.
    private static func seed(_ account: AccountID) -> UInt64 {
        let bytes = account.uuid.uuid
        return [bytes.8, bytes.9, bytes.10, bytes.11, bytes.12, bytes.13, bytes.14, bytes.15]
            .reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// What a choice of times is made from.
struct SlotBasis {
    var timing: AccountTiming
    var chooser: SlotChooser
    var seen: SeenPosts
    var isDrawn: Bool

    var now: Date { self.seen.now }
    var taken: [Date] { self.seen.dates }

    /// A slot as the time of a target, with why.
    func chosen(_ slot: SlotChooser.Slot) -> ChosenTime {
        let timing = self.timing
        let plan = LocalPlan(wall: slot.wall, zone: self.chooser.zone)
        let planned = PlannedTime(plan)
        let hour = timing.fit.curve.hours[slot.hour.index]
        let when = "\(HourOfWeek.weekdayNames[slot.wall.weekday]) \(slot.wall.date) \(slot.wall.clock) \(plan.zone)"
        let why =
            self.isDrawn
            ? "drawn to learn from"
            : timing.fit.curve.isFlat
                ? "the hour makes no measurable difference for this account"
                : "\(AccountCurve.percent(hour.score)) engagement (\(AccountCurve.percent(hour.lower)) … \(AccountCurve.percent(hour.upper)))"
        return ChosenTime(
            time: ResolvedTime(chosen: slot.instant, planned), isExperiment: self.isDrawn, fit: timing.fit.id,
            reason: "chosen: \(when), \(why), by fit \(timing.fit.id.uuidString.lowercased())",
            seen: self.seen)
    }
}

extension AccountTiming {
    /// Whether neither own posts nor other accounts say anything.
    package var knowsNothing: Bool { self.fit.posts < SlotStatistics.leastPosts && self.common.shared == nil }
}

extension ResolvedTime {
    /// A time that was chosen.
    init(chosen instant: Date, _ planned: PlannedTime) {
        self.dueAt = instant
        self.planned = planned
    }
}
