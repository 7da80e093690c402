// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import Persistence
import Publishing

/// `posthorn account`.
struct AccountCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "account", "Connect accounts on platforms, and look after them.",
        examples: [
            "plugin info x --credential-template > token.json",
            "account connect --client acme --platform x --external-id 42 --name 'Acme' --credential-file token.json",
            "account list --client acme", "account check acme/x",
        ],
        subcommands: [
            Connect.self, List.self, Show.self, Check.self, Pause.self, Resume.self, Disconnect.self, AddAdAccount.self,
            ListAdAccounts.self,
        ])

    struct Connect: PosthornCommand {
        static let configuration = CommandConfiguration(
            "connect", "Connect one account with its token in hand.",
            details: """
                The platform is asked who the token speaks for; a token of another account is refused. The token is sealed before it is
                stored and never shown. An account that was disconnected, or whose token ended, is connected again.
                """,
            examples: [
                "account connect --client acme --platform x --external-id 42 --name Acme --credential-file token.json",
                "account connect --client acme --platform mock --slug mock-shop --credential-file -",
            ], keys: AccountRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @Option(help: ArgumentHelp("The platform's id, as in `plugin list`.", valueName: "platform"))
        var platform: String
        @Option(
            help: ArgumentHelp(
                "The account's identity on the platform; asked of the platform when not given.", valueName: "id"))
        var externalID: String?
        @Option(help: ArgumentHelp("The name; the platform's own when not given.", valueName: "name"))
        var name: String?
        @Option(
            help: ArgumentHelp("Its short name inside the client; the platform's id when not given.", valueName: "slug")
        )
        var slug: String?
        @Option(help: ArgumentHelp("The brand it speaks as; the client's own when not given.", valueName: "name"))
        var brand: String?
        @Option(
            name: .customLong("tz"),
            help: ArgumentHelp("The IANA zone of its audience; the client's when not given.", valueName: "zone"))
        var timeZone: String?
        @Option(
            help: ArgumentHelp(
                "The app that the token is from, as in `app list`; needed when the platform has several.",
                valueName: "app"))
        var app: String?
        @Option(help: ArgumentHelp("The credential as JSON, - for standard input.", valueName: "file"))
        var credentialFile: String

        func run(_ context: CommandContext) async throws {
            let data = try CommandError.contents(of: self.credentialFile)
            try await context.withServices { services in
                let platform = PlatformID(rawValue: self.platform)
                let tokens = try CredentialFile.read(data, for: try services.accounts.manifest(of: platform))
                var connection = AccountConnection(
                    client: self.client, platform: platform, externalID: self.externalID, name: self.name,
                    tokens: tokens)
                connection.slug = self.slug
                connection.brand = self.brand
                connection.timeZone = self.timeZone
                connection.app = self.app
                let owner = try await services.clients.show(self.client).client
                guard !self.change.isDryRun else {
                    return context.output.note(
                        "would ask \(platform) who the token speaks for, and connect it to \(owner.slug)")
                }
                let account = try await services.accounts.connect(connection, actor: Actor.current)
                context.output.success("connected \(owner.slug)/\(account.slug)")
                context.output.show(AccountRows.record(account, of: owner))
            }
        }
    }

    struct List: PosthornCommand {
        static let configuration = CommandConfiguration(
            "list", "List accounts.", examples: ["account list", "account list --client acme --platform x -o json"],
            keys: AccountRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("Only this client's.", valueName: "client"))
        var client: String?
        @Option(help: ArgumentHelp("Only on this platform.", valueName: "platform"))
        var platform: String?

        func run(_ context: CommandContext) async throws {
            let found = try await context.withServices {
                try await $0.accounts.list(
                    client: self.client, platform: self.platform.map { PlatformID(rawValue: $0) })
            }
            context.output.show(
                Listing(
                    AccountRows.columns, rows: found.map { AccountRows.record($0.account, of: $0.client) },
                    empty: "no accounts yet; connect one with `posthorn account connect`"))
        }
    }

    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show", "Show one account.", examples: ["account show acme/x", "account show x --client acme"],
            keys: AccountRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var which: AccountChoice

        func run(_ context: CommandContext) async throws {
            let found = try await context.withServices {
                try await $0.accounts.show(self.which.account, client: self.which.client)
            }
            context.output.show(AccountRows.record(found.account, of: found.client))
        }
    }

    struct Check: PosthornCommand {
        static let configuration = CommandConfiguration(
            "check", "Ask the platform whether an account's token is still accepted.",
            details: "Exit code 0 when all is well, 1 when a person has to do something.",
            examples: ["account check acme/x"],
            keys: AccountRows.columns + [
                Column("problem", nil, "what is wrong, empty when all is well"),
                Column("next_action", nil, "what a person can do"),
            ])

        @OptionGroup var options: CommandOptions
        @OptionGroup var which: AccountChoice

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let owner = try await services.accounts.show(self.which.account, client: self.which.client).client
                let check = try await services.accounts.check(self.which.account, client: self.which.client)
                var record = AccountRows.record(check.account, of: owner)
                record.fields.append(Record.Entry(key: "problem", value: .optional(check.problem)))
                record.fields.append(Record.Entry(key: "next_action", value: .optional(check.nextAction)))
                context.output.show(record)
                if let problem = check.problem {
                    throw CommandError(
                        .failed, "\(owner.slug)/\(check.account.slug): \(problem)", remedy: check.nextAction)
                }
                context.output.success("\(owner.slug)/\(check.account.slug) is accepted by \(check.account.platform)")
            }
        }
    }

    struct Pause: PosthornCommand {
        static let configuration = CommandConfiguration(
            "pause", "Stop all work of an account until it is resumed.",
            examples: ["account pause acme/x --reason 'under review'"], keys: AccountRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: AccountChoice
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await self.which.change(context, self.change, "pause", "paused") { services in
                try await services.accounts.pause(
                    self.which.account, client: self.which.client, actor: Actor.current, reason: self.reason)
            }
        }
    }

    struct Resume: PosthornCommand {
        static let configuration = CommandConfiguration(
            "resume", "Let the work of a paused account go on.", examples: ["account resume acme/x"],
            keys: AccountRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: AccountChoice
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await self.which.change(context, self.change, "resume", "resumed") { services in
                try await services.accounts.resume(
                    self.which.account, client: self.which.client, actor: Actor.current, reason: self.reason)
            }
        }
    }

    struct Disconnect: PosthornCommand {
        static let configuration = CommandConfiguration(
            "disconnect", "Give up an account's token and identity; its history stays.",
            details:
                "Planned posts stay planned and wait until the account is connected again. Another client may then connect it.",
            examples: ["account disconnect acme/x --reason 'contract ended' --yes"], keys: AccountRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var bulk: BulkOptions
        @OptionGroup var which: AccountChoice
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await self.which.change(context, self.change, "disconnect", "disconnected") { services in
                try context.confirm(
                    "this gives up the token of \(self.which.account)", isConfirmed: self.bulk.isConfirmed)
                let (account, planned) = try await services.accounts.disconnect(
                    self.which.account, client: self.which.client, actor: Actor.current, reason: self.reason)
                if planned > 0 { context.output.warn("\(planned) planned post(s) wait for it now") }
                return account
            }
        }
    }
}

