// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient
import Persistence

/// Whether the tables stay as small as they should: snapshots, partitions, dead rows.
struct GrowthChecks {
    /// From so many dead rows on a hot table is looked at.
    private static let fewDeadRows: Int64 = 20_000
    /// From so many transactions on a slot or standby, of which the time is unknown, holds too much.
    private static let manyTransactions: Int64 = 1_000_000

    let pool: ConnectionPool
    let settings: WorkerSettings

    func snapshots() async throws -> Finding {
        let (found, now) = try await SnapshotHolder.oldest(self.pool)
        let canSeeAll: Bool = try await self.pool.query(
            "SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')"
        ).single()
        let hint = canSeeAll ? "" : "; other roles' transactions cannot be seen without pg_read_all_stats"
        guard let holder = found else { return .ok("snapshots", "no snapshot is held\(hint)") }
        let held = holder.since.map { now.duration(since: $0) }
        let span = held.map { "since \($0.readable)" } ?? "for \(holder.transactions) transactions"
        guard held.map({ $0 > .seconds(300) }) ?? (holder.transactions > Self.manyTransactions) else {
            return .ok("snapshots", "the oldest is held \(span)\(hint)")
        }
        return .warning(
            "snapshots", "\(holder.words) holds an old snapshot \(span)\(hint)",
            fix: "end it: \(holder.remedy); until then dead rows stay in the queue's tables")
    }

    func history() async throws -> Finding {
        let months = [
            (RetentionPolicy.attempts, self.settings.historyMonths),
            (SamplePartitions.table, self.settings.sampleMonths),
        ]
        for (table, kept) in months {
            let missing: [String] = try await self.pool.query(
                """
                SELECT each.partition
                FROM (
                    SELECT \(table) || to_char(
                               date_trunc('month', world_now() AT TIME ZONE 'UTC') + make_interval(months => ahead),
                               '_YYYY_MM') AS partition
                    FROM generate_series(0, 1) AS ahead
                ) AS each
                WHERE to_regclass(quote_ident(each.partition)) IS NULL
                """
            ).column()
            guard missing.isEmpty else {
                return .warning(
                    "history", "partitions are missing: \(missing.joined(separator: ", "))",
                    fix: "a running worker makes them; `posthorn migrate up` does so at once")
            }
            let due = try await RetentionStore(pool: self.pool).duePartitions(of: table, keeping: kept)
            guard due.isEmpty else {
                return .warning(
                    "history",
                    "\(due.count) partition(s) are older than \(kept) months: \(due.prefix(3).joined(separator: ", "))",
                    fix: "a running worker drops them within a minute, unless somebody reads them for long")
            }
        }
        let stray: Int64 = try await self.pool.query(
            "SELECT count(*) FROM (SELECT FROM attempt_default LIMIT 10001) AS strays"
        ).single()
        guard stray <= 10_000 else {
            return .warning(
                "history", "more than 10000 attempts lie in no month's partition",
                fix:
                    "nothing is lost; they are removed row by row when old. Let a worker run all the time, to make months ahead"
            )
        }
        return .ok(
            "history",
            "kept for \(self.settings.historyMonths) months, metrics for \(self.settings.sampleMonths); the coming months are made"
        )
    }

    /// Every table of ours: a hot one of the queue may hold twice as many dead rows as live ones, which come and go; of the others
    /// autovacuum is told to leave a few per cent, so that a fifth means that it does not come along.
    func tables() async throws -> Finding {
        let rows = try await self.pool.query(
            """
            SELECT relname::text AS name, n_live_tup AS live, n_dead_tup AS dead
            FROM pg_stat_user_tables
            WHERE schemaname = current_schema() AND n_dead_tup > \(Self.fewDeadRows)
              AND n_dead_tup > n_live_tup * CASE
                  WHEN relname IN ('job_scheduled', 'job_ready', 'job_lease', 'job_hold', 'lease_slot', 'worker', 'lane_gate',
                                   'endpoint_gate', 'rate_bucket')
                  THEN 2 ELSE 0.2 END
            ORDER BY n_dead_tup DESC
            LIMIT 1
            """)
        guard let row = rows.first else { return .ok("tables", "the tables hold few dead rows") }
        let name: String = try row.get("name")
        let live: Int64 = try row.get("live")
        let dead: Int64 = try row.get("dead")
        return .warning(
            "tables", "\(name) holds \(dead) dead rows beside \(live) live ones",
            fix:
                "see `snapshots` first: while one is held, vacuum can remove nothing. Then: is autovacuum on, and not starved?"
        )
    }
}
