// SPDX-License-Identifier: MIT

import Foundation

/// Decides how a demo's world time goes on: at the speed of real time while there is work, in one jump to the next work when there is none.
///
/// A clock that ran a thousand times as fast all the time would make every post late by minutes; this one leaves lateness as it is.
struct DemoClock: Sendable, Hashable {
    /// How much later than planned metrics may be read, so that readings which are close together are made together; in world seconds.
    var metricsSlack: TimeInterval = 900

    /// What is to be done, as the database has it.
    struct View: Sendable, Hashable {
        /// The world's time.
        var now: Date
        /// Jobs that run or are due.
        var busy = 0
        /// When the next job falls due that must be on time: publishing, boosting.
        var nextExact: Date?
        /// When the next metrics are to be read.
        var nextMetrics: Date?
    }

    /// What to do next.
    enum Step: Sendable, Hashable {
        /// Let the work be done.
        case wait
        /// Set the world's time.
        case jump(Date)
        /// Let happen what is planned to happen now.
        case event
        /// The time is over.
        case end
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - view: What is to be done.
    ///   - nextEvent: When the next planned event happens.
    ///   - end: When the time is over.
    /// - Returns: What to do next.
    func step(_ view: View, nextEvent: Date?, end: Date) -> Step {
        guard view.busy == 0 else { return .wait }
        if let nextEvent, nextEvent <= view.now, nextEvent <= end { return .event }
        if end <= view.now { return .end }
        let metrics = view.nextMetrics?.addingTimeInterval(self.metricsSlack)
        return .jump([view.nextExact, metrics, nextEvent, end].compactMap(\.self).min() ?? end)
    }
}
