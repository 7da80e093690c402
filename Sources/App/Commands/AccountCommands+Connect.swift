// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import Persistence
import PluginKit
import Publishing

extension AccountCommands {
    struct Connect: PosthornCommand {
        static let configuration = CommandConfiguration(
            "connect",
            "Connect accounts: with a token in hand, one or all that it opens, or by a link that a person opens.",
            details: """
                --credential-file connects one account. The platform is asked who the token speaks for; a token of another account is refused.

                --token-file takes the token of a person or system user that opens several accounts, as Meta's do. Alone it lists all of them in
                one go: accounts of the platform, those of the platforms that share its tokens (Facebook and Instagram), and ad accounts with
                currency, zone and standing. With --client and --external-id it connects one; with --map it connects many, all or none, with
                one grant of the agency for each platform. The map is CSV with the columns client and external_id and, where wanted, kind
                (account or ad-account), platform, slug, name, brand, tz; of ad accounts also currency, payer and accounts (those of the client
                whose boosts it pays for unless another is named). Currency and zone of an ad account are the platform's, and compared with what
                the row says. Rows without a client are left out, so the list as CSV can be filled in and given back. Wrong rows are named by
                line, column and reason (exit code 65).

                --link makes an address that the account's owner opens, on a phone too: `posthorn serve` answers it, the platform asks, and the
                account is connected. It works once and ends after --expires. With --external-id no other account is taken.

                What the account posted before is taken in by the workers, the last 200 posts with their numbers, for best times and comparisons;
                --backfill says how many, or none. What Posthorn published itself is recognised. `account show` says how far it is.

                What the token allows is checked where the platform says it. It is sealed before it is stored and never shown. An account that was
                disconnected, or whose token ended, is connected again and keeps its history.
                """,
            examples: [
                "account connect --client acme --platform x --external-id 42 --name Acme --credential-file token.json",
                "account connect --client acme --platform mock --slug mock-shop --credential-file -",
                "account connect --client acme --platform x --link --expires 7d",
                "account connect --client acme --platform facebook --link --boosts",
                "account connect --platform facebook --token-file token.txt -o csv > pages.csv",
                "account connect --platform facebook --token-file token.txt --map pages.csv --dry-run",
                "account connect --client acme --platform instagram --token-file token.txt --external-id 17841400000000001",
            ],
            keys: AccountRows.columns
                + OpenedRows.further.filter { further in
                    !AccountRows.columns.contains { $0.key == further.key }
                } + LinkOptions.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String?
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
        var credentialFile: String?
        @Option(
            help: ArgumentHelp(
                "A token that opens several accounts, bare or as JSON; - for standard input.", valueName: "file"))
        var tokenFile: String?
        @Option(help: ArgumentHelp("Which of its accounts goes to which client, CSV.", valueName: "file"))
        var map: String?
        @OptionGroup var way: LinkOptions
        @OptionGroup var past: BackfillOptions
        @Flag(help: "Take a token that allows less than the plugin asks for, or whose owner may not publish there.")
        var allowMissingScopes = false
        @Flag(help: "Also ask for what boosts need, and want it of a token in hand.")
        var boosts = false

        func validate() throws {
            let ways = [self.credentialFile != nil, self.tokenFile != nil, self.way.link].filter { $0 }
            guard ways.count == 1 else { throw ValidationError("Give --credential-file, --token-file or --link.") }
            guard (self.credentialFile == nil && !self.way.link) || self.client != nil else {
                throw ValidationError("Give --client.")
            }
            guard self.map == nil || self.tokenFile != nil else {
                throw ValidationError("--map goes with --token-file.")
            }
            let ofOne = [self.client, self.externalID, self.name, self.slug, self.brand, self.timeZone]
            guard self.map == nil || ofOne.allSatisfy({ $0 == nil }) else {
                throw ValidationError("With --map, clients, ids and names stand in the file.")
            }
            guard self.map != "-" || self.tokenFile != "-" else {
                throw ValidationError("Standard input is the token or the map, not both.")
            }
        }

        func run(_ context: CommandContext) async throws {
            let map = try self.map.map { path in try self.readMap(path) }
            if self.way.link { return try await self.link(context) }
            let data = try CommandError.contents(of: self.credentialFile ?? self.tokenFile ?? "-")
            try await context.withServices { services in
                let platform = PlatformID(rawValue: self.platform)
                let manifest = try services.accounts.manifest(of: platform)
                let tokens =
                    try self.tokenFile == nil
                    ? CredentialFile.read(data, for: manifest) : CredentialFile.readToken(data, for: manifest)
                if let map {
                    try await self.connect(map, tokens, services, context.output)
                } else if let client = self.client {
                    try await self.connect(client, tokens, services, context.output)
                } else {
                    let opening = try await services.accounts.opening(of: tokens, on: platform)
                    for reason in opening.unlisted { context.output.warn("not listed: \(reason)") }
                    context.output.show(OpenedRows.listing(opening))
                }
            }
        }

        private func link(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let wish = self.connection(self.client ?? "", TokenSet(accessToken: Secret("")))
                try await self.way.make(wish, isDryRun: self.change.isDryRun, services, context)
            }
        }

