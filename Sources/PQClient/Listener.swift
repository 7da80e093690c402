// SPDX-License-Identifier: MIT

package import Logging

/// What a ``Listener`` tells.
package enum ListenerEvent: Sendable, Hashable {
    /// A message of `NOTIFY`. It is a hint: the table is the truth.
    case notification(channel: String, payload: String)
    /// The connection is new: whatever was sent meanwhile is lost, so look once at everything.
    case reconnected
}

/// A connection of its own that listens on channels for as long as ``run(_:)`` runs.
///
/// After a lost connection it comes back by itself, with growing pauses of at most ten seconds, listens again and says
/// ``ListenerEvent/reconnected``; the first connection says so too. Every ``pingInterval`` it notifies itself: a
/// connection that swallows messages (a dead network, a pooler in transaction mode) is replaced.
package final class Listener: Sendable {
    /// How often the connection is tested.
    package let pingInterval: Duration
    private let configuration: PQConfiguration
    private let channels: [String]
    private let logger: Logger

    /// Makes a listener; nothing is opened.
    ///
    /// - Parameters:
    ///   - configuration: where to connect; never through a pooler in transaction mode.
    ///   - channels: channel names; any text up to 63 bytes.
    ///   - logger: told at `debug` of lost and new connections.
    ///   - pingInterval: how often the connection is tested.
    package init(
        configuration: PQConfiguration, channels: [String], logger: Logger, pingInterval: Duration = .seconds(20)
    ) {
        // Whoever listens needs a session of its own, whatever the configuration was made for.
        var own = configuration
        own.pooling = .direct
        self.configuration = own
        self.channels = channels
        self.logger = logger
        self.pingInterval = pingInterval
    }

    /// Listens until the task is cancelled; returns then.
    ///
    /// A server that cannot be reached is waited for.
    ///
    /// - Throws: what `onEvent` throws; ``PQError`` with code `pooler` when the address is a pooler's.
    package func run(_ onEvent: (ListenerEvent) async throws -> Void) async throws {
        var failures = 0
        while !Task.isCancelled {
            do {
                let session = try await self.connect()
                failures = 0
                try await self.forward(.reconnected, to: onEvent)
                try await self.listen(session, onEvent)
            } catch let error as ForwardingError {
                throw error.cause
            } catch let error as PQError where error.code == .pooler {
                throw error
            } catch {
                if Task.isCancelled { return }
                failures += 1
                self.logger.debug(
                    "The listening connection was lost and will be opened again.",
                    metadata: ["error.type": "\((error as? PQError)?.code.description ?? "other")"])
                let pause = min(Duration.seconds(10), .milliseconds(50 * (1 << min(failures, 10))))
                _ = await SocketReactor.shared.park(WaitPoint(), until: .now + pause)
            }
        }
    }

    /// Tells an error of the caller's from one of the connection.
    private struct ForwardingError: Error { var cause: any Error }

    private func forward(_ event: ListenerEvent, to onEvent: (ListenerEvent) async throws -> Void) async throws {
        do { try await onEvent(event) } catch { throw ForwardingError(cause: error) }
    }

    private func connect() async throws(PQError) -> Session {
        let configuration = self.configuration
        let opened = await BlockingThread.run { Result { () throws(PQError) in try Session.open(configuration) } }
        guard let session = try opened?.get() else {
            throw PQError(.cancelled, "the task was cancelled while connecting")
        }
        for channel in self.channels + [Self.pingChannel(session)] {
            try await session.runScript("LISTEN \(Self.quoted(channel))")
        }
        return session
    }

    private func listen(_ session: Session, _ onEvent: (ListenerEvent) async throws -> Void) async throws {
        let pingChannel = Self.pingChannel(session)
        var nextPing = ContinuousClock.now + self.pingInterval
        var awaitsPing = false
        while true {
            for event in session.takeNotifications() {
                if event.channel == pingChannel {
                    awaitsPing = false
                } else {
                    try await self.forward(.notification(channel: event.channel, payload: event.payload), to: onEvent)
                }
            }
            guard try await session.waitForNotifications(until: nextPing) else {
                if awaitsPing { throw PQError(.timedOut, "the listening connection delivers nothing") }
                try await session.runScript("NOTIFY \(Self.quoted(pingChannel))")
                awaitsPing = true
                nextPing = .now + min(self.pingInterval, .seconds(5))
                continue
            }
            if !awaitsPing { nextPing = .now + self.pingInterval }
        }
    }

    private static func pingChannel(_ session: Session) -> String { "posthorn_ping_\(session.serverProcess)" }

    private static func quoted(_ identifier: String) -> String {
        "\"" + identifier.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
