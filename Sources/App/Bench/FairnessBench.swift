// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import Logging
import Synchronization

/// One client's flood, and lone posts of others that fall due while it is worked off.
struct FairnessBench: Sendable {
    let fleet: BenchFleet
    /// Posts of the flood.
    let jobs: Int
    /// Posts of other clients.
    let lone: Int
    /// Jobs at once.
    let concurrency: Int

    /// The pause between two lone posts' due times.
    private static let pause = 0.1

    /// Runs until every lone post has started.
    ///
    /// - Parameters:
    ///   - duration: How long each job takes.
    ///   - logger: Told what goes wrong.
    /// - Throws: What the database or the worker throws.
    /// - Returns: The milliseconds from due to started of each lone post, and how many of the flood had started.
    func run(duration: Duration, logger: Logger) async throws -> (times: [Double], flood: Int) {
        let worlds = WorldStore(pool: self.fleet.pool)
        let due = try await worlds.set(epoch: nil, rate: 1).worldEpoch.addingTimeInterval(86_400)
        let flood = self.fleet.clients[0]
        let accounts = (0..<self.concurrency).map { _ in AccountID() }
        try await self.fleet.enqueueMany(self.jobs) { number in
            self.job(flood, accounts[number % accounts.count], due)
        }
        let posts = (0..<self.lone).map { number in
            let client = 1 + number % (self.fleet.clients.count - 1)
            return self.job(
                self.fleet.clients[client], self.fleet.accountsPerClient[client][0],
                due.addingTimeInterval(1 + Double(number) * Self.pause))
        }
        _ = try await self.fleet.jobs.enqueue(posts)

        let (starts, continuation) = AsyncStream.makeStream(of: (JobID, Date).self)
        let ofFlood = Mutex(0)
        let worker = try self.fleet.worker(
            concurrency: self.concurrency, untilEmpty: false, logger: logger, duration: duration
        ) { job in
            if job.client == flood { ofFlood.withLock { $0 += 1 } } else { continuation.yield((job.id, Date())) }
        }
        let times = try await withBackground {
            try await worker.run()
        } _: {
            let world = try await worlds.set(epoch: due, rate: 1)
            let dueTimes = Dictionary(uniqueKeysWithValues: posts.map { ($0.id, $0.dueAt ?? due) })
            var times: [Double] = []
            for await (id, started) in starts.prefix(self.lone) {
                guard let due = dueTimes[id] else { continue }
                times.append(world.time(atReal: started).timeIntervalSince(due) * 1_000)
            }
            return times
        }
        return (times, ofFlood.withLock { $0 })
    }

    private func job(_ client: ClientID, _ account: AccountID, _ due: Date) -> NewJob {
        NewJob(client: client, account: account, queue: BenchFleet.queue, kind: BenchFleet.kind, dueAt: due)
    }
}
