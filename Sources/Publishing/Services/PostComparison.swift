// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// Compares what is planned with the other posts of its accounts: the same post again, and posts that come too near to each other.
///
/// Posts of every origin count. What a schedule makes is not compared: it is meant to come again.
struct PostComparison: Sendable {
    /// How long ago, or how far ahead, the same post is still a repetition.
    static let window: TimeInterval = 30 * 86_400

    private let client: ClientRow
    private let registry: PluginRegistry
    private let accounts: [AccountID: AccountRow]
    private let now: Date
    private var others: [AccountID: OtherPosts]
    private let distances: [AccountID: TimeInterval]

    /// Reads what the accounts of some posts have around their times.
    ///
    /// - Parameters:
    ///   - posts: Posts of one client that are to be planned.
    ///   - directory: The client with its accounts.
    ///   - registry: The plugins.
    ///   - now: The world's present moment.
    ///   - schedules: The schedules.
    ///   - db: The database.
    /// - Throws: What the database throws.
    init(
        for posts: [PreparedPost], of directory: ClientDirectory, _ registry: PluginRegistry, now: Date,
        schedules: ScheduleStore, on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await self.init(
            for: posts.filter { !$0.isRecurring }.flatMap(\.targets), of: directory, registry, now: now,
            schedules: schedules, on: &db)
    }

    /// Reads what the accounts of some targets have around their times, but for these targets themselves.
    init(
        for targets: [TargetRow], of directory: ClientDirectory, _ registry: PluginRegistry, now: Date,
        schedules: ScheduleStore, on db: inout some SQLSession & ~Copyable
    ) async throws {
        let own = Set(targets.map(\.id))
        let ids = Set(targets.map(\.account))
        let accounts = ids.sorted().compactMap { directory[$0] }
        self.client = directory.client
        self.registry = registry
        self.accounts = Dictionary(accounts.map { ($0.id, $0) }) { first, _ in first }
        self.now = now
        let times = targets.map { $0.dueAt ?? now }
        var distances: [AccountID: TimeInterval] = [:]
        if let first = times.min(), let last = times.max() {
            for account in accounts {
                let wish = SlotWish().without(try await QuietStore.quiet(of: account, on: &db))
                distances[account.id] = TimeInterval(wish.distance.components.seconds)
            }
            let margin = max(Self.window, distances.values.max() ?? 0)
            self.others = try await OtherPost.load(
                accounts, of: directory.client.id, from: first.addingTimeInterval(-margin),
                until: last.addingTimeInterval(margin), schedules: schedules, on: &db
            ).mapValues { OtherPosts($0, besides: own) }
        } else {
            self.others = [:]
        }
        self.distances = distances
    }

    /// What a person should know of a post beside the others, and what stands in its way.
    ///
    /// - Parameters:
    ///   - post: The post.
    ///   - line: Its line, when it is one of a file's: the rows after it are compared with it too.
    /// - Returns: Warnings; errors where the platform would refuse the post.
    mutating func check(_ post: PreparedPost, line: Int? = nil) -> [PostIssue] {
        guard !post.isRecurring else { return [] }
        return post.targets.flatMap { target in
            self.check(
                target, allowed: post.allowsDuplicate, comparesTime: !post.hasChosenTime, line: line)
        }
    }

    /// What a person should know of one target beside the others, and what stands in its way; it is one of the others for the next.
    ///
    /// - Parameters:
    ///   - target: The target.
    ///   - allowed: Whether it may say the same as another where the platform refuses that.
    ///   - comparesWords: Whether it is compared with what says the same.
    ///   - comparesTime: Whether it is compared with what is near.
    ///   - line: Its line, when it is one of a file's.
    /// - Returns: As ``check(_:line:)``.
    mutating func check(
        _ target: TargetRow, allowed: Bool, comparesWords: Bool = true, comparesTime: Bool = true, line: Int? = nil
    ) -> [PostIssue] {
        guard let account = self.accounts[target.account] else { return [] }
        var issues: [PostIssue] = []
        let own = OtherPost(
            at: target.dueAt ?? self.now, source: .target(target.id, isPublished: false), target.content)
        let others = self.others[target.account] ?? OtherPosts([])
        if comparesWords, let issue = self.repetition(of: own, target, account, among: others, allowed: allowed) {
            issues.append(issue)
        }
        guard target.state != .draft else { return issues }
        if comparesTime, let issue = self.nearness(of: own, account, among: others) { issues.append(issue) }
        var row = own
        if let line { row.source = .row(line) }
        self.others[target.account, default: OtherPosts([])].insert(row)
        return issues
    }

