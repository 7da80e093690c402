// SPDX-License-Identifier: MIT

import DequeModule

/// Who has which connection and who waits; pure, so that every path can be tested without a server.
///
/// Methods return what is to be done after the lock is released. Connections are numbers here. A waiter is served in
/// the order it came; a connection is taken from the most recently used end, so that spare ones grow idle and close.
struct PoolStateMachine<Waiter: Hashable & Sendable>: Sendable {
    typealias ConnectionID = Int

    /// What a caller who wants a connection gets.
    enum Acquisition: Equatable {
        case lease(ConnectionID)
        /// Wait; and open that connection when one is named.
        case wait(opening: ConnectionID?)
        case closed
    }

    /// What becomes of a connection that is free.
    enum Disposal: Equatable {
        case handOver(ConnectionID, to: Waiter)
        case keep
        case close(ConnectionID)
    }

    /// What becomes of a failed attempt to open a connection.
    enum Retry: Equatable {
        case again(after: Duration)
        /// Nobody needs it any more, or those who wait must hear the failure.
        case giveUp(failing: [Waiter])
    }

    private struct Idle {
        var id: ConnectionID
        var since: ContinuousClock.Instant
        var retiresAt: ContinuousClock.Instant
    }

    let maximum: Int
    let idleTimeout: Duration
    private var idle: [Idle] = []
    private var leased: [ConnectionID: ContinuousClock.Instant] = [:]
    private var opening: [ConnectionID: Int] = [:]
    private var waiters: Deque<Waiter> = []
    private var granted: [Waiter: ConnectionID] = [:]
    private var lastID = 0
    private var hasConnected = false
    private(set) var isClosed = false
    /// Why the last attempt failed, until one succeeds.
    private(set) var lastFailure: PQError?

    init(maximum: Int, idleTimeout: Duration) {
        self.maximum = maximum
        self.idleTimeout = idleTimeout
    }

    /// All connections, those being opened included.
    var total: Int { self.idle.count + self.leased.count + self.opening.count }
    var idleCount: Int { self.idle.count }
    var leasedCount: Int { self.leased.count }
    var openingCount: Int { self.opening.count }
    var waiterCount: Int { self.waiters.count }
    /// Closed, and nothing left to wait for.
    var isDrained: Bool { self.isClosed && self.leased.isEmpty }

    /// Leases a connection that is free now, unless others wait.
    mutating func takeIdle() -> ConnectionID? {
        guard !self.isClosed, self.waiters.isEmpty, let free = self.idle.popLast() else { return nil }
        self.leased[free.id] = free.retiresAt
        return free.id
    }

    /// Leases a connection or queues the caller.
    mutating func acquire(_ waiter: Waiter) -> Acquisition {
        guard !self.isClosed else { return .closed }
        if let id = self.takeIdle() { return .lease(id) }
        self.waiters.append(waiter)
        return .wait(opening: self.openIfNeeded())
    }

    /// Starts one more connection when more callers wait than connections are on their way.
    private mutating func openIfNeeded() -> ConnectionID? {
        guard !self.isClosed, self.opening.count < self.waiters.count, self.total < self.maximum else { return nil }
        self.lastID += 1
        self.opening[self.lastID] = 0
        return self.lastID
    }

    /// A connection was opened; it serves until the instant.
    mutating func opened(
        _ id: ConnectionID, retiresAt: ContinuousClock.Instant, now: ContinuousClock.Instant
    ) -> Disposal {
        self.opening[id] = nil
        self.hasConnected = true
        self.lastFailure = nil
        return self.place(id, retiresAt: retiresAt, now: now)
    }

    /// An attempt failed.
    ///
    /// Before the first success callers hear it at once; later, as in a restart of the server,
    /// attempts go on while somebody waits. A pooler in the way stays there.
    mutating func openFailed(_ id: ConnectionID, _ error: PQError) -> Retry {
        self.lastFailure = error
        let attempts = (self.opening[id] ?? 0) + 1
        let isWanted = !self.isClosed && !self.waiters.isEmpty && error.code != .pooler
        guard isWanted,
            self.hasConnected || error.sqlState == .tooManyConnections || error.sqlState == .cannotConnectNow
        else {
            self.opening[id] = nil
            guard self.opening.isEmpty, !self.waiters.isEmpty else { return .giveUp(failing: []) }
            defer { self.waiters.removeAll() }
            return .giveUp(failing: Array(self.waiters))
        }
        self.opening[id] = attempts
        return .again(after: min(.seconds(1), .milliseconds(50 * (1 << min(attempts, 5)))))
    }

    /// A lease ended.
    ///
    /// - Returns: what to do with the connection, and one to open when it leaves a gap that somebody waits for.
    mutating func release(
        _ id: ConnectionID, isReusable: Bool, now: ContinuousClock.Instant
    ) -> (Disposal, opening: ConnectionID?) {
        guard let retiresAt = self.leased.removeValue(forKey: id) else { return (.close(id), nil) }
        if isReusable, !self.isClosed, retiresAt > now {
            return (self.place(id, retiresAt: retiresAt, now: now), nil)
        }
        return (.close(id), self.openIfNeeded())
    }

    private mutating func place(
        _ id: ConnectionID, retiresAt: ContinuousClock.Instant, now: ContinuousClock.Instant
    ) -> Disposal {
        guard !self.isClosed else { return .close(id) }
        if let waiter = self.waiters.popFirst() {
            self.leased[id] = retiresAt
            self.granted[waiter] = id
            return .handOver(id, to: waiter)
        }
        self.idle.append(Idle(id: id, since: now, retiresAt: retiresAt))
        return .keep
    }

    /// A waiter stopped waiting, for whatever reason.
    ///
    /// - Returns: the connection that was handed to it, if one was.
    mutating func leave(_ waiter: Waiter) -> ConnectionID? {
        if let id = self.granted.removeValue(forKey: waiter) { return id }
        self.waiters.removeAll { $0 == waiter }
        return nil
    }

    /// Idle connections whose time is over.
    mutating func takeExpired(now: ContinuousClock.Instant) -> [ConnectionID] {
        let idleTimeout = self.idleTimeout
        let expired = self.idle.filter { $0.retiresAt <= now || $0.since + idleTimeout <= now }.map(\.id)
        self.idle.removeAll { expired.contains($0.id) }
        return expired
    }

    /// No more leases.
    ///
    /// - Returns: the idle connections to close and the waiters to turn away.
    mutating func close() -> (closing: [ConnectionID], failing: [Waiter]) {
        self.isClosed = true
        defer {
            self.idle.removeAll()
            self.waiters.removeAll()
        }
        return (self.idle.map(\.id), Array(self.waiters))
    }
}
