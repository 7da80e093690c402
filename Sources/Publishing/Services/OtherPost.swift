// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// Another post of an account: planned, recurring, published here, or found on the platform.
struct OtherPost: Sendable {
    /// Where it comes from.
    enum Source: Sendable, Equatable {
        /// A target of ours.
        case target(TargetID, isPublished: Bool)
        /// A publication that is not of ours.
        case publication(PublicationID, PublicationOrigin)
        /// A schedule's post that is not made yet.
        case schedule(String)
        /// A row of the file that is being imported.
        case row(Int)
    }

    /// When it is, or was.
    var at: Date
    /// What it is.
    var source: Source
    /// What it says; `nil` where that is not known.
    var words: PostWords?
    /// The hashes of its files, sorted; `nil` where they are not known.
    var files: [String]?
    /// The platform's own settings; `nil` where they are not known.
    var settings: [String: String]?
    /// Whether it is a story, which is no repetition of what stays.
    var isStory: Bool
    /// Where it can be seen.
    var url: String?

    /// Its target, when it is one of ours.
    var target: TargetID? { if case .target(let id, _) = self.source { id } else { nil } }

    /// What a person is told of it.
    func described(in zone: ZoneID) -> String {
        let when = self.at.iso8601(in: zone)
        let place = self.url.map { ", \($0)" } ?? ""
        switch self.source {
        case .target(let id, let isPublished):
            return "the post \(isPublished ? "published" : "planned") for \(when) (target \(id)\(place))"
        case .publication(let id, let origin):
            let whence = origin == .import ? "from a file of past posts" : "not published by Posthorn"
            return "the post of \(when) (publication \(id), \(whence)\(place))"
        case .schedule(let name): return "the post of \(when) that the schedule '\(name)' will make"
        case .row(let line): return "the post of line \(line) of the file, \(when)"
        }
    }

    /// Reads what accounts have around some time.
    static func load(
        _ accounts: [AccountRow], of client: ClientID, from: Date, until: Date, schedules: ScheduleStore,
        on db: inout some SQLSession & ~Copyable
    ) async throws -> [AccountID: [OtherPost]] {
        let ids = accounts.map(\.id)
        var found: [AccountID: [OtherPost]] = [:]
        let targets = try await db.query(
            """
            SELECT target.account_id, target.target_id, target.content, target.format, publication.url,
                   coalesce(target.published_at, target.due_at) AS at, target.state = 'published' AS published
            FROM target
            LEFT JOIN publication
              ON publication.client_id = target.client_id AND publication.target_id = target.target_id
            WHERE target.client_id = \(client) AND target.account_id = ANY(\(ids))
              AND target.due_at BETWEEN \(from) AND \(until)
              AND target.state NOT IN ('draft', 'cancelled', 'failed', 'missed')
              AND coalesce(publication.state, 'live') NOT IN ('deleted', 'gone')
            """)
        for row in targets {
            let content: PostContent = try JSONColumn.decode(try row.get("content"))
            var post = OtherPost(
                at: try row.get("at"),
                source: .target(try row.get("target_id"), isPublished: try row.get("published")), content)
            post.url = try row.get("url")
            found[try row.get("account_id"), default: []].append(post)
        }
        let publications = try await db.query(
            """
            SELECT account_id, publication_id, published_at, origin, url, text, content_type
            FROM publication
            WHERE client_id = \(client) AND account_id = ANY(\(ids)) AND target_id IS NULL
              AND published_at BETWEEN \(from) AND \(until)
              AND state NOT IN ('deleted', 'gone') AND NOT \(ImportedTwin.isRepeated)
            """)
        for row in publications {
            let text: String? = try row.get("text")
            let format: String? = try row.get("content_type")
            var post = OtherPost(
                at: try row.get("published_at"),
                source: .publication(try row.get("publication_id"), try row.get("origin")),
                words: text.map { PostWords($0) }, isStory: format == PostFormat.story.rawValue,
                url: try row.get("url"))
            // Of a text it is known that it has no files, and of nothing else which it has.
            if format == PostFormat.text.rawValue { post.files = [] }
            found[try row.get("account_id"), default: []].append(post)
        }
        for account in accounts {
            let slots = try await SeenPosts.recurring(account, until: until, schedules, on: &db)
            found[account.id, default: []] += slots.filter { $0.at >= from }.map { slot in
                OtherPost(at: slot.at, source: .schedule(slot.schedule), isStory: false)
            }
        }
        return found
    }

    private init(
        at: Date, source: Source, words: PostWords? = nil, isStory: Bool, url: String? = nil
    ) {
        self.at = at
        self.source = source
        self.words = words
        self.isStory = isStory
        self.url = url
    }

    /// A post of which everything is known.
    init(at: Date, source: Source, _ content: PostContent) {
        self.at = at
        self.source = source
        self.words = PostWords(content)
        self.files = content.parts.flatMap(\.media).map(\.hash).sorted()
        self.settings = content.settings
        self.isStory = content.format == .story
    }
}
