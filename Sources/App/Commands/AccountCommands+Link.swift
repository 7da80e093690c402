// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Foundation
import Persistence
import PluginKit
import Publishing

/// How much of an account's past is taken in when it is connected.
struct BackfillOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How many earlier posts are taken in with their numbers, none for none (200).", valueName: "n|none"))
    var backfill: String?

    /// The bound; `nil` for none.
    var wanted: Backfill? {
        switch self.backfill {
        case nil: Backfill()
        case "none", "0": nil
        case let text?: Int(text).map { Backfill(posts: $0) }
        }
    }

    func validate() throws {
        guard let backfill, backfill != "none", backfill != "0" else { return }
        guard let posts = Int(backfill), (1...Backfill.most).contains(posts) else {
            throw ValidationError("--backfill is a number of posts up to \(Backfill.most), or none.")
        }
    }
}

/// How a link is made by which a person connects an account.
struct LinkOptions: ParsableArguments {
    @Flag(help: "Make a link that a person opens to allow it on the platform's own page.")
    var link = false
    @Option(help: ArgumentHelp("How long the link lives (7d).", valueName: "duration"))
    var expires: String?
    @Option(
        name: .customLong("serve-port"),
        help: ArgumentHelp("Where serve answers on this machine, when there is no public address.", valueName: "n"))
    var servePort = 8400

    func validate() throws {
        guard self.link || self.expires == nil else { throw ValidationError("--expires goes with --link.") }
        guard (1...65_535).contains(self.servePort) else {
            throw ValidationError("--serve-port must be between 1 and 65535.")
        }
    }

    /// Makes the link and shows it.
    func make(
        _ wish: AccountConnection, consumer: OAuth1Credential? = nil, isDryRun: Bool, _ services: ServiceContext,
        _ context: CommandContext
    ) async throws {
        let life = try JobRows.duration(self.expires ?? "7d")
        guard life > .zero else { throw CommandError.usage("--expires must be more than nothing", remedy: "say 7d") }
        let configured = try context.platformSettings().publicURL()
        guard let base = configured ?? URL(string: "http://127.0.0.1:\(self.servePort)") else {
            throw CommandError.usage("--serve-port is no port", remedy: "say a number from 1 to 65535")
        }
        let owner = try await services.clients.show(wish.client).client
        let (link, address) = try await services.connectLinks.create(
            wish, base: base, life: life, consumer: consumer, isDryRun: isDryRun, actor: Actor.current)
        guard !isDryRun else {
            return context.output.note("would make a link that connects \(wish.platform) to \(owner.slug)")
        }
        let redirect = "\(link.baseURL)/oauth/\(link.platform)"
        context.output.show(
            Record([
                "url": .text(address), "client": .text(owner.slug.rawValue), "platform": .text(link.platform.rawValue),
                "external_id": .optional(link.externalID), "slug": .optional(link.slug),
                "expires_at": .time(link.expiresAt, in: owner.timeZone), "redirect_uri": .text(redirect),
                "id": .text("\(link.id)"),
            ]), idKey: "url")
        context.output.hint("the platform's app must know the redirect URI \(redirect)")
        guard configured == nil else {
            return context.output.note("send the address to whoever owns the account; `posthorn serve` must run")
        }
        let port = self.servePort
        context.output.note(
            """
            There is no public address (POSTHORN_PUBLIC_URL), so only this machine is answered. Run `posthorn serve --port \(port)` here, on the machine
            with the browser lead its port \(port) to here, and open the address there:
              ssh -N -L \(port):127.0.0.1:\(port) \(NSUserName())@\(ProcessInfo.processInfo.hostName)
            """)
    }

    /// What is shown of a link.
    static let columns = [
        Column("url", nil, "with --link: the address to open; it is shown once and stored nowhere"),
        Column("expires_at", nil, "with --link: when the link ends"),
        Column(
            "redirect_uri", nil, "with --link: where the platform sends the person back to; register it with the app"),
    ]
}

extension AccountCommands {
    struct Reconnect: PosthornCommand {
        static let configuration = CommandConfiguration(
            "reconnect", "Connect an account again: its identity, history and plans stay.",
            details: """
                By a link that its owner opens on a phone, or with a token in hand. A token of another account is refused. What waited for the
                account goes on.
                """,
            examples: [
                "account reconnect acme/x --link --expires 2d",
                "account reconnect acme/x --credential-file token.json",
                "account reconnect acme/facebook --token-file token.txt",
            ], keys: AccountRows.columns + LinkOptions.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: AccountChoice
        @OptionGroup var way: LinkOptions
        @OptionGroup var past: BackfillOptions
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
        @Flag(help: "Take a token that allows less than the plugin asks for.")
        var allowMissingScopes = false
        @Flag(help: "Also ask for what boosts need, and want it of a token in hand.")
        var boosts = false

        func validate() throws {
            let ways = [self.credentialFile != nil, self.tokenFile != nil, self.way.link].filter { $0 }
            guard ways.count == 1 else { throw ValidationError("Give --link, --credential-file or --token-file.") }
        }

        func run(_ context: CommandContext) async throws {
            let data = try (self.credentialFile ?? self.tokenFile).map { try CommandError.contents(of: $0) }
            try await context.withServices { services in
                let (owner, account) = try await services.accounts.show(self.which.account, client: self.which.client)
                let manifest = try services.accounts.manifest(of: account.platform)
                var tokens = TokenSet(accessToken: Secret(""))
                if let data {
                    tokens =
                        try self.tokenFile == nil
                        ? CredentialFile.read(data, for: manifest) : CredentialFile.readToken(data, for: manifest)
                }
                var connection = AccountConnection(
                    client: "\(owner.id)", platform: account.platform, externalID: account.externalID,
                    name: account.name, tokens: tokens)
                connection.app = self.app
                connection.allowsMissingScopes = self.allowMissingScopes
                connection.boosts = self.boosts
                connection.backfill = self.past.wanted
                if self.way.link {
                    return try await self.way.make(connection, isDryRun: self.change.isDryRun, services, context)
                }
                guard !self.change.isDryRun else {
                    return context.output.note("would connect \(owner.slug)/\(account.slug) again")
                }
                let again =
                    self.tokenFile == nil
                    ? try await services.accounts.connect(connection, actor: Actor.current)
                    : try await services.accounts.connectOpened(connection, actor: Actor.current)
                context.output.success("connected \(owner.slug)/\(again.slug) again")
                context.output.show(AccountRows.record(again, of: owner))
            }
        }
    }
}
