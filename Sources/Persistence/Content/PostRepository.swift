// SPDX-License-Identifier: MIT

package import Domain
package import PQClient

/// Posts and their revisions.
package enum PostRepository {
    private static let columns: Statement = """
        SELECT client_id, post_id, brand_id, revision_no, post_key, campaign, pillar, labels, created_by, created_at FROM post
        """

    /// Adds posts with COPY.
    ///
    /// - Throws: `PQError` with `uniqueViolation` when a key is in use.
    package static func insert(_ posts: [PostRow], on db: inout some SQLSession & ~Copyable) async throws {
        guard !posts.isEmpty else { return }
        try await db.copyIn(
            """
            COPY post (client_id, post_id, brand_id, revision_no, post_key, campaign, pillar, labels, created_by)
            FROM STDIN (FORMAT binary)
            """,
            rows: posts.lazy.map { post in
                [
                    post.client, post.id, post.brand, Int32(post.revision), post.key, post.campaign, post.pillar,
                    post.labels,
                    post.createdBy,
                ] as BindRow
            })
    }

    /// Adds revisions with COPY.
    package static func insert(_ revisions: [RevisionRow], on db: inout some SQLSession & ~Copyable) async throws {
        guard !revisions.isEmpty else { return }
        var rows: [BindRow] = []
        rows.reserveCapacity(revisions.count)
        for revision in revisions {
            rows.append([
                revision.client, revision.post, Int32(revision.number), try JSONColumn.encode(revision.content),
                revision.createdBy, revision.reason,
            ])
        }
        try await db.copyIn(
            "COPY post_revision (client_id, post_id, revision_no, content, created_by, reason) FROM STDIN (FORMAT binary)",
            rows: rows)
    }

    /// Finds a post of any client.
    package static func find(_ id: PostID, on db: inout some SQLSession & ~Copyable) async throws -> PostRow? {
        // Through the client table, so that the key that begins with the client is used.
        try await db.query(
            """
            SELECT post.client_id, post_id, brand_id, revision_no, post_key, campaign, pillar, labels, created_by,
                   post.created_at
            FROM client JOIN post USING (client_id) WHERE post_id = \(id)
            """
        ).first.map(PostRow.init(row:))
    }

    /// Finds a client's posts by the keys they were created under.
    package static func find(
        keys: [String], of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> [PostRow] {
        try await db.query(
            Self.columns + " WHERE client_id = \(client) AND post_key = ANY(\(keys))"
        ).decoded(PostRow.init(row:))
    }

    /// Finds one revision of a post.
    package static func revision(
        _ number: Int, of post: PostID, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> RevisionRow? {
        try await db.query(
            """
            SELECT client_id, post_id, revision_no, content, created_by, reason FROM post_revision
            WHERE client_id = \(client) AND post_id = \(post) AND revision_no = \(Int32(number))
            """
        ).first.map(RevisionRow.init(row:))
    }

    /// Makes a revision the newest one.
    ///
    /// - Throws: `PersistenceError` with code `changedMeanwhile` when the post's newest revision is not the one before it.
    package static func advance(
        _ post: PostID, of client: ClientID, to number: Int, on db: inout some SQLSession & ~Copyable
    ) async throws {
        let changed = try await db.execute(
            """
            UPDATE post SET revision_no = \(Int32(number))
            WHERE client_id = \(client) AND post_id = \(post) AND revision_no = \(Int32(number - 1))
            """)
        guard changed == 1 else {
            throw PersistenceError(.changedMeanwhile, "somebody edited the post meanwhile: look at it again and repeat")
        }
    }
}
