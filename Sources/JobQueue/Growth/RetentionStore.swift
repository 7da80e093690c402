// SPDX-License-Identifier: MIT

import Domain
package import PQClient

/// Removes what is older than it is kept: whole partitions at once, other rows in small batches.
package struct RetentionStore: Sendable {
    private let pool: ConnectionPool

    /// Works on the schema that the pool's search path names.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// Drops what partitions are due, and removes one batch of each table; any worker, one at a time in the fleet.
    ///
    /// A partition that is in use is left for another round: a short lock time-out keeps the queue from waiting behind it.
    ///
    /// - Returns: What was removed; nothing when another worker is at it.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package func round(_ policy: RetentionPolicy) async throws -> RetentionReport {
        var report = RetentionReport()
        for (table, months) in policy.months.sorted(by: { $0.key < $1.key }) {
            report.partitions += try await self.dropPartitions(of: table, keeping: months)
        }
        for (table, statement) in Self.removals(policy) {
            let count = try await self.alone { db in try await db.query(statement).affected } ?? 0
            if count > 0 { report.rows[table] = count }
            if count >= policy.batch { report.isMore = true }
        }
        return report
    }

    /// The partitions of a table whose whole month is older than is kept, the oldest first.
    package func duePartitions(of table: String, keeping months: Int) async throws -> [String] {
        try await self.pool.query(
            """
            SELECT child.relname
            FROM pg_inherits i
            JOIN pg_class child ON child.oid = i.inhrelid
            WHERE i.inhparent = to_regclass(quote_ident(\(table)))
              AND child.relname ~ ('^' || \(table) || '_[0-9]{4}_[0-9]{2}$')
              AND to_date(right(child.relname, 7), 'YYYY_MM') < (\(Self.firstMonth(keeping: months)))::date
            ORDER BY child.relname
            """
        ).column()
    }

    private func dropPartitions(of table: String, keeping months: Int) async throws -> [String] {
        var dropped: [String] = []
        for partition in try await self.duePartitions(of: table, keeping: months) {
            do {
                let isDropped = try await self.alone { db in
                    // It was listed before the lock: another worker's round may have dropped it since.
                    let isThere: Bool = try await db.query(
                        "SELECT to_regclass(quote_ident(\(partition))) IS NOT NULL"
                    ).single()
                    guard isThere else { return false }
                    try await db.execute("SELECT set_config('lock_timeout', '500ms', true)")
                    try await db.execute(Statement(sql: "DROP TABLE \(Self.quoted(partition))"))
                    return true
                }
                if isDropped ?? false { dropped.append(partition) }
            } catch let error as PQError where error.sqlState == .lockNotAvailable {
                return dropped
            }
        }
        return dropped
    }

    /// Runs the body in a transaction when no other worker is at it.
    private func alone<R: Sendable>(_ body: @Sendable (inout Transaction) async throws -> R) async throws -> R? {
        try await self.pool.withTransaction { db in
            let isAlone: Bool = try await db.query(
                "SELECT pg_try_advisory_xact_lock(hashtextextended('posthorn.retention.' || current_schema(), 0))"
            ).single()
            return isAlone ? try await body(&db) : nil
        }
    }

    private static func quoted(_ name: String) -> String {
        "\"\(name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }

    /// The first day of the first month that is kept, as a local time of UTC.
    private static func firstMonth(keeping months: Int) -> Statement {
        "date_trunc('month', world_now() AT TIME ZONE 'UTC') - make_interval(months => \(Int32(clamping: months)))"
    }

    /// What is removed row by row, each with the table it is counted for.
    private static func removals(_ policy: RetentionPolicy) -> [(String, Statement)] {
        let limit = Int32(clamping: policy.batch)
        let oldest: Statement = "(\(self.firstMonth(keeping: policy.historyMonths))) AT TIME ZONE 'UTC'"
        return [
            ("job_key", Self.keys(limit)), ("worker", Self.workers(policy.workers, limit)),
            ("attempt_default", Self.strayAttempts(before: oldest, limit)),
            ("effect", Self.effects(before: oldest, limit)),
            ("schedule_slot", Self.slots(before: oldest, limit)),
        ]
    }

    private static func keys(_ limit: Int32) -> Statement {
        """
        WITH old AS (
            SELECT client_id, scope, key_hash
            FROM job_key
            WHERE expires_at < world_now()
            LIMIT \(limit)
            FOR UPDATE SKIP LOCKED
        )
        DELETE FROM job_key k
        USING old
        WHERE k.client_id = old.client_id AND k.scope = old.scope AND k.key_hash = old.key_hash
          AND k.expires_at < world_now()
        """
    }

    /// A worker's record goes after its leases, which the rescue takes back by it.
    private static func workers(_ kept: Duration, _ limit: Int32) -> Statement {
        """
        WITH old AS (
            SELECT w.worker_id
            FROM worker w
            WHERE w.state IN ('dead', 'stopped') AND w.ended_at < clock_timestamp() - \(kept)
              AND NOT EXISTS (
                  SELECT FROM job_lease l WHERE l.era = \(LeaseEra.current) AND l.worker_id = w.worker_id)
            LIMIT \(limit)
            FOR UPDATE SKIP LOCKED
        )
        DELETE FROM worker w
        USING old
        WHERE w.worker_id = old.worker_id
        """
    }

    private static func strayAttempts(before oldest: Statement, _ limit: Int32) -> Statement {
        """
        WITH old AS (
            SELECT client_id, job_id, event_no, finished_at
            FROM attempt_default
            WHERE finished_at < \(oldest)
            LIMIT \(limit)
        )
        DELETE FROM attempt_default a
        USING old
        WHERE a.client_id = old.client_id AND a.job_id = old.job_id AND a.event_no = old.event_no
          AND a.finished_at = old.finished_at
        """
    }

    /// Settled effects of jobs that are over, with their sends; what is under way or unknown stays, however old.
    private static func effects(before oldest: Statement, _ limit: Int32) -> Statement {
        """
        WITH old AS (
            SELECT e.client_id, e.op_key, e.part
            FROM effect e
            WHERE e.prepared_at < \(oldest) AND coalesce(e.resolved_at, e.prepared_at) < \(oldest)
              AND e.state IN ('prepared', 'confirmed', 'rejected')
              AND NOT EXISTS (
                  SELECT FROM job_scheduled j WHERE j.client_id = e.client_id AND j.job_id = e.job_id)
              AND NOT EXISTS (SELECT FROM job_ready j WHERE j.client_id = e.client_id AND j.job_id = e.job_id)
              AND NOT EXISTS (SELECT FROM job_lease j WHERE j.client_id = e.client_id AND j.job_id = e.job_id)
              AND NOT EXISTS (SELECT FROM job_hold j WHERE j.client_id = e.client_id AND j.job_id = e.job_id)
            LIMIT \(limit)
            FOR UPDATE OF e SKIP LOCKED
        ),
        sends AS (
            DELETE FROM effect_send s
            USING old
            WHERE s.client_id = old.client_id AND s.op_key = old.op_key AND s.part = old.part
        )
        DELETE FROM effect e
        USING old
        WHERE e.client_id = old.client_id AND e.op_key = old.op_key AND e.part = old.part
        """
    }

    private static func slots(before oldest: Statement, _ limit: Int32) -> Statement {
        """
        WITH old AS (
            SELECT client_id, schedule_id, slot_local, fold
            FROM schedule_slot
            WHERE decided_at < \(oldest)
            LIMIT \(limit)
        )
        DELETE FROM schedule_slot s
        USING old
        WHERE s.client_id = old.client_id AND s.schedule_id = old.schedule_id AND s.slot_local = old.slot_local
          AND s.fold = old.fold
        """
    }
}
