// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient

/// The limits of calls that are debited in one transaction: looked at and locked once, then debited call after call.
///
/// The rows of the limits stay locked, in the order of their keys, until the transaction ends: open it last.
struct LimitRound: Sendable {
    /// Visible sends that a limit counts; they are looked for by client.
    private struct CountedSends: Hashable {
        var key: LimitKey
        var client: ClientID
    }

    private var rows: [LimitRow] = []
    private var gates: [ClosedGate] = []
    private var clock: LimitClock
    /// What is out of each limit after the calls that were debited so far.
    private var slices: [LimitKey: [TokenWindow.Slice]] = [:]
    private var changed: Set<LimitKey> = []
    /// When the sends of each rolling cap left, the newest first; those of this round are in it.
    private var sends: [CountedSends: [Date]] = [:]

    // MARK: Opening

    /// Locks the limits of calls and reads what closes them.
    static func open(_ calls: [LimitedCall], on db: inout Transaction) async throws -> LimitRound {
        let seen = try await db.pipeline([JobStore.planOnIndexes] + self.look(calls))
        return try await self.open(calls, seen: seen.dropFirst(), on: &db)
    }

    /// The statements that open a round, for a round trip together with others.
    static func look(_ calls: [LimitedCall]) -> [Statement] {
        [self.patient, self.locked(calls), LimitStore.clock, self.gates(calls)]
    }

    /// The rows that a whole platform shares are waited for in a line that moves: who gave up soon would come again with more.
    static let patient: Statement = "SELECT set_config('lock_timeout', '2s', true)"

    /// Opens a round with what the statements of ``look(_:)`` have read.
    static func open(
        _ calls: [LimitedCall], seen answers: ArraySlice<Rows>, on db: inout Transaction
    ) async throws -> LimitRound {
        var round = try LimitRound(answers)
        let missing = round.missing(calls)
        if !missing.isEmpty {
            // The usual ones are written down when they are met first.
            try await Self.write(missing, on: &db)
            round = try LimitRound(try await db.pipeline(Self.look(calls))[...])
        }
        try await round.countSends(calls, on: &db)
        return round
    }

    private init(_ answers: ArraySlice<Rows>) throws {
        let answers = Array(answers)
        self.rows = try answers[1].map { row throws in try LimitRow(row) }
        self.clock = try Self.clock(answers[2])
        self.gates = try answers[3].map { row throws in try ClosedGate(row) }
    }

    private func missing(_ calls: [LimitedCall]) -> [UsualLimit] {
        let known = Dictionary(self.rows.map { ($0.key, $0.usualCalls) }) { $1 }
        var missing: [LimitKey: UsualLimit] = [:]
        for usual in calls.flatMap(\.usual) where known[usual.key] != .some(usual.calls) { missing[usual.key] = usual }
        return Array(missing.values)
    }

    /// Sends are counted at the time of the look for them, with every limit locked.
    private mutating func countSends(_ calls: [LimitedCall], on db: inout Transaction) async throws {
        var counted: [CountedSends: Statement] = [:]
        for call in calls {
            guard let sender = call.sender else { continue }
            for limit in self.limits(of: call) where limit.key.counts == .sends {
                counted[CountedSends(key: limit.key, client: sender.client)] = Self.sends(limit, sender)
            }
        }
        guard !counted.isEmpty else { return }
        let keys = Array(counted.keys)
        let answers = try await db.pipeline([LimitStore.clock] + keys.compactMap { counted[$0] })
        self.clock = try Self.clock(answers[0])
        for (key, rows) in zip(keys, answers.dropFirst()) {
            self.sends[key] = try rows.map { row throws in try row.get("sent_at") }
        }
    }

    // MARK: Debiting

    /// Debits a call from each of its limits, or from none of them.
    ///
    /// - Parameters:
    ///   - call: One of the calls that the round was opened with.
    ///   - since: An instant not after the one that the send is recorded with: a call may not take longer than the allowance
    ///     from then on.
    /// - Returns: Until when the call may leave, and what is left.
    /// - Throws: ``LimitRefusal`` when a limit or a gate does not allow it.
    mutating func debit(_ call: LimitedCall, since: ContinuousClock.Instant) throws -> LimitGrant {
        var after = self
        var refusals = self.gates.filter { $0.isMeant(for: call) }.map { $0.refusal(at: self.clock) }
        var grant = LimitGrant()
        for limit in self.limits(of: call) {
            let allowance = SendAllowance(window: limit.key.window, rate: self.clock.rate)
            switch after.take(call, limit, allowance) {
            case .granted(let rest):
                grant.rest[limit.key] = rest
                grant.calls[limit.key] = limit.calls
                if limit.operatorCalls != nil { grant.isSet.insert(limit.key) }
                // Tokens are taken at the time of a statement above, which is later still.
                let end = since + allowance.permit
                grant.notAfter = grant.notAfter.map { min($0, end) } ?? end
            case .refused(let until):
                let reason = limit.kept(from: call) > 0 ? limit.isKept(from: call) : limit.isUsedUp
                refusals.append(self.clock.refusal(limit.key.scope, limit.key.endpoint, until: until, reason))
            }
        }
        // The one that keeps the call longest is the one to wait for.
        if let longest = refusals.max(by: { $0.pause < $1.pause }) { throw longest }
        self = after
        return grant
    }

