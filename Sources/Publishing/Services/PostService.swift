// SPDX-License-Identifier: MIT

package import Domain
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
    /// Why targets have the time that was chosen for them, in the order of the accounts.
    package var reasons: [String] = []
}

extension CreatedPost {
    /// A post that is new.
    fileprivate init(_ prepared: PreparedPost) {
        self.init(
            post: prepared.post, targets: prepared.targets, isNew: true, notes: prepared.notes,
            reasons: prepared.targets.compactMap { prepared.reasons[$0.id] })
    }
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

    /// How often a time is chosen again because somebody planned another post meanwhile.
    private static let mostChoices = 50

    /// Creates a post.
    ///
    /// The same key again answers the post that is there.
    ///
    /// - Parameters:
    ///   - draft: The post.
    ///   - client: The client's slug or identity.
    ///   - actor: Who does it.
    /// - Returns: The post, and whether it is new.
    /// - Throws: `ServiceError` with everything that is wrong, with code `conflict` when the platform would refuse it as a duplicate, or with
    ///   code `tryAgain` when no chosen time stayed free; then nothing is written.
    package func create(_ draft: PostDraft, client: String, actor: String) async throws -> CreatedPost {
        do {
            // A post that is there already keeps its time, also when there would be none for it any more.
            if draft.leavesTime, draft.key != nil,
                let existing = try await self.pool.withTransaction({ db in
                    try await self.existing(draft.key, client: client, on: &db)
                })
            {
                return existing
            }
            let schedules = ScheduleStore(jobs: self.jobs)
            for _ in 0..<Self.mostChoices {
                let chosen = try await self.chosen(draft, client: client, isKept: true)
                let created = try await self.pool.withTransaction { db -> CreatedPost? in
                    let looks = chosen.values.map(\.seen)
                    guard try await SeenPosts.stillHold(looks, schedules: schedules, on: &db) else { return nil }
                    return try await self.create(draft, client: client, actor: actor, chosen: chosen, on: &db)
                }
                if let created { return created }
            }
            throw ServiceError(
                .tryAgain, "other posts of the same accounts are being planned: no time stayed free while it was chosen"
            )
        } catch let error as PQError where error.sqlState == .uniqueViolation && draft.key != nil {
            // Somebody created it with the same key at the same moment.
            let existing = try await self.pool.withTransaction { db in
                try await self.existing(draft.key, client: client, on: &db)
            }
            guard let existing else { throw error }
            return existing
        }
    }

    /// Creates a post in the caller's transaction; its time is said, or was chosen before.
    ///
    /// - Throws: As ``create(_:client:actor:)``; `PQError` with `uniqueViolation` when somebody created it with the same key at the same
    ///   moment.
    package func create(
        _ draft: PostDraft, client: String, actor: String, chosen: [AccountID: ChosenTime] = [:],
        on db: inout Transaction
    ) async throws -> CreatedPost {
        if let existing = try await self.existing(draft.key, client: client, on: &db) { return existing }
        return try await self.write(draft, client: client, actor: actor, chosen: chosen, on: &db)
    }

    /// The times of a draft's accounts, where it leaves them to their best times.
    private func chosen(_ draft: PostDraft, client: String, isKept: Bool) async throws -> [AccountID: ChosenTime] {
        guard draft.leavesTime else { return [:] }
        let directory = try await self.pool.withConnection { db in try await ClientDirectory.load(client, on: &db) }
        // Names that are nobody's are told with everything else that is wrong.
        let accounts = draft.accounts.compactMap { try? directory.account($0) }
        guard let wish = draft.wish else {
            return try await PostingSlots(pool: self.pool).next(for: accounts, of: directory.client, isKept: isKept)
        }
        return try await SlotAdvisor(pool: self.pool).choose(
            for: accounts, of: directory.client, wish: wish, isKept: isKept)
    }

    private func write(
        _ draft: PostDraft, client: String, actor: String, chosen: [AccountID: ChosenTime], on db: inout Transaction
    ) async throws -> CreatedPost {
        var preparer = try await self.preparer(client: client, actor: actor, on: &db)
        preparer.chosen = chosen
        let prepared = try await self.compared(try preparer.prepare(draft), by: preparer, on: &db)
        try await PostWriter(jobs: self.jobs).write([prepared], on: &db)
        return CreatedPost(prepared)
    }

    /// Checks a post as `create` does, and writes nothing.
    ///
    /// - Returns: What would be written, with what a person should know; the post of the same key when one is there already.
    /// - Throws: `ServiceError` with everything that is wrong.
    package func check(_ draft: PostDraft, client: String, actor: String) async throws -> CreatedPost {
        if draft.key != nil {
            let existing = try await self.pool.withConnection { db in
                try await self.existing(draft.key, client: client, on: &db)
            }
            if let existing { return existing }
        }
        let chosen = try await self.chosen(draft, client: client, isKept: false)
        return try await self.pool.withConnection { db in
            var preparer = try await self.preparer(client: client, actor: actor, on: &db)
            preparer.chosen = chosen
            return CreatedPost(try await self.compared(try preparer.prepare(draft), by: preparer, on: &db))
        }
    }

    func existing(
        _ key: String?, client: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> CreatedPost? {
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
