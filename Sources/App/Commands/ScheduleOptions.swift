// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Publishing

/// When a schedule's slots are, as flags.
struct ScheduleTimeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("When it comes again, as FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=9.", valueName: "rule"))
    var rule: String?
    @Option(help: ArgumentHelp("The local time it begins at; now when not given.", valueName: "time"))
    var start: String?
    @Option(
        name: .customLong("tz"),
        help: ArgumentHelp("The zone of the rule; the client's when not given.", valueName: "zone"))
    var timeZone: String?
    @Option(
        help: ArgumentHelp(
            "What happens to a time that the clocks jump over: shift-forward or skip (hourly rules: skip).",
            valueName: "policy"))
    var gap: String?
    @Option(
        help: ArgumentHelp(
            "Which of the two when a time comes twice: first, second or both (hourly rules: both).", valueName: "policy"
        ))
    var overlap: String?

    /// The description, of the rule that stands here.
    func time(_ rule: String) throws -> ScheduleTime {
        ScheduleTime(
            rule: rule, start: self.start, zone: self.timeZone,
            gap: try self.gap.map { word in
                guard let gap = GapPolicy.allCases.first(where: { ScheduleRows.word($0) == word }) else {
                    throw CommandError.usage("--gap takes shift-forward or skip, not “\(word)”")
                }
                return gap
            },
            overlap: try self.overlap.map { word in
                guard let overlap = OverlapPolicy(rawValue: word) else {
                    throw CommandError.usage("--overlap takes first, second or both, not “\(word)”")
                }
                return overlap
            })
    }
}

/// Which schedule.
struct ScheduleChoice: ParsableArguments {
    @Argument(help: ArgumentHelp("The schedule's name or id.", valueName: "schedule"))
    var schedule: String
    @Option(help: ArgumentHelp("The client's slug or id.", valueName: "client"))
    var client: String
}
