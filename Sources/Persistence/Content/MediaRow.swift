// SPDX-License-Identifier: MIT

package import Domain
package import PQClient

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

    /// Makes a row.
    package init(
        client: ClientID, id: MediaID = MediaID(), hash: String, type: String, byteCount: Int64, altText: String? = nil,
        fileName: String? = nil
    ) {
        self.client = client
        self.id = id
        self.hash = hash
        self.type = type
        self.byteCount = byteCount
        self.altText = altText
        self.fileName = fileName
    }
}

/// The files of clients.
package enum MediaRepository {
    /// Adds files; one that the client has already is left as it is.
    package static func insert(_ media: [MediaRow], on db: inout some SQLSession & ~Copyable) async throws {
        guard !media.isEmpty else { return }
        try await db.execute(
            """
            INSERT INTO media (client_id, media_id, hash, type, byte_count, alt_text, file_name)
            SELECT * FROM unnest(
                \(media.map(\.client)), \(media.map(\.id)), \(media.map(\.hash)), \(media.map(\.type)),
                \(media.map(\.byteCount)), \(media.map(\.altText)), \(media.map(\.fileName)))
            ON CONFLICT (client_id, hash) DO NOTHING
            """)
    }
}
