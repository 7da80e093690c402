// SPDX-License-Identifier: MIT

import Logging
import PQClient
import TestSupport
import Testing

@Suite(.postgresSchema)
struct ListenerTests {
    /// Runs a listener for the time of the body, which reads its events from a stream.
    private func withListener(
        _ channels: [String], pingInterval: Duration = .seconds(20),
        _ body: (Events) async throws -> Void
    ) async throws {
        let listener = Listener(
            configuration: TestDatabase.required.configuration, channels: channels, logger: Logger(label: "test"),
            pingInterval: pingInterval)
        let (stream, continuation) = AsyncStream<ListenerEvent>.makeStream()
        let task = Task { try await listener.run { continuation.yield($0) } }
        let events = Events(stream: stream)
        let first = await events.next()
        #expect(first == .reconnected)
        try await body(events)
        task.cancel()
        try await task.value
    }

    @Test("a notification arrives with its channel and payload, from any name")
    func notification() async throws {
        let channel = "Work \"\(uniqueWord())\""
        let pool = pool
        try await self.withListener([channel]) { events in
            try await pool.execute("SELECT pg_notify(\(channel), \("héllo"))")
            let event = await events.next()
            #expect(event == .notification(channel: channel, payload: "héllo"))
        }
    }

    @Test("a listener whose session ends comes back, says so, and listens again")
    func reconnect() async throws {
        let channel = uniqueWord()
        let name = uniqueWord()
        let pool = pool
        var url = TestDatabase.required.url
        url += (url.contains("?") ? "&" : "?") + "application_name=\(name)"
        let configuration = try PQConfiguration(url: url, schema: TestDatabase.required.schema)
        let listener = Listener(configuration: configuration, channels: [channel], logger: Logger(label: "test"))
        let (stream, continuation) = AsyncStream<ListenerEvent>.makeStream()
        let task = Task { try await listener.run { continuation.yield($0) } }
        let events = Events(stream: stream)
        #expect(await events.next() == .reconnected)
        for _ in 0..<2 {
            _ = try await pool.query(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = \(name)")
            #expect(await events.next() == .reconnected)
            try await pool.execute("SELECT pg_notify(\(channel), 'again')")
            #expect(await events.next() == .notification(channel: channel, payload: "again"))
        }
        task.cancel()
        try await task.value
    }

    @Test("a listener tests itself without telling anybody")
    func ping() async throws {
        let channel = uniqueWord()
        let pool = pool
        try await self.withListener([channel], pingInterval: .milliseconds(5)) { events in
            try await pool.execute("SELECT pg_sleep(0.1)")
            try await pool.execute("SELECT pg_notify(\(channel), 'x')")
            let event = await events.next()
            #expect(event == .notification(channel: channel, payload: "x"))
        }
    }

    @Test("an error of the receiver ends the listener with that error")
    func receiverFails() async throws {
        struct Stop: Error {}
        let listener = Listener(
            configuration: TestDatabase.required.configuration, channels: [uniqueWord()], logger: Logger(label: "test"))
        await #expect(throws: Stop.self) { try await listener.run { _ in throw Stop() } }
    }
}

/// Reads a stream one event at a time.
private struct Events: Sendable {
    let stream: AsyncStream<ListenerEvent>

    func next() async -> ListenerEvent? {
        for await event in self.stream { return event }
        return nil
    }
}
