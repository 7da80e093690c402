// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient

extension LimitStore {
    /// Takes over what an outside system says where it is stricter than what we count, or names another limit.
    ///
    /// Calls that hear news at the same moment share a transaction.
    ///
    /// - Parameters:
    ///   - readings: What it says.
    ///   - grant: What we counted when the call was debited: where it says no less, nothing is written.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package func observe(_ readings: [LimitReading], after grant: LimitGrant) async throws {
        let news = readings.filter { Self.isNews($0, grant) }.sorted { $0.key < $1.key }
        guard !news.isEmpty else { return }
        _ = try await self.observing.write(news) { calls in
            try await self.pool.withTransaction(retrying: 3) { db in
                try await Self.take(calls.flatMap(\.self), isShared: calls.count > 1, on: &db)
            }
            return calls.map { _ in true }
        }
    }

    /// Whether an outside system allows less than we do, or has another limit than we hold it to.
    private static func isNews(_ reading: LimitReading, _ grant: LimitGrant) -> Bool {
        guard let rest = grant.rest[reading.key] else { return reading.calls != nil }
        return reading.rest < rest
            || (reading.calls.map { $0 != grant.calls[reading.key] && !grant.isSet.contains(reading.key) } ?? false)
    }

    /// Takes over readings one after another, and writes what they come to together.
    static func take(_ readings: [LimitReading], isShared: Bool, on db: inout Transaction) async throws {
        let keys = Set(readings.map(\.key)).sorted()
        var statements = [LimitRound.patient]
        if isShared || keys.count > 1 { statements.append(JobStore.planOnIndexes) }
        if let added = Self.add(readings) { statements.append(added) }
        let answers = try await db.pipeline(statements + [Self.locked(keys), Self.clock])
        guard let clock = try answers[statements.count + 1].first.map({ row throws in try LimitClock(row) }) else {
            return
        }
        var limits: [LimitKey: ObservedLimit] = [:]
        for row in answers[statements.count] {
            let limit = ObservedLimit(try LimitRow(row))
            limits[limit.row.key] = limit
        }
        for reading in readings { limits[reading.key]?.take(reading, clock) }
        let changed = keys.compactMap { limits[$0] }.filter { $0.reading != nil }
        if !changed.isEmpty { try await db.execute(Self.save(changed, at: clock.now)) }
    }

    /// Limits that only the outside system knows of are written down before they are locked.
    private static func add(_ readings: [LimitReading]) -> Statement? {
        var calls: [LimitKey: Int] = [:]
        for reading in readings { calls[reading.key] = calls[reading.key] ?? reading.said }
        let said = calls.sorted { $0.key < $1.key }
        guard !said.isEmpty else { return nil }
        return """
            INSERT INTO rate_bucket (scope, endpoint, window_ms, counts, platform_calls)
            SELECT scope, endpoint, window_ms, counts, platform_calls
            FROM unnest(\(said.map(\.key.scope.description)), \(said.map(\.key.endpoint)),
                        \(said.map(\.key.window.milliseconds)), \(said.map(\.key.counts)),
                        \(said.map { Int32(clamping: $0.value) }))
                 AS given (scope, endpoint, window_ms, counts, platform_calls)
            ORDER BY scope, endpoint, window_ms, counts
            ON CONFLICT (scope, endpoint, window_ms, counts) DO NOTHING
            """
    }

    /// The limits of keys, each locked where it is looked up: in the order of the keys, as a debit locks them.
    static func locked(_ keys: [LimitKey]) -> Statement {
        if keys.count == 1 {
            return "SELECT \(unescaped: LimitRow.columns) FROM rate_bucket WHERE \(keys[0].condition) FOR UPDATE"
        }
        return """
            SELECT bucket.*
            FROM (
                SELECT of_scope, of_endpoint, of_window, of_counts
                FROM unnest(\(keys.map(\.scope.description)), \(keys.map(\.endpoint)),
                            \(keys.map(\.window.milliseconds)), \(keys.map(\.counts)))
                     AS given (of_scope, of_endpoint, of_window, of_counts)
                ORDER BY of_scope, of_endpoint, of_window, of_counts
            ) AS given
            CROSS JOIN LATERAL (
                SELECT \(unescaped: LimitRow.columns)
                FROM rate_bucket
                WHERE scope = of_scope AND endpoint = of_endpoint AND window_ms = of_window AND counts = of_counts
                FOR UPDATE OFFSET 0
            ) AS bucket
            """
    }

    /// Writes what readings came to; arrays of arrays have no type, so the slices go as text.
    static func save(_ limits: [ObservedLimit], at now: Date) -> Statement {
        if limits.count == 1 { return Self.save(limits[0], at: now) }
        let keys = limits.map(\.row.key)
        let slices = limits.map(\.row.slices)
        return """
            UPDATE rate_bucket
            SET platform_calls = given.platform_calls, slices = given.slices::bigint[], used = given.used::integer[],
                seen_rest = given.rest, seen_reset = given.reset, seen_at = \(now)
            FROM unnest(\(keys.map(\.scope.description)), \(keys.map(\.endpoint)), \(keys.map(\.window.milliseconds)),
                        \(keys.map(\.counts)), \(limits.map { $0.row.platformCalls.map(Int32.init(clamping:)) }),
                        \(slices.map { Self.array($0.map(\.index)) }),
                        \(slices.map { Self.array($0.map { Int64(Int32(clamping: $0.used)) }) }),
                        \(limits.map { Int32(clamping: $0.reading?.rest ?? 0) }), \(limits.map { $0.reading?.reset }))
                 AS given (scope, endpoint, window_ms, counts, platform_calls, slices, used, rest, reset)
            WHERE rate_bucket.scope = ANY (ARRAY[given.scope]) AND rate_bucket.endpoint = given.endpoint
              AND rate_bucket.window_ms = given.window_ms AND rate_bucket.counts = given.counts
            """
    }

    /// One limit without arrays: it is found by its key, whatever the table held when the plan was made.
    private static func save(_ limit: ObservedLimit, at now: Date) -> Statement {
        """
        UPDATE rate_bucket
        SET platform_calls = \(limit.row.platformCalls.map(Int32.init(clamping:))),
            slices = \(limit.row.slices.map(\.index)), used = \(limit.row.slices.map { Int32(clamping: $0.used) }),
            seen_rest = \(Int32(clamping: limit.reading?.rest ?? 0)), seen_reset = \(limit.reading?.reset), seen_at = \(now)
        WHERE \(limit.row.key.condition)
        """
    }

    private static func array(_ numbers: [Int64]) -> String { "{\(numbers.map(String.init).joined(separator: ","))}" }
}

/// A limit while readings of it are taken over.
struct ObservedLimit {
    var row: LimitRow
    /// The last reading that was taken over.
    var reading: LimitReading?

    init(_ row: LimitRow) { self.row = row }

    /// Takes over a reading: never more than the outside system says is left, until it counts anew.
    mutating func take(_ reading: LimitReading, _ clock: LimitClock) {
        if let calls = reading.said { self.row.platformCalls = Int(Int32(clamping: calls)) }
        let calls = self.row.operatorCalls ?? self.row.platformCalls ?? self.row.usualCalls ?? 0
        guard calls > 0 else { return }
        let window = self.row.key.window
        var tokens = TokenWindow(
            calls: calls, window: window, allowance: SendAllowance(window: window, rate: clock.rate).world,
            slices: self.row.slices)
        tokens.lower(to: reading.rest, until: reading.reset, at: clock.now)
        self.row.slices = tokens.slices
        self.reading = reading
    }
}

extension LimitReading {
    /// How many calls the window has, when that is a number that a limit can have.
    fileprivate var said: Int? { self.calls.flatMap { $0 > 0 ? $0 : nil } }
}
