// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient
import PluginKit
import Publishing

/// Publishes while workers are killed, answers are lost and PostgreSQL restarts; then looks whether every promise was kept.
struct ChaosRun: Sendable {
    let options: ChaosOptions
    let context: CommandContext
    let state: StateFolder

    /// Runs to the end.
    ///
    /// - Returns: What it came to.
    func run() async throws -> ChaosOutcome {
        if let shim = self.options.clockShim { try await ChaosClocks.check(shim: shim) }
        var binaries = [ChaosBinary.own]
        if let other = self.options.otherBinary { binaries.append(try await .ask(other)) }
        var installation = InstallationOptions()
        installation.needsOwnServer = true
        installation.otherBinary = self.options.otherBinary
        installation.isDurable = true
        installation.isPooled = self.options.isPooled
        installation.workers = self.options.workers
        installation.simulatorSeed = self.options.seed
        installation.rateScale = 1_000
        installation.workersMayDie = true
        // Instagram and TikTok fetch pictures themselves.
        installation.isServed = self.options.hasAllFormats
        // The films of a run with all formats are a few bytes that nobody can look into.
        installation.workerEnvironment = [
            "POSTHORN_WORKER_CONCURRENCY": "32", "POSTHORN_MEDIA_PROBE": "off",
            // Their clocks are read off the times of their lines.
            "POSTHORN_LOG_LEVEL": "info",
        ]
        if self.options.needsShortLives {
            // The dead are many here: they are missed soon, and a job that was often near one is no poison.
            installation.workerEnvironment.merge([
                "POSTHORN_WORKER_HEARTBEAT": "500ms", "POSTHORN_WORKER_DEAD_AFTER": "3s",
                "POSTHORN_WORKER_CRASH_LIMIT": "1000",
            ]) { $1 }
        }
        if let shim = self.options.clockShim { installation.workerVariants = Self.shifted(by: shim) }
        let output = self.context.output
        let tour = self.options.visitsPoints ? CrashTour(rounds: self.options.points, logs: self.state.logs) : nil
        let replies = self.options.lostReplies > 0 ? ReplyLoss() : nil
        let local = LocalInstallation(
            options: installation, state: self.state, context: self.context, wire: replies.map { $0.verdict },
            changes: { worker, exitCode in tour?.start(of: worker, after: exitCode) ?? [:] }
        ) { output.success($0) }
        return try await local.run { [installation, binaries] running in
            guard let origin = running.platformOrigin else {
                throw CommandError(.failed, "chaos needs pretend platforms")
            }
            return try await SimulatorControl(origin: origin).withAdmin { admin in
                try await running.context.withServices(role: "chaos", connections: 10) { services in
                    var outcome = try await self.run(
                        running, services: services, admin: admin, tour: tour, replies: replies)
                    outcome.binaries = binaries
                    for place in binaries.indices {
                        let workers = (0..<running.workers.count).filter { installation.isOther($0) == (place == 1) }
                        try await outcome.binaries[place].count(
                            workers.flatMap { running.workers.lives(of: $0) }, services.pool)
                    }
                    return outcome
                }
            }
        }
    }

    private func run(
        _ running: RunningInstallation, services: ServiceContext, admin: SimulatorAdmin, tour: CrashTour?,
        replies: ReplyLoss?
    ) async throws -> ChaosOutcome {
        var clocks = 0
        if self.options.clockShim != nil {
            clocks = try await ChaosClocks.require(self.options.workers, logs: self.state.logs)
        }
        let world = try await WorldStore(pool: services.pool).set(epoch: nil, rate: self.options.rate)
        try await admin.setClock(worldEpoch: world.worldEpoch, realEpoch: world.realEpoch, rate: world.rate)
        // Nothing is claimed until everything is due: a flood, not a trickle.
        try await services.jobs.pause(.queue(.publish), by: "chaos", reason: "until all posts are planned")
        let bar = ProgressBar("planning posts", total: self.options.posts, output: self.context.output)
        let agency = ChaosAgency(options: self.options, services: services, admin: admin) { bar.advance() }
        let cast = try await agency.make()
        bar.finish()
        self.context.output.success(
            "\(self.options.posts) posts of \(self.options.accounts) accounts of \(self.options.clients) clients are due"
        )

        try await admin.add(faults: self.faults)
        let start = ContinuousClock.now
        try await services.jobs.resume(.queue(.publish))
        let monkey = ChaosMonkey(
            options: self.options, running: running, state: self.state, tour: tour, replies: replies)
        let tail = ChaosTail(
            options: self.options, agency: agency, cast: cast, admin: admin, monkey: monkey, tour: tour)
        let (posts, seconds) = try await withBackground {
            try await monkey.run(services.pool)
        } _: {
            try await self.watch(services, monkey: monkey, tail: tail, since: start)
        }
        try await admin.removeFaults()
        self.context.output.success("the faults have stopped; waiting until nothing is unknown")
        try await self.settle(services, since: start)
        var verdict = try await ChaosVerdict.read(self.options.with(posts: posts), services: services, admin: admin)
        verdict.workerStarts = running.workers.starts
        var outcome = ChaosOutcome(verdict: verdict, counts: monkey.counts, posts: posts, seconds: seconds)
        outcome.clocks = clocks
        if let replies { outcome.replies = replies.counts }
        if self.options.visitsPoints {
            outcome.killedAt = try CrashMarks.deaths(inLogs: self.state.logs)
            outcome.missed = CrashPoint.all.filter { outcome.killedAt[$0] == nil }
        }
        return outcome
    }

