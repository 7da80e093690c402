// SPDX-License-Identifier: MIT

package import Domain
package import PQClient

/// What a client speaks as.
package struct BrandRow: Sendable, Hashable {
    /// The client.
    package var client: ClientID
    /// Its identity.
    package var id: BrandID
    /// Its name.
    package var name: String

    /// Makes a brand.
    package init(client: ClientID, id: BrandID = BrandID(), name: String) {
        self.client = client
        self.id = id
        self.name = name
    }

    init(row: Row) throws {
        self.init(client: try row.get("client_id"), id: try row.get("brand_id"), name: try row.get("name"))
    }
}

/// The brands of clients.
package enum BrandRepository {
    /// Finds a client's brand by name, or makes it.
    package static func findOrInsert(
        _ name: String, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> BrandRow {
        let brand = BrandRow(client: client, name: name)
        try await db.execute(
            """
            INSERT INTO brand (client_id, brand_id, name) VALUES (\(client), \(brand.id), \(name))
            ON CONFLICT (client_id, name) DO NOTHING
            """)
        let rows = try await db.query(
            "SELECT client_id, brand_id, name FROM brand WHERE client_id = \(client) AND name = \(name)")
        guard let row = rows.first else {
            throw PersistenceError(.notFound, "the brand '\(name)' was removed meanwhile")
        }
        return try BrandRow(row: row)
    }

    /// Lists a client's brands in the order they were made.
    package static func list(of client: ClientID, on db: inout some SQLSession & ~Copyable) async throws -> [BrandRow] {
        try await db.query(
            "SELECT client_id, brand_id, name FROM brand WHERE client_id = \(client) ORDER BY brand_id"
        ).decoded(BrandRow.init(row:))
    }
}
