// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import PQClient

/// The limits of the whole fleet, in the database: what may leave is debited here first.
package struct LimitStore: Sendable {
    /// Where the limits are.
    package let pool: ConnectionPool
    /// What calls hear of limits at the same moment.
    let observing = CallGroup<[LimitReading], Bool>(largest: 64) { min($0.count, 64) }

    /// Reads and writes through the pool.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// Debits a call in a transaction of its own; committed when this returns.
    ///
    /// - Throws: ``LimitRefusal`` when a limit or a gate does not allow it; then nothing was debited.
    package func debit(_ call: LimitedCall) async throws -> LimitGrant {
        try await self.pool.withTransaction(retrying: 3) { db in try await Self.debit(call, on: &db) }
    }

    /// Debits a call in the caller's transaction: all its limits or none.
    ///
    /// The rows of the limits stay locked, in the order of their keys, until the transaction ends: do it last. A visible
    /// send must be on record in the transaction already.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - since: An instant not after the one that the send was recorded with: a call may not take longer than the
    ///     allowance from then on.
    ///   - db: The caller's transaction.
    /// - Returns: Until when the call may leave, and what is left.
    /// - Throws: ``LimitRefusal`` when a limit or a gate does not allow it; the transaction must then be rolled back.
    package static func debit(
        _ call: LimitedCall, since: ContinuousClock.Instant = .now, on db: inout Transaction
    ) async throws -> LimitGrant {
        var look = try await Self.look(call, on: &db)
        let missing = call.usual.filter { usual in
            !look.rows.contains { $0.key == usual.key && $0.usualCalls == usual.calls }
        }
        if !missing.isEmpty {
            // The usual ones are written down when they are met first.
            try await Self.write(missing, on: &db)
            look = try await Self.look(call, on: &db)
        }
        let limits = Self.limits(call, look.rows)
        var clock = look.clock
        // Sends are counted at the time of the look for them, with every limit locked.
        let counted = limits.filter { $0.key.counts == .sends }.map { Self.sends($0, call) }
        var sends: ArraySlice<Rows> = []
        if !counted.isEmpty {
            let answers = try await db.pipeline([Self.clock] + counted)
            clock = try Self.clock(answers[0])
            sends = answers.dropFirst()
        }
        var refusals = try look.gates.map { row throws in try Self.refusal(closed: row, clock) }
        var grant = LimitGrant()
        var updates: [Statement] = []
        for limit in limits {
            let allowance = SendAllowance(window: limit.key.window, rate: clock.rate)
            var window = TokenWindow(
                calls: limit.calls, window: limit.key.window, allowance: allowance.world, slices: limit.slices)
            let taking =
                if limit.key.counts == .sends {
                    try Self.take(limit, sends: sends.popFirst(), allowance: allowance, at: clock.now)
                } else {
                    window.take(max(1, call.count), at: clock.now)
                }
            switch taking {
            case .granted(let rest):
                grant.rest[limit.key] = rest
                grant.calls[limit.key] = limit.calls
                if limit.operatorCalls != nil { grant.isSet.insert(limit.key) }
                // Tokens are taken at the time of a statement above, which is later still.
                let end = since + allowance.permit
                grant.notAfter = grant.notAfter.map { min($0, end) } ?? end
                if limit.key.counts == .calls { updates.append(Self.save(window, limit.key)) }
            case .refused(let until):
                refusals.append(clock.refusal(limit.key.scope, limit.key.endpoint, until: until, limit.isUsedUp))
            }
        }
        // The one that keeps the call longest is the one to wait for.
        if let longest = refusals.max(by: { $0.pause < $1.pause }) { throw longest }
        if !updates.isEmpty { _ = try await db.pipeline(updates) }
        return grant
    }

    private static func clock(_ rows: Rows) throws -> LimitClock {
        guard let row = rows.first else {
            throw JobQueueError(.worldMissing, "the database has no world yet; run the migrations first")
        }
        return try LimitClock(row)
    }

    /// The limits of a call, locked, and the time and the closed gates after that.
    private static func look(
        _ call: LimitedCall, on db: inout Transaction
    ) async throws -> (rows: [LimitRow], clock: LimitClock, gates: Rows) {
        let answers = try await db.pipeline([Self.locked(call), Self.clock, Self.gates(call)])
        let rows = try answers[0].map { row throws in try LimitRow(row) }
        return (rows, try Self.clock(answers[1]), answers[2])
    }

    /// What of the stored limits holds for a call.
    private static func limits(_ call: LimitedCall, _ rows: [LimitRow]) -> [LimitRow] {
        rows.compactMap { row in
            var row = row
            if row.key.counts == .sends, call.sender == nil { return nil }
            let usual = call.usual.first { $0.key == row.key }
            // What another version of the program held for usual does not count.
            guard row.operatorCalls != nil || usual != nil || row.usualCalls == nil else { return nil }
            row.calls = row.operatorCalls ?? row.platformCalls ?? usual?.calls ?? row.calls
            return row
        }
    }

    private static func locked(_ call: LimitedCall) -> Statement {
        """
        SELECT \(unescaped: LimitRow.columns)
        FROM rate_bucket
        WHERE scope = ANY (\(call.scopes.map(\.description)))
          AND endpoint IN (\(call.endpoint), \(LimitKey.everyEndpoint))
        ORDER BY scope, endpoint, window_ms, counts
        FOR UPDATE
        """
    }

    private static func write(_ limits: [UsualLimit], on db: inout Transaction) async throws {
        let limits = limits.sorted { $0.key < $1.key }
        try await db.execute(
            """
            INSERT INTO rate_bucket (scope, endpoint, window_ms, counts, usual_calls)
            SELECT *
            FROM unnest(\(limits.map(\.key.scope.description)), \(limits.map(\.key.endpoint)),
                        \(limits.map(\.key.window.milliseconds)), \(limits.map(\.key.counts.rawValue)),
                        \(limits.map { Int32(clamping: $0.calls) }))
            ON CONFLICT (scope, endpoint, window_ms, counts) DO UPDATE SET usual_calls = excluded.usual_calls
            """)
    }

    static let clock: Statement = "SELECT world_now() AS now, rate FROM world"

    private static func gates(_ call: LimitedCall) -> Statement {
        """
        SELECT scope, endpoint, blocked_until, reason
        FROM endpoint_gate
        WHERE scope = ANY (\(call.scopes.map(\.description)))
          AND endpoint IN (\(call.endpoint), \(LimitKey.everyEndpoint)) AND blocked_until > world_now()
        UNION ALL
        SELECT scope, NULL, blocked_until, reason
        FROM lane_gate
        WHERE scope = ANY (\(call.scopes.map(\.description))) AND blocked_until > world_now()
        """
    }

    private static func refusal(closed row: Row, _ clock: LimitClock) throws -> LimitRefusal {
        let text: String = try row.get("scope")
        guard let scope = LimitScope(text) else { throw JobQueueError(.invalid, "'\(text)' is no scope of a limit") }
        let reason: String = try row.get("reason")
        return clock.refusal(
            scope, try row.get("endpoint"), until: try row.get("blocked_until"), "closed: \(reason)")
    }

    /// The sends of a sliding window, the newest first: as many as decide.
    private static func sends(_ limit: LimitRow, _ call: LimitedCall) -> Statement {
        guard let sender = call.sender else { return "SELECT world_now() AS sent_at LIMIT 0" }
        var statement: Statement = """
            SELECT sent_at
            FROM effect_send
            WHERE client_id = \(sender.client)
            """
        if case .account = limit.key.scope { statement += " AND account_id = \(sender.account)" }
        if limit.key.endpoint != LimitKey.everyEndpoint { statement += " AND endpoint = \(limit.key.endpoint)" }
        statement += """
             AND sent_at > world_now() - make_interval(
                  secs => \(limit.key.window.seconds) + (SELECT rate FROM world) * \(SendAllowance.longest.seconds))
              AND (outcome IS NULL OR outcome IN ('confirmed', 'unknown'))
            ORDER BY sent_at DESC
            LIMIT \(Int32(clamping: limit.calls + 1))
            """
        return statement
    }

    /// Whether one more send, which is on record already, is within a limit.
    private static func take(
        _ limit: LimitRow, sends: Rows?, allowance: SendAllowance, at now: Date
    ) throws -> TokenWindow.Taking {
        let span = (limit.key.window + allowance.world).seconds
        let times: [Date] = try (sends?.map { row throws in try row.get("sent_at") } ?? [])
            .filter { $0.addingTimeInterval(span) > now }
        guard times.count > limit.calls else { return .granted(rest: limit.calls - times.count) }
        return .refused(until: times[limit.calls].addingTimeInterval(span))
    }

    static func save(_ window: TokenWindow, _ key: LimitKey) -> Statement {
        """
        UPDATE rate_bucket
        SET slices = \(window.slices.map(\.index)), used = \(window.slices.map { Int32(clamping: $0.used) })
        WHERE \(key.condition)
        """
    }
}

