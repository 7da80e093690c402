// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import Persistence
import PluginKit
import Publishing

/// `posthorn post`.
struct PostCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "post", "Plan posts, and follow them.",
        examples: [
            "post create --client acme --account x --text 'Hello' --at 2026-12-01T09:30",
            "post import december.csv --client acme",
            "post list --client acme --state planned", "post timeline 0198f2c4-…",
        ],
        subcommands: [
            Create.self, Import.self, List.self, Show.self, Validate.self, Edit.self, Move.self, Cancel.self,
            Retry.self,
            Timeline.self, Comments.self,
        ])

    struct Create: PosthornCommand {
        static let configuration = CommandConfiguration(
            "create", "Plan one post for one or several accounts.",
            details: """
                Every account's variant is checked against its platform before anything is written; then post, targets and jobs are written
                together. --at is local time in the client's zone, or in --tz. The same --key again answers the post that is there.
                --best gives each account its own best free time of the next days, by what `best-times explain` says of it.
                --next-slot takes the next free one of the slots that `best-times slots` gave it: so many posts a week, where the week is best.
                The same words (and files) as another post of the account within 30 days, planned, published or found on the platform, are a
                warning that names it; X refuses duplicates, so there it is a refusal (exit code 73) unless --allow-duplicate, if links and
                files are known to be the same. Another reply or poll is another post. `post edit` and `post move` compare, too. A
                time that is nearer to another post of the account than --best would go (three hours, or `best-times quiet`) is a warning, too.
                Lines that hold only --- make a thread. A --media that begins with https:// is fetched now, from the public network alone.
                Length, shape, rate and coding of files are checked too where ffprobe and vipsheader are installed (POSTHORN_MEDIA_PROBE).
                --transcode makes files that an account does not take into ones that it takes, by ffmpeg and libvips: type, coding, pictures
                a second, size; --pad also puts bars around another shape. The originals stay, and what was changed is said.

                --file takes a post as YAML (.yaml, .yml), with flags on top of it:
                  accounts: [x, mock]            or account: x
                  at: 2026-12-01T09:30           tz: Asia/Tokyo
                  text: |
                    The new shoe is here.
                  media: [shoe.png]              beside the file, or https://…
                  alt: [A red shoe on a table]   one for each file
                  variants:
                    x: The new shoe.
                  settings:
                    tiktok.privacy_level: SELF_ONLY
                and format, link, first_comment, labels, campaign, pillar, key, state (planned or draft), transcode (true or pad). Every key may be left out.
                A .json file has the keys of `post import`; any other file is the words.
                """,
            examples: [
                "post create --client acme --file launch.yaml",
                "post create --client acme --account x --account mock --text 'Hello' --at 2026-12-01T09:30",
                "post create --client acme --account x --text 'Look' --media shoe.png --alt 'A red shoe' --now",
                "post create --client acme --account instagram --text 'New' --media shoe.png --best --between 09:00-20:00 --not sun",
                "post create --client acme --account instagram --text 'Soon' --next-slot",
                "post create --client acme --account x --account mock --text Long --variant x=Short --at 2026-12-01T09:30 --tz Asia/Tokyo",
            ], keys: PostRows.detailKeys)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var content: PostContentOptions

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let draft = try await self.content.fitted(services, context, isDryRun: self.change.isDryRun)
                if self.change.isDryRun {
                    let checked = try await services.posts.check(
                        draft, client: self.content.client, actor: Actor.current)
                    guard checked.isNew else { return Self.sayExisting(checked, context) }
                    PostRows.say(checked.notes, context.output)
                    for reason in checked.reasons { context.output.note(reason) }
                    return context.output.note("would plan \(checked.targets.count) target(s)")
                }
                let created = try await services.posts.create(draft, client: self.content.client, actor: Actor.current)
                PostRows.say(created.notes, context.output)
                for reason in created.reasons { context.output.note(reason) }
                let detail = try await services.posts.show(created.post.id.description)
                if created.isNew {
                    context.output.success(
                        "\(draft.isDraft ? "kept as a draft" : "planned") for \(created.targets.count) account(s)")
                } else {
                    Self.sayExisting(created, context)
                }
                context.output.show(PostRows.record(detail))
            }
        }

        private static func sayExisting(_ existing: CreatedPost, _ context: CommandContext) {
            context.output.note(
                "a post with the key '\(existing.post.key ?? "")' is there already: nothing was changed")
        }
    }

    struct Validate: PosthornCommand {
        static let configuration = CommandConfiguration(
            "validate", "Check a post against its platforms without planning it.",
            details: "Takes what `post create` takes. Exit code 65 when something is wrong.",
            examples: ["post validate --client acme --account x --text 'Hello'"],
            keys: [
                Column("account", "ACCOUNT", "the account"), Column("severity", "SEVERITY", "error or warning"),
                Column("field", "FIELD", "where it is"),
                Column("message", "MESSAGE", "what is wrong and what would be right"),
            ])

        @OptionGroup var options: CommandOptions
        @OptionGroup var content: PostContentOptions

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let columns = Self.configurationColumns
                do {
                    var draft = try await self.content.fitted(services, context, isDryRun: true)
                    if draft.time == .unplanned, !draft.leavesTime { draft.isDraft = true }
                    let checked = try await services.posts.check(
                        draft, client: self.content.client, actor: Actor.current)
                    let fine =
                        checked.isNew
                        ? "nothing is wrong with it"
                        : "a post with the key '\(checked.post.key ?? "")' is there already: it would stay as it is"
                    context.output.show(
                        Listing(columns, rows: checked.notes.map(Self.record), idKey: "field", empty: fine))
                } catch let error as ServiceError where !error.issues.isEmpty {
                    context.output.show(Listing(columns, rows: error.issues.map(Self.record), idKey: "field"))
                    throw CommandError(.badData, "\(error.issues.count) thing(s) are wrong with the post")
                }
            }
        }

        private static let configurationColumns = [
            Column("account", "ACCOUNT", "the account"), Column("severity", "SEVERITY", "error or warning"),
            Column("field", "FIELD", "where it is"), Column("message", "MESSAGE", "what is wrong", isFlexible: true),
        ]

        private static func record(_ issue: PostIssue) -> Record {
            Record([
                "account": .optional(issue.account), "severity": .state(issue.severity.rawValue),
                "field": .text(issue.field),
                "message": .text(issue.message),
            ])
        }
    }
}

