// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import Persistence
import PluginKit
import Publishing

extension PostCommands {
    struct List: PosthornCommand {
        static let configuration = CommandConfiguration(
            "list", "List targets in the order of their due times.",
            details: """
                --found lists what was found on the platforms instead, published by others than Posthorn, newest first; its id is a publication's,
                for `metrics show --publication`.
                """,
            examples: [
                "post list --client acme", "post list --state failed,unknown,waiting",
                "post list --client acme --from 2026-12-01 --to 2027-01-01 -o csv",
                "post list --account acme/x --found",
            ], keys: PostRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("Only this client's.", valueName: "client"))
        var client: String?
        @Option(
            name: .customLong("account"),
            help: ArgumentHelp("Only this account's; with --client or as client/account.", valueName: "account"))
        var account: String?
        @Option(
            name: .customLong("state"),
            help: ArgumentHelp(
                "Only in these states, separated by commas: draft, planned, published, failed, …", valueName: "states"))
        var states: String?
        @Option(help: ArgumentHelp("Only of this campaign.", valueName: "campaign"))
        var campaign: String?
        @Option(help: ArgumentHelp("Only due from this local day or time on.", valueName: "time"))
        var from: String?
        @Option(help: ArgumentHelp("Only due before this local day or time.", valueName: "time"))
        var to: String?
        @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
        var limit: Int = 100
        @Flag(help: "What was found on the platforms, published by others than Posthorn.")
        var found = false

        func validate() throws {
            guard !self.found || (self.states == nil && self.campaign == nil) else {
                throw ValidationError("What was found on the platforms has no state and no campaign.")
            }
        }

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                var filter = TargetFilter()
                var zone = ZoneID.utc
                if let account {
                    let found = try await services.accounts.show(account, client: self.client)
                    filter.client = found.client.id
                    filter.accounts = [found.account.id]
                    zone = ZoneID(rawValue: found.client.timeZone) ?? .utc
                } else if let client {
                    let found = try await services.clients.show(client).client
                    filter.client = found.id
                    zone = ZoneID(rawValue: found.timeZone) ?? .utc
                }
                filter.states = try PostRows.states(self.states)
                filter.campaign = self.campaign
                filter.from = try self.from.map { try PostRows.bound($0, zone) }
                filter.before = try self.to.map { try PostRows.bound($0, zone) }
                filter.limit = max(1, self.limit)
                if self.found {
                    let entries = try await services.posts.found(filter)
                    context.output.show(
                        Listing(
                            PostRows.foundColumns, rows: entries.map(PostRows.record),
                            empty: "nothing was found; `posthorn metrics backfill` looks"))
                    if entries.count == filter.limit { context.output.note("there may be more: raise --limit") }
                    return
                }
                let entries = try await services.posts.list(filter)
                context.output.show(
                    Listing(PostRows.columns, rows: entries.map(PostRows.record), empty: "no targets match"))
                if entries.count == filter.limit { context.output.note("there may be more: raise --limit") }
            }
        }
    }

    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show", "Show a post with its targets.",
            examples: ["post show 0198f2c4-…", "post show spring-1 --client acme -o json"], keys: PostRows.detailKeys)

        @OptionGroup var options: CommandOptions
        @OptionGroup var which: PostChoice

        func run(_ context: CommandContext) async throws {
            let detail = try await context.withServices {
                try await $0.posts.show(self.which.post, client: self.which.client)
            }
            context.output.show(PostRows.record(detail))
        }
    }

    struct Timeline: PosthornCommand {
        private static let columns = [
            Column("at", "WHEN", "when it happened, in the client's zone"),
            Column("account", "ACCOUNT", "the account, when it is about one"),
            Column("kind", "KIND", "state, attempt, send, publication or sample"),
            Column("message", "WHAT", "what happened", isFlexible: true),
            Column("actor", "WHO", "who did it", isFlexible: true), Column("target", nil, "the target's id"),
        ]
        static let configuration = CommandConfiguration(
            "timeline", "Tell everything that happened to a post: changes, attempts, sends, publication, numbers.",
            examples: ["post timeline 0198f2c4-…", "post timeline spring-1 --client acme -o jsonl"], keys: columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var which: PostChoice

        func run(_ context: CommandContext) async throws {
            let (detail, entries) = try await context.withServices {
                try await $0.timelines.timeline(of: self.which.post, client: self.which.client)
            }
            let rows = entries.map { entry in
                Record([
                    "at": .time(entry.at, in: detail.client.timeZone), "account": .optional(entry.account),
                    "kind": .text(entry.kind.rawValue), "message": .text(entry.message),
                    "actor": .optional(entry.actor),
                    "target": .optional(entry.target?.description),
                ])
            }
            context.output.show(Listing(Self.columns, rows: rows, idKey: "target", empty: "nothing happened yet"))
        }
    }
}

/// Which post a command is about.
struct PostChoice: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The post's id, the id of one of its targets, or its key with --client.", valueName: "post"))
    var post: String
    @Option(help: ArgumentHelp("The client, when the post is named by its key.", valueName: "client"))
    var client: String?
}

/// How posts and targets are shown.
enum PostRows {
    static let columns = [
        Column("due_at", "DUE", "when it is due, in the client's zone"),
        Column("client", "CLIENT", "the client's slug"),
        Column("account", "ACCOUNT", "the account's slug"), Column("platform", nil, "the platform"),
        Column("format", "FORMAT", "the shape"), Column("state", "STATE", "where it stands"),
        Column("text", "TEXT", "the beginning of the words", isFlexible: true),
        Column("url", nil, "where it can be seen"),
        Column("published_at", nil, "when it was published"), Column("campaign", nil, "the campaign"),
        Column("labels", nil, "the labels"), Column("failure_code", nil, "the class of what went wrong"),
        Column("failure_message", nil, "what went wrong"), Column("next_action", nil, "what a person can do"),
        Column("post", nil, "the post's id"), Column("job", nil, "the job that publishes it"),
        Column("id", "TARGET", "the target's id"),
    ]