/// The world's time and rate at one statement of the database.
struct LimitClock: Sendable {
    var now: Date
    var rate: Double

    init(_ row: Row) throws(PQError) {
        self.now = try row.get("now")
        self.rate = try row.get("rate")
    }

    /// Says until when a call has to wait.
    func refusal(_ scope: LimitScope, _ endpoint: String?, until: Date?, _ reason: String) -> LimitRefusal {
        let never = Duration.seconds(10 * 365 * 86_400)
        let pause = until.map { Duration.seconds(max(0, $0.timeIntervalSince(self.now))) } ?? never
        return LimitRefusal(
            scope: scope, endpoint: endpoint == LimitKey.everyEndpoint ? nil : endpoint, until: until, pause: pause,
            wait: self.rate > 0 ? pause / self.rate : never, reason: reason)
    }
}

/// A limit as it is stored.
struct LimitRow: Sendable {
    var key: LimitKey
    var calls: Int
    var usualCalls: Int?
    var platformCalls: Int?
    var operatorCalls: Int?
    var slices: [TokenWindow.Slice]

    static let columns: StaticString = """
        scope, endpoint, window_ms, counts, usual_calls, platform_calls, operator_calls, slices, used
        """

    init(_ row: Row) throws {
        let text: String = try row.get("scope")
        guard let scope = LimitScope(text) else { throw JobQueueError(.invalid, "'\(text)' is no scope of a limit") }
        self.key = LimitKey(
            scope: scope, endpoint: try row.get("endpoint"),
            window: .milliseconds(try row.get("window_ms", as: Int64.self)), counts: try row.get("counts"))
        self.usualCalls = try row.get("usual_calls", as: Int32?.self).map(Int.init)
        self.platformCalls = try row.get("platform_calls", as: Int32?.self).map(Int.init)
        self.operatorCalls = try row.get("operator_calls", as: Int32?.self).map(Int.init)
        self.calls = self.operatorCalls ?? self.platformCalls ?? self.usualCalls ?? 0
        let indices: [Int64] = try row.get("slices")
        let used: [Int32] = try row.get("used")
        self.slices = zip(indices, used).map { TokenWindow.Slice(index: $0, used: Int($1)) }
    }

    /// What a person is told when nothing is left.
    var isUsedUp: String {
        let what = self.key.counts == .sends ? "posts" : "calls"
        let place = self.key.endpoint == LimitKey.everyEndpoint ? "" : " of \(self.key.endpoint)"
        return "the \(self.calls) \(what)\(place) in \(self.key.window.readable) are used up"
    }
}

extension LimitKey {
    /// The row of the key, as a condition.
    var condition: Statement {
        """
        scope = \(self.scope.description) AND endpoint = \(self.endpoint) AND window_ms = \(self.window.milliseconds)
          AND counts = \(self.counts)
        """
    }
}
