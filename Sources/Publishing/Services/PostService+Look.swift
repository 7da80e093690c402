// SPDX-License-Identifier: MIT

package import Domain
import Foundation
import PQClient
package import Persistence

/// A post with everything that belongs to it.
package struct PostDetail: Sendable {
    /// The client.
    package var client: ClientRow
    /// The post.
    package var post: PostRow
    /// Its newest revision.
    package var revision: RevisionRow
    /// Its targets.
    package var targets: [TargetRow]
    /// Its targets' accounts.
    package var accounts: [AccountID: AccountRow]
    /// What exists on the platforms.
    package var publications: [PublicationRow]

    /// The account's slug of a target.
    package func account(of target: TargetRow) -> String {
        self.accounts[target.account]?.slug.rawValue ?? target.account.description
    }
}

extension PostService {
    /// Lists targets in the order of their due times.
    package func list(_ filter: TargetFilter) async throws -> [CalendarEntry] {
        try await self.pool.withConnection { db in try await TargetCalendar.list(filter, on: &db) }
    }

    /// Lists what was found on the platforms, newest first.
    package func found(_ filter: TargetFilter) async throws -> [FoundEntry] {
        try await self.pool.withConnection { db in try await PublicationRepository.found(filter, on: &db) }
    }

    /// Finds a post by its identity, by that of one of its targets, or by key when the client is given.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func show(_ reference: String, client: String? = nil) async throws -> PostDetail {
        try await self.pool.withConnection { db in try await Self.detail(reference, client: client, on: &db) }
    }

    static func detail(
        _ reference: String, client: String?, on db: inout some SQLSession & ~Copyable
    ) async throws -> PostDetail {
        let post = try await Self.find(reference, client: client, on: &db)
        guard let owner = try await ClientRepository.find(post.client, on: &db),
            let revision = try await PostRepository.revision(post.revision, of: post.id, client: post.client, on: &db)
        else { throw ServiceError(.notFound, "the post \(reference) has lost its client or its content") }
        let targets = try await TargetRepository.list(post: post.id, of: post.client, on: &db)
        let accounts = try await AccountRepository.list(of: post.client, on: &db)
        return PostDetail(
            client: owner, post: post, revision: revision, targets: targets,
            accounts: Dictionary(uniqueKeysWithValues: accounts.map { ($0.id, $0) }),
            publications: try await PublicationRepository.find(targets: targets.map(\.id), of: post.client, on: &db))
    }

    private static func find(
        _ reference: String, client: String?, on db: inout some SQLSession & ~Copyable
    ) async throws -> PostRow {
        if let id = PostID(reference) {
            if let post = try await PostRepository.find(id, on: &db) { return post }
            if let target = try await TargetRepository.find(TargetID(id.uuid), on: &db),
                let post = try await PostRepository.find(target.post, on: &db)
            {
                return post
            }
            throw ServiceError(.notFound, "there is no post or target \(reference). List them: posthorn post list")
        }
        guard let client else {
            throw ServiceError(.notFound, "'\(reference)' is no post's id; to name a post by its key, add --client")
        }
        let owner = try await ClientDirectory.client(client, on: &db)
        guard let post = try await PostRepository.find(keys: [reference], of: owner.id, on: &db).first else {
            throw ServiceError(.notFound, "client '\(owner.slug)' has no post with the key '\(reference)'")
        }
        return post
    }
}
