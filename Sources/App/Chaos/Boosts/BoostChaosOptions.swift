// SPDX-License-Identifier: MIT

import Foundation
import JobQueue

/// How large a run with boosts is, and what is broken in it.
struct BoostChaosOptions: Sendable {
    /// How many boosts are planned.
    var boosts = 1_000
    /// How many clients they belong to; each has two accounts.
    var clients = 25
    /// The platforms; accounts take turns.
    var platforms = BoostChaosPlatform.all
    /// How many days of the pretend world pass.
    var days = 30
    /// How many worker processes work on them.
    var workers = 2
    /// The pause between two kills of a random worker; `nil` kills none.
    var killEvery: Duration? = .seconds(5)
    /// The share of calls whose answer is lost after taking effect, 0 to 1.
    var lostShare = 0.05
    /// The share of what all boosts of a client may cost that its caps hold: below 1 some must be refused.
    var capShare = 0.6
    /// The share of boosts that a person stops.
    var stopShare = 0.1
    /// Where the run's chance comes from.
    var seed: UInt64 = 1
    /// How long nothing may happen before the run counts as stuck, in real time.
    var stall: Duration = .seconds(180)

    /// How much of the world's time passes at once: a quarter of a day, as often as running boosts are looked at.
    static let step: TimeInterval = 6 * 3_600
    /// Over how many days boosts begin.
    var startDays: Int { max(1, self.days / 2) }
    /// How many days the longest boost runs.
    var longest: Int { max(1, min(10, self.days / 3)) }
    /// How many steps there are.
    var steps: Int { self.days * 4 }
    /// Where workers die by themselves: at every step of a start, a look and a stop, at the first to the fifth time.
    static var crashPlans: [String] {
        let steps: [CrashPoint] = [
            .afterClaim, .beforeRun, .beforeCheckpoint, .afterCheckpoint, .beforeFence, .afterFence, .afterSend,
            .afterConfirm, .afterLook, .afterAbsentRead, .beforeFinish, .afterFinish, .afterPromote, .afterRescue,
        ]
        return (1...5).flatMap { visit in steps.map { "\($0):\(visit)" } }
    }
    /// World seconds per real second between the steps: what waits for minutes waits for seconds.
    static let rate = 60.0
}
