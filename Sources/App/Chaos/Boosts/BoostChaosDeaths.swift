// SPDX-License-Identifier: MIT

import Foundation
import JobQueue

/// How the workers of a run died.
struct BoostChaosDeaths: Sendable {
    /// How many were killed at a moment that nobody chose.
    var byChance: Int
    /// How often one was frozen until the others took it for dead.
    var freezes: Int
    /// How often a job that workers had died with again and again was let go on by a person.
    var released: Int
    /// How many died at each named step.
    var atStep: [String: Int] = [:]

    /// Counts those that died at a step by their last words.
    ///
    /// - Parameters:
    ///   - byChance: how many were killed from outside.
    ///   - freezes: how many were frozen.
    ///   - released: how many jobs a person let go on.
    ///   - logs: the folder with the workers' logs.
    /// - Throws: when a log cannot be read.
    init(byChance: Int, freezes: Int, released: Int, logs: String) throws {
        self.byChance = byChance
        self.freezes = freezes
        self.released = released
        for (point, count) in try CrashMarks.deaths(inLogs: logs) { self.atStep[point.rawValue] = count }
    }
}
