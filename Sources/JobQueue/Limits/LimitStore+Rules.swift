// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient

/// A limit in force, for a person.
package struct LimitView: Sendable, Hashable {
    /// Who said how many.
    package enum Source: String, Sendable, Hashable {
        /// The plugin's manifest.
        case manifest
        /// The platform's answers.
        case platform
        /// A person.
        case person
    }

    /// What it is known by.
    package var key: LimitKey
    /// How many in its window.
    package var calls: Int
    /// Who said so.
    package var source: Source
    /// How many would hold without a person's word.
    package var callsOtherwise: Int?
    /// How many are used up now.
    package var used: Int
    /// When the next one can be used, in world time; nil when one can now.
    package var nextAt: Date?
    /// Who set it.
    package var setBy: String?
    /// When it was set.
    package var setAt: Date?
    /// Why it was set.
    package var reason: String?
    /// What the platform said last of what is left.
    package var platformRest: Int?
    /// When it said so.
    package var platformSaidAt: Date?

    /// Makes a view.
    package init(
        key: LimitKey, calls: Int, source: Source, callsOtherwise: Int?, used: Int, nextAt: Date?
    ) {
        self.key = key
        self.calls = calls
        self.source = source
        self.callsOtherwise = callsOtherwise
        self.used = used
        self.nextAt = nextAt
    }
}

/// Something that is closed until a time, for a person.
package struct GateView: Sendable, Hashable {
    /// Who is concerned.
    package var scope: LimitScope
    /// The queue whose work waits; nil for all work.
    package var queue: QueueName?
    /// The endpoint that is closed; nil for all of them.
    package var endpoint: String?
    /// Until when, in world time.
    package var until: Date
    /// Why.
    package var reason: String
    /// Who said so.
    package var by: String?
    /// Since when, in world time.
    package var since: Date
}

extension LimitStore {
    /// Sets a limit in place of what the manifest or the platform says of the same key, or beside them.
    ///
    /// - Throws: ``JobQueueError`` with code `invalid` for a limit that cannot be kept.
    package func set(_ key: LimitKey, calls: Int, reason: String, by actor: String) async throws {
        try Self.check(key, calls: calls)
        try await self.pool.withTransaction(retrying: 3) { db in
            try await db.execute(
                """
                INSERT INTO rate_bucket (scope, endpoint, window_ms, counts, operator_calls, reason, set_by, set_at)
                VALUES (\(key.scope.description), \(key.endpoint), \(key.window.milliseconds), \(key.counts),
                        \(Int32(clamping: calls)), \(reason), \(actor), world_now())
                ON CONFLICT (scope, endpoint, window_ms, counts) DO UPDATE
                SET operator_calls = excluded.operator_calls, reason = excluded.reason, set_by = excluded.set_by,
                    set_at = excluded.set_at
                """)
            try await Self.note(key, calls: calls, reason: reason, by: actor, on: &db)
        }
    }

    /// Says whether a limit can be kept.
    ///
    /// - Throws: ``JobQueueError`` with code `invalid` for one that cannot.
    package static func check(_ key: LimitKey, calls: Int) throws(JobQueueError) {
        guard calls > 0, calls <= Int(Int32.max), key.window >= .seconds(1) else {
            throw JobQueueError(.invalid, "a limit allows at least one call, in a window of at least a second")
        }
        guard key.counts == .sends else { return }
        switch key.scope {
        case .account, .client: break
        case .app, .provider:
            throw JobQueueError(.invalid, "posts are counted for an account or a client, not for \(key.scope)")
        }
    }

    /// Whether a person's word is there to be taken back.
    package func isSet(_ key: LimitKey) async throws -> Bool {
        try await self.pool.query(
            "SELECT EXISTS (SELECT FROM rate_bucket WHERE \(key.condition) AND operator_calls IS NOT NULL)"
        ).single()
    }

    /// Takes a person's word back: what the manifest or the platform says holds again.
    ///
    /// - Returns: Whether there was such a word.
    package func clear(_ key: LimitKey, reason: String?, by actor: String) async throws -> Bool {
        try await self.pool.withTransaction(retrying: 3) { db in
            let changed = try await db.execute(
                """
                UPDATE rate_bucket
                SET operator_calls = NULL, reason = NULL, set_by = NULL, set_at = NULL
                WHERE \(key.condition) AND operator_calls IS NOT NULL
                """)
            guard changed > 0 else { return false }
            try await db.execute(
                """
                DELETE FROM rate_bucket WHERE \(key.condition) AND usual_calls IS NULL AND platform_calls IS NULL
                """)
            try await Self.note(key, calls: nil, reason: reason, by: actor, on: &db)
            return true
        }
    }

    private static func note(
        _ key: LimitKey, calls: Int?, reason: String?, by actor: String, on db: inout Transaction
    ) async throws {
        try await db.execute(
            """
            INSERT INTO limit_change (actor, scope, endpoint, window_ms, counts, calls, reason)
            VALUES (\(actor), \(key.scope.description), \(key.endpoint), \(key.window.milliseconds), \(key.counts),
                    \(calls.map { Int32(clamping: $0) }), \(reason))
            """)
    }

