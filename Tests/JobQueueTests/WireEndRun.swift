// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Logging
import PQClient
import TestSupport
import Testing
import WireRelay

@testable import JobQueue

/// Ends of runs on their way through a proxy, with a fault in it, and what settles what that leaves.
struct WireEndRun: Sendable {
    /// How a run ends, other than in the statement that only successes have.
    enum End: String, Sendable, CaseIterable {
        case retry, deferred, keptBack, failed, held, cancelled, released
        /// A success whose lease was written since its claim: it is left to the general statement, in a second round trip.
        case succeededElsewhere

        var outcome: JobOutcome {
            let failure = JobFailure(code: "busy", message: "the platform is busy")
            return switch self {
            case .retry: .retry(after: .seconds(60), failure)
            case .deferred: .deferredFor(.seconds(60), reason: "not now")
            case .keptBack: .keptBack(for: .seconds(60), reason: "closed")
            case .failed: .failed(failure)
            case .held: .held(reason: "legal", failure)
            case .cancelled: .cancelled(reason: "not wanted")
            case .released: .released
            case .succeededElsewhere: .succeeded
            }
        }

        /// Where the job is then.
        var state: JobState {
            switch self {
            case .retry, .deferred: .scheduled
            case .keptBack, .released: .ready
            case .failed: .failed
            case .held: .held
            case .cancelled: .cancelled
            case .succeededElsewhere: .succeeded
            }
        }
    }

    /// What settles it.
    enum Settling: String, Sendable, CaseIterable {
        /// The worker, which writes the end again.
        case again
        /// The fleet, for which the worker is dead; what that writes later comes too late, or was written before.
        case rescue
    }

    /// A run with its end, and what the worker heard.
    private struct Told {
        var end: End
        var run: Finish
        var error: PQError?
    }

    let queue: QueueFixture
    private let proxy: WireProxy
    private let configuration: PQConfiguration

    init(proxy: WireProxy, statements: WireRun.Statements) async throws {
        self.proxy = proxy
        self.queue = try await QueueFixture()
        try await self.queue.pool.execute("CREATE TABLE record (job_id uuid NOT NULL)")
        var configuration = try PQConfiguration(
            url: proxy.url, schema: TestDatabase.required.schema, maximumConnections: 1)
        configuration.usesPreparedStatements = statements != .unprepared
        self.configuration = configuration
    }

    /// Ends one run.
    ///
    /// - Returns: the messages of its end.
    func once(_ end: End, fault: WireProxy.Fault?, _ settling: Settling) async throws -> [WireMessage] {
        try await self.withPool { pool in
            var told = try await self.claim([end])
            let run = told[0].run
            self.proxy.arm(fault)
            told[0].error = try await self.error(unless: fault) { try await JobStore(pool: pool).finish([run]).first }
            let messages = self.proxy.trace
            try await self.settle(told, settling, isRecorded: false)
            return messages
        }
    }

    /// Ends runs with records in one transaction, behind another one that lasts until all of them wait.
    ///
    /// - Returns: the messages from there on.
    func together(_ ends: [End], fault: WireProxy.Fault?, _ settling: Settling) async throws -> [WireMessage] {
        try await self.withPool { pool in
            let store = JobStore(pool: pool)
            let all = try await self.claim([.released] + ends)
            let log = EventLog()
            let proxy = self.proxy
            let told = try await withThrowingTaskGroup(of: (Int, PQError?).self) { tasks in
                for (index, one) in all.enumerated() {
                    let (run, record) = (one.run, Self.record(of: one.run))
                    if index > 0 { await log.wait(for: "first") }
                    tasks.addTask {
                        let error = try await self.error(unless: fault) {
                            try await store.finish(run) { db in
                                if index == 0 {
                                    log.add("first")
                                    while store.ending.waitingCount < ends.count { await Task.yield() }
                                    proxy.arm(fault)
                                }
                                try await record(&db)
                            }
                        }
                        return (index, error)
                    }
                }
                return try await tasks.reduce(into: all) { $0[$1.0].error = $1.1 }
            }
            let messages = proxy.trace
            try await self.proveAtomic(told.dropFirst().map(\.run.job.id))
            try await self.settle(told, settling, isRecorded: true)
            return messages
        }
    }

