// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import Persistence
import Publishing

extension PostCommands {
    struct Edit: PosthornCommand {
        static let configuration = CommandConfiguration(
            "edit", "Change the words of a post that is not published yet.",
            details: """
                Makes a new revision; targets that are published, ended or in hand keep what they have. What is changed is compared with the
                other posts of its accounts as `post create` does: the same again is a warning, and on X a refusal (exit code 73) unless
                --allow-duplicate.
                """,
            examples: [
                "post edit 0198f2c4-… --text 'Hello again' --reason typo",
                "post edit spring-1 --client acme --variant x=Short",
            ],
            keys: PostRows.detailKeys)

        @OptionGroup var options: CommandOptions
        @OptionGroup var which: PostChoice
        @Option(help: ArgumentHelp("The new words.", valueName: "text"))
        var text: String?
        @Option(help: ArgumentHelp("The new link; empty removes it.", valueName: "url"))
        var link: String?
        @Option(
            name: .customLong("variant"),
            help: ArgumentHelp("One account's own words; repeat for several.", valueName: "account=text"))
        var variants: [String] = []
        @Flag(help: "Change it although its accounts have the same already and the platform may refuse it.")
        var allowDuplicate = false
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func validate() throws {
            guard self.text != nil || self.link != nil || !self.variants.isEmpty else {
                throw ValidationError("Say what to change: --text, --link or --variant.")
            }
        }

        func run(_ context: CommandContext) async throws {
            var edit = PostEdit(text: self.text, link: self.link, reason: self.reason)
            for variant in self.variants {
                let (account, text) = try CommandError.pair(variant, of: "--variant")
                edit.variants[account] = text
            }
            edit.allowsDuplicate = self.allowDuplicate
            try await context.withServices { services in
                let edited = try await services.posts.edit(
                    self.which.post, client: self.which.client, edit, actor: Actor.current)
                PostRows.say(edited.notes, context.output)
                context.output.success("revision \(edited.detail.post.revision)")
                context.output.show(PostRows.record(edited.detail))
            }
        }
    }

    struct Move: PosthornCommand {
        static let configuration = CommandConfiguration(
            "move", "Give a post, or one target of it, another time.",
            details: """
                A draft becomes planned. At its new time it is compared with the other posts of the account as `post create` does: the same
                again within 30 days, and a time that is nearer than --best would go, are warnings; on X the same again is a refusal
                (exit code 73) unless --allow-duplicate. What a schedule made is meant to come again.
                """,
            examples: ["post move 0198f2c4-… --at 2026-12-02T18:00", "post move spring-1 --client acme --now"],
            keys: TargetChangeRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: PostChoice
        @Option(help: ArgumentHelp("When, in local time: 2026-12-01T09:30.", valueName: "time"))
        var at: String?
        @Option(
            name: .customLong("tz"),
            help: ArgumentHelp("The zone of --at; the client's when not given.", valueName: "zone"))
        var timeZone: String?
        @Flag(name: .customLong("now"), help: "Publish it now.")
        var isNow = false
        @Flag(help: "Move it although its accounts have the same already and the platform may refuse it.")
        var allowDuplicate = false
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func validate() throws {
            guard (self.at != nil) != self.isNow else { throw ValidationError("Say when: --at TIME or --now.") }
        }

        func run(_ context: CommandContext) async throws {
            let time = try self.at.map { try CommandError.time($0, zone: self.timeZone) } ?? .now
            try await self.which.change(context, self.change, "move") { services in
                try await services.posts.move(
                    self.which.post, client: self.which.client, to: time, allowingDuplicates: self.allowDuplicate,
                    actor: Actor.current, reason: self.reason)
            }
        }
    }

    struct Cancel: PosthornCommand {
        static let configuration = CommandConfiguration(
            "cancel", "Call off a post, or one target of it.",
            details: """
                What a worker has in hand is asked to stop before it sends. What may have been sent already cannot be called off
                (exit code 73).
                """,
            examples: ["post cancel 0198f2c4-… --reason 'wrong price'"], keys: TargetChangeRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: PostChoice
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await self.which.change(context, self.change, "cancel") { services in
                try await services.posts.cancel(
                    self.which.post, client: self.which.client, actor: Actor.current, reason: self.reason)
            }
        }
    }

    struct Retry: PosthornCommand {
        static let configuration = CommandConfiguration(
            "retry", "Try the failed targets of a post again, now.",
            details: "A target whose earlier send may have taken effect is refused (exit code 73): look it up first.",
            examples: ["post retry 0198f2c4-…"], keys: TargetChangeRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: PostChoice

        func run(_ context: CommandContext) async throws {
            try await self.which.change(context, self.change, "retry") { services in
                try await services.posts.retry(self.which.post, client: self.which.client, actor: Actor.current)
            }
        }
    }
}

extension PostChoice {
    fileprivate func change(
        _ context: CommandContext, _ change: ChangeOptions, _ verb: String,
        _ body: (ServiceContext) async throws -> [TargetChange]
    ) async throws {
        try await context.withServices { services in
            let detail = try await services.posts.show(self.post, client: self.client)
            guard !change.isDryRun else {
                let states = detail.targets.map { "\(detail.account(of: $0)) (\($0.state.rawValue))" }
                return context.output.note("would \(verb): \(states.joined(separator: ", "))")
            }
            let changes = try await body(services)
            PostRows.say(changes.flatMap(\.notes), context.output)
            context.output.show(
                Listing(
                    TargetChangeRows.columns,
                    rows: changes.map { TargetChangeRows.record($0, zone: detail.client.timeZone) }))
            if changes.contains(where: { !$0.isChanged }) {
                throw CommandError(.partlyFailed, "some targets were left as they are")
            }
        }
    }
}

/// How changes of targets are shown.
enum TargetChangeRows {
    static let columns = [
        Column("account", "ACCOUNT", "the account's slug"), Column("changed", "CHANGED", "whether it was changed"),
        Column("state", "STATE", "where it stands now"), Column("due_at", "DUE", "when it is due"),
        Column("message", "WHAT", "what happened, or why nothing did", isFlexible: true),
        Column("id", nil, "the target's id"),
    ]

    static func record(_ change: TargetChange, zone: String) -> Record {
        Record([
            "id": .text("\(change.target.id)"), "account": .text(change.account), "changed": .flag(change.isChanged),
            "state": .state(change.target.state.rawValue), "due_at": .time(change.target.dueAt, in: zone),
            "message": .text(change.message),
        ])
    }
}
