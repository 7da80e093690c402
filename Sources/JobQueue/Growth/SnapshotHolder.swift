// SPDX-License-Identifier: MIT

package import Foundation
package import PQClient

/// What can hold an old snapshot: until it lets go, no dead row that is younger can be removed from any table.
package enum SnapshotCause: String, Sendable, Hashable, CaseIterable, PQConvertible {
    /// A transaction of a connected process.
    case transaction
    /// A transaction that was prepared for a two-phase commit and never finished.
    case prepared
    /// A replication slot.
    case slot
    /// A standby that sends feedback.
    case standby
}

/// Who holds the oldest snapshot of the database; never what it asks for.
package struct SnapshotHolder: Sendable, Hashable {
    /// What holds it.
    package var cause: SnapshotCause
    /// The server process; none for what is not connected.
    package var processID: Int32?
    /// The application's name, the slot's, or that of the prepared transaction.
    package var name: String
    /// The database's user.
    package var role: String
    /// The oldest transaction it still sees as running.
    package var horizon: String
    /// How many transactions ago that was.
    package var transactions: Int64
    /// When its transaction began, by the database's clock; unknown for slots and standbys.
    package var since: Date?

    /// Makes a holder.
    package init(
        cause: SnapshotCause, processID: Int32? = nil, name: String, role: String = "", horizon: String,
        transactions: Int64 = 0, since: Date? = nil
    ) {
        self.cause = cause
        self.processID = processID
        self.name = name
        self.role = role
        self.horizon = horizon
        self.transactions = transactions
        self.since = since
    }

    /// Whether it is the very same snapshot as another one, seen at another time.
    package func isSame(as other: Self) -> Bool {
        (self.cause, self.processID, self.name, self.horizon, self.since)
            == (other.cause, other.processID, other.name, other.horizon, other.since)
    }

    /// Who it is, in words: `process 4711 (psql, role reporting)`.
    package var words: String {
        let role = self.role.isEmpty ? "" : ", role \(self.role)"
        let process = self.processID.map { "process \($0)" }
        switch self.cause {
        case .transaction: return "\(process ?? "a process") (\(self.name.isEmpty ? "no name" : self.name)\(role))"
        case .prepared: return "prepared transaction '\(self.name)'\(role)"
        case .slot: return "replication slot '\(self.name)'"
        case .standby: return "standby '\(self.name)'\(process.map { ", \($0)" } ?? "")"
        }
    }

    /// What ends it.
    package var remedy: String {
        switch self.cause {
        case .transaction: "SELECT pg_terminate_backend(\(self.processID ?? 0))"
        case .prepared: "ROLLBACK PREPARED '\(self.name)', or COMMIT PREPARED"
        case .slot: "let its consumer catch up, or SELECT pg_drop_replication_slot('\(self.name)')"
        case .standby: "end the long query on the standby, or set hot_standby_feedback = off there"
        }
    }
}

extension SnapshotHolder {
    /// Reads who holds the oldest snapshot, with the database's present time.
    ///
    /// Without the role `pg_read_all_stats` only the caller's own processes can be seen.
    ///
    /// - Returns: `nil` for the holder when nobody holds one.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package static func oldest(_ pool: ConnectionPool) async throws -> (holder: SnapshotHolder?, now: Date) {
        let rows = try await pool.query(
            """
            SELECT clock_timestamp() AS now, held.cause, held.pid, held.name, held.role, held.horizon, held.transactions,
                   held.since
            FROM (SELECT 1) AS one
            LEFT JOIN LATERAL (
                SELECT *
                FROM (
                    SELECT 'transaction' AS cause, a.pid, coalesce(a.application_name, '') AS name,
                           coalesce(a.usename, '')::text AS role,
                           coalesce(a.backend_xmin, a.backend_xid)::text AS horizon,
                           greatest(age(a.backend_xmin), age(a.backend_xid))::bigint AS transactions, a.xact_start AS since
                    FROM pg_stat_activity a
                    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
                      AND a.backend_type <> 'autovacuum worker'
                      AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
                    UNION ALL
                    SELECT 'prepared', NULL, p.gid, p.owner::text, p.transaction::text, age(p.transaction)::bigint, p.prepared
                    FROM pg_prepared_xacts p
                    WHERE p.database = current_database()
                    UNION ALL
                    SELECT 'slot', s.active_pid, s.slot_name::text, '', s.xmin::text, age(s.xmin)::bigint, NULL
                    FROM pg_replication_slots s
                    WHERE s.xmin IS NOT NULL
                    UNION ALL
                    SELECT 'standby', r.pid, coalesce(r.application_name, ''), coalesce(r.usename, '')::text,
                           r.backend_xmin::text, age(r.backend_xmin)::bigint, NULL
                    FROM pg_stat_replication r
                    WHERE r.backend_xmin IS NOT NULL
                ) AS each
                ORDER BY transactions DESC, since
                LIMIT 1
            ) AS held ON true
            """)
        guard let row = rows.first else { throw JobQueueError(.notFound, "the look at old snapshots had no answer") }
        let now: Date = try row.get("now")
        guard let cause: SnapshotCause = try row.get("cause") else { return (nil, now) }
        return (
            SnapshotHolder(
                cause: cause, processID: try row.get("pid"), name: try row.get("name"), role: try row.get("role"),
                horizon: try row.get("horizon"), transactions: try row.get("transactions"), since: try row.get("since")),
            now
        )
    }
}
