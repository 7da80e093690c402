// SPDX-License-Identifier: MIT

import Foundation
import Synchronization
package import WireRelay

/// A TCP proxy between libpq and PostgreSQL that knows where a message ends, and breaks the connection there when told.
///
/// Messages are counted from the moment a fault is armed, each direction for itself, over all connections; a fault
/// happens once. What is between the sockets is ``WireRelay``.
package final class WireProxy: Sendable {
    /// What happens instead of the n-th message.
    package struct Fault: Sendable, Hashable, CustomStringConvertible {
        /// What is done to the connection.
        package enum Action: String, Sendable, CaseIterable {
            /// Both sides see the end; the message reaches nobody.
            case cut
            /// The message waits for ``WireProxy/letGo()``, and what comes behind it too.
            case hold
            /// The message and all that come after it, both ways, are swallowed; the connection stays open.
            case silence
        }

        /// What is done.
        package var action: Action
        /// Whose message.
        package var direction: WireMessage.Direction
        /// The message's place after arming, from 0.
        package var index: Int

        /// Makes a fault.
        package init(_ action: Action, _ direction: WireMessage.Direction, at index: Int) {
            self.action = action
            self.direction = direction
            self.index = index
        }

        /// The action, the direction and the place.
        package var description: String { "\(self.action) \(self.direction) \(self.index)" }
    }

    private struct State {
        var trace: [WireMessage] = []
        var fault: Fault?
        var cuts: (period: Int, left: Int)?
        var fired = 0
        var firedWaiters: [CheckedContinuation<Void, Never>] = []
    }

    private let relay = Mutex<WireRelay?>(nil)
    private let base: URLComponents
    private let state = Mutex(State())
    private let gate = WireGate()

    /// The proxy's address: the server's with another port and without encryption.
    package var url: String {
        var url = self.base
        url.host = "127.0.0.1"
        url.port = self.relay.withLock { $0.map { Int($0.port) } }
        url.queryItems =
            (url.queryItems ?? []).filter { $0.name != "sslmode" } + [
                URLQueryItem(name: "sslmode", value: "disable")
            ]
        return url.string ?? ""
    }

    private init(url: String) throws {
        guard let base = URLComponents(string: url), base.host == "127.0.0.1" || base.host == "localhost" else {
            throw ClusterError("the proxy needs a server on loopback TCP")
        }
        self.base = base
        let relay = try WireRelay(upstream: UInt16(base.port ?? 5432)) { [self] message in
            switch self.verdict(message) {
            case .cut: return .cut
            case .silence: return .silence
            case .hold: self.gate.pass()
            case nil: break
            }
            return .pass
        }
        self.relay.withLock { $0 = relay }
    }

    /// Makes a proxy before a server, lends it, and takes it down whether the body returns or throws.
    ///
    /// - Parameters:
    ///   - url: the server's address, on loopback TCP.
    ///   - body: the test.
    /// - Returns: what the body returned.
    /// - Throws: ``ClusterError`` or what the body throws.
    package static func with<R>(url: String, _ body: (WireProxy) async throws -> R) async throws -> R {
        let proxy = try WireProxy(url: url)
        defer { proxy.close() }
        return try await body(proxy)
    }

    // MARK: Faults

    /// Arms one fault; counting starts now.
    package func arm(_ fault: Fault?) {
        self.state.withLock { state in
            state.trace = []
            state.fault = fault
            state.fired = 0
        }
    }

    /// Cuts the connection of every n-th message, so many times.
    package func cutEvery(_ period: Int, times: Int) {
        self.state.withLock { state in
            state.trace = []
            state.fired = 0
            state.cuts = (period, times)
        }
    }

    /// The messages seen since arming, the one that a fault hit included.
    package var trace: [WireMessage] { self.state.withLock { $0.trace } }

    /// How many faults happened since arming.
    package var fired: Int { self.state.withLock { $0.fired } }

    /// Waits until the armed fault has happened.
    package func hasFired() async {
        await withCheckedContinuation { continuation in
            let isThere = self.state.withLock { state in
                if state.fired == 0 { state.firedWaiters.append(continuation) }
                return state.fired > 0
            }
            if isThere { continuation.resume() }
        }
    }

    /// Lets go what is held.
    package func letGo() { self.gate.open() }

    /// Cuts every connection there is.
    package func cutAll() {
        self.relay.withLock { $0 }?.cutAll()
    }

    /// Counts a message and says what is to be done with it.
    private func verdict(_ message: WireMessage) -> Fault.Action? {
        let (action, waiters) = self.state.withLock { state in
            state.trace.append(message)
            let index = state.trace.count { $0.direction == message.direction } - 1
            var action: Fault.Action?
            if let fault = state.fault, fault.direction == message.direction, fault.index == index {
                action = fault.action
                state.fault = nil
            } else if let cuts = state.cuts, cuts.left > 0, message.direction == .toClient,
                state.trace.count > cuts.period
            {
                action = .cut
                state.trace = []
                state.cuts?.left -= 1
            }
            guard action != nil else { return (Fault.Action?.none, [CheckedContinuation<Void, Never>]()) }
            state.fired += 1
            defer { state.firedWaiters = [] }
            if action == .hold { self.gate.shut() }
            return (action, state.firedWaiters)
        }
        for waiter in waiters { waiter.resume() }
        return action
    }

    private func close() {
        self.gate.open()
        // The relay holds this one; taken out, both go.
        self.relay.withLock { relay in
            defer { relay = nil }
            return relay
        }?.close()
    }
}

extension WireMessage: CustomStringConvertible {
    /// The direction and the type.
    package var description: String { "\(self.direction == .toServer ? ">" : "<")\(self.type)" }
}

/// Where held messages wait; a thread of its own waits in it, never a task.
private final class WireGate: Sendable {
    private let condition = NSCondition()
    private let isShut = Atomic(false)

    func shut() { self.isShut.store(true, ordering: .sequentiallyConsistent) }

    func open() {
        self.condition.lock()
        self.isShut.store(false, ordering: .sequentiallyConsistent)
        self.condition.broadcast()
        self.condition.unlock()
    }

    func pass() {
        self.condition.lock()
        while self.isShut.load(ordering: .sequentiallyConsistent) { self.condition.wait() }
        self.condition.unlock()
    }
}
