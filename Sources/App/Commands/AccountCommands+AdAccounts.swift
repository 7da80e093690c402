// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Persistence
import Publishing

extension AccountCommands {
    struct AddAdAccount: PosthornCommand {
        static let configuration = CommandConfiguration(
            "add-ad-account", "Add an ad account, where a client's boost money is spent.",
            examples: ["account add-ad-account main --client acme --platform mock --external-id act_1 --currency EUR"],
            keys: AdAccountRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("Its short name inside the client.", valueName: "slug"))
        var slug: String
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String
        @Option(help: ArgumentHelp("The platform's id.", valueName: "platform"))
        var platform: String
        @Option(help: ArgumentHelp("Its identity on the platform.", valueName: "id"))
        var externalID: String
        @Option(help: ArgumentHelp("The currency it is billed in; the client's when not given.", valueName: "code"))
        var currency: String?
        @Option(
            name: .customLong("tz"),
            help: ArgumentHelp("The zone in which its days begin; the client's when not given.", valueName: "zone"))
        var timeZone: String?
        @Option(help: ArgumentHelp("Who pays.", valueName: "name"))
        var payer: String?

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let owner = try await services.clients.show(self.client).client
                guard !self.change.isDryRun else {
                    return context.output.note("would add the ad account \(self.slug) to \(owner.slug)")
                }
                let account = try await services.adAccounts.add(
                    client: self.client, platform: PlatformID(rawValue: self.platform), externalID: self.externalID,
                    slug: self.slug,
                    currency: self.currency, timeZone: self.timeZone, payer: self.payer)
                context.output.success("added ad account \(owner.slug)/\(account.slug)")
                if self.currency == nil || self.timeZone == nil {
                    context.output.warn(
                        "what was not said is the client's: \(account.currency), days in \(account.timeZone). `account check` and every boost compare it with the platform; a token that lists ad accounts maps them with the platform's own, account connect --token-file --map"
                    )
                }
                context.output.show(AdAccountRows.record(account, of: owner))
            }
        }
    }

    struct ListAdAccounts: PosthornCommand {
        static let configuration = CommandConfiguration(
            "list-ad-accounts", "List a client's ad accounts.", examples: ["account list-ad-accounts --client acme"],
            keys: AdAccountRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
        var client: String

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let owner = try await services.clients.show(self.client).client
                let accounts = try await services.adAccounts.list(client: self.client)
                context.output.show(
                    Listing(
                        AdAccountRows.columns, rows: accounts.map { AdAccountRows.record($0, of: owner) },
                        empty: "no ad accounts yet; add one with `posthorn account add-ad-account`"))
            }
        }
    }
}

/// How ad accounts are shown.
enum AdAccountRows {
    static let columns = [
        Column("client", "CLIENT", "the client's slug"),
        Column("slug", "AD ACCOUNT", "its short name inside the client"),
        Column("platform", "PLATFORM", "the platform"),
        Column("external_id", "ID THERE", "its identity on the platform"),
        Column("currency", "CURRENCY", "the currency it is billed in"),
        Column("time_zone", "ZONE", "where its days begin"),
        Column("payer", "PAYER", "who pays", isFlexible: true), Column("id", nil, "its id"),
    ]

    static func record(_ account: AdAccountRow, of client: ClientRow) -> Record {
        Record([
            "id": .text("\(account.id)"), "client": .text(client.slug.rawValue), "slug": .text(account.slug.rawValue),
            "platform": .text(account.platform.rawValue), "external_id": .text(account.externalID),
            "currency": .text(account.currency.rawValue), "time_zone": .text(account.timeZone),
            "payer": .optional(account.payer),
        ])
    }
}
