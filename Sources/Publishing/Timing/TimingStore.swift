// SPDX-License-Identifier: MIT

package import Analysis
package import Domain
package import Foundation
import PQClient
import Persistence

/// A platform's curve as it was kept.
package struct StoredCurve: Sendable {
    /// Its identity.
    package var id: UUID
    /// When it was learnt, in the world's time.
    package var fittedAt: Date
    /// The curve.
    package var curve: PlatformCurve
}

/// A fit of one account as it was kept.
package struct StoredFit: Sendable {
    /// Its identity.
    package var id: UUID
    /// When it was made, in the world's time.
    package var fittedAt: Date
    /// The platform's curve that it was made with.
    package var curveID: UUID
    /// The zone that its hours are local to.
    package var zone: ZoneID
    /// How many posts were used.
    package var posts: Int
    /// When the newest of them appeared.
    package var newestAt: Date?
    /// Which posts those were, as `TimingHistory.digest`.
    package var digest: Int64
    /// How many were left out, by reason.
    package var excluded: [Exclusion: Int]
    /// When its kernel was chosen, in the world's time; `nil` is now.
    package var chosenAt: Date?
    /// The curve.
    package var curve: AccountCurve
}

/// What a fit is made of: with the same basis and the same curve it would be the same.
struct FitBasis: Sendable, Hashable {
    /// The posts, as `TimingHistory.digest`.
    var digest: Int64
    /// The zone that the hours are local to.
    var zone: ZoneID
}

extension StoredFit {
    /// What it was made of.
    var basis: FitBasis { FitBasis(digest: self.digest, zone: self.zone) }
}

/// Reads and keeps what the posting-time model learnt.
///
/// Only results of the present version of the method are used; older ones are read by their identity, to explain an old recommendation.
struct TimingStore {
    /// How long results are kept that no target names, in world time.
    private static let days: Int32 = 90

    /// The newest curve of a platform.
    static func curve(
        of platform: PlatformID, on db: inout some SQLSession & ~Copyable
    ) async throws -> StoredCurve? {
        try await Self.curve(
            where: """
                platform = \(platform) AND model_version = \(Int32(BestTimes.version))
                ORDER BY fitted_at DESC, curve_id DESC
                """, on: &db)
    }

    /// A curve that a fit was made with, of whatever version of the method.
    static func curve(
        _ id: UUID, of platform: PlatformID, on db: inout some SQLSession & ~Copyable
    ) async throws -> StoredCurve? {
        try await Self.curve(where: "platform = \(platform) AND curve_id = \(id)", on: &db)
    }

    private static func curve(
        where condition: Statement, on db: inout some SQLSession & ~Copyable
    ) async throws -> StoredCurve? {
        let statement: Statement = """
            SELECT curve_id, fitted_at, accounts, weeks, mean, covariance, shared, own, variance, calibration
            FROM timing_curve
            WHERE \(condition)
            LIMIT 1
            """
        guard let row = try await db.query(statement).first else { return nil }
        var covariance = SquareMatrix(count: HourOfWeek.count)
        let elements: [Double] = try row.get("covariance")
        let mean: [Double] = try row.get("mean")
        guard elements.count == covariance.elements.count, mean.count == HourOfWeek.count else {
            throw PQError(.decoding, "a stored curve has not 168 hours")
        }
        covariance.elements = elements
        let shared: JSONText? = try row.get("shared")
        return StoredCurve(
            id: try row.get("curve_id"), fittedAt: try row.get("fitted_at"),
            curve: PlatformCurve(
                mean: mean, covariance: covariance,
                shared: try shared.map { json throws in try JSONColumn.decode(json) },
                own: try JSONColumn.decode(try row.get("own")), typicalVariance: try row.get("variance"),
                calibration: try row.get("calibration"), accounts: Int(try row.get("accounts", as: Int32.self)),
                weeks: Int(try row.get("weeks", as: Int32.self))
            ))
    }

    /// Keeps a platform's curve, and forgets those that nothing explains any more.
    static func keep(
        _ curve: PlatformCurve, of platform: PlatformID, on db: inout some SQLSession & ~Copyable
    ) async throws -> StoredCurve {
        let id = UUID.version7()
        let at: Date = try await db.query(
            """
            INSERT INTO timing_curve (
                platform, curve_id, model_version, accounts, weeks, mean, covariance, shared, own, variance,
                calibration
            )
            VALUES (
                \(platform), \(id), \(Int32(BestTimes.version)), \(Int32(curve.accounts)), \(Int32(curve.weeks)),
                \(curve.mean), \(curve.covariance.elements), \(try curve.shared.map(JSONColumn.encode)),
                \(try JSONColumn.encode(curve.own)), \(curve.typicalVariance), \(curve.calibration)
            )
            RETURNING fitted_at
            """
        ).single()
        try await db.execute(
            """
            DELETE FROM timing_curve c
            WHERE c.platform = \(platform) AND c.fitted_at < world_now() - make_interval(days => \(Self.days))
              AND NOT EXISTS (SELECT FROM timing_fit f WHERE f.curve_id = c.curve_id)
            """)
        return StoredCurve(id: id, fittedAt: at, curve: curve)
    }