/// Which account a command is about.
struct AccountChoice: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The account as client/account or id, or its slug with --client.", valueName: "account"))
    var account: String
    @Option(help: ArgumentHelp("The client, when the account is named by its slug alone.", valueName: "client"))
    var client: String?

    func change(
        _ context: CommandContext, _ change: ChangeOptions, _ verb: String, _ past: String,
        _ body: (ServiceContext) async throws -> AccountRow
    ) async throws {
        try await context.withServices { services in
            let found = try await services.accounts.show(self.account, client: self.client)
            guard !change.isDryRun else {
                return context.output.note("would \(verb) \(found.client.slug)/\(found.account.slug)")
            }
            let account = try await body(services)
            context.output.success("\(past) \(found.client.slug)/\(account.slug)")
            context.output.show(AccountRows.record(account, of: found.client))
        }
    }
}

/// How accounts are shown.
enum AccountRows {
    static let columns = [
        Column("client", "CLIENT", "the client's slug"), Column("slug", "ACCOUNT", "its short name inside the client"),
        Column("platform", "PLATFORM", "the platform"), Column("name", "NAME", "its name", isFlexible: true),
        Column("handle", "HANDLE", "its handle on the platform", isFlexible: true),
        Column("state", "STATE", "active, paused, needs-reconnect, needs-human, disconnected or moved"),
        Column("followers", "FOLLOWERS", "followers, when the platform said"),
        Column("time_zone", nil, "the zone of its audience"),
        Column("external_id", nil, "its identity on the platform"),
        Column("state_reason", nil, "why it is in that state"), Column("created_at", nil, "when it was added"),
        Column("id", nil, "its id"),
    ]

    static func record(_ account: AccountRow, of client: ClientRow) -> Record {
        Record([
            "id": .text("\(account.id)"), "client": .text(client.slug.rawValue), "slug": .text(account.slug.rawValue),
            "platform": .text(account.platform.rawValue), "external_id": .text(account.externalID),
            "name": .text(account.name),
            "handle": .optional(account.handle), "state": .state(account.state.rawValue),
            "state_reason": .optional(account.stateReason), "followers": .optional(account.followers),
            "time_zone": .text(account.timeZone), "created_at": .time(account.createdAt, in: client.timeZone),
        ])
    }
}
