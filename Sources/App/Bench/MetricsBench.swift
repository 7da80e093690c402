// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import Publishing

/// A month of publications of many accounts, each read at every age of its platform's manifest, and what the pretend platforms counted.
///
/// The publications stand on the platforms beforehand, and are recorded as a backfill records them. The world's clock then jumps from one
/// stretch of time with due readings to the next: what falls due in a stretch is called for at once, closer together than in real life.
struct MetricsBench: Sendable {
    /// What came of it.
    struct Result: Sendable {
        /// The limits, with what was used of them.
        var limits: [MetricsLimitReport] = []
        /// Readings that were planned.
        var readings = 0
        /// Readings of which nothing came: none since they were due, or their job did not end well.
        var lost = 0
        /// Readings that came only when the next one was due, too: one reading serves both.
        var merged = 0
        /// Calls that the platforms counted.
        var calls = 0
        /// Calls that a platform refused, for whatever reason.
        var refused = 0
        /// Real seconds from the first reading to the last.
        var seconds = 0.0

        /// Whether every limit was kept and every reading made.
        var isKept: Bool { self.lost == 0 && self.refused == 0 && self.limits.allSatisfy(\.isKept) }
    }

    /// How many accounts a client has.
    private static let accountsPerClient = 4
    /// So few that a Page and an Instagram account have the smallest limit that Meta gives, in the simulator too.
    private static let followers = 100

    let accounts: Int
    let posts: Int
    let days: Int
    let step: TimeInterval
    let platforms: [String]
    let workers: Int
    let context: CommandContext
    let state: StateFolder

