// SPDX-License-Identifier: MIT

package import PQClient

/// The era of ready work: all of it is in one, and the index of the lanes begins with it.
///
/// While somebody holds an old snapshot, the rows of claimed work cannot be removed, and each look for a lane's next job steps
/// over those of the lane. A new era leaves them behind.
package enum ReadyEra {
    /// The present era, for a statement that reads or writes ready work.
    package static let current: Statement = "(SELECT era FROM ready_era WHERE only_row)"

    /// With more ready work than this, moving it would take longer than it saves.
    private static let mostMoved: Int64 = 2_000

    /// Begins a new era and takes the ready work along, unless one began just now, much is ready, or the table is locked.
    ///
    /// Whoever writes ready work is waited for and waits meanwhile: nobody can write into the era that is left. Nothing
    /// queues behind it for longer than a tenth of a second and the time of the move.
    ///
    /// - Parameters:
    ///   - pool: The database.
    ///   - shortest: How old the present era must be, in real time.
    /// - Returns: Whether a new era began.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package static func begin(_ pool: ConnectionPool, shortest: Duration = .seconds(5)) async throws -> Bool {
        do {
            return try await pool.withTransaction { db in
                let isOld: Statement = """
                    began_real <= clock_timestamp() - make_interval(secs => \(shortest.seconds))
                    """
                guard try await !db.query("SELECT era FROM ready_era WHERE " + isOld).isEmpty else { return false }
                _ = try await db.pipeline([
                    JobStore.planOnIndexes, "SET LOCAL lock_timeout = '100ms'",
                    "LOCK TABLE job_ready IN SHARE ROW EXCLUSIVE MODE",
                ])
                let rows = try await db.query(
                    """
                    UPDATE ready_era
                    SET era = era + 1, began_real = clock_timestamp()
                    WHERE \(isOld)
                      AND (SELECT count(*) FROM (
                               SELECT FROM job_ready WHERE era = \(Self.current) LIMIT \(Self.mostMoved + 1)) AS ready
                          ) <= \(Self.mostMoved)
                    RETURNING era
                    """)
                guard let era: Int64 = try rows.first?.get("era") else { return false }
                try await db.execute("UPDATE job_ready SET era = \(era) WHERE era = \(era - 1)")
                return true
            }
        } catch let error as PQError where error.sqlState == .lockNotAvailable {
            return false
        }
    }
}
