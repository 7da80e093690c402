// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Publishing

/// Lets weeks of boosts pass while workers are killed and answers are lost; then compares every cent.
struct BoostChaosRun: Sendable {
    let options: BoostChaosOptions
    let context: CommandContext
    let state: StateFolder

    /// Runs to the end.
    ///
    /// - Returns: What it came to, how workers died, and how long it took in real seconds.
    func run() async throws -> (verdict: BoostChaosVerdict, deaths: BoostChaosDeaths, seconds: Double) {
        var installation = InstallationOptions()
        installation.needsOwnServer = true
        installation.isDurable = true
        installation.workers = self.options.workers
        installation.simulatorSeed = self.options.seed
        installation.rateScale = 1_000
        installation.workersMayDie = true
        installation.crashPlans = BoostChaosOptions.crashPlans
        // Instagram fetches pictures itself.
        installation.isServed = true
        installation.workerEnvironment = [
            "POSTHORN_WORKER_CONCURRENCY": "32", "POSTHORN_WORKER_HEARTBEAT": "500ms",
            "POSTHORN_WORKER_DEAD_AFTER": "3s",
            // The films are a few bytes that nobody can look into.
            "POSTHORN_MEDIA_PROBE": "off",
        ]
        let local = LocalInstallation(options: installation, state: self.state, context: self.context) {
            self.context.output.success($0)
        }
        return try await local.run { running in
            guard let origin = running.platformOrigin else {
                throw CommandError(.failed, "the run needs pretend platforms")
            }
            return try await SimulatorControl(origin: origin).withAdmin { admin in
                try await running.context.withServices(role: "chaos", connections: 10) { services in
                    try await self.run(running, services: services, admin: admin)
                }
            }
        }
    }

    private func run(
        _ running: RunningInstallation, services: ServiceContext, admin: SimulatorAdmin
    ) async throws -> (verdict: BoostChaosVerdict, deaths: BoostChaosDeaths, seconds: Double) {
        let agency = BoostChaosAgency(options: self.options, services: services, admin: admin)
        try await self.move(by: 0, services, admin)
        try await agency.publish()
        try await self.wait("publishing what is boosted", services) {
            "SELECT count(*) AS open FROM target WHERE state <> 'published'"
        }
        try await agency.planBoosts()
        self.context.output.success(
            "\(self.options.boosts) boosts of \(self.options.clients) clients are planned; their caps hold "
                + "\(Int((self.options.capShare * 100).rounded())) % of what they may cost")
        try await admin.add(faults: self.faults)
        let start = ContinuousClock.now
        var chaos = ChaosOptions()
        chaos.posts = self.options.steps
        chaos.workers = self.options.workers
        chaos.killEvery = self.options.killEvery
        chaos.restarts = 1
        chaos.freezes = 2
        chaos.cuts = 4
        chaos.seed = self.options.seed
        let monkey = ChaosMonkey(options: chaos, running: running, state: self.state)
        var released = try await withBackground {
            try await monkey.run(services.pool)
        } _: {
            try await self.passTime(agency, services, admin, monkey)
        }
        try await admin.removeFaults()
        released += try await self.end(agency, services, admin)
        let seconds = Double((ContinuousClock.now - start) / .milliseconds(1)) / 1_000
        let verdict = try await BoostChaosVerdict.read(services: services, admin: admin)
        let deaths = try BoostChaosDeaths(
            byChance: monkey.counts.kills, freezes: monkey.counts.freezes, released: released, logs: self.state.logs)
        return (verdict, deaths, seconds)
    }

    /// Lets the days pass in steps, each when the work of the one before is done.
    ///
    /// - Returns: how many jobs a person let go on.
    private func passTime(
        _ agency: BoostChaosAgency, _ services: ServiceContext, _ admin: SimulatorAdmin, _ monkey: ChaosMonkey
    ) async throws -> Int {
        var released = 0
        let bar = ProgressBar("quarters of a day", total: self.options.steps, output: self.context.output)
        defer { bar.finish() }
        for step in 0..<self.options.steps {
            try await agency.stopSome(of: step)
            try await self.move(by: BoostChaosOptions.step, services, admin)
            try await self.drain(services)
            monkey.progressed(to: step + 1)
            if step > 0 { monkey.killOnce() }
            released += try await agency.releaseHeld()
            bar.set(step + 1)
        }
        return released
    }

