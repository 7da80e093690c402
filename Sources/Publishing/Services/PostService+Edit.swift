// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// What a person wants to change of a post's content; `nil` keeps what is there.
package struct PostEdit: Sendable {
    /// The words.
    package var text: String?
    /// The link.
    package var link: String?
    /// Accounts' own words by account slug.
    package var variants: [String: String]
    /// Why.
    package var reason: String?
    /// Whether it may say the same as another post where the platform refuses duplicates.
    package var allowsDuplicate = false

    /// Makes an edit.
    package init(text: String? = nil, link: String? = nil, variants: [String: String] = [:], reason: String? = nil) {
        self.text = text
        self.link = link
        self.variants = variants
        self.reason = reason
    }
}

/// A post after an edit.
package struct EditedPost: Sendable {
    /// The post.
    package var detail: PostDetail
    /// What a person should know.
    package var notes: [PostIssue]
}

extension PostService {
    /// Makes a new revision of a post for every target that is not being published yet; the others keep what they have.
    ///
    /// What it makes of a target is compared with the other posts of the account, as a new post is.
    ///
    /// - Throws: `ServiceError`: `notFound`, `invalid` with everything that is wrong, `conflict` when no target can be edited any more,
    ///   or when one is in a worker's hand or something of it was sent: what is looked for later must be what was sent; also when the
    ///   platform would refuse it as a duplicate.
    package func edit(_ reference: String, client: String?, _ edit: PostEdit, actor: String) async throws -> EditedPost
    {
        try await self.pool.withTransaction { db in
            let detail = try await Self.lockedDetail(reference, client: client, on: &db)
            let open = detail.targets.filter { $0.state == .draft || $0.state == .planned }
            guard !open.isEmpty else {
                throw ServiceError(
                    .conflict, "no target of the post can be edited any more: all are published, ended or in hand")
            }
            for target in open {
                guard let obstacle = try await TargetHand.load(target, on: &db).obstacle else { continue }
                throw ServiceError(
                    .conflict,
                    "\(detail.account(of: target)) cannot be edited now: \(obstacle); nothing was changed. See its timeline"
                )
            }
            var master = detail.revision.content
            if let text = edit.text { master.text = text }
            if let link = edit.link { master.link = link.isEmpty ? nil : link }
            for (account, text) in edit.variants {
                guard detail.targets.contains(where: { detail.account(of: $0) == account }) else {
                    throw ServiceError(.invalid, "'\(account)' is none of the post's accounts")
                }
                master.variants[account, default: MasterContent.Variant()].text = text
            }
            let number = detail.post.revision + 1
            try await PostRepository.advance(detail.post.id, of: detail.client.id, to: number, on: &db)
            try await PostRepository.insert(
                [
                    RevisionRow(
                        client: detail.client.id, post: detail.post.id, number: number, content: master,
                        createdBy: actor,
                        reason: edit.reason)
                ], on: &db)
            var changed: [TargetRow] = []
            for target in open {
                guard let plugin = self.registry[target.platform] else { continue }
                let (content, issues) = ContentResolver(account: detail.account(of: target), plugin: plugin).resolve(
                    master)
                let errors = issues.filter { $0.severity == .error }
                guard errors.isEmpty else {
                    throw ServiceError(.invalid, "the post cannot be planned like this", issues: errors)
                }
                let isChanged = try await TargetRepository.replaceContent(
                    of: target.id, client: target.client, with: content, revision: number, from: [.draft, .planned],
                    actor: actor,
                    reason: "revision \(number)" + (edit.reason.map { ": \($0)" } ?? ""), on: &db)
                guard isChanged else {
                    throw ServiceError(
                        .conflict, "\(detail.account(of: target)) began to be published meanwhile: nothing was changed")
                }
                if content != target.content {
                    var edited = target
                    edited.content = content
                    changed.append(edited)
                }
            }
            // Its time is as it was.
            let notes = try await self.compared(
                changed, of: detail, allowingDuplicates: edit.allowsDuplicate,
                comparesWords: !detail.post.isRecurring, comparesTime: false, on: &db)
            return EditedPost(
                detail: try await Self.detail(detail.post.id.description, client: nil, on: &db), notes: notes)
        }
    }

    /// Finds a post and locks its targets: a fence reads the plan's generation under a lock of the same row.
    private static func lockedDetail(
        _ reference: String, client: String?, on db: inout Transaction
    ) async throws -> PostDetail {
        let post = try await Self.detail(reference, client: client, on: &db).post
        try await db.execute(
            """
            SELECT target_id
            FROM target
            WHERE client_id = \(post.client) AND post_id = \(post.id)
            ORDER BY target_id
            FOR UPDATE
            """)
        return try await Self.detail(post.id.description, client: nil, on: &db)
    }
}