        private func connection(_ client: String, _ tokens: TokenSet) -> AccountConnection {
            var connection = AccountConnection(
                client: client, platform: PlatformID(rawValue: self.platform), externalID: self.externalID,
                name: self.name, tokens: tokens)
            connection.slug = self.slug
            connection.brand = self.brand
            connection.timeZone = self.timeZone
            connection.app = self.app
            connection.allowsMissingScopes = self.allowMissingScopes
            connection.boosts = self.boosts
            connection.backfill = self.past.wanted
            return connection
        }

        private func connect(
            _ client: String, _ tokens: TokenSet, _ services: ServiceContext, _ output: Output
        ) async throws {
            let connection = self.connection(client, tokens)
            let platform = connection.platform
            let owner = try await services.clients.show(client).client
            guard !self.change.isDryRun else {
                return output.note("would ask \(platform) who the token speaks for, and connect it to \(owner.slug)")
            }
            let account =
                self.tokenFile == nil
                ? try await services.accounts.connect(connection, actor: Actor.current)
                : try await services.accounts.connectOpened(connection, actor: Actor.current)
            output.success("connected \(owner.slug)/\(account.slug)")
            if try await services.accounts.hasUnknownScopes(account) {
                output.warn(
                    "what its token allows is not known: \(platform) does not say it, and the credential has no \"scope\"; it is checked when the token is renewed, if the answer tells"
                )
            }
            output.show(AccountRows.record(account, of: owner))
        }

        private func connect(
            _ map: AccountMap, _ tokens: TokenSet, _ services: ServiceContext, _ output: Output
        ) async throws {
            var options = AccountMapOptions(actor: Actor.current)
            options.app = self.app
            options.allowsMissingScopes = self.allowMissingScopes
            options.boosts = self.boosts
            options.backfill = self.past.wanted
            options.isDryRun = self.change.isDryRun
            let report = try await services.accounts.connect(map, tokens: tokens, options)
            guard report.problems.isEmpty else {
                let more = report.problems.count > 50 ? ["… and \(report.problems.count - 50) more"] : []
                let lines = Set(report.problems.map(\.line)).count
                throw CommandError(
                    .badData, "\(lines) row(s) of the map are wrong; nothing was written",
                    details: report.problems.prefix(50).map(\.description) + more,
                    remedy: "mend them and give the file again")
            }
            let left = report.skipped > 0 ? "; \(report.skipped) row(s) name no client" : ""
            if let end = report.expiresAt {
                output.warn(
                    "the token ends at \(end.formatted(.iso8601)): connect again before, or use a system user's token, which does not end"
                )
            }
            guard !options.isDryRun else { return output.note("would connect \(report.rows) account(s)\(left)") }
            let ads = report.adAccounts.isEmpty ? "" : " and \(report.adAccounts.count) ad account(s)"
            output.success("connected \(report.connected.count) account(s)\(ads)\(left)")
            output.show(MappedRows.listing(report))
        }

