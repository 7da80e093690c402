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
    /// The queue of the history that was there before.
    static let past: QueueName = "bench-past"

    let pool: ConnectionPool
    /// PostgreSQL's own address, behind a pooler: for the listener, and for what runs in no transaction.
    let listener: PQConfiguration?
    let jobs: JobStore
    let clients: [ClientID]
    let accountsPerClient: [[AccountID]]

    init(pool: ConnectionPool, listener: PQConfiguration?, clients: Int, accounts: Int) {
        self.pool = pool
        self.listener = listener
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
    func enqueueMany(_ count: Int) async throws { try await self.enqueueMany(count, self.job) }

    /// Enqueues given jobs through COPY, ten thousand a transaction.
    func enqueueMany(_ count: Int, _ job: @Sendable @escaping (Int) -> NewJob) async throws {
        for start in stride(from: 0, to: count, by: 10_000) {
            let batch = (start..<min(start + 10_000, count)).map(job)
            _ = try await self.pool.withTransaction { db in try await self.jobs.importJobs(batch, on: &db) }
        }
        try await self.settle()
    }

    /// Enqueues one job a call, from several callers at once.
    func enqueueSingly(_ count: Int, callers: Int) async throws {
        try await self.enqueueInBatches(count, of: 1, callers: callers)
    }

    /// Enqueues so many jobs a call, from several callers at once.
    func enqueueInBatches(_ count: Int, of size: Int, callers: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    for start in stride(from: caller * size, to: count, by: callers * size) {
                        _ = try await self.jobs.enqueue((start..<min(start + size, count)).map(self.job))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Fills the tables with what an old installation has: work of the coming months, and the history of what ended.
    ///
    /// It is made inside the database, in steps. The history is that of the past year, in its monthly partitions; what is scheduled was
    /// made one after the other in the month before. Identities are of version 7 like all others.
    func fill(scheduled: Int, finished: Int) async throws {
        let step = 500_000
        let accounts = self.accountsPerClient.flatMap(\.self)
        let owners = zip(self.clients, self.accountsPerClient).flatMap { client, own in own.map { _ in client } }
        for start in stride(from: 0, to: scheduled, by: step) {
            try await self.pool.execute(
                """
                INSERT INTO job_scheduled (client_id, job_id, queue, kind, provider, account_id, payload, priority, due_at,
                                           max_attempts, recovery, created_at)
                SELECT (\(owners))[1 + n % \(Int32(owners.count))], \(Self.identity(of: scheduled, inDays: 30)), \(Self.queue), \(Self.kind), '',
                       (\(accounts))[1 + n % \(Int32(owners.count))], '{}', 100,
                       world_now() + interval '1 day' + n * interval '500 ms', 8, 'requeue', world_now()
                FROM generate_series(\(Int32(start + 1)), \(Int32(min(start + step, scheduled)))) AS n
                """)
        }
        if finished > 0 { _ = try await self.pool.query("SELECT attempt_make_partitions(-12)") }
        for start in stride(from: 0, to: finished, by: step) {
            try await self.pool.execute(
                """
                INSERT INTO attempt (client_id, job_id, finished_at, outcome, final, queue, kind, provider, account_id,
                                     payload, priority, due_at, attempt, crash_count, defer_count, max_attempts, recovery,
                                     generation, created_at)
                SELECT (\(owners))[1 + n % \(Int32(owners.count))], \(Self.identity(of: finished, inDays: 360)),
                       \(Self.time(of: finished, inDays: 360)), 'succeeded', true,
                       \(Self.past), \(Self.kind), '', (\(accounts))[1 + n % \(Int32(owners.count))], '{}', 100,
                       \(Self.time(of: finished, inDays: 360)), 1,
                       0, 0, 8, 'requeue', 1, \(Self.time(of: finished, inDays: 360))
                FROM generate_series(\(Int32(start + 1)), \(Int32(min(start + step, finished)))) AS n
                """)
        }
    }

    /// When the n-th of so many jobs was, if they were spread over the past days.
    private static func time(of total: Int, inDays days: Int) -> Statement {
        "world_now() - interval '24 hours' * (\(Double(days)) * (\(Double(total)) - n) / \(Double(total)))"
    }

    /// An identity of version 7 of that time.
    private static func identity(of total: Int, inDays days: Int) -> Statement {
        """
        (encode(substring(int8send((extract(epoch FROM \(self.time(of: total, inDays: days))) * 1000)::bigint) FROM 3), 'hex')
         || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
        """
    }

    /// Brings the tables into the state of an installation that has had them for a while: vacuumed and analyzed.
    ///
    /// Without a checkpoint: right after one every page that is touched is written to the log whole, once.
    func settle() async throws {
        try await self.withDirectPool { pool in
            for table in ["job_ready", "job_scheduled", "job_lease", "attempt"] {
                try await pool.execute(Statement(sql: "VACUUM (ANALYZE) \(table)", binds: []))
            }
        }
    }

    /// Lends a pool for what runs in no transaction: behind a pooler each statement of ours is in one, with its settings, so it goes past it.
    private func withDirectPool(_ body: (ConnectionPool) async throws -> Void) async throws {
        guard self.pool.configuration.pooling == .transaction, var configuration = self.listener else {
            return try await body(self.pool)
        }
        configuration.statementTimeout = self.pool.configuration.statementTimeout
        let direct = ConnectionPool(configuration: configuration, logger: Logger(label: "posthorn"))
        do {
            try await body(direct)
        } catch {
            await direct.close()
            throw error
        }
        await direct.close()
    }

    /// Removes what the benchmark left.
    func clean() async throws {
        try await ForeignLimits.clear(in: self.pool)
        for table in ["job_ready", "job_scheduled", "job_lease", "job_hold", "attempt"] {
            try await self.pool.execute(
                Statement(sql: "DELETE FROM \(table) WHERE queue IN ('bench', 'bench-past')", binds: []))
        }
    }

    /// A worker for the no-op jobs.
    ///
    /// - Parameters:
    ///   - concurrency: How many at once.
    ///   - untilEmpty: Whether it stops when nothing is due.
    ///   - logger: Told what goes wrong.
    ///   - duration: How long each job takes.
    ///   - started: Told when a job begins.
    ///   - claimed: Told how long each claim took that took jobs.
    ///   - ended: Told whenever a job has ended in the database.
    /// - Throws: ``JobQueueError`` when the worker cannot be made like that.
    /// - Returns: The worker, not yet running.
    func worker(
        concurrency: Int, untilEmpty: Bool, logger: Logger, duration: Duration = .zero,
        started: @escaping @Sendable (ClaimedJob) -> Void = { _ in },
        claimed: @escaping @Sendable (Duration) -> Void = { _ in }, ended: @escaping @Sendable () -> Void = {}
    ) throws -> Worker {
        var configuration = WorkerConfiguration(slots: [Self.queue: concurrency])
        configuration.host = ProcessInfo.processInfo.hostName
        configuration.version = Version.number
        configuration.untilEmpty = untilEmpty
        configuration.listenAddress = self.listener
        let handler = NoOpHandler(duration: duration, started: started)
        return try Worker(configuration, pool: self.pool, handlers: [handler], logger: logger) { event in
            switch event {
            case .finished: ended()
            case .claimed(_, _, let took): claimed(took)
            default: break
            }
        }
    }
}

/// Does nothing, or nothing for a while, and says when it begins.
private struct NoOpHandler: JobHandler {
    let kind = BenchFleet.kind
    let duration: Duration
    let started: @Sendable (ClaimedJob) -> Void

    func run(_ job: ClaimedJob, _ context: JobContext) async throws -> JobResult {
        self.started(job)
        if self.duration > .zero { try await Task.sleep(for: self.duration) }
        return .succeeded
    }
}
