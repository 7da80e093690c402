// SPDX-License-Identifier: MIT

package import JobQueue
package import Persistence

/// A schedule with its client.
package struct ScheduleEntry: Sendable {
    /// The client.
    package var client: ClientRow
    /// The schedule.
    package var schedule: Schedule
    /// What a person should know of its times, when it is added.
    package var notes: [PostIssue] = []

    /// What each slot does.
    package enum Work: Sendable, Hashable {
        /// Makes a post.
        case post(PostTemplate)
        /// Reads metrics.
        case metrics(MetricSweep)
        /// Makes a job of another kind.
        case job(JobKind)
    }

    /// What each slot does.
    ///
    /// - Throws: `PQError` with code `decoding` when what is stored cannot be understood: a newer version wrote it.
    package func work() throws -> Work {
        let template = self.schedule.work
        switch template.kind {
        case .makePost: return .post(try JSONColumn.decode(template.payload))
        case .sweepMetrics: return .metrics(try JSONColumn.decode(template.payload))
        default: return .job(template.kind)
        }
    }
}
