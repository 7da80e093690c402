// SPDX-License-Identifier: MIT

import PQClient

/// Rows that come and go by the thousand, all in one era, a number that their index begins with.
///
/// While somebody holds an old snapshot, dead rows cannot be removed, and each look along the index steps over those it
/// passes. A new era leaves them behind. Why that is safe: `docs/decisions/0022-eras.md`.
struct Era: Sendable {
    /// The table of one row that has the number.
    let number: StaticString
    /// The table of the rows.
    let rows: StaticString
    /// The lock under which they are taken along: whoever writes them, or holds one locked, has come to an end.
    let lock: StaticString
    /// With more rows than this, moving them would take longer than it saves.
    let mostMoved: Int64

    /// The present era, for a statement that reads or writes such rows.
    var current: Statement { "(SELECT era FROM \(unescaped: self.number) WHERE only_row)" }

    /// Begins a new era and takes the rows along, unless one began just now, there are many, or the table is locked.
    ///
    /// Whoever writes the rows is waited for and waits meanwhile: nobody can write into the era that is left. Nothing
    /// queues behind it for longer than a tenth of a second and the time of the move. One table is locked, so that there is
    /// no order of locks to keep.
    ///
    /// - Parameters:
    ///   - pool: The database.
    ///   - shortest: How old the present era must be, in real time.
    ///   - claims: How many jobs must have been claimed in it, and never fewer than rows are taken along: what is moved is
    ///     one more dead row, and what waits or runs for long would be moved again and again for nothing. `nil` asks for none.
    /// - Returns: Whether a new era began.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    func begin(_ pool: ConnectionPool, shortest: Duration, claims: Int64?) async throws -> Bool {
        do {
            return try await pool.withTransaction { db in
                let isDue = try await db.pipeline([JobStore.planOnIndexes, self.isDue(shortest, claims)])[1]
                guard !isDue.isEmpty else { return false }
                return try await self.move(shortest, on: &db)
            }
        } catch let error as PQError where error.sqlState == .lockNotAvailable {
            return false
        }
    }

    /// Begins a new era under the lock, which the caller's transaction keeps until it ends.
    func move(_ shortest: Duration, on db: inout Transaction) async throws -> Bool {
        // The rows are looked for once: what is dead in this era is stepped over while others wait.
        let found = try await db.pipeline([
            JobStore.planOnIndexes, "SET LOCAL lock_timeout = '100ms'",
            "LOCK TABLE \(unescaped: self.rows) IN \(unescaped: self.lock) MODE",
            "SELECT ctid FROM \(unescaped: self.rows) WHERE era = \(self.current) LIMIT \(self.mostMoved + 1)",
        ])
        let places: [RowPlace] = try found[3].column()
        guard places.count <= self.mostMoved else { return false }
        let begun = try await db.query(
            """
            UPDATE \(unescaped: self.number)
            SET era = era + 1, began_real = clock_timestamp(), began_lease = \(Self.lastLease)
            WHERE \(Self.isOld(shortest))
            RETURNING era
            """)
        guard let era: Int64 = try begun.first?.get("era") else { return false }
        try await db.execute("UPDATE \(unescaped: self.rows) SET era = \(era) WHERE ctid = ANY (\(places))")
        return true
    }

    /// One row when the era is old enough, enough was claimed in it, and not too much is in it.
    private func isDue(_ shortest: Duration, _ claims: Int64?) -> Statement {
        """
        SELECT
        FROM \(unescaped: self.number)
        CROSS JOIN (
            SELECT count(*) AS count
            FROM (SELECT FROM \(unescaped: self.rows) WHERE era = \(self.current) LIMIT \(self.mostMoved + 1)) AS row
        ) AS moved
        WHERE \(Self.isOld(shortest)) AND moved.count <= \(self.mostMoved)
          AND (\(claims) IS NULL OR \(Self.lastLease) - began_lease >= greatest(\(claims), moved.count))
        """
    }

    private static let lastLease: Statement = "(SELECT last_value FROM job_lease_no)"

    private static func isOld(_ shortest: Duration) -> Statement {
        "began_real <= clock_timestamp() - make_interval(secs => \(shortest.seconds))"
    }
}
