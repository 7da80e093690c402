// SPDX-License-Identifier: MIT

import Domain
package import Foundation
package import JobQueue
package import PQClient
package import Persistence
import PluginKit

/// What became of a request to create a post.
package struct CreatedPost: Sendable {
    /// The post.
    package var post: PostRow
    /// Its targets.
    package var targets: [TargetRow]
    /// Whether it was made now; `false` when a post of that key was there already.
    package var isNew: Bool
    /// What a person should know.
    package var notes: [PostIssue]
}

/// Plans posts: checks every target before anything is written, then writes post, revision, targets and jobs in one transaction.
package struct PostService: Sendable {
    let pool: ConnectionPool
    let jobs: JobStore
    let registry: PluginRegistry

    /// Makes a service.
    package init(pool: ConnectionPool, jobs: JobStore, registry: PluginRegistry) {
        self.pool = pool
        self.jobs = jobs
        self.registry = registry
    }

    /// Creates a post.
    ///
    /// The same key again answers the post that is there.
    ///
    /// - Parameters:
    ///   - draft: The post.
    ///   - client: The client's slug or identity.
    ///   - actor: Who does it.
    /// - Returns: The post, and whether it is new.
    /// - Throws: `ServiceError` with everything that is wrong; then nothing is written.
    package func create(_ draft: PostDraft, client: String, actor: String) async throws -> CreatedPost {
        do {
            return try await self.pool.withTransaction { db in
                try await self.create(draft, client: client, actor: actor, on: &db)
            }
        } catch let error as PQError where error.sqlState == .uniqueViolation && draft.key != nil {
            // Somebody created it with the same key at the same moment.
            let existing = try await self.pool.withTransaction { db in
                try await self.existing(draft.key, client: client, on: &db)
            }
            guard let existing else { throw error }
            return existing
        }
    }

    /// Creates a post in the caller's transaction.
    ///
    /// - Throws: As ``create(_:client:actor:)``; `PQError` with `uniqueViolation` when somebody created it with the same key at the same
    ///   moment.
    package func create(
        _ draft: PostDraft, client: String, actor: String, on db: inout Transaction
    ) async throws -> CreatedPost {
        if let existing = try await self.existing(draft.key, client: client, on: &db) { return existing }
        return try await self.write(draft, client: client, actor: actor, on: &db)
    }

    private func write(
        _ draft: PostDraft, client: String, actor: String, on db: inout Transaction
    ) async throws -> CreatedPost {
        let prepared = try await self.preparer(client: client, actor: actor, on: &db).prepare(draft)
        try await PostWriter(jobs: self.jobs).write([prepared], on: &db)
        return CreatedPost(post: prepared.post, targets: prepared.targets, isNew: true, notes: prepared.notes)
    }

    /// Checks a post as `create` does, and writes nothing.
    ///
    /// - Returns: What would be written, with what a person should know.
    /// - Throws: `ServiceError` with everything that is wrong.
    package func check(_ draft: PostDraft, client: String, actor: String) async throws -> PreparedPost {
        try await self.pool.withConnection { db in
            try await self.preparer(client: client, actor: actor, on: &db).prepare(draft)
        }
    }

    private func existing(_ key: String?, client: String, on db: inout Transaction) async throws -> CreatedPost? {
        guard let key else { return nil }
        let owner = try await ClientDirectory.client(client, on: &db)
        guard let post = try await PostRepository.find(keys: [key], of: owner.id, on: &db).first else { return nil }
        let targets = try await TargetRepository.list(post: post.id, of: owner.id, on: &db)
        return CreatedPost(post: post, targets: targets, isNew: false, notes: [])
    }

    func preparer(
        client: String, actor: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> PostPreparer {
        PostPreparer(
            directory: try await ClientDirectory.load(client, on: &db), registry: self.registry, actor: actor,
            now: try await WorldTime.now(on: &db))
    }
}

/// The world's present moment, as the database tells it.
package enum WorldTime {
    /// Reads it.
    package static func now(on db: inout some SQLSession & ~Copyable) async throws -> Date {
        try await db.query("SELECT world_now()").single()
    }
}
