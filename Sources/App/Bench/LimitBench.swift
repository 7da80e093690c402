// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient
import Publishing

/// Publishes a backlog of several windows on pretend X accounts, through the whole of the fleet, and reads X's ledger.
struct LimitBench: Sendable {
    /// X allows each account so many posts.
    static let limit = 100
    /// In so many seconds.
    static let window = 900.0

    let accounts: Int
    let windows: Int
    let workers: Int
    let rate: Double
    let context: CommandContext
    let state: StateFolder

    private struct Page: Decodable {
        struct Entry: Decodable {
            var sequence: Int
            var account: String
            var worldTime: String
            var status: Int?
        }
        var entries: [Entry]
        var nextAfter: Int?
    }

    /// Runs to the end.
    ///
    /// - Returns: What each account's ledger says, the calls that X refused with 429, and the real seconds it took.
    func run() async throws -> (reports: [LimitReport], refused: Int, seconds: Double) {
        var installation = InstallationOptions()
        installation.needsOwnServer = true
        installation.workers = self.workers
        installation.workerEnvironment = ["POSTHORN_WORKER_CONCURRENCY": "32"]
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
                    try await self.run(services, admin)
                }
            }
        }
    }

    private func run(
        _ services: ServiceContext, _ admin: SimulatorAdmin
    ) async throws -> (reports: [LimitReport], refused: Int, seconds: Double) {
        let world = try await WorldStore(pool: services.pool).set(epoch: nil, rate: self.rate)
        try await admin.setClock(worldEpoch: world.worldEpoch, realEpoch: world.realEpoch, rate: world.rate)
        var options = ChaosOptions()
        options.setsLimits = false
        options.platforms = ["x"]
        options.clients = self.accounts
        options.accountsPerClient = 1
        options.posts = self.accounts * Self.limit * self.windows
        // Nothing leaves before there is a backlog.
        try await services.jobs.pause(.queue(.publish), by: "bench", reason: "until all posts are planned")
        let planning = ProgressBar("planning posts", total: options.posts, output: self.context.output)
        try await ChaosAgency(options: options, services: services, admin: admin) { planning.advance() }.make()
        planning.finish()
        let start = ContinuousClock.now
        _ = try await services.jobs.resume(.queue(.publish))
        let bar = ProgressBar("publishing", total: options.posts, output: self.context.output)
        while true {
            let open: Int64 =
                try await services.pool.query("SELECT count(*) FROM target WHERE state <> 'published'").single()
            bar.set(options.posts - Int(open))
            if open == 0 { break }
            try await Task.sleep(for: .milliseconds(500))
        }
        bar.finish()
        let seconds = (ContinuousClock.now - start).inSeconds
        let (arrivals, refused) = try await self.read(admin)
        let reports = arrivals.values.map {
            LimitReport(arrivals: $0, limit: Self.limit, window: Self.window)
        }
        return (reports, refused, seconds)
    }

    /// When each account's calls arrived, in seconds of the world, and how many were refused.
    private func read(_ admin: SimulatorAdmin) async throws -> (arrivals: [String: [Double]], refused: Int) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var arrivals: [String: [Double]] = [:]
        var refused = 0
        var after: Int? = 0
        while let start = after {
            let page = try decoder.decode(
                Page.self, from: await admin.ledger(query: "platform=x&kind=post&after=\(start)&limit=20000"))
            for entry in page.entries {
                guard let time = LimitReport.seconds(entry.worldTime) else { continue }
                arrivals[entry.account, default: []].append(time)
                if entry.status == 429 { refused += 1 }
            }
            after = page.nextAfter
        }
        return (arrivals, refused)
    }
}
