// SPDX-License-Identifier: MIT

import Foundation
import Glibc
import Synchronization

/// A TCP proxy between libpq and PostgreSQL that knows where a message ends, and breaks the connection there when told.
///
/// It understands the framing alone: a type byte and a length, and the first message of a client, which has no type.
/// Messages are counted from the moment a fault is armed, each direction for itself, over all connections; a fault
/// happens once. Encryption is refused, so that there is something to count. Blocking sockets, two threads a
/// connection: nothing here waits for a time.
package final class WireProxy: Sendable {
    /// Which way a message goes.
    package enum Direction: String, Sendable, CaseIterable {
        case toServer, toClient
    }

    /// One message that passed or was to pass.
    package struct Message: Sendable, Hashable, CustomStringConvertible {
        /// Which way it goes.
        package var direction: Direction
        /// The type byte of the protocol, such as `Q` or `Z`; `^` for the first message of a client.
        package var type: Character

        /// The direction and the type.
        package var description: String { "\(self.direction == .toServer ? ">" : "<")\(self.type)" }
    }

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
        package var direction: Direction
        /// The message's place after arming, from 0.
        package var index: Int

        /// Makes a fault.
        package init(_ action: Action, _ direction: Direction, at index: Int) {
            self.action = action
            self.direction = direction
            self.index = index
        }

        /// The action, the direction and the place.
        package var description: String { "\(self.action) \(self.direction) \(self.index)" }
    }

    private struct State {
        var trace: [Message] = []
        var fault: Fault?
        var cuts: (period: Int, left: Int)?
        var fired = 0
        var firedWaiters: [CheckedContinuation<Void, Never>] = []
        var connections: [WireConnection] = []
        var isClosed = false
    }

    /// The port on loopback that clients connect to.
    package let port: UInt16
    private let listener: Int32
    private let upstream: UInt16
    private let base: URLComponents
    private let state = Mutex(State())
    private let gate = WireGate()

    /// The proxy's address: the server's with another port and without encryption.
    package var url: String {
        var url = self.base
        url.host = "127.0.0.1"
        url.port = Int(self.port)
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
        self.upstream = UInt16(base.port ?? 5432)
        (self.listener, self.port) = try WireSocket.listen()
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
        Thread.detachNewThread { proxy.acceptAll() }
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
    package var trace: [Message] { self.state.withLock { $0.trace } }

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
        for connection in self.state.withLock({ $0.connections }) { connection.cut() }
    }

    /// Counts a message and says what is to be done with it.
    fileprivate func verdict(_ message: Message) -> Fault.Action? {
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

    // MARK: Connections

    private func acceptAll() {
        while true {
            let client = accept(self.listener, nil, nil)
            guard client >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                // Closed here alone, so that the number is never another socket's while this thread uses it.
                Glibc.close(self.listener)
                return
            }
            guard let server = WireSocket.connect(port: self.upstream) else {
                Glibc.close(client)
                continue
            }
            let connection = WireConnection(client: client, server: server, proxy: self, gate: self.gate)
            let isClosed = self.state.withLock { state in
                state.connections.append(connection)
                return state.isClosed
            }
            if isClosed { connection.cut() }
            connection.start { [self] in
                self.state.withLock { state in state.connections.removeAll { $0 === connection } }
            }
        }
    }

    private func close() {
        self.state.withLock { $0.isClosed = true }
        self.gate.open()
        self.cutAll()
        // Wakes the accepting thread, which then ends.
        shutdown(self.listener, Int32(SHUT_RDWR))
    }
}

/// Two sockets and the two threads between them.
private final class WireConnection: Sendable {
    private let client: Int32
    private let server: Int32
    private let proxy: WireProxy
    private let gate: WireGate
    private let isSilent = Atomic(false)
    private let running = Atomic(2)
    private let isClosed = Mutex(false)

    init(client: Int32, server: Int32, proxy: WireProxy, gate: WireGate) {
        self.client = client
        self.server = server
        self.proxy = proxy
        self.gate = gate
    }

    func start(whenDone: @escaping @Sendable () -> Void) {
        WireSocket.sendAtOnce(self.client)
        WireSocket.sendAtOnce(self.server)
        for direction in WireProxy.Direction.allCases {
            Thread.detachNewThread {
                if direction == .toClient || self.passGreeting() { self.pump(direction) }
                self.cut()
                guard self.running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
                self.close()
                whenDone()
            }
        }
    }

    /// Ends the traffic; nothing once the sockets are closed, whose numbers may then be others'.
    func cut() {
        self.isClosed.withLock { isClosed in
            guard !isClosed else { return }
            shutdown(self.client, Int32(SHUT_RDWR))
            shutdown(self.server, Int32(SHUT_RDWR))
        }
    }

    private func close() {
        self.isClosed.withLock { isClosed in
            isClosed = true
            Glibc.close(self.client)
            Glibc.close(self.server)
        }
    }

    /// The first message: a length and a code; asked for encryption, the answer is no.
    private func passGreeting() -> Bool {
        while true {
            guard let head = WireSocket.read(self.client, 8) else { return false }
            let (length, code) = (WireSocket.number(head, at: 0), WireSocket.number(head, at: 4))
            if code == 80_877_103 || code == 80_877_104 {
                guard WireSocket.write(self.client, [UInt8(ascii: "N")]) else { return false }
                continue
            }
            guard let rest = WireSocket.read(self.client, length - 8) else { return false }
            return self.forward(head + rest, "^", .toServer)
        }
    }

    private func pump(_ direction: WireProxy.Direction) {
        let source = direction == .toServer ? self.client : self.server
        while let head = WireSocket.read(source, 5) {
            guard let rest = WireSocket.read(source, WireSocket.number(head, at: 1) - 4) else { return }
            guard self.forward(head + rest, Character(UnicodeScalar(head[0])), direction) else { return }
        }
    }

    /// Says whether the connection goes on.
    private func forward(_ bytes: [UInt8], _ type: Character, _ direction: WireProxy.Direction) -> Bool {
        switch self.proxy.verdict(WireProxy.Message(direction: direction, type: type)) {
        case .cut: return false
        case .silence: self.isSilent.store(true, ordering: .sequentiallyConsistent)
        case .hold: self.gate.pass()
        case nil: break
        }
        if self.isSilent.load(ordering: .sequentiallyConsistent) { return true }
        return WireSocket.write(direction == .toServer ? self.server : self.client, bytes)
    }
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

/// Blocking sockets on loopback.
private enum WireSocket {
    static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && Glibc.listen(descriptor, 64) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isListening else { throw ClusterError("the proxy cannot listen: \(String(cString: strerror(errno)))") }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    static func connect(port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.loopback(port: port)
        let isConnected = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Glibc.connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return descriptor }
        Glibc.close(descriptor)
        return nil
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        address.sin_port = port.bigEndian
        return address
    }

    /// Reads exactly so many bytes; nil when the connection ended before.
    static func read(_ descriptor: Int32, _ count: Int) -> [UInt8]? {
        guard count >= 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes[done...].withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { return nil }
            done += got
        }
        return bytes
    }

    /// Sends each message at once: a message held back for the next one would wait for the other side's acknowledgement.
    static func sendAtOnce(_ descriptor: Int32) {
        var isOn: Int32 = 1
        setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
    }

    static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var done = 0
        while done < bytes.count {
            let sent = bytes[done...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0 && errno == EINTR { continue }
            guard sent > 0 else { return false }
            done += sent
        }
        return true
    }

    static func number(_ bytes: [UInt8], at offset: Int) -> Int {
        bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
}
