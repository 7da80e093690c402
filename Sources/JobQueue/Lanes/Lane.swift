// SPDX-License-Identifier: MIT

import Domain
import PQClient

/// One account's work within a queue: the unit of turns and of limits, so that what is blocked is never walked over.
struct Lane: Hashable, Sendable {
    /// Who owns the work.
    var client: ClientID
    /// The account it is done for; the nil UUID for work of no account.
    var account: AccountID
}

/// A lane that has ready work, or will have it in a moment.
struct SightedLane: Sendable, Hashable {
    /// Which one.
    var lane: Lane
    /// Its client's share of the turns; nil when it is not known here.
    var weight: Int?
    /// How long until its first work is due, in real time.
    var wait = Duration.zero
}

/// What a lane is offered in one claim.
struct LaneShare: Sendable, Hashable {
    /// Which one.
    var lane: Lane
    /// How many of its jobs may be taken.
    var count: Int
}

/// Why a lane gave nothing.
struct LaneReport: Sendable, Hashable {
    /// The reasons, as the claim's statement names them.
    enum Reason: String, Sendable, PQConvertible {
        /// It has no ready work.
        case empty
        /// Its work is not due yet.
        case waiting
        /// Its work is being taken by somebody else, or cannot be run by this worker.
        case busy
        /// Every slot of its account, client or app is taken.
        case full
        /// Its client or app has a limit, so that it is claimed under a lock.
        case limited
        /// A person paused it.
        case paused
        /// A gate is closed.
        case closed
    }

    /// Why.
    var reason: Reason
    /// How long it lasts, as far as that is known, in real time.
    var wait: Duration?
}

/// What became of one share.
struct LaneAnswer: Sendable, Hashable {
    /// What was offered.
    var share: LaneShare
    /// How many jobs were taken.
    var taken: Int
    /// Why none was.
    var report: LaneReport?
}

extension [LaneShare] {
    /// How many jobs are asked for.
    var jobCount: Int { self.reduce(0) { $0 + $1.count } }

    /// Two parts of different lanes and of about as many jobs, in the order of turns.
    var halves: [[LaneShare]] {
        let all = self.jobCount
        var sum = 0
        let middle = self.firstIndex { share in
            sum += share.count
            return sum * 2 >= all
        }
        guard let middle else { return [self, []] }
        return [Array(self[...middle]), Array(self[(middle + 1)...])]
    }
}
