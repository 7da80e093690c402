// SPDX-License-Identifier: MIT

package import Domain
package import Foundation

/// One row of what is known about a job's leases: a run that ended, one that goes on, or an end without a run.
package struct LeaseRecord: Sendable, Hashable {
    /// What became of it.
    package enum Fate: Sendable, Hashable {
        /// The lease is held now.
        case current
        /// It ended; `isFinal` when the job ended with it.
        case ended(isFinal: Bool)
        /// The run's own end came after the lease had been taken away.
        case stale
    }

    /// Whose.
    package var job: JobID
    /// The lease; nil for an end without a run.
    package var lease: Int64?
    /// Which life of the job: it counts up when a job is brought back.
    package var generation: Int
    /// What became of it.
    package var fate: Fate
    /// The place in the order in which ends were written; nil while the lease is held.
    package var event: Int64?
    /// When the lease was given, by the database's clock.
    package var startedAt: Date?
    /// When the end was written, by the database's clock.
    package var endedAt: Date?

    /// Makes a record.
    package init(
        job: JobID, lease: Int64?, generation: Int = 1, fate: Fate, event: Int64? = nil, startedAt: Date? = nil,
        endedAt: Date? = nil
    ) {
        self.job = job
        self.lease = lease
        self.generation = generation
        self.fate = fate
        self.event = event
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}

/// The proof, from one job's records, that it never had two leases at a time and that late ends changed nothing.
///
/// Lease numbers and the numbers of ends are each drawn in order, and the times are all of the database's clock: a lease
/// is given after the one before it was ended, or it was given twice.
package enum LeaseHistory {
    /// A lease ends once, or is held.
    package static let endsOnce = "a lease ends once, or is held still"
    /// Leases of a job do not overlap.
    package static let oneAtATime = "a job has one lease at a time"
    /// A late end follows the end that the fleet wrote.
    package static let lateChangesNothing = "an end that comes late follows the end of its lease, and changes nothing"
    /// A final end is the last.
    package static let endIsLast = "nothing runs or ends after a job's end, unless it was brought back"

    /// What one job's records show.
    ///
    /// - Parameter records: All of one job, in any order.
    /// - Returns: Nothing when the promises were kept.
    package static func findings(of records: [LeaseRecord]) -> [HistoryFinding] {
        let runs = records.filter { $0.lease != nil && $0.fate != .stale }
            .sorted { ($0.lease ?? 0, $0.event ?? .max) < ($1.lease ?? 0, $1.event ?? .max) }
        var findings: [HistoryFinding] = []
        for (earlier, later) in zip(runs, runs.dropFirst()) {
            if earlier.lease == later.lease {
                findings.append(HistoryFinding(Self.endsOnce, "\(earlier) and \(later)"))
            } else if Self.overlap(earlier, later) {
                findings.append(HistoryFinding(Self.oneAtATime, "\(earlier) and \(later)"))
            }
        }
        for late in records where late.fate == .stale {
            let isKnown = runs.contains { $0.lease == late.lease && Self.isBefore($0.event, late.event) }
            if !isKnown { findings.append(HistoryFinding(Self.lateChangesNothing, "\(late)")) }
        }
        for end in records where end.fate == .ended(isFinal: true) {
            for other in records where other.fate != .stale && other.generation == end.generation {
                guard Self.isBefore(end.event, other.event) else { continue }
                findings.append(HistoryFinding(Self.endIsLast, "\(end) and \(other)"))
            }
        }
        return findings
    }

    /// Whether the lease with the lower number was not over when the other was given.
    private static func overlap(_ earlier: LeaseRecord, _ later: LeaseRecord) -> Bool {
        guard earlier.fate != .current, Self.isBefore(earlier.event, later.event) else { return true }
        guard let end = earlier.endedAt, let start = later.startedAt else { return false }
        return end > start
    }

    /// Whether an end was written before another; what has no number has not ended, which is after everything.
    private static func isBefore(_ event: Int64?, _ other: Int64?) -> Bool {
        (event ?? .max) < (other ?? .max)
    }
}

extension LeaseRecord: CustomStringConvertible {
    /// The job, the lease and what became of it.
    package var description: String {
        let lease = self.lease.map { "lease \($0)" } ?? "no lease"
        let fate =
            switch self.fate {
            case .current: "held"
            case .ended(let isFinal): isFinal ? "ended the job" : "ended"
            case .stale: "ended late"
            }
        return "\(lease) of job \(self.job) \(fate)" + (self.event.map { " as event \($0)" } ?? "")
    }
}
