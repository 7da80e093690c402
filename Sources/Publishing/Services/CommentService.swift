// SPDX-License-Identifier: MIT

import Domain
package import PQClient
package import Persistence

/// Shows what people wrote under publications.
package struct CommentService: Sendable {
    let pool: ConnectionPool

    /// Makes a service.
    package init(pool: ConnectionPool) { self.pool = pool }

    /// Lists comments, newest first.
    ///
    /// - Parameters:
    ///   - reference: A post, target or publication by identity, or a post by its key when the client is given.
    ///   - client: Only of this client, by slug or identity.
    ///   - account: Only of this account, by `client/account`, identity, or slug when the client is given.
    ///   - limit: At most so many.
    /// - Returns: The comments.
    /// - Throws: `ServiceError` with code `notFound`.
    package func list(
        of reference: String? = nil, client: String? = nil, account: String? = nil, limit: Int = 100
    ) async throws -> [CommentRow] {
        try await self.pool.withConnection { db in
            var filter = CommentFilter(limit: max(1, limit))
            if let account {
                let (owner, found) = try await ClientDirectory.account(account, client: client, on: &db)
                filter.client = owner.id
                filter.account = found.id
            } else if let client {
                filter.client = try await ClientDirectory.client(client, on: &db).id
            }
            if let reference {
                filter.publications = try await Self.publications(reference, client: client, on: &db)
            }
            return try await CommentRepository.list(filter, on: &db)
        }
    }

    private static func publications(
        _ reference: String, client: String?, on db: inout some SQLSession & ~Copyable
    ) async throws -> [PublicationID] {
        if let id = PublicationID(reference), try await PublicationRepository.find(id, on: &db) != nil { return [id] }
        let detail = try await PostService.detail(reference, client: client, on: &db)
        guard !detail.publications.isEmpty else {
            throw ServiceError(.notFound, "nothing of the post \(reference) is published yet")
        }
        return detail.publications.map(\.id)
    }
}
