// SPDX-License-Identifier: MIT

package import Analysis
import Domain
import Foundation
package import PQClient
import Persistence

/// Keeps the holidays of clients: days whose posts say nothing of their weekday, and that are not recommended.
///
/// They come from a file that a person gives: which days are holidays for an audience is nothing that a program should guess.
package struct HolidayStore: Sendable {
    private let pool: ConnectionPool

    /// Makes a store.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// Adds holidays; a day that is there already gets the new name.
    ///
    /// - Parameters:
    ///   - holidays: The holidays.
    ///   - client: The client's slug or identity.
    ///   - replaces: Whether all others are forgotten.
    /// - Returns: How many the client has now.
    /// - Throws: `ServiceError` with code `notFound`.
    package func set(_ holidays: [Holiday], client: String, replaces: Bool) async throws -> Int {
        try await self.pool.withTransaction { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            if replaces { try await db.execute("DELETE FROM holiday WHERE client_id = \(owner.id)") }
            try await db.execute(
                """
                INSERT INTO holiday (client_id, day, name)
                SELECT \(owner.id), day, name
                FROM unnest(\(holidays.map { Int32(clamping: $0.dayNumber) }), \(holidays.map(\.name))) AS given (day, name)
                ON CONFLICT (client_id, day) DO UPDATE SET name = excluded.name
                """)
            return Int(
                try await db.query("SELECT count(*) FROM holiday WHERE client_id = \(owner.id)").single(Int64.self))
        }
    }

    /// The holidays of a client from a day on, in their order.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func list(client: String) async throws -> [Holiday] {
        try await self.pool.withConnection { db in
            let owner = try await ClientDirectory.client(client, on: &db)
            return try await db.query(
                "SELECT day, name FROM holiday WHERE client_id = \(owner.id) ORDER BY day"
            ).decoded { row in
                Holiday(dayNumber: Int(try row.get("day", as: Int32.self)), name: try row.get("name"))
            }
        }
    }

    /// The days of every client that has some; or of one client.
    static func days(
        of client: ClientID? = nil, on db: inout some SQLSession & ~Copyable
    ) async throws -> [ClientID: Set<Int>] {
        let rows = try await db.query(
            "SELECT client_id, day FROM holiday WHERE \(client) IS NULL OR client_id = \(client)")
        var days: [ClientID: Set<Int>] = [:]
        for row in rows { days[try row.get("client_id"), default: []].insert(Int(try row.get("day", as: Int32.self))) }
        return days
    }
}
