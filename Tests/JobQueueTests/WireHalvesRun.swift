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
        // A name of its own: other tests run beside this one.
        var configuration = try PQConfiguration(
            url: proxy.url, schema: TestDatabase.required.schema, applicationName: "halves \(JobID())",
            maximumConnections: 2)
        configuration.usesPreparedStatements = statements != .unprepared
        self.configuration = configuration
    }

    /// Claims once, ends everything, and checks that each job ran once.
    ///
    /// - Returns: the messages of the claims.
    func once(fault: WireProxy.Fault?) async throws -> [WireMessage] {
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
                self.proxy.fired == 1 || log.count("running noop") == 1 + Self.jobs
            }
            let messages = self.proxy.trace
            if let fault { #expect(self.proxy.fired == 1, "\(fault) of \(messages) did not happen") }
            release.add("go")
            // What an answer did not tell the worker stays leased; it takes everything else.
            try await eventually("the worker has ended what it knows of") {
                let ready: Int64 = try await self.queue.pool.query("SELECT count(*) FROM job_ready").single()
                return ready == 0 && worker.table.withLock { $0.isEmpty }
            }
            return messages
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

    /// Claims without a fault, and checks that the two halves have a connection each.
    ///
    /// - Returns: the messages of the claims, the fewest of some runs: what a loop still does beside a claim adds to them.
    func undisturbed() async throws -> [WireMessage] {
        var fewest = try await self.once(fault: nil)
        for _ in 0..<2 {
            let messages = try await self.once(fault: nil)
            if messages.count < fewest.count { fewest = messages }
        }
        // Claims one after the other would have the same one: the pool lends what was given back last.
        let rows = fewest.filter { $0.type == "D" }.reduce(into: [:]) { $0[$1.connection, default: 0] += 1 }
        #expect(rows.count == 2 && rows.values.allSatisfy { $0 >= Self.jobs / 4 }, "rows by connection: \(rows)")
        return fewest
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
        try await self.prepare(worker)
        let name = self.configuration.applicationName
        try await eventually("the worker's connections rest") {
            // Between two statements of a loop's first turn they rest for less.
            let busy: Int64 = try await self.queue.pool.query(
                """
                SELECT count(*)
                FROM pg_stat_activity
                WHERE application_name = \(name)
                  AND (state <> 'idle' OR state_change > clock_timestamp() - interval '100 ms')
                """
            ).single()
            return busy == 0
        }
    }

    /// Has both connections opened and the statements of a claim prepared on each: then a claim's messages are the same each time.
    private func prepare(_ worker: Worker) async throws {
        func claim() async throws {
            let none = Lane(client: ClientID(), account: AccountID())
            let claim = LaneClaim(
                queue: "work", worker: worker.id, abilities: worker.abilities, shares: [LaneShare(lane: none, count: 1)]
            )
            _ = try await worker.store.claim(claim, scout: ("work", none))
        }
        try await claim()
        try await worker.store.pool.withConnection { _ in try await claim() }
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