        private func readMap(_ path: String) throws -> AccountMap {
            do {
                return try AccountMap(
                    try CommandError.contents(of: path), platform: PlatformID(rawValue: self.platform))
            } catch let error as CSVError {
                throw CommandError(
                    .badData, "\(path): \(error.message)", remedy: "see `posthorn account connect --help`")
            }
        }
    }
}

/// How what a map connected is shown: accounts, then ad accounts.
enum MappedRows {
    static let further = [
        Column("kind", "KIND", "account or ad-account"),
        Column("currency", "CURRENCY", "what an ad account is billed in"),
    ]

    static func listing(_ report: AccountMapReport) -> Listing {
        let accounts = report.connected.map { entry in
            var record = AccountRows.record(entry.account, of: entry.client)
            record.fields.append(Record.Entry(key: "kind", value: .text(AccountMap.Kind.account.rawValue)))
            return record
        }
        let adAccounts = report.adAccounts.map { entry in
            var record = AdAccountRows.record(entry.adAccount, of: entry.client)
            record.fields.append(Record.Entry(key: "kind", value: .text(AccountMap.Kind.adAccount.rawValue)))
            return record
        }
        return Listing(
            AccountRows.columns + Self.further, rows: accounts + adAccounts, empty: "the map names no client")
    }
}

/// How what a token opens is shown: as a map that can be filled in.
enum OpenedRows {
    static let further = [
        Column("kind", "KIND", "account or ad-account"),
        Column("currency", "CURRENCY", "what an ad account is billed in"),
        Column("time_zone", "ZONE", "where the days of an ad account begin"),
        Column("status", "STATUS", "how an ad account stands, in the platform's words"),
        Column("tasks", "TASKS", "what the person may do with it, in the platform's words", isFlexible: true),
        Column("missing_tasks", nil, "which of them publishing lacks"),
        Column("parent_id", nil, "the platform's identity of what it belongs to, say its Page"),
    ]
    private static let columns =
        [
            Column("client", "CLIENT", "the client under which it stands already"),
            Column("slug", "ACCOUNT", "its short name there"), Column("platform", "PLATFORM", "the platform"),
            Column("external_id", "ID", "its identity on the platform"),
            Column("name", "NAME", "its name", isFlexible: true),
            Column("handle", "HANDLE", "its handle on the platform", isFlexible: true),
            Column("followers", "FOLLOWERS", "followers, when the platform said"),
        ] + further

    static func listing(_ opening: TokenOpening) -> Listing {
        let accounts = opening.accounts.map { entry in
            let account = entry.granted.account
            return Record([
                "client": .optional(entry.holder?.client.slug.rawValue),
                "slug": .optional(entry.holder?.account.slug.rawValue), "platform": .text(entry.platform.rawValue),
                "external_id": .text(account.externalID), "name": .text(account.name),
                "handle": .optional(account.handle), "followers": .optional(account.followers),
                "kind": .text(AccountMap.Kind.account.rawValue),
                "tasks": .list(entry.granted.tasks.map { .text($0) }),
                "missing_tasks": .list(entry.granted.missingTasks.map { .text($0) }),
                "parent_id": .optional(entry.granted.parentID),
            ])
        }
        let adAccounts = opening.adAccounts.map { entry in
            Record([
                "client": .optional(entry.holder?.client.slug.rawValue),
                "slug": .optional(entry.holder?.adAccount.slug.rawValue), "platform": .text(entry.platform.rawValue),
                "external_id": .text(entry.granted.externalID), "name": .text(entry.granted.name),
                "kind": .text(AccountMap.Kind.adAccount.rawValue), "currency": .optional(entry.granted.currency),
                "time_zone": .optional(entry.granted.timeZone), "status": .optional(entry.granted.status),
                "tasks": .list([]),
            ])
        }
        return Listing(
            Self.columns, rows: accounts + adAccounts, idKey: "external_id",
            empty: "the token opens no account: give the person or system user a role on one")
    }
}
