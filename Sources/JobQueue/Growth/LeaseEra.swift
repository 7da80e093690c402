// SPDX-License-Identifier: MIT

package import PQClient

/// The era of leases: all of them are in one, and the index of the slots begins with it.
///
/// Its number is not that of ready work, which stays in its era while there is a backlog. Leases are never many: at
/// most four for a slot of the fleet.
package enum LeaseEra {
    // Runs lock their lease before they write it: such a run would wait for the move, and the move for the run. So whoever
    // holds one locked is waited for, too.
    static let era = Era(number: "lease_era", rows: "job_lease", lock: "EXCLUSIVE", mostMoved: 10_000)

    /// The present era, for a statement that reads or writes leases.
    package static let current = Self.era.current

    /// Begins a new era and takes the leases along, unless one began just now, there are too many, or the table is locked.
    ///
    /// - Parameters:
    ///   - pool: The database.
    ///   - shortest: How old the present era must be, in real time.
    ///   - claims: How many jobs must have been claimed in it, at least as many as are taken along; `nil` asks for none.
    /// - Returns: Whether a new era began.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package static func begin(
        _ pool: ConnectionPool, shortest: Duration = .seconds(5), claims: Int64? = 200
    ) async throws -> Bool {
        try await Self.era.begin(pool, shortest: shortest, claims: claims)
    }
}