    private func withPool(
        _ body: (ConnectionPool) async throws -> [WireMessage]
    ) async throws -> [WireMessage] {
        // One of its own each time: the same messages each time.
        let pool = ConnectionPool(configuration: self.configuration, logger: Logger(label: "test"))
        _ = try await pool.query("SELECT 1")
        let messages = try await body(pool)
        await pool.close()
        return messages
    }

    /// Claims a job for each end.
    private func claim(_ ends: [End]) async throws -> [Told] {
        let jobs = ends.map { _ in self.queue.job() }
        try await self.queue.store.enqueue(jobs)
        let claimed = try await self.queue.claim(try await self.queue.worker())
        let told = try zip(ends, jobs).map { end, job in
            Told(end: end, run: Finish(try #require(claimed.first { $0.id == job.id }), end.outcome))
        }
        for one in told where one.end == .succeededElsewhere {
            try await self.queue.pool.execute(
                "UPDATE job_lease SET priority = priority WHERE job_id = \(one.run.job.id)")
        }
        return told
    }

    private static func record(of run: Finish) -> @Sendable (inout Transaction) async throws -> Void {
        let job = run.job.id
        return { db in try await db.execute("INSERT INTO record (job_id) VALUES (\(job))") }
    }

    private func error(
        unless fault: WireProxy.Fault?, _ body: () async throws -> FinishResult?
    ) async throws -> PQError? {
        do {
            let result = try await body()
            #expect(result == .applied)
            return nil
        } catch let error as PQError {
            try #require(fault != nil, "\(error)")
            return error
        }
    }

    /// All or none of them have ended.
    private func proveAtomic(_ jobs: [JobID]) async throws {
        let left: Int64 = try await self.queue.pool.query(
            "SELECT count(*) FROM job_lease WHERE job_id = ANY (\(jobs))"
        ).single()
        #expect(left == 0 || left == Int64(jobs.count))
    }

    /// Settles each run and proves where its job is.
    private func settle(_ told: [Told], _ settling: Settling, isRecorded: Bool) async throws {
        for one in told {
            // A server that has not noticed the end of its client yet may end the run still.
            let state = try await self.queue.state(of: one.run.job.id)
            if state != .leased { #expect(state == one.end.state && one.error?.outcomeUnknown ?? true) }
            if one.error == nil { #expect(state == one.end.state) }
        }
        if settling == .rescue { try await self.rescue(told) }
        for one in told {
            let result =
                if isRecorded {
                    try await self.queue.store.finish(one.run, record: Self.record(of: one.run))
                } else { try await self.queue.store.finish([one.run])[0] }
            try await self.prove(one, result, settling, isRecorded: isRecorded)
        }
        for one in told where try await self.queue.state(of: one.run.job.id)?.isFinal == false {
            try await self.queue.store.cancel(one.run.job.id, client: self.queue.client, reason: "the test is over")
        }
    }

    /// Takes the jobs from their worker.
    private func rescue(_ told: [Told]) async throws {
        try await self.queue.kill(told[0].run.job.lease.worker)
        try await eventually("no lease is held") {
            _ = try await self.queue.store.rescue(crashLimit: 1_000)
            return try await self.queue.pool.query("SELECT FROM job_lease").isEmpty
        }
    }

    /// The run ended once, as the worker said or as the fleet did, and its record is there if it was the worker.
    private func prove(_ one: Told, _ result: FinishResult, _ settling: Settling, isRecorded: Bool) async throws {
        let job = one.run.job.id
        let isLost = result == .stale
        if isLost { #expect(settling == .rescue && one.error != nil) }
        if one.error == nil { #expect(result == .alreadyApplied) }
        if settling == .rescue { #expect(result != .applied) }
        #expect(try await self.queue.state(of: job) == (isLost ? .ready : one.end.state))
        let words = try await self.queue.outcomes(of: job)
        #expect(words.sorted() == (isLost ? ["crashed", "stale"] : [one.run.outcome.word]))
        let records: Int64 = try await self.queue.pool.query(
            "SELECT count(*) FROM record WHERE job_id = \(job)"
        ).single()
        #expect(records == (isRecorded && !isLost ? 1 : 0))
    }
}