    /// Runs to the end.
    func run() async throws -> Result {
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

    private func run(_ services: ServiceContext, _ admin: SimulatorAdmin) async throws -> Result {
        let world = try await WorldStore(pool: services.pool).set(epoch: nil, rate: 1)
        let start = world.worldEpoch
        let posts = try await self.furnish(admin, at: start)
        try await admin.setClock(worldEpoch: start, realEpoch: world.realEpoch, rate: world.rate)
        try await self.connect(services)
        // What connecting takes is not what is measured.
        let before = try await PlatformCall.all(admin).count
        var result = Result()
        let plan = try await self.record(posts, services)
        result.readings = plan.values.reduce(0) { $0 + $1.count }
        let real = ContinuousClock.now
        try await self.passTime(from: start, readings: result.readings, services, admin)
        result.seconds = (ContinuousClock.now - real).inSeconds
        (result.lost, result.merged) = try await Self.missing(of: plan, services.pool)
        let calls = Array(try await PlatformCall.all(admin).dropFirst(before))
        result.calls = calls.count
        result.refused = calls.count { $0.status ?? 200 >= 400 }
        result.limits = self.platforms.flatMap { platform -> [MetricsLimitReport] in
            guard let manifest = services.registry[PlatformID(rawValue: platform)]?.manifest else { return [] }
            let own = calls.filter { $0.platform == platform }
            return MetricsLimitReport.all(
                manifest, calls: own, accounts: Set(own.map(\.account).filter { !$0.isEmpty }).count)
        }
        return result
    }

    // MARK: Before

    private func platform(_ number: Int) -> String { self.platforms[number % self.platforms.count] }

    private func externalID(_ number: Int) -> String {
        self.platform(number) == "tiktok" ? "bench\(number)" : String(910_000_000 + number)
    }

    /// Lets accounts have posted over the coming days: the simulator's clock goes there.
    ///
    /// - Returns: The posts of each account, by platform and identity.
    private func furnish(_ admin: SimulatorAdmin, at start: Date) async throws -> [String: [FoundPost]] {
        try await admin.setClock(
            worldEpoch: start.addingTimeInterval(Double(self.days) * 86_400), realEpoch: .now, rate: 1)
        try await admin.add(
            accounts: (0..<self.accounts).map { number in
                SimulatorAdmin.Account(
                    platform: self.platform(number), externalID: self.externalID(number), handle: "bench\(number)",
                    name: "Bench \(number)", accessToken: "EAA-bench-\(number)", followers: Self.followers,
                    timeZone: "Europe/Berlin", history: self.posts, historyDays: Double(self.days))
            })
        var found: [String: [FoundPost]] = [:]
        var cursor: String? = ""
        while let place = cursor {
            let query = "limit=2000" + (place.isEmpty ? "" : "&cursor=\(place)")
            let page = try JSONDecoder().decode(Page.self, from: await admin.posts(query: query))
            for post in page.posts {
                guard let time = LimitReport.seconds(post.created_at) else { continue }
                found["\(post.platform)/\(post.account)", default: []].append(
                    FoundPost(
                        RemotePost(id: post.id), publishedAt: Date(timeIntervalSince1970: time), text: post.text,
                        format: PostFormat(rawValue: post.format)))
            }
            cursor = page.next_cursor
        }
        return found
    }

    private struct Page: Decodable {
        struct Post: Decodable {
            var platform: String
            var account: String
            var id: String
            var text: String
            var format: String
            var created_at: String
        }
        var posts: [Post]
        var next_cursor: String?
    }

    private func connect(_ services: ServiceContext) async throws {
        let clients = ClientService(pool: services.pool)
        for number in 0..<self.accounts {
            let client = "client-\(number / Self.accountsPerClient)"
            if number % Self.accountsPerClient == 0 {
                _ = try await clients.add(NewClient(slug: client, timeZone: "Europe/Berlin"), actor: "bench")
            }
            var connection = AccountConnection(
                client: client, platform: PlatformID(rawValue: self.platform(number)),
                externalID: self.externalID(number), tokens: TokenSet(accessToken: Secret("EAA-bench-\(number)")))
            connection.slug = "bench\(number)"
            _ = try await services.accounts.connect(connection, actor: "bench")
        }
    }

    /// Records the publications and plans their readings, as for what was just published.
    ///
    /// - Returns: When each publication is to be read.
    private func record(
        _ posts: [String: [FoundPost]], _ services: ServiceContext
    ) async throws -> [UUID: [Date]] {
        let rows = try await services.pool.query(
            "SELECT client_id, account_id, platform, external_id FROM account ORDER BY account_id")
        let bar = ProgressBar("planning readings", total: rows.count, output: self.context.output)
        defer { bar.finish() }
        var plan: [UUID: [Date]] = [:]
        for row in rows {
            let platform: PlatformID = try row.get("platform")
            let place = "\(platform.rawValue)/\(try row.get("external_id", as: String.self))"
            guard let manifest = services.registry[platform]?.manifest, let own = posts[place], own.count == self.posts
            else { throw CommandError(.failed, "\(place) does not have \(self.posts) posts") }
            let record = BackfillRecord(
                client: try row.get("client_id"), account: try row.get("account_id"), manifest: manifest, posts: own)
            let readings = try await services.pool.withTransaction { db in
                let now = try await db.query("SELECT world_now()").single(Date.self)
                // A backfill reads everything at once besides; here nothing has appeared yet.
                let readings = try await record.write(on: &db).readings.filter {
                    $0.dueAt ?? now > now.addingTimeInterval(600)
                }
                _ = try await services.jobs.enqueue(readings, on: &db)
                return readings
            }
            for reading in readings {
                guard let subject = reading.subject, let due = reading.dueAt else { continue }
                plan[subject, default: []].append(due)
            }
            bar.advance()
        }
        return plan
    }

    // MARK: The month

    private func passTime(
        from start: Date, readings: Int, _ services: ServiceContext, _ admin: SimulatorAdmin
    ) async throws {
        let worlds = WorldStore(pool: services.pool)
        let bar = ProgressBar("readings", total: readings, output: self.context.output)
        defer { bar.finish() }
        while true {
            try await self.drain(services, bar, readings)
            let next: Date? = try await services.pool.query(
                "SELECT min(due_at) AS due_at FROM job_scheduled WHERE queue = 'metrics'"
            ).first?.get("due_at")
            guard let next else { return }
            let steps = (next.timeIntervalSince(start) / self.step).rounded(.down) + 1
            let world = try await worlds.set(epoch: start.addingTimeInterval(steps * self.step), rate: 1)
            try await admin.setClock(worldEpoch: world.worldEpoch, realEpoch: world.realEpoch, rate: world.rate)
            _ = try await services.jobs.promote()
        }
    }

    /// Waits until no reading is due or runs; what a limit keeps back falls due later.
    private func drain(_ services: ServiceContext, _ bar: ProgressBar, _ readings: Int) async throws {
        var watchdog = ChaosWatchdog(start: .now, limit: .seconds(3_600), stall: .seconds(120))
        while true {
            let open = try await services.pool.query(
                """
                SELECT (SELECT count(*) FROM job_ready WHERE queue = 'metrics')
                       + (SELECT count(*) FROM job_lease WHERE queue = 'metrics')
                       + (SELECT count(*) FROM job_scheduled WHERE queue = 'metrics' AND due_at <= world_now())
                """
            ).single(Int64.self)
            if open == 0 { break }
            if let complaint = watchdog.look(open: Int(open), now: .now) {
                throw CommandError(
                    .tryAgain, "\(open) readings are still open: \(complaint)",
                    details: try await ChaosWatchdog.reasons(services))
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        let left = try await services.pool.query("SELECT count(*) FROM job_scheduled WHERE queue = 'metrics'")
            .single(Int64.self)
        bar.set(readings - Int(left))
    }

    // MARK: After

    /// How many readings did not come, and how many came together with the next.
    private static func missing(
        of plan: [UUID: [Date]], _ pool: ConnectionPool
    ) async throws -> (lost: Int, merged: Int) {
        let failed = try await pool.query(
            """
            SELECT (SELECT count(*) FROM attempt WHERE kind = 'fetch-metrics' AND outcome IN ('failed', 'cancelled'))
                   + (SELECT count(*) FROM job_hold WHERE queue = 'metrics')
            """
        ).single(Int64.self)
        let rows = try await pool.query(
            "SELECT publication_id, read_at FROM sample WHERE publication_id IS NOT NULL ORDER BY read_at")
        var made: [UUID: [Date]] = [:]
        for row in rows { made[try row.get("publication_id"), default: []].append(try row.get("read_at")) }
        var (lost, merged) = (Int(failed), 0)
        for (publication, moments) in plan {
            let own = made[publication] ?? []
            let dates = moments.sorted()
            for (place, due) in dates.enumerated() {
                guard let read = own.first(where: { $0 >= due }) else {
                    lost += 1
                    continue
                }
                if place + 1 < dates.count, read >= dates[place + 1] { merged += 1 }
            }
        }
        return (lost, merged)
    }
}