    /// The environment of workers whose clocks go ten minutes ahead and ten minutes behind, in turn.
    private static func shifted(by shim: String) -> [[String: String]] {
        [600, -600].map { ["LD_PRELOAD": shim, "POSTHORN_CLOCK_SHIFT": String($0)] }
    }

    /// Lost answers, with and without effect, and refusals by an overloaded server.
    private var faults: String {
        let share = self.options.resetShare
        let actions = [
            (share, #""reset": {"when": "after"}"#), (share / 2, #""reset": {"when": "before"}"#),
            (share / 4, #""status": {"code": 503, "when": "after"}"#),
            (share / 4, #""status": {"code": 503, "when": "before"}"#),
        ]
        let rules = self.broken.flatMap { place in
            actions.map { share, action in Self.rule(place, share, action) }
        }
        return "[\(rules.joined(separator: ","))]"
    }

    private struct Place: Sendable {
        var platform: String
        var method: String
        var endpoint: String
    }

    /// What is broken: the visible calls; with all formats everything that is written, containers and pieces of uploads too.
    private var broken: [Place] {
        guard self.options.hasAllFormats else {
            return [
                Place(platform: "mock", method: "POST", endpoint: "/v1/posts"),
                Place(platform: "x", method: "POST", endpoint: "/2/tweets"),
            ]
        }
        return ChaosFormat.platforms.flatMap { platform in
            ["POST", "PUT"].map { Place(platform: platform, method: $0, endpoint: "*") }
        }
    }

    private static func rule(_ place: Place, _ share: Double, _ action: String) -> String {
        """
        {"match": {"platform": "\(place.platform)", "method": "\(place.method)", "endpoint": "\(place.endpoint)", "probability": \(share)}, "action": {\(action)}}
        """
    }

    /// Waits until everything is published and workers have died at every point that they are to die at.
    ///
    /// - Returns: how many posts there were in the end, and how long the flood took in real seconds.
    private func watch(
        _ services: ServiceContext, monkey: ChaosMonkey, tail: ChaosTail, since start: ContinuousClock.Instant
    ) async throws -> (posts: Int, seconds: Double) {
        let bar = ProgressBar("publishing", total: self.options.posts, output: self.context.output)
        defer { bar.finish() }
        var watchdog = self.watchdog(start)
        var posts = self.options.posts
        var seconds: Double?
        while true {
            let published = try await self.count(
                "SELECT count(*) AS count FROM target WHERE state = 'published'", services)
            bar.set(min(published, self.options.posts))
            monkey.progressed(to: published)
            let open = try await self.count(Self.open, services)
            if seconds == nil, open == 0 || published >= self.options.posts {
                seconds = Double((ContinuousClock.now - start) / .milliseconds(1)) / 1_000
            }
            if open == 0, tail.isOver { return (posts, seconds ?? 0) }
            if published > 0 { monkey.killOnce() }
            if !tail.isOver {
                if open < ChaosTail.length { posts += try await tail.goOn(after: posts, services.pool) }
            } else if posts > self.options.posts {
                try await tail.end()
            }
            try await self.check(&watchdog, open, services, missed: tail.isOver ? [] : tail.missed)
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Posts that are neither published nor a person's, and those that schedules have still to make.
    private static let open: Statement = """
        SELECT (SELECT count(*)
                FROM target t
                WHERE t.state NOT IN ('published', 'failed', 'cancelled', 'missed')
                  AND NOT EXISTS (SELECT FROM effect e WHERE e.client_id = t.client_id AND e.job_id = t.job_id
                      AND \(ChaosVerdict.waitsForPerson)))
               + (SELECT count(*) FROM schedule WHERE state = 'active')
               + (SELECT count(*) FROM job_scheduled WHERE kind = 'make-post')
               + (SELECT count(*) FROM job_ready WHERE kind = 'make-post')
               + (SELECT count(*) FROM job_lease WHERE kind = 'make-post')
        """

    private func settle(_ services: ServiceContext, since start: ContinuousClock.Instant) async throws {
        var watchdog = self.watchdog(start)
        while true {
            let open = try await self.count(
                """
                SELECT (SELECT count(*) FROM effect e
                        WHERE e.state IN ('sending', 'unknown') AND NOT \(ChaosVerdict.waitsForPerson))
                       + (SELECT count(*) FROM job_ready WHERE queue = 'publish') + (SELECT count(*) FROM job_lease WHERE queue = 'publish')
                       + (SELECT count(*) FROM job_scheduled WHERE queue = 'publish') AS count
                """, services)
            if open == 0 { return }
            try await self.check(&watchdog, open, services)
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Counts, patiently: the database may be restarting.
    private func count(_ statement: Statement, _ services: ServiceContext) async throws -> Int {
        Int(try await services.pool.patiently { try await $0.query(statement).single(Int64.self) })
    }

    private func watchdog(_ start: ContinuousClock.Instant) -> ChaosWatchdog {
        ChaosWatchdog(start: start, limit: self.options.limit, stall: self.options.stall)
    }

    /// Ends a run that stands still, with the reasons.
    private func check(
        _ watchdog: inout ChaosWatchdog, _ open: Int, _ services: ServiceContext, missed: [CrashPoint] = []
    ) async throws {
        guard let complaint = watchdog.look(open: open, now: .now) else { return }
        let points = missed.map(\.rawValue).joined(separator: ", ")
        throw CommandError(
            .tryAgain, "\(open) posts are still open: \(complaint)",
            details: (missed.isEmpty ? [] : ["no worker has died yet at \(points)"])
                + (try await ChaosWatchdog.reasons(services)) + ["the state is kept in \(self.state.path)"])
    }
}
