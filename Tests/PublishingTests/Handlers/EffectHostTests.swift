// SPDX-License-Identifier: MIT

import JobQueue
import Logging
import PQClient
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

/// Keeps log lines for tests.
private final class KeptLines: Sendable {
    private let state = Mutex<[(level: Logger.Level, metadata: Logger.Metadata)]>([])
    var all: [(level: Logger.Level, metadata: Logger.Metadata)] { self.state.withLock { $0 } }
    func add(_ event: LogEvent) { self.state.withLock { $0.append((event.level, event.metadata ?? [:])) } }
}

private struct KeepingLogHandler: LogHandler {
    let lines: KeptLines
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }
    func log(event: LogEvent) { self.lines.add(event) }
}

@Suite(.postgresSchema)
struct EffectHostTests {
    @Test("a send that a rolling cap counts leaves soon after it was recorded, however long the debit took")
    func leavesSoon() async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.plan("hello")
        let job = try #require(try await agency.claim(.publish).first)
        let cap = LimitKey(
            scope: .account(agency.account), endpoint: LimitKey.everyEndpoint, window: .seconds(900), counts: .sends)
        try await agency.services.limits.set(cap, calls: 5, reason: "a cap of the day", by: "a test")
        let recorded = Mutex<ContinuousClock.Instant?>(nil)
        var host = self.host(agency, job)
        host.stillTrue = { _ in recorded.withLock { $0 = .now } }
        let last = Mutex<ContinuousClock.Instant?>(nil)
        _ = try await host.send(part: 0, endpoint: "post") { (permit) throws(PluginError) in
            last.withLock { $0 = permit.notAfter }
            return RemotePost(id: "post-1")
        }
        let rate: Double = try await agency.pool.query("SELECT rate FROM world").single()
        let permit = SendAllowance(window: cap.window, rate: rate).permit
        let end = try #require(recorded.withLock { $0 }) + permit
        #expect(try #require(last.withLock { $0 }) < end)
    }

    private func host(
        _ agency: AgencyFixture, _ job: ClaimedJob, operation: OperationKey = "publish:1"
    ) -> EffectHost {
        EffectHost(
            effects: EffectStore(pool: agency.pool, job: job), operation: operation, latest: LatestCheckpoint(nil),
            limits: PlatformLimits(FakePlugin(platform: agency.platform).manifest, store: agency.services.limits),
            caller: Caller(client: agency.client, account: agency.account))
    }

    @Test(
        "a post that was edited since it was read is not sent, and is tried again at once; the others of its round go")
    func editedMeanwhile() async throws {
        let agency = try await AgencyFixture()
        var hosts: [EffectHost] = []
        for text in ["one", "two", "three"] {
            let target = try await agency.plan(text)
            let job = try #require(try await agency.claim(.publish).first)
            let work = try await agency.pool.withConnection { db in
                try await TargetWork.load(target, client: agency.client, on: &db)
            }
            var host = self.host(agency, job, operation: "publish:\(target)")
            host.condition = try #require(work).isUnchanged
            hosts.append(host)
            if text == "two" {
                try await agency.pool.execute(
                    "UPDATE target SET generation = generation + 1 WHERE target_id = \(target)")
            }
        }
        let outcomes = await withTaskGroup(of: (Int, String).self) { tasks in
            for (index, host) in hosts.enumerated() {
                tasks.addTask {
                    do throws(PluginError) {
                        let post = try await host.send(part: 0, endpoint: "post") { (_) throws(PluginError) in
                            RemotePost(id: "post-\(index)")
                        }
                        return (index, post.id)
                    } catch {
                        return (index, "\(error.code) \(error.retryAfter == .zero)")
                    }
                }
            }
            return await tasks.reduce(into: [String](repeating: "", count: 3)) { $0[$1.0] = $1.1 }
        }
        #expect(outcomes == ["post-0", "\(PluginError.Code.retryAfter) true", "post-2"])
        let states = try await agency.pool.query("SELECT state FROM effect ORDER BY state")
        #expect(
            try states.map { row throws in try row.get("state", as: String.self) } == ["confirmed", "confirmed"])
        #expect(try await agency.count("SELECT count(*) FROM effect_send") == 2)
    }

    @Test(
        "a send has a slot for its call alone: neither while it passes the fence nor while its outcome is written",
        .timeLimit(.minutes(5)), arguments: [true, false])
    func slot(succeeds: Bool) async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.plan("hello")
        let job = try #require(try await agency.claim(.publish).first)
        let slots = WorkSlots(1)
        let slot = slots.open(job.lease.number, isWhole: false)
        var host = self.host(agency, job)
        let fenced = Mutex<Int?>(nil)
        host.stillTrue = { _ in fenced.withLock { $0 = slots.heldCount } }
        // Somebody keeps the outcome from being written until the slot is free.
        let (called, isCalled) = AsyncStream.makeStream(of: Void.self)
        let (locked, isLocked) = AsyncStream.makeStream(of: Void.self)
        async let locker: Void = agency.pool.withTransaction { db in
            defer { isLocked.finish() }
            for await _ in called { break }
            try await db.execute("SELECT 1 FROM effect WHERE state = 'sending' FOR UPDATE")
            isLocked.finish()
            while slots.heldCount > 0, !Task.isCancelled { await Task.yield() }
        }
        try await slot.take()
        let sent = await RunSlot.$current.withValue(slot) {
            do throws(PluginError) {
                return try await host.send(part: 0, endpoint: "post") { (_) throws(PluginError) in
                    do {
                        try await slot.take()
                    } catch {
                        throw PluginError(.unsupported, "\(error)")
                    }
                    #expect(slots.heldCount == 1)
                    isCalled.finish()
                    for await _ in locked {}
                    guard succeeds else { throw PluginError(.permanent, "the words are refused") }
                    return RemotePost(id: "post-1")
                }.id
            } catch {
                return error.message
            }
        }
        isCalled.finish()
        try await locker
        #expect(sent == (succeeds ? "post-1" : "the words are refused"))
        #expect(fenced.withLock { $0 } == 0 && slots.heldCount == 0)
        #expect(try await agency.text("SELECT state FROM effect") == (succeeds ? "confirmed" : "rejected"))
    }

    @Test(
        "a send whose outcome cannot be written still counts for the plugin, and somebody is told",
        arguments: [true, false])
    func unwritable(succeeds: Bool) async throws {
        let agency = try await AgencyFixture()
        _ = try await agency.plan("hello")
        let job = try #require(try await agency.claim(.publish).first)
        let host = self.host(agency, job)
        let lines = KeptLines()
        let outcome = await withLogger(handler: KeepingLogHandler(lines: lines)) { _ in
            do throws(PluginError) {
                return try await host.send(part: 0, endpoint: "post") { (_) throws(PluginError) in
                    do {
                        try await agency.pool.execute("ALTER TABLE effect_send RENAME TO effect_send_away")
                    } catch {
                        throw PluginError(.unsupported, "\(error)")
                    }
                    guard succeeds else { throw PluginError(.permanent, "the words are refused") }
                    return RemotePost(id: "post-1")
                }.id
            } catch {
                return error.message
            }
        }
        #expect(outcome == (succeeds ? "post-1" : "the words are refused"))
        let line = try #require(lines.all.first)
        #expect(lines.all.count == 1 && line.level == .warning)
        #expect(line.metadata["job.id"] == "\(job.id)" && line.metadata["effect.operation"] == "publish:1")
        #expect(line.metadata["effect.part"]?.description == "0")
    }
}
