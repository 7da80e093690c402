// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import Persistence
import PluginKit
import Publishing

/// `posthorn account`.
struct AccountCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "account", "Connect accounts on platforms, and look after them.",
        examples: [
            "plugin info x --credential-template > token.json",
            "account connect --client acme --platform x --external-id 42 --name 'Acme' --credential-file token.json",
            "account connect --platform facebook --token-file - --map pages.csv",
            "account connect --client acme --platform x --link --expires 7d",
            "account list --client acme", "account check acme/x",
        ],
        subcommands: [
            Connect.self, Reconnect.self, List.self, Show.self, Check.self, Pause.self, Resume.self, Disconnect.self,
            Authorize.self, Move.self, Links.self, Withdraw.self, AddAdAccount.self, ListAdAccounts.self,
        ])

    struct List: PosthornCommand {
        static let configuration = CommandConfiguration(
            "list", "List accounts, and when the tokens end that only a person can renew.",
            examples: [
                "account list", "account list --client acme --platform x -o json", "account list --ends-within 30d",
            ],
            keys: AccountRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("Only this client's.", valueName: "client"))
        var client: String?
        @Option(help: ArgumentHelp("Only on this platform.", valueName: "platform"))
        var platform: String?
        @Option(
            help: ArgumentHelp(
                "Only those that need a person within this time: whose token ended, or ends, soonest first.",
                valueName: "duration"))
        var endsWithin: String?

        func run(_ context: CommandContext) async throws {
            let span = try self.endsWithin.map { try JobRows.duration($0) }
            let found = try await context.withServices { services in
                let all = try await services.accounts.list(
                    client: self.client, platform: self.platform.map { PlatformID(rawValue: $0) })
                guard let span else { return all }
                let end = services.mirror.clock.now().addingTimeInterval(Double(span.components.seconds))
                // What needs to be connected again has ended already.
                func moment(_ account: AccountRow) -> Date? {
                    account.state == .needsReconnect ? .distantPast : account.tokenEndsAt
                }
                return all.filter { moment($0.account).map { $0 <= end } ?? false }
                    .sorted { (moment($0.account) ?? end) < (moment($1.account) ?? end) }
            }
            context.output.show(
                Listing(
                    AccountRows.columns, rows: found.map { AccountRows.record($0.account, of: $0.client) },
                    empty: span == nil
                        ? "no accounts yet; connect one with `posthorn account connect`"
                        : "no token ends within that time"))
        }
    }

    struct Show: PosthornCommand {
        static let configuration = CommandConfiguration(
            "show", "Show one account.", examples: ["account show acme/x", "account show x --client acme"],
            keys: AccountRows.columns + AccountRows.past)

        @OptionGroup var options: CommandOptions
        @OptionGroup var which: AccountChoice

        func run(_ context: CommandContext) async throws {
            let (found, past) = try await context.withServices { services in
                let found = try await services.accounts.show(self.which.account, client: self.which.client)
                return (found, try await services.accounts.past(of: found.account))
            }
            var record = AccountRows.record(found.account, of: found.client)
            record.fields += AccountRows.fields(past, of: found.account, in: found.client.timeZone)
            context.output.show(record)
        }
    }

    struct Pause: PosthornCommand {
        static let configuration = CommandConfiguration(
            "pause", "Stop all work of an account until it is resumed.",
            details: "Boosts that run on the platform go on and are looked at: stop them with `boost stop`.",
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
                """
                Planned posts stay planned and wait until the account is connected again. Another client may then connect it. Refused while a boost of
                the account costs money or has no final bill: without the token nobody could stop it.
                """,
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
        Column("token_ends_at", "TOKEN ENDS", "when its token ends, where only a person can renew it"),
        Column("followers", "FOLLOWERS", "followers, when the platform said"),
        Column("time_zone", nil, "the zone of its audience"),
        Column("external_id", nil, "its identity on the platform"),
        Column("state_reason", nil, "why it is in that state"), Column("created_at", nil, "when it was added"),
        Column("id", nil, "its id"),
    ]

    static let past = [
        Column("found_posts", nil, "how many posts were found on the platform that were not published here"),
        Column("measured_posts", nil, "how many of those have a reading"),
        Column("backfilled_at", nil, "when what it posted before was taken in; none when that is not done"),
        Column("looked_at", nil, "when it was last looked at for what others than Posthorn posted"),
        Column("next_look_at", nil, "when that is done next; none where it is not done by itself"),
    ]

    static func fields(_ past: AccountPast, of account: AccountRow, in zone: String) -> [Record.Entry] {
        [
            Record.Entry(key: "found_posts", value: .count(past.found)),
            Record.Entry(key: "measured_posts", value: .count(past.measured)),
            Record.Entry(key: "backfilled_at", value: .time(account.backfilledAt, in: zone)),
            Record.Entry(key: "looked_at", value: .time(past.lookedAt, in: zone)),
            Record.Entry(key: "next_look_at", value: .time(past.nextLookAt, in: zone)),
        ]
    }

    static func record(_ account: AccountRow, of client: ClientRow) -> Record {
        Record([
            "id": .text("\(account.id)"), "client": .text(client.slug.rawValue), "slug": .text(account.slug.rawValue),
            "platform": .text(account.platform.rawValue), "external_id": .text(account.externalID),
            "name": .text(account.name),
            "handle": .optional(account.handle), "state": .state(account.state.rawValue),
            "state_reason": .optional(account.stateReason), "followers": .optional(account.followers),
            "time_zone": .text(account.timeZone), "token_ends_at": .time(account.tokenEndsAt, in: client.timeZone),
            "created_at": .time(account.createdAt, in: client.timeZone),
        ])
    }
}