    /// The newest fit of an account.
    static func fit(
        of account: AccountID, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> StoredFit? {
        let rows = try await db.query(
            """
            SELECT fit_id, fitted_at, curve_id, time_zone, posts, newest_at, digest, excluded, own, chosen_at, variance, drift, score,
                   lower, upper, own_share, chance, slot_posts
            FROM timing_fit
            WHERE client_id = \(client) AND account_id = \(account) AND model_version = \(Int32(BestTimes.version))
            ORDER BY fitted_at DESC, fit_id DESC
            LIMIT 1
            """)
        return try rows.first.map { row throws in try StoredFit(row) }
    }

    /// A kept fit by its identity, of whatever version of the method.
    ///
    /// - Returns: The fit, whose it is, and the version; `nil` when it is not kept, or not any more.
    static func fit(
        _ id: UUID, on db: inout some SQLSession & ~Copyable
    ) async throws -> (fit: StoredFit, client: ClientID, account: AccountID, version: Int)? {
        let rows = try await db.query(
            """
            SELECT client_id, account_id, model_version, fit_id, fitted_at, curve_id, time_zone, posts, newest_at, digest, excluded, own,
                   chosen_at, variance, drift, score, lower, upper, own_share, chance, slot_posts
            FROM timing_fit
            WHERE fit_id = \(id)
            """)
        return try rows.first.map { row throws in
            (
                try StoredFit(row), try row.get("client_id"), try row.get("account_id"),
                Int(try row.get("model_version", as: Int32.self))
            )
        }
    }

    /// Of which posts, in which zone, the newest fit of each account of a platform was made; an account without one is absent.
    static func bases(
        on platform: PlatformID, on db: inout some SQLSession & ~Copyable
    ) async throws -> [AccountID: FitBasis] {
        let rows = try await db.query(
            """
            SELECT account.account_id, newest.digest, newest.time_zone
            FROM account
            CROSS JOIN LATERAL (
                SELECT digest, time_zone FROM timing_fit
                WHERE timing_fit.client_id = account.client_id AND timing_fit.account_id = account.account_id
                  AND timing_fit.model_version = \(Int32(BestTimes.version))
                ORDER BY fitted_at DESC, fit_id DESC
                LIMIT 1
            ) AS newest
            WHERE account.platform = \(platform)
            """)
        var bases: [AccountID: FitBasis] = [:]
        for row in rows {
            bases[try row.get("account_id")] = FitBasis(
                digest: try row.get("digest"), zone: ZoneID(rawValue: try row.get("time_zone")) ?? .utc)
        }
        return bases
    }

    /// Keeps a fit of an account, and forgets its old ones that chose no target's time.
    static func keep(
        _ fit: StoredFit, of account: AccountID, client: ClientID, platform: PlatformID,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        let hours = fit.curve.hours
        try await db.execute(
            """
            INSERT INTO timing_fit (
                client_id, account_id, fit_id, model_version, platform, curve_id, time_zone, posts, newest_at, digest, excluded,
                own, chosen_at, variance, drift, score, lower, upper, own_share, chance, slot_posts
            )
            VALUES (
                \(client), \(account), \(fit.id), \(Int32(BestTimes.version)), \(platform), \(fit.curveID),
                \(fit.zone.rawValue), \(Int32(clamping: fit.posts)), \(fit.newestAt), \(fit.digest),
                \(try JSONColumn.encode(fit.excluded)),
                \(try JSONColumn.encode(fit.curve.own)), coalesce(\(fit.chosenAt), world_now()), \(fit.curve.variance), \(fit.curve.drift), \(hours.map(\.score)),
                \(hours.map(\.lower)), \(hours.map(\.upper)), \(hours.map(\.ownShare)), \(hours.map(\.chance)),
                \(hours.map { Int32(clamping: $0.posts) })
            )
            """)
        try await db.execute(
            """
            DELETE FROM timing_fit f
            WHERE f.client_id = \(client) AND f.account_id = \(account) AND f.fit_id <> \(fit.id)
              AND f.fitted_at < world_now() - make_interval(days => \(Self.days))
              AND NOT EXISTS (
                  SELECT FROM target t
                  WHERE t.client_id = f.client_id AND t.account_id = f.account_id AND t.fit_id = f.fit_id)
            """)
    }
}

extension StoredFit {
    fileprivate init(_ row: Row) throws {
        let score: [Double] = try row.get("score")
        let lower: [Double] = try row.get("lower")
        let upper: [Double] = try row.get("upper")
        let share: [Double] = try row.get("own_share")
        let chance: [Double] = try row.get("chance")
        let posts: [Int32] = try row.get("slot_posts")
        guard [score, lower, upper, share, chance].allSatisfy({ $0.count == HourOfWeek.count }),
            posts.count == HourOfWeek.count
        else { throw PQError(.decoding, "a stored fit has not 168 hours") }
        let hours = HourOfWeek.all.map { hour in
            AccountCurve.Hour(
                hour: hour, score: score[hour.index], lower: lower[hour.index], upper: upper[hour.index],
                ownShare: share[hour.index], chance: chance[hour.index], posts: Int(posts[hour.index]))
        }
        self.init(
            id: try row.get("fit_id"), fittedAt: try row.get("fitted_at"), curveID: try row.get("curve_id"),
            zone: ZoneID(rawValue: try row.get("time_zone")) ?? .utc, posts: Int(try row.get("posts", as: Int32.self)),
            newestAt: try row.get("newest_at"), digest: try row.get("digest"),
            excluded: try JSONColumn.decode(try row.get("excluded")),
            chosenAt: try row.get("chosen_at"),
            curve: AccountCurve(
                hours: hours, variance: try row.get("variance"), own: try JSONColumn.decode(try row.get("own")),
                drift: try row.get("drift")))
    }
}
