// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient
import Persistence
import Publishing

/// Lives through a month of an agency: installation, plan, work, troubles, report.
struct DemoRun: Sendable {
    /// The agency's registration with the pretend platforms.
    static let app = "posthorn-demo"
    static let appSecret = "posthorn-demo-secret"

    let context: CommandContext
    let folder: DemoFolder

    /// What a run came to.
    struct Outcome: Sendable {
        var report: DemoReport
        var findings: DemoFindings
        var verdict: DemoVerdict
        var notes: DemoNotes
        /// The target whose worker was killed.
        var survivor: String?
    }

    /// Runs from nothing to the result; everything that was started has ended when it returns.
    func run() async throws -> Outcome {
        let started = ContinuousClock.now
        try await self.folder.clear()
        var options = InstallationOptions()
        options.isDurable = false
        options.workersMayDie = true
        options.workerEnvironment = [
            "POSTHORN_WORKER_CONCURRENCY": "24", "POSTHORN_WORKER_HEARTBEAT": "400ms",
            "POSTHORN_WORKER_DEAD_AFTER": "2s",
            "POSTHORN_PLATFORM_X_CLIENT_ID": Self.app, "POSTHORN_PLATFORM_X_CLIENT_SECRET": Self.appSecret,
            "POSTHORN_PLATFORM_MOCK_CLIENT_ID": Self.app, "POSTHORN_PLATFORM_MOCK_CLIENT_SECRET": Self.appSecret,
        ]
        let local = LocalInstallation(options: options, state: self.folder.state, context: self.context) { _ in }
        self.context.output.hint("starting PostgreSQL, the pretend platforms and two workers")
        return try await local.run { running in
            guard let origin = running.platformOrigin else {
                throw CommandError(.failed, "a demo needs pretend platforms")
            }
            return try await SimulatorControl(origin: origin).withAdmin { admin in
                try await self.quiet(running.context).withServices(role: "demo", connections: 4) { services in
                    try await self.live(running, services, admin, since: started)
                }
            }
        }
    }

    /// The same context without its hint about the database.
    private func quiet(_ context: CommandContext) -> CommandContext {
        var output = context.output
        output.isQuiet = true
        return CommandContext(
            settings: context.settings, output: output, state: context.state, plugins: context.plugins,
            logger: context.logger)
    }

    private func live(
        _ running: RunningInstallation, _ services: ServiceContext, _ admin: SimulatorAdmin,
        since started: ContinuousClock.Instant
    ) async throws -> Outcome {
        let world = DemoWorld(services: services, admin: admin)
        try await world.jump(to: DemoPlan.start)
        let office = DemoOffice(services: services, admin: admin, folder: self.folder)
        try await office.open()
        let plan = DemoPlan()
        let imported = try await office.importPlan(plan)
        try await self.setBudgets(services)
        self.context.output.hint("imported \(plan.posts.count) posts for \(imported.targets) targets")
        let stage = DemoStage(office: office, running: running, world: world)
        try await stage.loseAnswersNowAndThen()
        var memory = DemoStage.Memory()
        try await self.livethrough(world, stage, &memory)
        try await admin.removeFaults()

        let findings = try await DemoFindings.read(services, admin)
        let verdict = DemoVerdict(findings)
        let reporter = DemoReporter(findings: findings, verdict: verdict)
        let money = try await DemoMoney.read(services, memory)
        let troubles = try await DemoTroubles(services: services, findings: findings, memory: memory).tell()
        let week = try await reporter.week(services, admin)
        let notes = DemoNotes(
            rows: plan.posts.count, targets: imported.targets, past: try await office.pastPosts(),
            readings: findings.readings, lost: findings.lostAnswers)
        let seconds = Double((ContinuousClock.now - started) / .milliseconds(1)) / 1_000
        let run = DemoReport.Run(
            seconds: seconds, workers: running.workers.starts, version: Version.number, server: findings.server)
        let report = reporter.report(run: run, boosts: money, troubles: troubles, week: week)
        return Outcome(
            report: report, findings: findings, verdict: verdict, notes: notes, survivor: memory.killed?.target)
    }

    private func setBudgets(_ services: ServiceContext) async throws {
        let budgets = BudgetService(pool: services.pool)
        let march = CalendarMonth(year: 2026, month: 3)
        _ = try await budgets.set("300.00EUR", client: "hafenbrot", from: march, actor: DemoOffice.actor)
        _ = try await budgets.set("100.00USD", client: "pier17", from: march, months: 2, actor: DemoOffice.actor)
        _ = try await budgets.set("40000JPY", client: "menya", from: march, actor: DemoOffice.actor)
    }

    private func livethrough(_ world: DemoWorld, _ stage: DemoStage, _ memory: inout DemoStage.Memory) async throws {
        let days = Int(DemoPlan.end.timeIntervalSince(DemoPlan.start) / 86_400)
        let bar = ProgressBar("living through \(days) days", total: days, output: self.context.output)
        defer { bar.finish() }
        let progress = { (now: Date) in bar.set(Int(now.timeIntervalSince(DemoPlan.start) / 86_400)) }
        for cue in DemoStage.cues {
            _ = try await world.live(nextEvent: cue.at, end: DemoPlan.end, progress: progress)
            try await stage.perform(cue, &memory)
        }
        _ = try await world.live(nextEvent: nil, end: DemoPlan.end, progress: progress)
    }
}

/// Numbers of a run that the page does not show.
struct DemoNotes: Sendable, Hashable {
    /// Rows of the imported plan.
    var rows: Int
    /// Their targets.
    var targets: Int
    /// Posts from before that the workers found.
    var past: Int
    /// Readings of metrics that were made.
    var readings: Int
    /// Calls that took effect and were never answered.
    var lost: Int
}
