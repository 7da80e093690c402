// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import Synchronization
import TestSupport
import Testing
import WireRelay

@testable import JobQueue

/// A worker behind a proxy that takes many jobs in one claim, which it makes in two halves side by side, with a fault on the way.
///
/// Its loops have had their first turn before, and do not come again: what is counted are the messages of the claims, of both connections.
struct WireHalvesRun: Sendable {
    /// As many as make a claim in halves.
    static let jobs = 256
    private static let lanes = 64

    let proxy: WireProxy
    let queue: QueueFixture
    let configuration: PQConfiguration

    init(proxy: WireProxy, statements: WireRun.Statements) async throws {
        self.proxy = proxy
        self.queue = try await QueueFixture()
        var configuration = try PQConfiguration(
            url: proxy.url, schema: TestDatabase.required.schema, maximumConnections: 2)
        configuration.usesPreparedStatements = statements != .unprepared
        self.configuration = configuration
    }

    /// Claims once, ends everything, and checks that each job ran once.
    ///
    /// - Returns: the messages of the claims, and whether the fault came: a claim may take fewer messages than the one before it, as when
    ///   one half had found everything.
    func once(fault: WireProxy.Fault?) async throws -> (messages: [WireMessage], isBroken: Bool) {
        let runs = Mutex<[JobID: Int]>([:])
        let release = EventLog()
        defer { release.add("go") }
        let handler = ClosureHandler(kind: "noop") { job, _ in
            runs.withLock { $0[job.id, default: 0] += 1 }
            if job.queue == "work" { await release.wait(for: "go") }
            return .succeeded
        }
        let pool = ConnectionPool(configuration: self.configuration, logger: Logger(label: "test"))
        let behind = try await QueueFixture(pool: pool)
        let jobs = self.makeJobs()
        let claims = try await behind.withWorker(Self.settings, handlers: [handler]) { worker, log in
            try await self.settle(worker, log)
            self.proxy.arm(fault)
            try await self.queue.store.enqueue(jobs)
            worker.join(
                jobs.map { SightedLane(lane: Lane(client: $0.client, account: $0.account ?? .none)) }, of: "work")
            worker.wake.signal()
            try await eventually("the claims are answered, or one is broken") {
                self.proxy.fired == 1 || log.count("running noop") == 1 + Self.jobs && !self.isComing(fault)
            }
            let (messages, isBroken) = (self.proxy.trace, self.proxy.fired == 1)
            // That of the job before, and the two halves, of which one may find everything taken, or ask once more.
            if fault == nil { #expect(log.count("claimed") >= 2) }
            release.add("go")
            // What an answer did not tell the worker stays leased; it takes everything else.
            try await eventually("the worker has ended what it knows of") {
                let ready: Int64 = try await self.queue.pool.query("SELECT count(*) FROM job_ready").single()
                return ready == 0 && worker.table.withLock { $0.isEmpty }
            }
            return (messages, isBroken)
        }
        await pool.close()
        try await self.takeOver()
        let ends: Int64 = try await self.queue.pool.query(
            "SELECT count(*) FROM attempt WHERE outcome = 'succeeded' AND job_id = ANY (\(jobs.map(\.id)))"
        ).single()
        #expect(ends == Int64(Self.jobs))
        #expect(runs.withLock { $0.values.allSatisfy { $0 == 1 } })
        return claims
    }

    /// Whether the message has passed that the fault is to take the place of.
    private func isComing(_ fault: WireProxy.Fault?) -> Bool {
        guard let fault else { return false }
        return self.proxy.trace.count { $0.direction == fault.direction } > fault.index
    }

    /// A worker whose loops look once, and whose beats come once.
    private static var settings: WorkerConfiguration {
        var settings = WorkerConfiguration(slots: ["work": Self.jobs, "other": 1])
        settings.listens = false
        settings.deadAfter = .seconds(100_000)
        settings.heartbeat = .seconds(3_600)
        for pause in [
            \WorkerConfiguration.poll, \.promote, \.schedule, \.maintain, \.retain, \.watch,
        ] { settings[keyPath: pause] = .seconds(3_600) }
        return settings
    }

    private func makeJobs() -> [NewJob] {
        (0..<Self.lanes).flatMap { _ in
            var job = self.queue.job(client: ClientID())
            return (0..<(Self.jobs / Self.lanes)).map { _ in
                job.id = JobID()
                return job
            }
        }
    }

    /// Lets the worker run a job of another queue, and its loops come to their first rest.
    private func settle(_ worker: Worker, _ log: EventLog) async throws {
        var job = self.queue.job()
        job.queue = "other"
        try await self.queue.store.enqueue([job])
        await log.wait(for: "started")
        worker.lookEverywhere()
        await log.wait(for: "succeeded applied")
        let name = self.configuration.applicationName
        try await eventually("the worker's connections rest") {
            let busy: Int64 = try await self.queue.pool.query(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = \(name) AND state <> 'idle'"
            ).single()
            return busy == 0
        }
    }

    /// The worker has stopped: what it was leased without knowing goes back, and another one ends it.
    private func takeOver() async throws {
        let other = try await self.queue.worker()
        try await eventually("every job ends") {
            _ = try await self.queue.store.rescue(crashLimit: 1_000)
            let jobs = try await self.queue.claim(other, limit: Self.jobs)
            try await self.queue.store.finish(jobs.map { Finish($0, .succeeded) })
            let live: Int64 = try await self.queue.pool.query(
                "SELECT (SELECT count(*) FROM job_ready) + (SELECT count(*) FROM job_lease)"
            ).single()
            return live == 0
        }
    }
}
