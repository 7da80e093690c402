// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient
package import PluginKit

/// Which comments are listed.
package struct CommentFilter: Sendable {
    /// Only of this client.
    package var client: ClientID?
    /// Only of this account.
    package var account: AccountID?
    /// Only under these publications.
    package var publications: [PublicationID]?
    /// At most so many.
    package var limit: Int

    /// Makes a filter.
    package init(
        client: ClientID? = nil, account: AccountID? = nil, publications: [PublicationID]? = nil, limit: Int = 100
    ) {
        self.client = client
        self.account = account
        self.publications = publications
        self.limit = limit
    }
}

/// The comments that platforms told of.
package enum CommentRepository {
    /// Notes that a platform told of a comment; the same one again stays one.
    ///
    /// - Returns: The identity of the record.
    package static func note(
        _ remoteID: String, under post: String, account: AccountID, client: ClientID, platform: PlatformID,
        on db: inout some SQLSession & ~Copyable
    ) async throws -> CommentID {
        try await db.query(
            """
            INSERT INTO comment (client_id, comment_id, account_id, platform, remote_id, post_remote_id, publication_id)
            VALUES (\(client), \(CommentID()), \(account), \(platform), \(remoteID), \(post),
                    -- All of the account's are looked through only for a piece of a thread.
                    coalesce(
                        (SELECT publication_id FROM publication
                         WHERE client_id = \(client) AND account_id = \(account) AND remote_id = \(post)),
                        (SELECT publication_id FROM publication
                         WHERE client_id = \(client) AND account_id = \(account)
                           AND parts @> jsonb_build_array(jsonb_build_object('id', \(post)::text))
                         LIMIT 1)))
            ON CONFLICT (client_id, account_id, remote_id) DO UPDATE
            SET told_at = world_now(), publication_id = coalesce(comment.publication_id, excluded.publication_id)
            RETURNING comment_id
            """
        ).single()
    }

    /// Writes what was read of a comment, unless something newer was.
    ///
    /// Of one that is gone the words and who wrote them go too: who takes a comment back does not want it kept.
    ///
    /// - Parameters:
    ///   - comment: What the platform gave; `nil` when it is gone.
    ///   - id: The record.
    ///   - client: The client.
    ///   - begun: When the reading began; the world's time.
    ///   - db: The session.
    /// - Throws: `PQError`.
    package static func record(
        _ comment: RemoteComment?, as id: CommentID, of client: ClientID, begun: Date,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            UPDATE comment
            SET text = \(comment?.text), author_id = \(comment?.authorID), author_name = \(comment?.authorName),
                written_at = coalesce(\(comment?.writtenAt), written_at),
                parent_remote_id = coalesce(\(comment?.parentID), parent_remote_id),
                is_hidden = \(comment?.isHidden ?? false), read_at = \(begun),
                gone_at = CASE WHEN \(comment == nil) THEN coalesce(gone_at, \(begun)) END
            WHERE client_id = \(client) AND comment_id = \(id) AND (read_at IS NULL OR read_at <= \(begun))
            """)
    }

    /// Lists comments, newest first.
    package static func list(
        _ filter: CommentFilter, on db: inout some SQLSession & ~Copyable
    ) async throws -> [CommentRow] {
        try await db.query(
            """
            SELECT comment.comment_id, comment.platform, comment.remote_id, comment.post_remote_id, comment.publication_id,
                   comment.parent_remote_id, comment.author_id, comment.author_name, comment.text, comment.written_at,
                   comment.is_hidden, comment.told_at, comment.read_at, comment.gone_at, publication.url,
                   client.slug AS client_slug, client.time_zone AS client_time_zone, account.slug AS account_slug
            FROM comment
            JOIN client ON client.client_id = comment.client_id
            JOIN account ON account.client_id = comment.client_id AND account.account_id = comment.account_id
            LEFT JOIN publication ON publication.client_id = comment.client_id
                                 AND publication.publication_id = comment.publication_id
            WHERE (\(filter.client) IS NULL OR comment.client_id = \(filter.client))
              AND (\(filter.account) IS NULL OR comment.account_id = \(filter.account))
              AND (\(filter.publications == nil) OR comment.publication_id = ANY(\(filter.publications ?? [])))
            ORDER BY coalesce(comment.written_at, comment.told_at) DESC, comment.comment_id
            LIMIT \(Int64(filter.limit))
            """
        ).decoded(CommentRow.init(row:))
    }
}
