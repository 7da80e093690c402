// SPDX-License-Identifier: MIT

import JobQueue
import Logging
import PQClient
import Synchronization

/// One worker that works off the no-op jobs of a fleet.
struct WorkBench: Sendable {
    let fleet: BenchFleet
    /// Jobs at once.
    let concurrency: Int
    let logger: Logger

    /// Works jobs off that are due.
    ///
    /// - Parameters:
    ///   - jobs: How many count.
    ///   - untilEmpty: Whether there are no others.
    /// - Throws: What stops the worker.
    /// - Returns: Seconds from the worker's start until so many had ended in the database.
    func run(_ jobs: Int, untilEmpty: Bool) async throws -> Double {
        let left = Mutex(jobs)
        let (last, continuation) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        let worker = try self.fleet.worker(
            concurrency: self.concurrency, untilEmpty: untilEmpty, logger: self.logger,
            ended: {
                let rest = left.withLock { left in
                    left -= 1
                    return left
                }
                if rest == 0 { continuation.yield(.now) }
            })
        let start = ContinuousClock.now
        let end = try await withBackground {
            try await worker.run()
        } _: {
            for await instant in last { return instant }
            throw CancellationError()
        }
        return (end - start).inSeconds
    }

    /// Counts the connections of Posthorn's processes to this database, twice a second, until it is cancelled.
    func watchConnections(_ told: @Sendable (Int) -> Void) async throws {
        while true {
            let count: Int64 =
                try await self.fleet.pool.query(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'posthorn%' AND datname = current_database()"
                ).first?.get(0) ?? 0
            told(Int(count))
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Checks that the history has so many jobs that succeeded.
    ///
    /// - Throws: ``CommandError`` when there are fewer: a rate made of them would be wrong.
    func requireEnded(_ jobs: Int) async throws {
        let done: Int64 =
            try await self.fleet.pool.query(
                "SELECT count(*) FROM attempt WHERE queue = \(BenchFleet.queue) AND outcome = 'succeeded'"
            ).first?.get(0) ?? 0
        guard done >= jobs else {
            throw CommandError(.failed, "\(done) of \(jobs) jobs ended: the figure would be wrong")
        }
    }
}
