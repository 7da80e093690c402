// SPDX-License-Identifier: MIT

package import Logging
import Synchronization

/// Connections shared by many tasks: at most a fixed number, opened when needed, lent for the time of a closure.
///
/// Nothing starts with `init`. Connections open when somebody asks, with or without ``run()``; `run()` closes what has
/// been idle too long and closes the pool when its task is cancelled. A restart of the server costs the statements
/// that were running; the pool notices dead connections before it lends them and opens new ones.
package final class ConnectionPool: Sendable {
    /// How many connections there are, by state, and how many callers wait.
    package struct Statistics: Sendable, Equatable {
        /// Makes counts, for comparison in tests.
        package init(idle: Int, leased: Int, opening: Int, waiting: Int) {
            self.idle = idle
            self.leased = leased
            self.opening = opening
            self.waiting = waiting
        }

        /// Connections nobody uses.
        package var idle: Int
        /// Connections lent.
        package var leased: Int
        /// Connections being opened.
        package var opening: Int
        /// Callers that wait for one.
        package var waiting: Int
    }

    private struct State {
        var machine: PoolStateMachine<WaitPoint>
        var sessions: [Int: Session] = [:]
        var drainWaiters: [WaitPoint] = []
    }

    /// What the pool was made from.
    package let configuration: PQConfiguration
    private let logger: Logger
    private let state: Mutex<State>

    /// Makes a pool; no connection is opened.
    package init(configuration: PQConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        self.state = Mutex(
            State(
                machine: PoolStateMachine(
                    maximum: configuration.maximumConnections, idleTimeout: configuration.idleTimeout)))
    }

    /// Tends the pool until the task is cancelled, then closes it as ``close()`` does.
    package func run() async {
        while !Task.isCancelled {
            _ = await SocketReactor.shared.park(WaitPoint(), until: .now + .seconds(5))
            let expired = self.state.withLock { state in
                state.machine.takeExpired(now: .now).compactMap { state.sessions.removeValue(forKey: $0) }
            }
            // The connections are finished here, outside the lock.
            withExtendedLifetime(expired) {}
        }
        await self.close()
    }

    /// Turns away new callers, closes idle connections and waits, at most 30 seconds, until those lent are back.
    package func close() async {
        let drained = WaitPoint()
        let (turnedAway, isDrained, closing) = self.state.withLock { state in
            let (closing, failing) = state.machine.close()
            let sessions = closing.compactMap { state.sessions.removeValue(forKey: $0) }
            if !state.machine.isDrained { state.drainWaiters.append(drained) }
            return (failing, state.machine.isDrained, sessions)
        }
        withExtendedLifetime(closing) {}
        for waiter in turnedAway { waiter.end(.ready([])) }
        guard !isDrained else { return }
        _ = await SocketReactor.shared.park(drained, until: .now + .seconds(30), isCancellable: false)
    }

    /// The counts at this moment, for metrics.
    package var statistics: Statistics {
        self.state.withLock {
            Statistics(
                idle: $0.machine.idleCount, leased: $0.machine.leasedCount, opening: $0.machine.openingCount,
                waiting: $0.machine.waiterCount)
        }
    }

    // MARK: Lending

    /// Takes a connection, waiting for one at most `acquireTimeout`.
    func lease() async throws(PQError) -> Lease {
        while true {
            let lease = try await self.leaseUnchecked()
            if lease.session.isAlive() { return lease }
            _ = lease.session.lost("the server closed the idle connection")
            self.release(lease)
        }
    }

    private func leaseUnchecked() async throws(PQError) -> Lease {
        guard !Task.isCancelled else { throw PQError(.cancelled, "the task was cancelled before it had a connection") }
        let idle = self.state.withLock { state -> Lease? in
            guard let id = state.machine.takeIdle() else { return nil }
            return state.sessions[id].map { Lease(id: id, session: $0) }
        }
        if let idle { return idle }

        let waiter = WaitPoint()
        let (acquisition, session) = self.state.withLock { state in
            let acquisition = state.machine.acquire(waiter)
            guard case .lease(let id) = acquisition else { return (acquisition, Session?.none) }
            return (acquisition, state.sessions[id])
        }
        switch acquisition {
        case .lease(let id):
            guard let session else { preconditionFailure("the pool lost connection \(id)") }
            return Lease(id: id, session: session)
        case .closed: throw PQError(.closed, "the connection pool is closed")
        case .wait(let opening):
            if let opening { self.open(opening) }
            return try await self.waitForLease(waiter)
        }
    }

    private func waitForLease(_ waiter: WaitPoint) async throws(PQError) -> Lease {
        let wake = await SocketReactor.shared.park(waiter, until: .now + self.configuration.acquireTimeout)
        let (lease, isClosed, failure) = self.state.withLock { state in
            let lease = state.machine.leave(waiter).flatMap { id in
                state.sessions[id].map { Lease(id: id, session: $0) }
            }
            return (lease, state.machine.isClosed, state.machine.lastFailure)
        }
        if let lease {
            guard wake != .cancelled else {
                self.release(lease)
                throw PQError(.cancelled, "the task was cancelled while it waited for a connection")
            }
            return lease
        }
        if wake == .cancelled { throw PQError(.cancelled, "the task was cancelled while it waited for a connection") }
        if isClosed { throw PQError(.closed, "the connection pool is closed") }
        if let failure { throw failure }
        throw PQError(
            .poolExhausted,
            "none of \(self.configuration.maximumConnections) connections became free in \(self.configuration.acquireTimeout)"
        )
    }

    /// Gives a connection back; a broken one, or one in the middle of a transaction, is closed.
    func release(_ lease: Lease) {
        let (next, opening, drained, closing) = self.state.withLock { state in
            let (disposal, opening) = state.machine.release(lease.id, isReusable: lease.session.isIdle, now: .now)
            var next: WaitPoint?
            var closing: Session?
            switch disposal {
            case .handOver(_, let waiter): next = waiter
            case .keep: break
            case .close(let id): closing = state.sessions.removeValue(forKey: id)
            }
            let drained = state.machine.isDrained ? state.drainWaiters : []
            return (next, opening, drained, closing)
        }
        next?.end(.ready([]))
        if let opening { self.open(opening) }
        for waiter in drained { waiter.end(.ready([])) }
        // The connection is finished here, outside the lock.
        withExtendedLifetime(closing) {}
    }

    // MARK: Opening

    /// Opens a connection on a thread of its own, which tries again as long as the state machine wants it.
    private func open(_ id: Int) {
        BlockingThread.start {
            var isReported = false
            while true {
                do throws(PQError) {
                    self.opened(id, try Session.open(self.configuration))
                    return
                } catch {
                    switch self.state.withLock({ $0.machine.openFailed(id, error) }) {
                    case .again(let delay):
                        if !isReported {
                            isReported = true
                            self.logger.info(
                                "The database cannot be reached and is tried again.",
                                metadata: [
                                    "db.location": "\(self.configuration.location)", "error.type": "\(error.code)",
                                ])
                        }
                        BlockingThread.sleep(delay)
                    case .giveUp(let failing):
                        for waiter in failing { waiter.end(.ready([])) }
                        return
                    }
                }
            }
        }
    }

    private func opened(_ id: Int, _ session: Session) {
        let lifetime = self.configuration.lifetime * Double.random(in: 0.9...1.1)
        let (waiter, closing) = self.state.withLock { state in
            let disposal = state.machine.opened(id, retiresAt: .now + lifetime, now: .now)
            switch disposal {
            case .handOver(_, let waiter):
                state.sessions[id] = session
                return (WaitPoint?.some(waiter), Session?.none)
            case .keep:
                state.sessions[id] = session
                return (nil, nil)
            case .close: return (nil, session)
            }
        }
        waiter?.end(.ready([]))
        withExtendedLifetime(closing) {}
    }
}

/// A connection that is out of the pool.
struct Lease: Sendable {
    let id: Int
    let session: Session
}
