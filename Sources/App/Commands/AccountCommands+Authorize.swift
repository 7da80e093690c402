// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation
import Persistence
import PluginHost
import PluginKit
import Publishing

extension AccountCommands {
    struct Authorize: PosthornCommand {
        static let configuration = CommandConfiguration(
            "authorize",
            "Add to an account what its ads need beside the tokens that it has: OAuth 1.0a for X, a business token for TikTok.",
            details: """
                TikTok: --ads-token-file has the long-lived token of the API for Business, bare. Every ad account that the client has there is asked
                with it first; then it is sealed into the account's grant, and boosts that waited for it go on. `account check` asks again at any time.

                X: the account's owner opens the address that is shown, agrees, and reads a number out, which is typed in here: no address of ours
                is needed. With --link the owner opens an address on a phone instead, as with `account connect --link`, agrees, and comes back to
                `posthorn serve`; X's app must know the call-back that is shown. The app's consumer key and secret come from a file, as {"consumer_key": "…", "consumer_secret": "…"}. They and the token,
                which does not end, are sealed into the account's grant. A credential file may hold them too: posthorn plugin info x.
                """,
            examples: [
                "account authorize acme/x --consumer-file consumer.json",
                "account authorize acme/x --consumer-file consumer.json --link --expires 2d",
                "account authorize acme/tiktok --ads-token-file token.txt",
            ], keys: AccountRows.columns + LinkOptions.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: AccountChoice
        @Option(help: ArgumentHelp("X: the app's consumer key and secret as JSON.", valueName: "file"))
        var consumerFile: String?
        @Option(help: ArgumentHelp("TikTok: the token for ads, bare; - for standard input.", valueName: "file"))
        var adsTokenFile: String?
        @OptionGroup var way: LinkOptions

        func validate() throws {
            guard (self.consumerFile != nil) != (self.adsTokenFile != nil) else {
                throw ValidationError("Give --consumer-file for OAuth 1.0a (X), or --ads-token-file (TikTok).")
            }
            guard self.adsTokenFile == nil || !self.way.link else {
                throw ValidationError("--link goes with --consumer-file.")
            }
            guard self.consumerFile != "-" else {
                throw ValidationError("Standard input is where the number is typed: give the consumer key as a file.")
            }
        }

        func run(_ context: CommandContext) async throws {
            if let adsTokenFile { return try await self.addAdsToken(adsTokenFile, context) }
            let consumer = try self.consumer()
            guard !self.way.link else { return try await self.link(consumer, context) }
            try await self.which.change(context, self.change, "authorize", "authorized") { services in
                try await services.accounts.authorizeOAuth1(
                    self.which.account, client: self.which.client, consumer: consumer
                ) { page in
                    let address = services.origin?.serve(page) ?? page
                    context.output.note("open \(address.absoluteString) as the account's owner, and agree")
                    context.output.say("the number that the page shows: ")
                    guard let number = readLine()?.filter({ !$0.isWhitespace }), !number.isEmpty else {
                        throw CommandError(.interrupted, "no number was given; nothing was changed")
                    }
                    return number
                }
            }
        }

        private func addAdsToken(_ file: String, _ context: CommandContext) async throws {
            let token = String(decoding: try CommandError.contents(of: file), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            guard !token.isEmpty else { throw CommandError(.badData, "\(file) holds no token") }
            try await self.which.change(context, self.change, "authorize", "authorized") { services in
                let (account, asked) = try await services.accounts.authorizeAds(
                    self.which.account, client: self.which.client, token: Secret(token))
                if asked == 0 {
                    context.output.note(
                        "the client has no ad account on \(account.platform), so the token could not be tried: posthorn account add-ad-account"
                    )
                }
                return account
            }
        }

        private func link(_ consumer: OAuth1Credential, _ context: CommandContext) async throws {
            try await context.withServices { services in
                let (owner, account) = try await services.accounts.show(self.which.account, client: self.which.client)
                let wish = AccountConnection(
                    client: "\(owner.id)", platform: account.platform, externalID: account.externalID,
                    name: account.name, tokens: TokenSet(accessToken: Secret("")))
                try await self.way.make(
                    wish, consumer: consumer, isDryRun: self.change.isDryRun, services, context)
            }
        }

        private func consumer() throws -> OAuth1Credential {
            struct File: Decodable {
                var consumer_key: String
                var consumer_secret: String
            }
            let consumerFile = self.consumerFile ?? ""
            do {
                let file = try JSONDecoder().decode(File.self, from: CommandError.contents(of: consumerFile))
                return OAuth1Credential(
                    consumerKey: file.consumer_key, consumerSecret: Secret(file.consumer_secret))
            } catch is DecodingError {
                throw CommandError(
                    .badData, "\(consumerFile) is no consumer key",
                    remedy: "write it as {\"consumer_key\": \"…\", \"consumer_secret\": \"…\"}")
            }
        }
    }
}