    private mutating func take(
        _ call: LimitedCall, _ limit: LimitRow, _ allowance: SendAllowance
    ) -> TokenWindow.Taking {
        guard limit.key.counts == .calls else { return self.takeSend(call, limit, allowance) }
        var window = TokenWindow(
            calls: limit.calls, window: limit.key.window, allowance: allowance.world,
            slices: self.slices[limit.key] ?? limit.slices)
        let taking = window.take(max(1, call.count), leaving: limit.kept(from: call), at: self.clock.now)
        if case .granted = taking {
            self.slices[limit.key] = window.slices
            self.changed.insert(limit.key)
        }
        return taking
    }

    /// Whether one more send is within a limit.
    private mutating func takeSend(
        _ call: LimitedCall, _ limit: LimitRow, _ allowance: SendAllowance
    ) -> TokenWindow.Taking {
        guard let sender = call.sender else { return .granted(rest: limit.calls) }
        let key = CountedSends(key: limit.key, client: sender.client)
        let span = (limit.key.window + allowance.world).seconds
        let times = [self.clock.now] + (self.sends[key] ?? []).filter { $0.addingTimeInterval(span) > self.clock.now }
        guard times.count > limit.calls else {
            self.sends[key] = times
            return .granted(rest: limit.calls - times.count)
        }
        return .refused(until: times[limit.calls].addingTimeInterval(span))
    }

    /// The statement that writes what was debited; nil when no tokens were.
    var update: Statement? {
        let keys = self.changed.sorted()
        guard !keys.isEmpty else { return nil }
        let slices = keys.map { self.slices[$0] ?? [] }
        return """
            UPDATE rate_bucket b
            SET slices = taken.slices::bigint[], used = taken.used::integer[]
            FROM unnest(\(keys.map(\.scope.description)), \(keys.map(\.endpoint)), \(keys.map(\.window.milliseconds)),
                        \(keys.map(\.counts.rawValue)), \(slices.map { Self.array($0.map(\.index)) }),
                        \(slices.map { Self.array($0.map { Int64(Int32(clamping: $0.used)) }) }))
                 AS taken (scope, endpoint, window_ms, counts, slices, used)
            WHERE b.scope = taken.scope AND b.endpoint = taken.endpoint AND b.window_ms = taken.window_ms
              AND b.counts = taken.counts
            """
    }

    /// An array as text: there are no arrays of arrays of different lengths.
    private static func array(_ values: [Int64]) -> String {
        "{\(values.map(String.init).joined(separator: ","))}"
    }

    /// What of the stored limits holds for a call.
    private func limits(of call: LimitedCall) -> [LimitRow] {
        let scopes = Set(call.scopes)
        return self.rows.compactMap { row in
            guard scopes.contains(row.key.scope), [call.endpoint, LimitKey.everyEndpoint].contains(row.key.endpoint)
            else { return nil }
            if row.key.counts == .sends, call.sender == nil { return nil }
            var row = row
            let usual = call.usual.first { $0.key == row.key }
            // What another version of the program held for usual does not count.
            guard row.operatorCalls != nil || usual != nil || row.usualCalls == nil else { return nil }
            row.calls = row.operatorCalls ?? row.platformCalls ?? usual?.calls ?? row.calls
            return row
        }
    }

    // MARK: Statements

    private static func scopes(_ calls: [LimitedCall]) -> [String] {
        Set(calls.flatMap(\.scopes)).map(\.description).sorted()
    }

    private static func endpoints(_ calls: [LimitedCall]) -> [String] {
        Set(calls.map(\.endpoint) + [LimitKey.everyEndpoint]).sorted()
    }

    private static func locked(_ calls: [LimitedCall]) -> Statement {
        """
        SELECT \(unescaped: LimitRow.columns)
        FROM rate_bucket
        WHERE scope = ANY (\(self.scopes(calls))) AND endpoint = ANY (\(self.endpoints(calls)))
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

    private static func clock(_ rows: Rows) throws -> LimitClock {
        guard let row = rows.first else {
            throw JobQueueError(.worldMissing, "the database has no world yet; run the migrations first")
        }
        return try LimitClock(row)
    }

    private static func gates(_ calls: [LimitedCall]) -> Statement {
        let scopes = self.scopes(calls)
        return """
            SELECT scope, endpoint, blocked_until, reason
            FROM endpoint_gate
            WHERE scope = ANY (\(scopes)) AND endpoint = ANY (\(self.endpoints(calls))) AND blocked_until > world_now()
            UNION ALL
            SELECT scope, NULL, blocked_until, reason
            FROM lane_gate
            WHERE scope = ANY (\(scopes)) AND blocked_until > world_now()
            """
    }

    /// The sends of a sliding window, the newest first: as many as decide.
    private static func sends(_ limit: LimitRow, _ sender: LimitedCall.Sender) -> Statement {
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
            LIMIT \(Int32(clamping: limit.calls))
            """
        return statement
    }
}

/// Something that is closed until a time.
private struct ClosedGate: Sendable {
    private var scope: LimitScope
    /// nil closes all of the scope.
    private var endpoint: String?
    private var until: Date
    private var reason: String

    init(_ row: Row) throws {
        let text: String = try row.get("scope")
        guard let scope = LimitScope(text) else { throw JobQueueError(.invalid, "'\(text)' is no scope of a limit") }
        self.scope = scope
        self.endpoint = try row.get("endpoint")
        self.until = try row.get("blocked_until")
        self.reason = try row.get("reason")
    }

    func isMeant(for call: LimitedCall) -> Bool {
        call.scopes.contains(self.scope)
            && (self.endpoint.map { [call.endpoint, LimitKey.everyEndpoint].contains($0) } ?? true)
    }

    func refusal(at clock: LimitClock) -> LimitRefusal {
        clock.refusal(self.scope, self.endpoint, until: self.until, "closed: \(self.reason)")
    }
}
