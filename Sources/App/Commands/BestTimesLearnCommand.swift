// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Publishing

/// `posthorn best-times learn`.
struct BestTimesLearnCommand: PosthornCommand {
    static let configuration = CommandConfiguration(
        "learn", "Let an account draw its times for a while, so that it learns hours that it does not use.",
        details: """
            What only takes the best so far keeps seeing the hours that it likes already. While an account learns, `post create --best` draws
            its times: unknown hours now and then, known poor ones hardly ever, the same draw in one week. Such posts are marked as
            experiments, and `best-times explain` says what they did against other posts of the same weeks, from 50 on and where there are such. An account needs about a hundred posts before its own week can
            be told from what others do, so 22 weeks are for five posts a week: with fewer, take more. In a simulation the plan is then within
            5 % of the best; until then drawing costs about 10 % against the best so far, won back within the year. Posts that matter are kept out with `post create --best --no-experiment`.
            """,
        examples: ["best-times learn --account acme/instagram", "best-times learn --account acme/instagram --off"],
        keys: [
            Column("account", nil, "the account"),
            Column("learns_until", nil, "until when it draws; null when it does not"),
        ])

    @OptionGroup var options: CommandOptions
    @Option(
        help: ArgumentHelp("The account as client/account or id, or its slug with --client.", valueName: "account"))
    var account: String
    @Option(help: ArgumentHelp("The client, when the account is named by its slug alone.", valueName: "client"))
    var client: String?
    @Option(help: ArgumentHelp("For how long.", valueName: "weeks")) var weeks = 22
    @Flag(name: .customLong("off"), help: "End it now.") var isOff = false

    func validate() throws {
        guard (1...104).contains(self.weeks) else { throw ValidationError("--weeks must be 1 to 104.") }
    }

    func run(_ context: CommandContext) async throws {
        let (account, until) = try await context.withServices {
            try await TimingLearning(pool: $0.pool).set(
                account: self.account, client: self.client, weeks: self.isOff ? nil : self.weeks)
        }
        context.output.success(until == nil ? "\(account) takes its best times" : "\(account) learns")
        context.output.show(
            Record(["account": .text(account), "learns_until": until.map { .text($0.iso8601(in: .utc)) } ?? .none]),
            idKey: "account")
    }
}
