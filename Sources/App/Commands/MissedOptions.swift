// SPDX-License-Identifier: MIT

import ArgumentParser
import Domain
import Persistence

/// What happens to posts that could not be published at their time, as flags.
struct MissedOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What happens to a post whose time has passed: publish it late, skip it, or ask a person.",
            valueName: "policy"))
    var onMissed: String?
    @Option(help: ArgumentHelp("How late is still on time, as 15m.", valueName: "duration"))
    var lateGrace: String?
    @Option(help: ArgumentHelp("How far apart late posts of one account are, as 5m.", valueName: "duration"))
    var lateSpacing: String?

    /// Whether any of them was given.
    var isGiven: Bool { self.onMissed != nil || self.lateGrace != nil || self.lateSpacing != nil }

    /// What is there, with what was given in its place.
    func applied(to window: MissedWindow) throws -> MissedWindow {
        var window = window
        if let onMissed {
            guard let policy = MissedPolicy(rawValue: onMissed) else {
                throw CommandError.usage(
                    "--on-missed takes \(MissedPolicy.allCases.map(\.rawValue).joined(separator: ", ")), not “\(onMissed)”"
                )
            }
            window.policy = policy
        }
        if let lateGrace { window.grace = try JobRows.duration(lateGrace) }
        if let lateSpacing { window.spacing = try JobRows.duration(lateSpacing) }
        return window
    }
}
