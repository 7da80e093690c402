// SPDX-License-Identifier: MIT

package import Domain
package import PQClient
package import PluginKit

/// A file of a client by content hash.
package struct MediaRow: Sendable, Hashable {
    /// The client.
    package var client: ClientID
    /// Its identity.
    package var id: MediaID
    /// SHA-256 of the bytes, in hexadecimal.
    package var hash: String
    /// The MIME type.
    package var type: String
    /// The size in bytes.
    package var byteCount: Int64
    /// A description for people who do not see it.
    package var altText: String?
    /// The name it came with.
    package var fileName: String?
    /// What is known of its inside.
    package var facts: MediaFacts?
    /// The hash of the file that it was made of; `nil` for one that came from outside.
    package var source: String?

    /// Makes a row.
    package init(
        client: ClientID, id: MediaID = MediaID(), hash: String, type: String, byteCount: Int64, altText: String? = nil,
        fileName: String? = nil, facts: MediaFacts? = nil, source: String? = nil
    ) {
        self.client = client
        self.id = id
        self.hash = hash
        self.type = type
        self.byteCount = byteCount
        self.altText = altText
        self.fileName = fileName
        self.facts = facts
        self.source = source
    }
}

/// The files of clients.
package enum MediaRepository {
    /// Adds files; of one that the client has already only what was not known of it is written.
    package static func insert(_ media: [MediaRow], on db: inout some SQLSession & ~Copyable) async throws {
        guard !media.isEmpty else { return }
        try await db.execute(
            """
            INSERT INTO media AS old (client_id, media_id, hash, type, byte_count, alt_text, file_name, source_hash, probe)
            SELECT client_id, media_id, hash, type, byte_count, alt_text, file_name, source_hash, probe::jsonb
            FROM unnest(
                \(media.map(\.client)), \(media.map(\.id)), \(media.map(\.hash)), \(media.map(\.type)),
                \(media.map(\.byteCount)), \(media.map(\.altText)), \(media.map(\.fileName)),
                \(media.map(\.source)),
                \(try media.map { try Self.probe($0.facts) }))
                AS new (client_id, media_id, hash, type, byte_count, alt_text, file_name, source_hash, probe)
            ON CONFLICT (client_id, hash) DO UPDATE SET probe = excluded.probe
            WHERE old.probe = '{}' AND excluded.probe <> '{}'
            """)
    }

    /// What is known of files, whoever they belong to: it follows from their bytes.
    ///
    /// - Returns: The facts by hash, of those files that somebody looked into.
    package static func facts(
        of hashes: [String], on db: inout some SQLSession & ~Copyable
    ) async throws -> [String: MediaFacts] {
        let rows = try await db.query(
            """
            SELECT DISTINCT ON (hash) hash, probe
            FROM media
            WHERE hash = ANY(\(hashes)) AND probe <> '{}'
            ORDER BY hash
            """)
        return try rows.reduce(into: [:]) { known, row in
            known[try row.get("hash")] = try JSONColumn.decode(try row.get("probe"), as: MediaFacts.self)
        }
    }

    /// Remembers what was found in a client's file.
    package static func save(
        _ facts: MediaFacts, of hash: String, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            UPDATE media SET probe = \(try JSONColumn.encode(facts))
            WHERE client_id = \(client) AND hash = \(hash) AND probe = '{}'
            """)
    }

    private static func probe(_ facts: MediaFacts?) throws -> String {
        guard let facts else { return "{}" }
        return try JSONColumn.encode(facts).text
    }
}