    /// The limits that were used or set, by key.
    ///
    /// - Parameters:
    ///   - scopes: Of whom; nil is everybody.
    ///   - clients: Whose the accounts are: posts are counted by client and account, as the fence counts them. Of an account that is not in
    ///     it no posts are counted.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    /// - Returns: Each as it stands now.
    package func limits(of scopes: [LimitScope]? = nil, clients: [AccountID: ClientID] = [:]) async throws
        -> [LimitView]
    {
        try await self.pool.withConnection { db in
            var statement: Statement = """
                SELECT \(unescaped: LimitRow.columns), reason, set_by, set_at, seen_rest, seen_at
                FROM rate_bucket
                """
            if let scopes { statement += " WHERE scope = ANY (\(scopes.map(\.description)))" }
            statement += " ORDER BY scope, endpoint, window_ms, counts"
            let answers = try await db.pipeline([Self.clock, statement])
            guard let clock = try answers[0].first.map({ row throws in try LimitClock(row) }) else { return [] }
            var views: [LimitView] = []
            for row in answers[1] {
                let limit = try LimitRow(row)
                var view = limit.view(at: clock)
                if limit.key.counts == .sends, let sends = Self.sends(limit, clients, clock) {
                    try await Self.count(sends, of: limit, into: &view, clock, on: &db)
                }
                view.setBy = try row.get("set_by")
                view.setAt = try row.get("set_at")
                view.reason = try row.get("reason")
                view.platformRest = try row.get("seen_rest", as: Int32?.self).map(Int.init)
                view.platformSaidAt = try row.get("seen_at")
                views.append(view)
            }
            return views
        }
    }

    /// When the posts that a limit counts were sent, the latest first; nil for a limit that counts nobody's.
    static func sends(_ limit: LimitRow, _ clients: [AccountID: ClientID], _ clock: LimitClock) -> Statement? {
        var statement: Statement = "SELECT sent_at FROM effect_send WHERE "
        switch limit.key.scope {
        case .account(let account):
            guard let client = clients[account] else { return nil }
            // The client leads the index.
            statement += "client_id = \(client) AND account_id = \(account)"
        case .client(let client): statement += "client_id = \(client)"
        case .app, .provider: return nil
        }
        if limit.key.endpoint != LimitKey.everyEndpoint { statement += " AND endpoint = \(limit.key.endpoint)" }
        statement += """
             AND sent_at > \(clock.now.addingTimeInterval(-Self.span(limit, clock).seconds))
              AND (outcome IS NULL OR outcome IN ('confirmed', 'unknown'))
            ORDER BY sent_at DESC
            """
        return statement
    }

    /// How long a send counts, in world time.
    private static func span(_ limit: LimitRow, _ clock: LimitClock) -> Duration {
        limit.key.window + SendAllowance(window: limit.key.window, rate: clock.rate).world
    }

    private static func count(
        _ sends: Statement, of limit: LimitRow, into view: inout LimitView, _ clock: LimitClock, on db: inout Connection
    ) async throws {
        let span = Self.span(limit, clock)
        let answer = try await db.pipeline([JobStore.planOnIndexes, sends])[1]
        let times: [Date] = try answer.map { row throws in try row.get("sent_at") }
        view.used = times.count
        view.nextAt = times.count < limit.calls ? nil : times[limit.calls - 1].addingTimeInterval(span.seconds)
    }

    /// What is closed now, the first to open first.
    package func gates() async throws -> [GateView] {
        let rows = try await self.pool.query(
            """
            SELECT scope, NULL::text AS endpoint, blocked_until, reason, closed_by, closed_at
            FROM lane_gate
            WHERE blocked_until > world_now()
            UNION ALL
            SELECT scope, endpoint, blocked_until, reason, closed_by, closed_at
            FROM endpoint_gate
            WHERE blocked_until > world_now()
            ORDER BY blocked_until, scope
            """)
        return try rows.compactMap { row throws in
            let text: String = try row.get("scope")
            let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
            guard let scope = parts.first.flatMap({ LimitScope($0) }) else { return nil }
            return GateView(
                scope: scope, queue: parts.count > 1 ? QueueName(rawValue: parts[1]) : nil,
                endpoint: try row.get("endpoint"), until: try row.get("blocked_until"), reason: try row.get("reason"),
                by: try row.get("closed_by"), since: try row.get("closed_at"))
        }
    }
}

extension LimitRow {
    /// How the limit stands.
    func view(at clock: LimitClock) -> LimitView {
        let allowance = SendAllowance(window: self.key.window, rate: clock.rate)
        var window = TokenWindow(
            calls: self.calls, window: self.key.window, allowance: allowance.world, slices: self.slices)
        let used = self.calls - window.rest(at: clock.now)
        var next: Date?
        if case .refused(let until) = window.take(at: clock.now) { next = until }
        let otherwise = self.platformCalls ?? self.usualCalls
        return LimitView(
            key: self.key, calls: self.calls,
            source: self.operatorCalls != nil ? .person : self.platformCalls != nil ? .platform : .manifest,
            callsOtherwise: self.operatorCalls == nil ? nil : otherwise, used: used, nextAt: next)
    }
}