    static let detailKeys = [
        Column("id", nil, "the post's id"), Column("client", nil, "the client's slug"),
        Column("revision", nil, "its newest revision"),
        Column("key", nil, "its key"), Column("text", nil, "its words"), Column("link", nil, "its link"),
        Column("campaign", nil, "its campaign"), Column("labels", nil, "its labels"),
        Column("created_by", nil, "who made it"),
        Column("created_at", nil, "when"),
        Column("targets", nil, "its targets: id, account, platform, format, state, due_at, url, job, failure"),
    ]

    static let foundColumns = [
        Column("published_at", "PUBLISHED", "when it appeared, in the client's zone"),
        Column("client", "CLIENT", "the client's slug"), Column("account", "ACCOUNT", "the account's slug"),
        Column("platform", nil, "the platform"), Column("format", "FORMAT", "the shape, when the platform said"),
        Column("text", "TEXT", "the beginning of the words", isFlexible: true),
        Column("url", "URL", "where it can be seen", isFlexible: true),
        Column("id", "PUBLICATION", "the publication's id"),
    ]

    static func record(_ entry: FoundEntry) -> Record {
        let publication = entry.publication
        return Record([
            "id": .text("\(publication.id)"), "client": .text(entry.client), "account": .text(entry.account),
            "platform": .text(publication.platform.rawValue), "format": .optional(publication.contentType),
            "published_at": .time(publication.publishedAt, in: entry.clientTimeZone),
            "text": .text(Self.beginning(of: publication.text ?? "")), "url": .optional(publication.url),
        ])
    }

    static func record(_ entry: CalendarEntry) -> Record {
        let target = entry.target
        return Record([
            "id": .text("\(target.id)"), "post": .text("\(target.post)"), "client": .text(entry.client),
            "account": .text(entry.account), "platform": .text(target.platform.rawValue),
            "format": .text(target.content.format.rawValue),
            "state": .state(target.state.rawValue), "due_at": .time(target.dueAt, in: entry.clientTimeZone),
            "published_at": .time(target.publishedAt, in: entry.clientTimeZone),
            "text": .text(Self.beginning(of: target.content.parts.first?.text ?? "")),
            "url": .optional(entry.url), "campaign": .optional(entry.campaign),
            "labels": .list(entry.labels.map { .text($0) }),
            "failure_code": .optional(target.failure?.code), "failure_message": .optional(target.failure?.message),
            "next_action": .optional(target.failure?.nextAction), "job": .optional(target.job?.description),
        ])
    }

    static func record(_ detail: PostDetail) -> Record {
        let zone = detail.client.timeZone
        let targets = detail.targets.map { target in
            let publication = detail.publications.first { $0.target == target.id }
            return Field.record(
                Record([
                    "account": .text(detail.account(of: target)), "platform": .text(target.platform.rawValue),
                    "format": .text(target.content.format.rawValue), "state": .state(target.state.rawValue),
                    "due_at": .time(target.dueAt, in: zone), "published_at": .time(target.publishedAt, in: zone),
                    "url": .optional(publication?.url), "publication": .optional(publication?.id.description),
                    "failure": .optional(target.failure.map { "\($0.code): \($0.message)" }),
                    "job": .optional(target.job?.description), "id": .text("\(target.id)"),
                ]))
        }
        return Record([
            "id": .text("\(detail.post.id)"), "client": .text(detail.client.slug.rawValue),
            "revision": .count(detail.post.revision),
            "key": .optional(detail.post.key), "text": .text(detail.revision.content.text),
            "link": .optional(detail.revision.content.link), "campaign": .optional(detail.post.campaign),
            "labels": .list(detail.post.labels.map { .text($0) }), "created_by": .text(detail.post.createdBy),
            "created_at": .time(detail.post.createdAt, in: zone), "targets": .list(targets),
        ])
    }

    static func say(_ notes: [PostIssue], _ output: Output) {
        for note in notes { output.warn(note.description) }
    }

    static func states(_ text: String?) throws -> [TargetState] {
        try (text ?? "").split(separator: ",").map { word in
            guard let state = TargetState(rawValue: String(word)) else {
                let known = TargetState.allCases.map(\.rawValue)
                throw CommandError.usage(
                    "there is no state “\(word)”",
                    remedy: Suggestion.closest(to: String(word), among: known).map { "did you mean “\($0)”?" }
                        ?? "states are: \(known.joined(separator: ", "))")
            }
            return state
        }
    }

    /// Reads a day or a time, in a zone.
    static func bound(_ text: String, _ zone: ZoneID) throws -> Date {
        let whole = text.count == 10 ? "\(text)T00:00" : text
        switch try CommandError.time(whole, zone: nil) {
        case .instant(let instant), .slot(let instant, _): return instant
        case .local(let wall, _): return LocalPlan(wall: wall, zone: zone).resolve().instant ?? .distantPast
        case .now, .unplanned: throw CommandError.usage("“\(text)” is no day or time", remedy: "write it as 2026-12-01")
        }
    }

    private static func beginning(of text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return line.count > 60 ? line.prefix(59) + "…" : line
    }
}
