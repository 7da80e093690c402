// SPDX-License-Identifier: MIT

import ArgumentParser

/// `posthorn best-times`.
struct BestTimesCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "best-times", "See when an account's posts did well, and what that is worth.",
        examples: [
            "best-times show --account acme/x", "best-times explain --account acme/x",
            "best-times plan --account acme/x --posts 5",
        ],
        subcommands: [
            BestTimesShowCommand.self, BestTimesExplainCommand.self, BestTimesPlanCommand.self,
            BestTimesAdviseCommand.self, BestTimesSlotsCommand.self,
            BestTimesHolidaysCommand.self, BestTimesQuietCommand.self,
            BestTimesLearnCommand.self, BestTimesFitCommand.self, BestTimesBacktestCommand.self,
            BestTimesRankCommand.self,
        ])
}
