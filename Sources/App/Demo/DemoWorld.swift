// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient

/// The world of a demo: one clock in the database and in the simulator, set forward whenever there is nothing to do.
struct DemoWorld: Sendable {
    let services: ServiceContext
    let admin: SimulatorAdmin
    var clock = DemoClock()
    /// Real time without an end of the work after which something must be wrong.
    var patience: Duration = .seconds(60)

    /// Sets the world's time for everybody, moves what falls due, and wakes the workers.
    func jump(to moment: Date) async throws {
        let real = Date()
        // The platforms first: a worker that finds due work must not publish into their past.
        try await self.admin.setClock(worldEpoch: moment, realEpoch: real, rate: 1)
        try await self.services.pool.execute(
            """
            UPDATE world SET world_epoch = \(moment), real_epoch = \(real), rate = 1 WHERE kind = 'simulated'
            """)
        try await self.services.jobs.promote()
        try await self.wake()
    }

    /// Tells the workers that there is work.
    ///
    /// They would find it by themselves a quarter of a second later.
    private func wake() async throws {
        _ = try await self.services.pool.query(
            "SELECT pg_notify('posthorn_' || left(md5(current_schema()), 16), 'publish')")
    }

    /// What there is to do.
    func view() async throws -> DemoClock.View {
        let rows = try await self.services.pool.query(
            """
            WITH clock AS MATERIALIZED (SELECT world_now() AS now),
            waiting AS MATERIALIZED (
                SELECT due_at, queue FROM job_scheduled
                UNION ALL
                SELECT due_at, queue FROM job_ready)
            SELECT clock.now,
                   (SELECT count(*) FROM job_lease) + (SELECT count(*) FROM waiting WHERE due_at <= clock.now) AS busy,
                   (SELECT min(due_at) FROM waiting WHERE queue <> 'metrics' AND due_at > clock.now) AS next_exact,
                   (SELECT min(due_at) FROM waiting WHERE queue = 'metrics' AND due_at > clock.now) AS next_metrics
            FROM clock
            """)
        guard let row = rows.first else { throw CommandError(.failed, "the database has no world") }
        return DemoClock.View(
            now: try row.get("now"), busy: Int(try row.get("busy") as Int64), nextExact: try row.get("next_exact"),
            nextMetrics: try row.get("next_metrics"))
    }

    /// Lets time go on until there is nothing to do and the next event is due, or the end is reached.
    ///
    /// - Parameters:
    ///   - nextEvent: When the next event is planned.
    ///   - end: The end.
    ///   - progress: Told the world's time.
    /// - Returns: Whether the end is reached.
    /// - Throws: ``CommandError`` when work does not end.
    func live(nextEvent: Date?, end: Date, progress: (Date) -> Void) async throws -> Bool {
        var since = ContinuousClock.now
        while true {
            let view = try await self.view()
            progress(view.now)
            switch self.clock.step(view, nextEvent: nextEvent, end: end) {
            case .wait:
                guard ContinuousClock.now - since < self.patience else { throw self.stuck(view) }
                try await Task.sleep(for: .milliseconds(2))
            case .jump(let moment):
                try await self.jump(to: moment)
                since = .now
            case .event: return false
            case .end: return true
            }
        }
    }

    private func stuck(_ view: DemoClock.View) -> CommandError {
        CommandError(
            .tryAgain, "\(view.busy) jobs did not end within \(self.patience.components.seconds) seconds of real time",
            details: ["the world's time is \(view.now.iso8601())"], remedy: "look at the workers' logs, then try again")
    }
}
