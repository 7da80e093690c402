// SPDX-License-Identifier: MIT

import ArgumentParser
import Foundation
import PluginHost
import PluginKit
import Publishing

extension AccountCommands {
    struct Authorize: PosthornCommand {
        static let configuration = CommandConfiguration(
            "authorize", "Add OAuth 1.0a to an account, which X's ads need; it keeps the tokens that it has.",
            details: """
                The account's owner opens the address that is shown, agrees, and reads a number out, which is typed in here: no address of ours
                is needed. The app's consumer key and secret come from a file, as {"consumer_key": "…", "consumer_secret": "…"}. They and the token,
                which does not end, are sealed into the account's grant. A credential file may hold them too: posthorn plugin info x.
                """,
            examples: ["account authorize acme/x --consumer-file consumer.json"], keys: AccountRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @OptionGroup var which: AccountChoice
        @Option(help: ArgumentHelp("The app's consumer key and secret as JSON.", valueName: "file"))
        var consumerFile: String

        func validate() throws {
            guard self.consumerFile != "-" else {
                throw ValidationError("Standard input is where the number is typed: give the consumer key as a file.")
            }
        }

        func run(_ context: CommandContext) async throws {
            let consumer = try self.consumer()
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

        private func consumer() throws -> OAuth1Credential {
            struct File: Decodable {
                var consumer_key: String
                var consumer_secret: String
            }
            do {
                let file = try JSONDecoder().decode(File.self, from: CommandError.contents(of: self.consumerFile))
                return OAuth1Credential(
                    consumerKey: file.consumer_key, consumerSecret: Secret(file.consumer_secret))
            } catch is DecodingError {
                throw CommandError(
                    .badData, "\(self.consumerFile) is no consumer key",
                    remedy: "write it as {\"consumer_key\": \"…\", \"consumer_secret\": \"…\"}")
            }
        }
    }
}
