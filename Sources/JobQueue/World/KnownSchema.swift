// SPDX-License-Identifier: MIT

package import PQClient

/// What a program knows of the schema: the newest migration of each component.
///
/// A database may have newer ones. They only add, so an older program works on; one that takes something away says in
/// `schema_requirement` what a program must know from then on. Why: `docs/decisions/0018-versions-side-by-side.md`.
package struct KnownSchema: Sendable, Hashable {
    /// The number of the newest migration that is known, by component.
    package var newest: [String: Int]

    /// Gathers what is known.
    package init(_ newest: [String: Int]) { self.newest = newest }

    /// The queue's own part alone.
    package static let queue = KnownSchema([QueueMigrations.component: QueueMigrations.all.count])

    /// What the database requires and this program does not know: `queue 9`.
    ///
    /// - Returns: `nil` when the program fits.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package func lack(in pool: ConnectionPool) async throws -> String? {
        try await pool.query("SELECT \(self.lacking) AS lack").first?.get("lack")
    }

    /// The first requirement that is not met, as an expression.
    var lacking: Statement {
        let known = self.newest.sorted { $0.key < $1.key }
        return """
            (SELECT min(r.component || ' ' || r.least)
             FROM schema_requirement r
             LEFT JOIN unnest(\(known.map(\.key)), \(known.map { Int32(clamping: $0.value) })) AS k (component, number)
               ON k.component = r.component
             WHERE r.least > coalesce(k.number, 0))
            """
    }
}
