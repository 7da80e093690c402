// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient

extension ChaosMonkey {
    /// How long a frozen worker may go unnoticed before it is thawed anyway, in real time.
    private static let patience = Duration.seconds(60)

    /// Stops a worker where it stands until the fleet takes it for dead, then lets it go on with what it had in its hands.
    func freeze(_ pool: ConnectionPool) async throws {
        // One that was killed just now is not there to be stopped: another one, or the same when it is back.
        var worker = self.random(below: self.running.workers.count)
        var stopped = self.running.workers.kill(worker, with: SIGSTOP)
        while stopped == nil {
            try await Task.sleep(for: .milliseconds(50))
            worker = self.random(below: self.running.workers.count)
            stopped = self.running.workers.kill(worker, with: SIGSTOP)
        }
        guard let process = stopped else { return }
        self.setFrozen(worker, true)
        defer { self.setFrozen(worker, false) }
        // The process may be thawed whatever happens: one that was started in its place is not stopped.
        defer { Foundation.kill(process, SIGCONT) }
        let end = ContinuousClock.now + Self.patience
        while ContinuousClock.now < end {
            let alive = try await pool.patiently { db in
                try await db.query(
                    "SELECT count(*) FROM worker WHERE pid = \(process) AND state IN ('active', 'draining')"
                ).single(Int64.self)
            }
            if alive == 0 { return self.count { $0.freezes += 1 } }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Ends a random connection of a worker, whatever it is doing.
    func cut(_ pool: ConnectionPool) async throws {
        let dice = Int32(self.random(below: 1 << 20))
        let cut = try await pool.patiently { db in
            try await db.query(
                """
                WITH victims AS MATERIALIZED (
                    SELECT pid, row_number() OVER (ORDER BY pid) AS place, count(*) OVER () AS all_of_them
                    FROM pg_stat_activity
                    WHERE datname = current_database() AND application_name IN ('posthorn worker', 'posthorn listener')
                )
                SELECT count(*) FILTER (WHERE pg_terminate_backend(pid))
                FROM victims
                WHERE place = 1 + \(dice) % all_of_them
                """
            ).single(Int64.self)
        }
        self.count { $0.cuts += Int(cut) }
    }

    /// Kills the pooler: every connection through it ends, and new ones are refused until it is back.
    func killPooler() async throws {
        while true {
            if let process = self.running.pooler?.processID {
                Foundation.kill(process, SIGKILL)
                return self.count { $0.poolerKills += 1 }
            }
            // It was killed just now.
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Holds a snapshot from a quarter of the work to three quarters: what dies meanwhile cannot be cleared away.
    func holdSnapshot(_ pool: ConnectionPool) async throws {
        try await self.reach(0.25)
        self.count { $0.snapshots += 1 }
        var isOver = false
        while !isOver {
            // A restart of the server ends it; the next one is as old soon.
            isOver = try await pool.patiently { _ in
                try await pool.withTransaction(isolation: .repeatableRead) { db in
                    try await db.execute("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
                    _ = try await db.query("SELECT rate FROM world")
                    try await self.reach(0.75)
                    _ = try await db.query("SELECT rate FROM world")
                    return true
                }
            }
        }
    }

    /// Does to the schema what a next release would do first, add; the workers are then of the release before.
    func expandSchema(_ pool: ConnectionPool) async throws {
        try await self.reach(0.4)
        try await pool.patiently { _ in
            try await pool.withTransaction(retrying: 3) { db in
                try await db.execute("SELECT set_config('lock_timeout', '1s', true)")
                for table in ["job_scheduled", "job_ready", "job_lease", "job_hold", "effect", "effect_send", "target"]
                {
                    try await db.execute(
                        Statement(sql: "ALTER TABLE \(table) ADD COLUMN IF NOT EXISTS of_next_release text", binds: []))
                }
                try await db.execute(
                    """
                    INSERT INTO schema_migration (component, number, name, checksum)
                    SELECT component, max(number) + 1, 'of the next release', '0000000000000000'
                    FROM schema_migration
                    GROUP BY component
                    """)
            }
        }
        self.count { $0.migrations += 1 }
    }
}

extension ConnectionPool {
    /// Runs a body, again and again while the server is away, for a minute: in chaos it comes back.
    func patiently<Result>(_ body: (ConnectionPool) async throws -> Result) async throws -> Result {
        for _ in 0..<300 {
            do {
                return try await body(self)
            } catch let error as PQError where Self.isAbsence(error) {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        throw CommandError(.unreachable, "the database did not come back within a minute")
    }

    /// Whether the server is away or busy; whether the call took effect does not matter to who may repeat it.
    private static func isAbsence(_ error: PQError) -> Bool {
        var plain = error
        plain.outcomeUnknown = false
        return plain.isRetryable
    }
}