/// What a post says and when, as flags.
struct PostContentOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
    var client: String
    @OptionGroup var body: PostBodyOptions
    @Option(help: ArgumentHelp("A key under which the post is created once.", valueName: "key"))
    var key: String?
    @Option(help: ArgumentHelp("When, in local time: 2026-12-01T09:30.", valueName: "time"))
    var at: String?
    @Option(
        name: .customLong("tz"), help: ArgumentHelp("The zone of --at; the client's when not given.", valueName: "zone")
    )
    var timeZone: String?
    @Flag(name: .customLong("now"), help: "Publish it now.")
    var isNow = false
    @Flag(name: .customLong("best"), help: "Publish it at each account's best free time.")
    var isBest = false
    @Flag(help: "Publish it at the next free one of each account's queue slots.") var nextSlot = false
    @OptionGroup var wish: SlotWishOptions
    @OptionGroup var transcoding: TranscodeOptions
    @Flag(help: "Plan it although its accounts have the same already and the platform may refuse it.")
    var allowDuplicate = false

    func validate() throws {
        guard [self.at != nil, self.isNow, self.isBest, self.nextSlot].count(where: \.self) < 2 else {
            throw ValidationError("Give one of --at, --best, --next-slot and --now.")
        }
        guard self.isBest || !self.wish.isGiven else {
            throw ValidationError(
                "--between, --not, --within, --distance, --no-experiment and --on-holidays go with --best.")
        }
        guard self.timeZone == nil || self.at != nil else { throw ValidationError("--tz goes with --at.") }
    }

    /// The post that the flags and the file describe, with files that fit its accounts where that was asked for.
    ///
    /// - Throws: as ``draft(media:)`` and `PostService.fitted`.
    func fitted(_ services: ServiceContext, _ context: CommandContext, isDryRun: Bool) async throws -> PostDraft {
        let output = context.output
        return try await services.posts.fitted(
            try await self.draft(media: services.library), client: self.client, library: services.library,
            isDryRun: isDryRun, actor: Actor.current
        ) { output.hint($0) }
    }

    /// The post that the flags and the file describe; its files are in the store.
    private func draft(media library: MediaLibrary) async throws -> PostDraft {
        let (row, folder) = try self.body.row()
        var draft = try await self.body.draft(row, folder: folder, media: library)
        draft.key = self.key ?? row.key
        draft.allowsDuplicate = self.allowDuplicate
        draft.transcoding = self.transcoding.wanted ?? row.transcoding ?? .offered
        if self.isBest {
            draft.time = .unplanned
            draft.wish = try self.wish.wish()
        } else if self.nextSlot {
            draft.time = .unplanned
            draft.takesNextSlot = true
        } else if self.isNow {
            draft.time = .now
        } else if let at = self.at ?? row.at {
            draft.time = try CommandError.time(at, zone: self.timeZone ?? row.zone)
        }
        return draft
    }
}