    /// Without faults, until every boost has ended and its bill is settled.
    private func end(
        _ agency: BoostChaosAgency, _ services: ServiceContext, _ admin: SimulatorAdmin
    ) async throws -> Int {
        var released = 0
        for _ in 0..<80 {
            released += try await agency.releaseHeld()
            if try await self.count(Self.openBoosts, services) == 0 { break }
            try await self.move(by: BoostChaosOptions.step, services, admin)
            try await self.drain(services)
        }
        return released
    }

    private static let openBoosts: Statement = """
        SELECT count(*) AS open FROM boost
        WHERE state NOT IN ('failed', 'cancelled') AND NOT (state IN ('completed', 'stopped', 'rejected') AND settled_at IS NOT NULL)
        """

    /// Waits until no job of a boost is due or runs; what was deferred falls due with the next step.
    private func drain(_ services: ServiceContext) async throws {
        try await self.wait("boosts", services) {
            """
            SELECT (SELECT count(*) FROM job_ready WHERE queue IN ('boost', 'reconcile'))
                   + (SELECT count(*) FROM job_lease WHERE queue IN ('boost', 'reconcile'))
                   + (SELECT count(*) FROM job_scheduled WHERE queue IN ('boost', 'reconcile') AND due_at <= world_now())
                   AS open
            """
        }
    }

    private func wait(
        _ what: String, _ services: ServiceContext, until query: @Sendable () -> Statement
    ) async throws {
        var watchdog = ChaosWatchdog(start: .now, limit: .seconds(3_600), stall: self.options.stall)
        while true {
            let open = try await self.count(query(), services)
            if open == 0 { return }
            if let complaint = watchdog.look(open: open, now: .now) {
                throw CommandError(
                    .tryAgain, "\(what): \(open) are still open: \(complaint)",
                    details: try await ChaosWatchdog.reasons(services) + ["the state is kept in \(self.state.path)"])
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    private func count(_ statement: Statement, _ services: ServiceContext) async throws -> Int {
        Int(try await services.pool.patiently { try await $0.query(statement).single(Int64.self) })
    }

    /// Moves the clocks of the database and of the platforms while nobody calls: a request that is signed with the time before
    /// and arrives after would be refused, rightly.
    private func move(by seconds: TimeInterval, _ services: ServiceContext, _ admin: SimulatorAdmin) async throws {
        for queue in Self.queues {
            _ = try await services.pool.patiently { _ in
                try await services.jobs.pause(.queue(queue), by: "chaos", reason: "the clocks are moved")
            }
        }
        try await self.wait("ending what runs", services) {
            "SELECT count(*) AS open FROM job_lease WHERE queue IN ('boost', 'reconcile', 'metrics')"
        }
        let world = try await services.pool.patiently { pool in
            let store = WorldStore(pool: pool)
            let now = try await store.now()
            return try await store.set(
                epoch: now.addingTimeInterval(seconds), rate: BoostChaosOptions.rate)
        }
        try await admin.setClock(worldEpoch: world.worldEpoch, realEpoch: world.realEpoch, rate: world.rate)
        for queue in Self.queues {
            _ = try await services.pool.patiently { _ in try await services.jobs.resume(.queue(queue)) }
        }
    }

    private static let queues: [QueueName] = [.boost, .reconcile, .metrics]

    /// Lost answers, with and without effect, refusals by an overloaded server, of everything that is asked for a boost, and ads that the
    /// review refuses.
    private var faults: String {
        let share = self.options.lostShare
        let actions = [
            (share, #""reset": {"when": "after"}"#), (share / 2, #""reset": {"when": "before"}"#),
            (share / 4, #""status": {"code": 503, "when": "after"}"#),
            (share / 4, #""status": {"code": 503, "when": "before"}"#), (share / 2, #""refuse_review": true"#),
        ]
        // Instagram is boosted through Facebook's interface.
        let places = [("mock", "POST"), ("facebook", "POST"), ("x", "POST"), ("x", "PUT"), ("tiktok", "POST")]
        let rules = places.flatMap { platform, method in
            actions.map { share, action in
                """
                {"match": {"platform": "\(platform)", "method": "\(method)", "endpoint": "*", "probability": \(share)}, "action": {\(action)}}
                """
            }
        }
        return "[\(rules.joined(separator: ","))]"
    }
}
