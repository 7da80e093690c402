// SPDX-License-Identifier: MIT

package import Analysis
import Dispatch
package import Domain
package import Foundation
package import PQClient
package import Persistence

/// What the model says of an account, with what it was made of.
package struct AccountTiming: Sendable {
    /// The account's client.
    package var client: ClientRow
    /// The account.
    package var account: AccountRow
    /// The fit.
    package var fit: StoredFit
    /// What its platform's accounts have in common.
    package var common: PlatformCurve
    /// Whether the fit was made for this question only: nothing is kept of it.
    package var isFresh: Bool
    /// What posts at drawn times did; `nil` when there are none.
    package var experiments: ExperimentEffect?
    /// Whether it is what would be said now, not a fit of the past.
    package var isPresent = true

    /// The account as `client/account`.
    package var name: String { "\(self.client.slug)/\(self.account.slug)" }
}

/// What was learnt of a platform.
package struct TimingLesson: Sendable {
    /// The platform.
    package var platform: PlatformID
    /// Its curve.
    package var curve: StoredCurve
    /// How many accounts have a new fit.
    package var fits: Int
    /// How many posts were used.
    package var posts: Int
}

/// Feeds the posting-time model from what was recorded, and keeps what it learns.
///
/// A platform's curve is learnt from all its accounts and kept for a day; an account is fitted to it whenever it has new numbers that count.
package struct TimingService: Sendable {
    /// For how long a platform's curve is used, in world time.
    package static let curveLife: TimeInterval = 86_400
    /// For how long an account's kernel is kept before it is chosen anew: the search is what a fit costs most.
    private static let choiceLife: TimeInterval = 7 * 86_400

    let pool: ConnectionPool

    /// Makes a service.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// What the model says of an account: the kept fit, or one that is made now where none is of the present posts.
    ///
    /// - Parameters:
    ///   - account: The account as `client/account` or identity, or its slug when the client is given.
    ///   - client: The client.
    ///   - isFresh: Whether a fit is made now in any case.
    /// - Throws: `ServiceError` with code `notFound`.
    /// - Returns: What the model says, and what it was made of.
    package func timing(of account: String, client: String? = nil, isFresh: Bool = false) async throws -> AccountTiming
    {
        let (owner, row) = try await self.pool.withConnection { db in
            try await ClientDirectory.account(account, client: client, on: &db)
        }
        return try await self.timing(of: row, owner: owner, isFresh: isFresh)
    }

    /// What the model says of an account that was looked up.
    ///
    /// - Throws: ``PQError``; ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    /// - Returns: The kept fit, or one that is made now.
    package func timing(of row: AccountRow, owner: ClientRow, isFresh: Bool = false) async throws -> AccountTiming {
        let gathered = try await self.gathered(row)
        let (kept, curve) = try await self.pool.withConnection { db in
            (
                try await TimingStore.fit(of: row.id, client: owner.id, on: &db),
                try await TimingStore.curve(of: row.platform, on: &db)
            )
        }
        // What others did since says more than a fit to an older curve, above all where the account has few posts.
        if let kept, let curve, !isFresh, kept.curveID == curve.id, gathered.basis == kept.basis {
            return AccountTiming(
                client: owner, account: row, fit: kept, common: curve.curve, isFresh: false,
                experiments: gathered.experiments)
        }
        let common: StoredCurve
        if let curve {
            common = curve
        } else {
            let histories = try await self.histories(on: row.platform)
            let learnt = try await Self.compute {
                try PlatformCurve(histories.map { PlatformMember(CleanedPosts($0.posts)) })
            }
            common = StoredCurve(id: UUID.version7(), fittedAt: .distantPast, curve: learnt)
        }
        let fit = try await Self.fit(gathered, common)
        return AccountTiming(
            client: owner, account: row, fit: fit, common: common.curve, isFresh: true,
            experiments: gathered.experiments)
    }

    /// Fits an account again and keeps the fit; learns its platform's curve first when that is a day old.
    ///
    /// - Returns: What was learnt of the platform; `nil` when its curve was still good.
    @discardableResult
    package func refit(_ account: AccountID, client: ClientID) async throws -> TimingLesson? {
        let computed = try await self.computed(account, client: client)
        return try await self.pool.withTransaction { db in try await computed.keep(on: &db) }
    }

    /// Fits an account again, and learns its platform's curve first when that is a day old; nothing is kept yet.
    ///
    /// - Throws: `ServiceError` with code `notFound`; ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    /// - Returns: What is to be kept.
    package func computed(_ account: AccountID, client: ClientID) async throws -> ComputedFits {
        let (row, curve, last, now) = try await self.pool.withConnection { db in
            guard let row = try await AccountRepository.find(account, of: client, on: &db) else {
                throw ServiceError(.notFound, "there is no account \(account)")
            }
            return (
                row, try await TimingStore.curve(of: row.platform, on: &db),
                try await TimingStore.fit(of: account, client: client, on: &db), try await WorldTime.now(on: &db)
            )
        }
        guard let curve, now.timeIntervalSince(curve.fittedAt) < Self.curveLife else {
            return try await self.computedLesson(row.platform, always: row)
        }
        let chosen = last.flatMap { last in
            last.chosenAt.flatMap { now.timeIntervalSince($0) < Self.choiceLife ? (last.curve.own, $0) : nil }
        }
        let gathered = try await self.gathered(row)
        var fit = try await Self.fit(gathered, curve, own: chosen?.0)
        fit.chosenAt = chosen?.1
        return ComputedFits(
            platform: row.platform, lesson: nil, fits: [(gathered, fit.curve, fit.chosenAt)], kept: curve)
    }

    /// Learns a platform's curve, and fits those of its accounts anew that have other posts than at their last fit.
    ///
    /// - Parameters:
    ///   - platform: The platform.
    ///   - account: An account that is fitted in any case.
    ///   - all: Whether every account is.
    /// - Throws: ``PQError``; ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    /// - Returns: What was learnt.
    package func learn(
        _ platform: PlatformID, always account: AccountRow? = nil, all: Bool = false
    ) async throws -> TimingLesson {
        let computed = try await self.computedLesson(platform, always: account, all: all)
        return try await self.pool.withTransaction { db in
            guard let lesson = try await computed.keep(on: &db) else {
                preconditionFailure("a platform was learnt without a curve")
            }
            return lesson
        }
    }

    private func computedLesson(
        _ platform: PlatformID, always account: AccountRow? = nil, all: Bool = false
    ) async throws -> ComputedFits {
        let gathered = try await self.gather(platform)
        let bases = try await self.pool.withConnection { db in try await TimingStore.bases(on: platform, on: &db) }
        let changed = gathered.filter { all || $0.account == account?.id || bases[$0.account] != $0.basis }
        let silent = account.flatMap { row in gathered.contains { $0.account == row.id } ? nil : row }
        // An account without a post has a fit too: that of its platform.
        var fitted = changed
        if let silent { fitted.append(try await self.gathered(silent)) }
        let toFit = fitted
        let (curve, curves) = try await Self.compute {
            let curve = try PlatformCurve(gathered.map { PlatformMember(CleanedPosts($0.history.posts)) })
            return (curve, try BestTimes.curves(toFit.map(\.history), platform: curve))
        }
        return ComputedFits(
            platform: platform, lesson: (curve, gathered.reduce(0) { $0 + $1.history.posts.count }),
            fits: zip(toFit, curves).map { ($0, $1, nil) }, kept: nil)
    }

    /// The fits of accounts as of the posts that are there now.
    ///
    /// They are the kept ones, or new ones with the kept curve where posts changed or a newer curve was learnt. Accounts that were never
    /// fitted are absent.
    ///
    /// - Throws: ``PQError``; ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    func fits(of accounts: [AccountRow]) async throws -> [AccountID: StoredFit] {
        var fits: [AccountID: StoredFit] = [:]
        for account in accounts {
            let (kept, curve) = try await self.pool.withConnection { db in
                (
                    try await TimingStore.fit(of: account.id, client: account.client, on: &db),
                    try await TimingStore.curve(of: account.platform, on: &db)
                )
            }
            guard let kept, let curve else { continue }
            let gathered = try await self.gathered(account)
            guard gathered.basis != kept.basis || kept.curveID != curve.id else {
                fits[account.id] = kept
                continue
            }
            do {
                fits[account.id] = try await Self.fit(gathered, curve, own: kept.curve.own)
            } catch is Cholesky.NotPositiveDefinite {
                // The others have nothing to do with it; the job that fits says so.
                continue
            }
        }
        return fits
    }

    /// The platforms that have accounts.
    package func platforms() async throws -> [PlatformID] {
        try await self.pool.query("SELECT DISTINCT platform FROM account ORDER BY platform").column()
    }

    /// The past of every account of a platform, named `client/account`.
    package func histories(on platform: PlatformID) async throws -> [TimingHistory] {
        try await self.gather(platform).map(\.history)
    }

    /// Scores of the week as they might be, for an account that learns.
    func drawnScores(_ timing: AccountTiming, seed: UInt64) async throws -> [Double] {
        let history = try await self.gathered(timing.account).history
        let common = timing.common
        return try await Self.compute {
            try AccountCurve.drawnScores(history.posts, platform: common, seed: seed)
        }
    }

    private static func fit(
        _ gathered: GatheredPosts, _ curve: StoredCurve, own: WeeklyKernel? = nil
    ) async throws -> StoredFit {
        let fitted = try await Self.compute {
            try AccountCurve(gathered.history.posts, platform: curve.curve, own: own)
        }
        return gathered.fit(fitted, with: curve)
    }

    private func gathered(_ row: AccountRow) async throws -> GatheredPosts {
        let found = try await PostingHistory(pool: self.pool).readings(
            ofAccount: row.id, client: row.client, platform: row.platform)
        let holidays = try await self.pool.withConnection { db in try await HolidayStore.days(of: row.client, on: &db) }
        return GatheredPosts(
            found, client: row.client, account: row.id, name: row.id.description, platform: row.platform,
            zone: ZoneID(rawValue: row.timeZone) ?? .utc, holidays: holidays[row.client] ?? [])
    }

    private func gather(_ platform: PlatformID) async throws -> [GatheredPosts] {
        let holidays = try await self.pool.withConnection { db in try await HolidayStore.days(on: &db) }
        var gathered: [GatheredPosts] = []
        try await PostingHistory(pool: self.pool).eachAccount(
            on: platform, minimumAgeHours: SelectionRules.mature(on: platform).minimumAgeHours
        ) { one in
            gathered.append(
                GatheredPosts(
                    one.readings, client: one.client, account: one.id, name: one.account, platform: platform,
                    zone: one.zone, holidays: holidays[one.client] ?? []))
        }
        return gathered
    }

    /// Computes on a thread of its own: seconds of arithmetic must not keep the process's other tasks waiting.
    private static func compute<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global(qos: .utility).async { continuation.resume(with: Result { try body() }) }
        }
    }
}
