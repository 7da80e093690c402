// SPDX-License-Identifier: MIT

import Domain
import Foundation
package import PQClient

/// The limits of the whole fleet, in the database: what may leave is debited here first.
package struct LimitStore: Sendable {
    /// Where the limits are.
    package let pool: ConnectionPool
    /// Calls that are debited at the same moment; copies of a store share it.
    private let debits = CallGroup<LimitedCall, Result<LimitGrant, any Error>>(largest: 32, isAtomic: true)
    /// What calls hear of limits at the same moment.
    let observing = CallGroup<[LimitReading], Bool>(largest: 64, isAtomic: true) { min($0.count, 64) }

    /// Reads and writes through the pool.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// Debits a call in a transaction that is not the caller's; committed when this returns.
    ///
    /// Calls that leave at the same moment share it; each is debited by itself, all its limits or none.
    ///
    /// - Throws: ``LimitRefusal`` when a limit or a gate does not allow it; then nothing was debited.
    package func debit(_ call: LimitedCall) async throws -> LimitGrant {
        try await self.debits.write(call) { [pool = self.pool] calls in
            try await pool.withTransaction(retrying: 3) { db in
                let since = ContinuousClock.now
                var round = try await LimitRound.open(calls, on: &db)
                let answers = calls.map { call in Result { try round.debit(call, since: since) } }
                if let update = round.update { try await db.execute(update) }
                return answers
            }
        }.get()
    }

    static let clock: Statement = "SELECT world_now() AS now, rate FROM world"
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

    /// How many calls are kept from one that gives way: a tenth of what all calls share, but never so many that it could not be made.
    func kept(from call: LimitedCall) -> Int {
        guard call.givesWay, self.key.counts == .calls, self.key.endpoint == LimitKey.everyEndpoint else { return 0 }
        return max(0, min((self.calls + 9) / 10, self.calls - max(1, call.count)))
    }

    /// What a person is told when nothing is left.
    var isUsedUp: String {
        let what = self.key.counts == .sends ? "posts" : "calls"
        let place = self.key.endpoint == LimitKey.everyEndpoint ? "" : " of \(self.key.endpoint)"
        return "the \(self.calls) \(what)\(place) in \(self.key.window.readable) are used up"
    }

    /// What a person is told when nothing is left for a call that gives way.
    func isKept(from call: LimitedCall) -> String {
        "the \(self.calls) calls in \(self.key.window.readable) are used up but for \(self.kept(from: call)), which are kept for posts and boosts"
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
