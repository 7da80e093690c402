// SPDX-License-Identifier: MIT

import Foundation
import Glibc
import Synchronization

/// A TCP proxy between libpq and PostgreSQL that knows where a message ends, and asks a judge what becomes of each.
///
/// It understands the framing alone: a type byte and a length, and the first message of a client, which has no type.
/// Encryption is refused, so that there is something to see. Blocking sockets, two threads a connection: nothing here
/// waits for a time, unless the system has no descriptors left. For tests and chaos: it is slow, and whoever reaches the port reaches the server.
package final class WireRelay: Sendable {
    /// Says what becomes of a message; called on the connection's own threads, which it may keep waiting.
    package typealias Judge = @Sendable (WireMessage) -> WireVerdict

    private struct State {
        var connections: [WireConnection] = []
        var count = 0
        var isClosed = false
        /// Whether the listener's number is still the listener's.
        var isListening = true
    }

    /// The port on loopback that clients connect to.
    package let port: UInt16
    private let listener: Int32
    private let upstream: UInt16
    private let judge: Judge
    private let state = Mutex(State())

    /// Listens, and connects whoever comes with a server until ``close()``.
    ///
    /// - Parameters:
    ///   - upstream: the server's port on loopback.
    ///   - judge: says what becomes of each message.
    /// - Throws: ``WireError`` when the system gives no port.
    package init(upstream: UInt16, judge: @escaping Judge) throws {
        self.upstream = upstream
        self.judge = judge
        (self.listener, self.port) = try WireSocket.listen()
        Thread.detachNewThread { self.acceptAll() }
    }

    /// Cuts every connection there is.
    package func cutAll() {
        for connection in self.state.withLock({ $0.connections }) { connection.cut() }
    }

    /// Ends everything; a second time does nothing more.
    package func close() {
        let isFirst = self.state.withLock { state in
            defer { state.isClosed = true }
            // Wakes the accepting thread, which then ends.
            if state.isListening { shutdown(self.listener, Int32(SHUT_RDWR)) }
            return !state.isClosed
        }
        if isFirst { self.cutAll() }
    }

    /// Says whether there may be further connections after none could be accepted.
    private func goesOn(after error: Int32) -> Bool {
        switch error {
        case EINTR, ECONNABORTED: return true
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            // Who waits at the port goes on waiting until something is closed.
            usleep(10_000)
            return self.state.withLock { !$0.isClosed }
        default: return false
        }
    }

    /// Closed here alone, under the lock, so that the number is never another socket's while somebody uses it.
    private func stopListening() {
        self.state.withLock { state in
            state.isListening = false
            Glibc.close(self.listener)
        }
    }

    private func acceptAll() {
        while true {
            let client = accept(self.listener, nil, nil)
            guard client >= 0 else {
                if self.goesOn(after: errno) { continue }
                return self.stopListening()
            }
            guard let server = WireSocket.connect(port: self.upstream) else {
                Glibc.close(client)
                continue
            }
            let (connection, isClosed) = self.state.withLock { state in
                let connection = WireConnection(
                    client: client, server: server, number: state.count, judge: self.judge)
                state.count += 1
                state.connections.append(connection)
                return (connection, state.isClosed)
            }
            if isClosed { connection.cut() }
            connection.start { [self] in
                self.state.withLock { state in state.connections.removeAll { $0 === connection } }
            }
        }
    }
}
