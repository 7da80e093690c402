// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Persistence
import Publishing

extension BoostCommands {
    struct Settle: PosthornCommand {
        static let configuration = CommandConfiguration(
            "settle", "End a boost by your word, when its platform cannot be asked any more.",
            details: """
                For an ad account that is closed to us or a campaign that is not shown any more: look in the platform's ads manager that it does not
                deliver, and what it cost. That is booked, and the rest of the money is given back. The platform is not asked.
                """,
            examples: [
                "boost settle 0198f2c4-… --spend 12.34 --reason 'the ad account is closed, its last bill says so'"
            ],
            keys: BoostRows.columns)

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions
        @Argument(help: ArgumentHelp("The boost's id.", valueName: "boost"))
        var boost: String
        @Option(help: ArgumentHelp("What it cost altogether, by the platform's bill.", valueName: "amount"))
        var spend: String
        @Option(help: ArgumentHelp("How you know, for the history.", valueName: "text"))
        var reason: String

        func run(_ context: CommandContext) async throws {
            try await context.withServices { services in
                guard !self.change.isDryRun else {
                    let state = try await services.boosts.show(self.boost).boost.state
                    return context.output.note(
                        "would end the boost, which is \(state.rawValue), with \(self.spend) spent")
                }
                let detail = try await services.boosts.settle(
                    self.boost, spend: self.spend, reason: self.reason, actor: Actor.current)
                context.output.success("ended: \(self.spend) booked, the rest given back")
                context.output.show(
                    BoostRows.record(detail.boost, client: detail.client, account: detail.account.slug.rawValue))
            }
        }
    }
}
