// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Persistence
import Publishing

extension AccountCommands {
    struct Links: PosthornCommand {
        static let configuration = CommandConfiguration(
            "links", "List the connect links that can still be used.",
            details: "Their addresses are stored nowhere: who lost one makes another, and withdraws the first.",
            examples: ["account links", "account links --client acme --all -o json"], keys: ConnectLinkRows.columns)

        @OptionGroup var options: CommandOptions
        @Option(help: ArgumentHelp("Only this client's.", valueName: "client"))
        var client: String?
        @Flag(help: "Those too that were used or withdrawn, or whose time is over.")
        var all = false

        func run(_ context: CommandContext) async throws {
            let found = try await context.withServices { services in
                try await services.connectLinks.list(client: self.client, isOpen: !self.all)
            }
            context.output.show(
                Listing(
                    ConnectLinkRows.columns, rows: found.map { ConnectLinkRows.record($0.link, of: $0.client) },
                    empty: "no link is open; make one with `posthorn account connect --link`"))
        }
    }

    struct Withdraw: PosthornCommand {
        static let configuration = CommandConfiguration(
            "withdraw", "Withdraw a connect link that was not used: it leads nowhere from now on.",
            examples: ["account withdraw 0198f2c4-…"], keys: ConnectLinkRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The link's id, as in `account links`.", valueName: "link"))
        var link: String

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                guard !self.change.isDryRun else { return context.output.note("would withdraw the link \(self.link)") }
                let link = try await services.connectLinks.withdraw(self.link, actor: Actor.current)
                let owner = try await services.clients.show("\(link.client)").client
                context.output.success("withdrew the link")
                context.output.show(ConnectLinkRows.record(link, of: owner))
            }
        }
    }

    struct Move: PosthornCommand {
        static let configuration = CommandConfiguration(
            "move", "Move an account to another client.",
            details: """
                Its identity on the platform, its tokens, its zone, and its limits with the calls they counted go along. What was posted, measured,
                boosted and spent stays with the client where it was made, under the account's old name; the other client gets what the platform
                lists (--backfill). A cap on posts in a day counts anew there. It is refused while posts are planned, boosts run, schedules name the
                account or anything is under way.
                """,
            examples: ["account move acme/x --to globex", "account move acme/x --to globex --slug x-shop --dry-run"],
            keys: AccountRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var bulk: BulkOptions
        @OptionGroup var which: AccountChoice
        @OptionGroup var past: BackfillOptions
        @Option(help: ArgumentHelp("The other client's slug or id.", valueName: "client"))
        var to: String
        @Option(help: ArgumentHelp("Its short name there; as it is when not given.", valueName: "slug"))
        var slug: String?
        @Option(help: ArgumentHelp("The brand it speaks as there; the client's own when not given.", valueName: "name"))
        var brand: String?
        @Option(help: ArgumentHelp("Why, for the history.", valueName: "text"))
        var reason: String?

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                let found = try await services.accounts.show(self.which.account, client: self.which.client)
                let name = "\(found.client.slug)/\(found.account.slug)"
                var move = AccountMove(to: self.to, actor: Actor.current)
                move.slug = self.slug
                move.brand = self.brand
                move.reason = self.reason
                move.backfill = self.past.wanted
                move.isDryRun = self.change.isDryRun
                if !move.isDryRun {
                    try context.confirm(
                        "this takes \(name) and its tokens from \(found.client.slug)",
                        isConfirmed: self.bulk.isConfirmed)
                }
                let (owner, account) = try await services.accounts.move(
                    self.which.account, client: self.which.client, move)
                guard !move.isDryRun else {
                    return context.output.note("would move \(name) to \(owner.slug)/\(account.slug)")
                }
                context.output.success("moved \(name) to \(owner.slug)/\(account.slug); its history stays at \(name)")
                context.output.show(AccountRows.record(account, of: owner))
            }
        }
    }
}

/// How connect links are shown.
enum ConnectLinkRows {
    static let columns = [
        Column("client", "CLIENT", "the client's slug"), Column("platform", "PLATFORM", "the platform"),
        Column("slug", "ACCOUNT", "the short name that the account will have"),
        Column("external_id", "ID THERE", "the only account that may be connected, when one was said"),
        Column("state", "STATE", "open, used, withdrawn or ended"),
        Column("expires_at", "ENDS", "when it ends, in the client's zone"),
        Column("created_by", "BY", "who made it", isFlexible: true), Column("created_at", nil, "when it was made"),
        Column("used_at", nil, "when it connected its account"), Column("withdrawn_at", nil, "when it was withdrawn"),
        Column("account", nil, "the id of the account that it connected"), Column("id", "LINK", "its id"),
    ]

    static func record(_ link: ConnectLinkRow, of client: ClientRow) -> Record {
        let zone = client.timeZone
        let state =
            link.usedAt != nil ? "used" : link.withdrawnAt != nil ? "withdrawn" : link.isEnded ? "ended" : "open"
        return Record([
            "id": .text("\(link.id)"), "client": .text(client.slug.rawValue),
            "platform": .text(link.platform.rawValue), "slug": .optional(link.slug),
            "external_id": .optional(link.externalID), "state": .state(state),
            "expires_at": .time(link.expiresAt, in: zone), "created_by": .text(link.createdBy),
            "created_at": .time(link.createdAt, in: zone), "used_at": .time(link.usedAt, in: zone),
            "withdrawn_at": .time(link.withdrawnAt, in: zone), "account": .optional(link.account?.description),
        ])
    }
}
