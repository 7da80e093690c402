// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import Logging
import PQClient
import Synchronization

/// A steady stream of work while somebody holds a snapshot, so that no dead row can be removed.
struct SnapshotBench: Sendable {
    /// What came of it.
    struct Result: Sendable {
        /// Jobs that were enqueued.
        var offered = 0
        /// Jobs that had ended when the last one was enqueued.
        var served = 0
        /// How long claims took that took something, in milliseconds: at the beginning and at the end.
        var claimsAtStart = Percentiles([])
        var claimsAtEnd = Percentiles([])
        /// From the call that enqueued a job until its handler began, in milliseconds.
        var startsAtStart = Percentiles([])
        var startsAtEnd = Percentiles([])
        /// Rows that are dead and cannot be removed, in the queue's tables.
        var deadRows: Int64 = 0
    }

    let fleet: BenchFleet
    /// Jobs a second.
    let rate: Int
    /// How long they are offered.
    let duration: Duration
    /// Whether the snapshot is held; without it the run shows what it costs.
    let isHeld: Bool

    /// The pause between two calls that enqueue.
    private static let step = Duration.milliseconds(50)
    /// The part of the run that counts as its beginning, and as its end.
    private static let margin = 0.1

    private struct Samples {
        var enqueued: [JobID: ContinuousClock.Instant] = [:]
        var claims: [(at: ContinuousClock.Instant, milliseconds: Double)] = []
        var starts: [(at: ContinuousClock.Instant, milliseconds: Double)] = []
        var served = 0
    }

    func run(concurrency: Int, logger: Logger) async throws -> Result {
        let samples = Mutex(Samples())
        let worker = try self.fleet.worker(
            concurrency: concurrency, untilEmpty: false, logger: logger,
            started: { job in
                let now = ContinuousClock.now
                samples.withLock { samples in
                    guard let called = samples.enqueued.removeValue(forKey: job.id) else { return }
                    samples.starts.append((now, (now - called).inSeconds * 1_000))
                }
            },
            claimed: { took in
                let now = ContinuousClock.now
                samples.withLock { $0.claims.append((now, took.inSeconds * 1_000)) }
            }, ended: { samples.withLock { $0.served += 1 } })
        return try await withBackground {
            try await worker.run()
        } _: {
            try await self.holding { try await self.offer(samples) }
        }
    }

    /// Runs a body while a transaction that sees the present stays open beside it.
    private func holding<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        guard self.isHeld else { return try await body() }
        return try await self.fleet.pool.withTransaction(isolation: .repeatableRead) { db in
            try await db.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            _ = try await db.query("SELECT count(*) FROM world")
            return try await body()
        }
    }

    private func offer(_ samples: borrowing Mutex<Samples>) async throws -> Result {
        let steps = Int(self.duration / Self.step)
        let share = self.rate * Int(Self.step / .milliseconds(1)) / 1_000
        let start = ContinuousClock.now
        var result = Result()
        for step in 0..<steps {
            try await Task.sleep(until: start + Self.step * step, clock: .continuous)
            let jobs = (0..<share).map { self.fleet.job(step * share + $0) }
            let now = ContinuousClock.now
            samples.withLock { samples in for job in jobs { samples.enqueued[job.id] = now } }
            _ = try await self.fleet.jobs.enqueue(jobs)
            result.offered += share
        }
        try await Task.sleep(until: start + Self.step * steps, clock: .continuous)
        let (claims, starts, served) = samples.withLock { ($0.claims, $0.starts, $0.served) }
        let (early, late) = (
            start + self.duration * Self.margin, start + self.duration * (1 - Self.margin)
        )
        result.served = served
        result.claimsAtStart = Percentiles(claims.filter { $0.at <= early }.map(\.milliseconds))
        result.claimsAtEnd = Percentiles(claims.filter { $0.at >= late }.map(\.milliseconds))
        result.startsAtStart = Percentiles(starts.filter { $0.at <= early }.map(\.milliseconds))
        result.startsAtEnd = Percentiles(starts.filter { $0.at >= late }.map(\.milliseconds))
        result.deadRows =
            try await self.fleet.pool.query(
                "SELECT coalesce(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables WHERE schemaname = current_schema()"
            ).single()
        return result
    }
}
