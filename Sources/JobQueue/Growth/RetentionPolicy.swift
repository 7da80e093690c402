// SPDX-License-Identifier: MIT

/// How long what has ended is kept.
///
/// What is live, unknown or held is never removed, however old.
package struct RetentionPolicy: Sendable, Hashable {
    /// Tables that are partitioned by month, and how many whole months of each are kept, in world time.
    ///
    /// The partitions of table `t` are named `t_2026_11`; what no partition took is left alone, except that of ``attempts``.
    package var months: [String: Int]
    /// How long the records of workers that ended are kept, in real time.
    package var workers: Duration = .seconds(7 * 86_400)
    /// The most rows that one transaction removes.
    package var batch = 1_000

    /// The history of jobs.
    package static let attempts = "attempt"

    /// Makes a policy; the history is kept for 13 months, so that a month can be compared with the same one a year ago.
    package init(months: [String: Int] = [Self.attempts: 13]) { self.months = months }

    /// How many whole months settled effects and decided slots are kept: as long as the history that tells of them.
    var historyMonths: Int { self.months[Self.attempts] ?? 13 }
}

/// What a round of retention removed.
package struct RetentionReport: Sendable, Hashable {
    /// The partitions that were dropped.
    package var partitions: [String] = []
    /// The rows that were removed one by one, by table.
    package var rows: [String: Int] = [:]
    /// Whether there may be more to remove now.
    package var isMore = false

    /// Makes an empty report.
    package init() {}

    /// Whether nothing was removed.
    package var isEmpty: Bool { self.partitions.isEmpty && self.rows.isEmpty }
}