    private func repetition(
        of own: OtherPost, _ target: TargetRow, _ account: AccountRow, among others: OtherPosts, allowed: Bool
    ) -> PostIssue? {
        let platform = self.registry[account.platform]?.manifest
        let comparesWords = platform?.refusesDuplicates == true
        let telling = (platform?.settings ?? []).filter(\.makesAnother).map(\.name)
        let alike = others.saying(own.words).filter { other in
            abs(other.at.timeIntervalSince(own.at)) <= Self.window && other.isStory == own.isStory
                && Self.isSame(own, other, telling, comparesWords: comparesWords)
        }
        // With the same files, or with files that nobody knows, it is the nearer repetition.
        let whole = alike.filter { $0.files == nil || $0.files == own.files }
        // The platform looks at words; a refusal needs more than a guess.
        let certain = comparesWords ? whole.filter { Self.isCertain(own, $0, telling) } : []
        let nearer = whole.isEmpty ? alike : whole
        guard let nearest = OtherPosts(certain.isEmpty ? nearer : certain).nearest(to: own.at) else { return nil }
        let what = nearest.described(in: ZoneID(rawValue: self.client.timeZone) ?? .utc)
        let days = Int(Self.window / 86_400)
        guard comparesWords else {
            return PostIssue(
                .warning, account: account.slug.rawValue, field: "text",
                "says the same as \(what), within \(days) days")
        }
        let name = platform?.name ?? account.platform.rawValue
        if allowed || target.state == .draft || certain.isEmpty {
            return PostIssue(
                .warning, account: account.slug.rawValue, field: "text",
                "says the same as \(what)\(whole.isEmpty ? ", with other files" : ""): \(name) may refuse it")
        }
        return PostIssue(
            .error, account: account.slug.rawValue, field: "text",
            "says the same as \(what): \(name) refuses duplicates and does not say for how long. Change the words, or plan it with --allow-duplicate"
        )
    }

    /// Whether two posts say the same, to the same post and with the same files, as far as these are known.
    private static func isSame(
        _ own: OtherPost, _ other: OtherPost, _ telling: [String], comparesWords: Bool
    ) -> Bool {
        guard let words = own.words, let theirs = other.words, words.isSame(as: theirs) else { return false }
        if let settings = own.settings, let known = other.settings {
            guard telling.allSatisfy({ settings[$0] == known[$0] }) else { return false }
        }
        guard let files = own.files, let known = other.files else { return !words.isEmpty }
        if words.isEmpty { return !files.isEmpty && files == known }
        return comparesWords || files == known
    }

    /// Whether nothing is left to guess of two posts that say the same: words, links, files, and what they answer.
    private static func isCertain(_ own: OtherPost, _ other: OtherPost, _ telling: [String]) -> Bool {
        guard let words = own.words, let theirs = other.words, !words.isEmpty, words.hasSameLinks(as: theirs),
            let files = own.files, files == other.files
        else { return false }
        // What is found on a platform is told without them: replies are not listed.
        return other.settings != nil || telling.allSatisfy { own.settings?[$0] == nil }
    }

    private func nearness(of own: OtherPost, _ account: AccountRow, among others: OtherPosts) -> PostIssue? {
        guard let distance = self.distances[account.id], let nearest = others.nearest(to: own.at) else {
            return nil
        }
        let gap = abs(nearest.at.timeIntervalSince(own.at))
        guard gap < distance else { return nil }
        let what = nearest.described(in: ZoneID(rawValue: self.client.timeZone) ?? .utc)
        let apart = gap < 1 ? "at the same time as" : "\(Duration.seconds(Int64(gap)).readable) from"
        return PostIssue(
            .warning, account: account.slug.rawValue, field: "at",
            "is \(apart) \(what); --best keeps \(Duration.seconds(Int64(distance)).readable) between the account's posts"
        )
    }

