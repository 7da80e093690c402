// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient
import Publishing

/// Posts that fall due in the same minute, through the whole fleet and a platform that takes its time.
struct PublishBench: Sendable {
    /// What came of it.
    struct Result: Sendable {
        /// From due to the last post's publication, real seconds.
        var seconds = 0.0
        /// Resident memory of the largest worker before there was anything to do, in bytes.
        var memoryAtRest: Int64 = 0
        /// The most of any worker.
        var memoryPeak: Int64 = 0
        /// The most database connections of a worker, on average of the workers.
        var connections = 0
        /// Posts in the platform's ledger.
        var effects = 0
    }

    let posts: Int
    let clients: Int
    let accountsPerClient: Int
    let workers: Int
    let slots: Int
    let delay: Duration
    let context: CommandContext
    let state: StateFolder

    /// Runs to the end.
    func run() async throws -> Result {
        var installation = InstallationOptions()
        installation.needsOwnServer = true
        installation.workers = self.workers
        installation.rateScale = 1_000
        installation.workerEnvironment = ["POSTHORN_WORKER_PUBLISH": "\(self.slots)"]
        let output = self.context.output
        let local = LocalInstallation(options: installation, state: self.state, context: self.context) {
            output.success($0)
        }
        return try await local.run { running in
            guard let origin = running.platformOrigin else {
                throw CommandError(.failed, "the benchmark needs pretend platforms")
            }
            return try await SimulatorControl(origin: origin).withAdmin { admin in
                try await running.context.withServices(role: "bench", connections: 10) { services in
                    try await self.run(running.workers, services, admin)
                }
            }
        }
    }

    private func run(
        _ workers: WorkerFleet, _ services: ServiceContext, _ admin: SimulatorAdmin
    ) async throws -> Result {
        let worlds = WorldStore(pool: services.pool)
        let due = try await worlds.set(epoch: nil, rate: 1).worldEpoch.addingTimeInterval(86_400)
        var options = ChaosOptions()
        options.setsLimits = false
        options.platforms = ["mock"]
        options.clients = self.clients
        options.accountsPerClient = self.accountsPerClient
        options.posts = self.posts
        options.time = .instant(due)
        var result = Result()
        result.memoryAtRest = workers.processIDs.compactMap(ResidentMemory.current(of:)).max() ?? 0
        let planning = ProgressBar("planning posts", total: self.posts, output: self.context.output)
        try await ChaosAgency(options: options, services: services, admin: admin) { planning.advance() }.make()
        planning.finish()
        try await admin.add(faults: self.pace)

        let bar = ProgressBar("publishing", total: self.posts, output: self.context.output)
        let start = ContinuousClock.now
        let world = try await worlds.set(epoch: due, rate: 1)
        try await admin.setClock(worldEpoch: world.worldEpoch, realEpoch: world.realEpoch, rate: world.rate)
        while true {
            let (open, connections) = try await self.look(services)
            result.connections = max(result.connections, connections)
            bar.set(self.posts - open)
            if open == 0 { break }
            // Counting costs what it counts; near the end every moment matters.
            try await Task.sleep(for: .milliseconds(open > self.posts / 20 ? 500 : 50))
        }
        result.seconds = (ContinuousClock.now - start).inSeconds
        bar.finish()
        result.memoryPeak = workers.processIDs.compactMap(ResidentMemory.peak(of:)).max() ?? 0
        result.effects = try await ChaosVerdict.read(options, services: services, admin: admin).ledger.effects
        return result
    }

    /// Every visible call takes so long.
    private var pace: String {
        """
        [{"match": {"platform": "mock", "method": "POST", "endpoint": "/v1/posts"},
          "action": {"latency": {"ms": \((self.delay / .milliseconds(1)).rounded())}}}]
        """
    }

    private func look(_ services: ServiceContext) async throws -> (open: Int, connections: Int) {
        let rows = try await services.pool.query(
            """
            SELECT (SELECT count(*) FROM target WHERE state <> 'published') AS open,
                   (SELECT count(*) FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name LIKE 'posthorn%'
                      AND application_name <> 'posthorn bench') AS connections
            """)
        guard let row = rows.first else { throw CommandError(.failed, "the database does not count") }
        let (open, connections): (Int64, Int64) = (try row.get("open"), try row.get("connections"))
        return (Int(open), (Int(connections) + self.workers - 1) / self.workers)
    }
}
