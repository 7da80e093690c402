// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import Logging
import PQClient

/// What the benchmarks work with: clients and accounts that exist in the queue only, and jobs that do nothing.
struct BenchFleet: Sendable {
    static let queue: QueueName = "bench"
    static let kind: JobKind = "no-op"

    let pool: ConnectionPool
    let jobs: JobStore
    let clients: [ClientID]
    let accountsPerClient: [[AccountID]]

    init(pool: ConnectionPool, clients: Int, accounts: Int) {
        self.pool = pool
        self.jobs = JobStore(pool: pool)
        self.clients = (0..<clients).map { _ in ClientID() }
        self.accountsPerClient = (0..<clients).map { _ in (0..<accounts).map { _ in AccountID() } }
    }

    /// The n-th job: clients in turn, then the accounts of each.
    func job(_ number: Int) -> NewJob {
        let client = number % self.clients.count
        let accounts = self.accountsPerClient[client]
        return NewJob(
            client: self.clients[client], account: accounts[(number / self.clients.count) % accounts.count],
            queue: Self.queue,
            kind: Self.kind)
    }

    /// Enqueues through COPY, ten thousand a transaction.
    func enqueueMany(_ count: Int) async throws {
        for start in stride(from: 0, to: count, by: 10_000) {
            let batch = (start..<min(start + 10_000, count)).map(self.job)
            _ = try await self.pool.withTransaction { db in try await self.jobs.importJobs(batch, on: &db) }
        }
        try await self.settle()
    }

    /// Enqueues one job a call and transaction, from several callers at once.
    func enqueueSingly(_ count: Int, callers: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    for number in stride(from: caller, to: count, by: callers) {
                        _ = try await self.jobs.enqueue([self.job(number)])
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Enqueues a thousand jobs a call.
    func enqueueInBatches(_ count: Int, of size: Int) async throws {
        for start in stride(from: 0, to: count, by: size) {
            _ = try await self.jobs.enqueue((start..<min(start + size, count)).map(self.job))
        }
    }

    /// Gives the planner what autovacuum would give it soon.
    func settle() async throws {
        for table in ["job_ready", "job_scheduled", "job_lease"] {
            try await self.pool.execute(Statement(sql: "ANALYZE \(table)", binds: []))
        }
    }

    /// Removes what the benchmark left.
    func clean() async throws {
        for table in ["job_ready", "job_scheduled", "job_lease", "job_hold", "attempt"] {
            try await self.pool.execute(
                Statement(sql: "DELETE FROM \(table) WHERE queue = 'bench'", binds: []))
        }
    }

    /// A worker for the no-op jobs.
    func worker(
        concurrency: Int, untilEmpty: Bool, logger: Logger, started: @escaping @Sendable (ClaimedJob) -> Void = { _ in }
    ) throws -> Worker {
        var configuration = WorkerConfiguration(slots: [Self.queue: concurrency])
        configuration.host = ProcessInfo.processInfo.hostName
        configuration.version = Version.number
        configuration.untilEmpty = untilEmpty
        return try Worker(configuration, pool: self.pool, handlers: [NoOpHandler(started: started)], logger: logger) {
            _ in
        }
    }
}

/// Does nothing, and says when.
private struct NoOpHandler: JobHandler {
    let kind = BenchFleet.kind
    let started: @Sendable (ClaimedJob) -> Void

    func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        self.started(job)
        return .succeeded
    }
}
