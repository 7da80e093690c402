// SPDX-License-Identifier: MIT

package import PQClient

/// The era of ready work: all of it is in one, and the index of the lanes begins with it.
package enum ReadyEra {
    static let era = Era(number: "ready_era", rows: "job_ready", lock: "SHARE ROW EXCLUSIVE", mostMoved: 2_000)

    /// The present era, for a statement that reads or writes ready work.
    package static let current = Self.era.current

    /// Begins a new era and takes the ready work along, unless one began just now, much is ready, or the table is locked.
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