    /// What of some times comes nearer to other posts of accounts, or to each other, than times that are chosen would: a warning for each
    /// account, which names the first.
    static func nearness(
        of dates: [Date], on accounts: [AccountRow], of client: ClientRow, schedules: ScheduleStore,
        _ db: inout some SQLSession & ~Copyable
    ) async throws -> [PostIssue] {
        guard let first = dates.min(), let last = dates.max() else { return [] }
        let zone = ZoneID(rawValue: client.timeZone) ?? .utc
        var issues: [PostIssue] = []
        for account in accounts {
            let wish = SlotWish().without(try await QuietStore.quiet(of: account, on: &db))
            let distance = TimeInterval(wish.distance.components.seconds)
            let found = try await OtherPost.load(
                [account], of: client.id, from: first.addingTimeInterval(-distance),
                until: last.addingTimeInterval(distance), schedules: schedules, on: &db)
            let others = OtherPosts(found[account.id] ?? [])
            let near = dates.compactMap { date -> (Date, OtherPost)? in
                others.nearest(to: date).flatMap { other in
                    abs(other.at.timeIntervalSince(date)) < distance ? (date, other) : nil
                }
            }
            let kept = Duration.seconds(Int64(distance)).readable
            if let (date, other) = near.first {
                issues.append(
                    PostIssue(
                        .warning, account: account.slug.rawValue, field: "rule",
                        "\(near.count) of its next \(dates.count) posts are nearer than \(kept), which --best keeps, to others of the account: that of \(date.iso8601(in: zone)) to \(other.described(in: zone))"
                    ))
            }
            let sorted = dates.sorted()
            if let pair = zip(sorted, sorted.dropFirst()).first(where: { $1.timeIntervalSince($0) < distance }) {
                issues.append(
                    PostIssue(
                        .warning, account: account.slug.rawValue, field: "rule",
                        "its own posts of \(pair.0.iso8601(in: zone)) and \(pair.1.iso8601(in: zone)) are nearer than \(kept), which --best keeps"
                    ))
            }
        }
        return issues
    }
}

extension PostService {
    /// Compares a checked post with the other posts of its accounts.
    ///
    /// - Returns: The post with what a person should know.
    /// - Throws: `ServiceError` with code `conflict` where the platform would refuse it as a duplicate.
    func compared(
        _ prepared: PreparedPost, by preparer: PostPreparer, on db: inout some SQLSession & ~Copyable
    ) async throws -> PreparedPost {
        guard !prepared.isRecurring else { return prepared }
        var comparison = try await PostComparison(
            for: [prepared], of: preparer.directory, self.registry, now: preparer.now,
            schedules: ScheduleStore(jobs: self.jobs), on: &db)
        var compared = prepared
        compared.notes += try Self.allowed(comparison.check(prepared))
        return compared
    }

    /// Compares targets of a post as they are to be with the other posts of their accounts, never with themselves.
    ///
    /// - Parameters:
    ///   - targets: The targets, with their new content or time.
    ///   - detail: Their post.
    ///   - isAllowed: Whether they may say the same as another post where the platform refuses that.
    ///   - comparesWords: Whether they are compared with what says the same.
    ///   - comparesTime: Whether they are compared with what is near.
    ///   - db: The database.
    /// - Returns: What a person should know.
    /// - Throws: `ServiceError` with code `conflict` where the platform would refuse one as a duplicate.
    func compared(
        _ targets: [TargetRow], of detail: PostDetail, allowingDuplicates isAllowed: Bool, comparesWords: Bool = true,
        comparesTime: Bool = true, on db: inout some SQLSession & ~Copyable
    ) async throws -> [PostIssue] {
        guard !targets.isEmpty else { return [] }
        let directory = ClientDirectory(client: detail.client, accounts: Array(detail.accounts.values))
        var comparison = try await PostComparison(
            for: targets, of: directory, self.registry, now: try await WorldTime.now(on: &db),
            schedules: ScheduleStore(jobs: self.jobs), on: &db)
        let issues = targets.flatMap { target in
            comparison.check(
                target, allowed: isAllowed, comparesWords: comparesWords, comparesTime: comparesTime)
        }
        return try Self.allowed(issues)
    }

    private static func allowed(_ issues: [PostIssue]) throws -> [PostIssue] {
        let errors = issues.filter { $0.severity == .error }
        guard errors.isEmpty else {
            throw ServiceError(.conflict, "the post was planned or published already", issues: errors)
        }
        return issues
    }
}
