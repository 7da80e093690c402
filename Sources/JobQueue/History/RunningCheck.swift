// SPDX-License-Identifier: MIT

/// What the history shows of one number of jobs at once: an account's slots in a queue, or the limit of a client, an app or a
/// platform.
///
/// A run lasts from the moment its lease was given to the moment its end was written, both by the database's clock. A slot is given when
/// the end of the run before it can be seen, and an end is written before it can be seen: what overlaps in the history overlapped. Only a
/// claim that waits for a rival's slot of an account has its time from before the wait, and the history does not keep slots. So where an
/// account seems to have had too many, a run counts from the end of another worker's that was claimed at most 250 ms before it and ended
/// at most 250 ms after its claim, and before it. What is not seen: too many of one account at once that all are such pairs, as runs of
/// several workers that are shorter than that. What is seen: one too many beside a longer run or of the same worker, and everything that
/// limits of clients, apps and platforms bound. A claim that waited for longer would be reported falsely.
///
/// What a worker did after its lease had been taken away is not counted; the fence keeps it from sending.
///
/// Runs are checked against the number that is in force now. Where that was set, or an account came to an app, after the first of the
/// runs that it bounds, only runs count that began a minute later (`isPartial`): those of before had another number, and a claim that is
/// under way at the change does not know of it. Where the first came within five seconds after the change, it may be such a claim's: then
/// only runs count that began after those five seconds.
package struct RunningCheck: Sendable, Hashable {
    /// No more at once than allowed.
    package static let rule = "never did more jobs run at once than was allowed"

    /// `account:<uuid>/<queue>`; `client:<uuid>`, `app:<uuid>` or `provider:<name>`, these optionally with a queue.
    package var scope: String
    /// How many may run at once.
    package var allowed: Int
    /// Whether somebody set that for just this account, client, app or platform.
    package var isSet: Bool
    /// Whether earlier runs are left out because the number was another one.
    package var isPartial: Bool
    /// How many runs were counted.
    package var runs: Int
    /// How many of them went on at once at most.
    package var most: Int
    /// How many began while enough others went on.
    package var beyond: Int
    /// The lease of the first of these.
    package var example: Int64?

    /// What is wrong; nil when the number was kept.
    package var finding: HistoryFinding? {
        guard self.beyond > 0 else { return nil }
        let lease = self.example.map { ", the first with lease \($0)" } ?? ""
        return HistoryFinding(
            Self.rule,
            "\(self.scope): \(self.most) at once, \(self.allowed) allowed, \(self.beyond) runs began beyond that\(lease)"
        )
    }
}
