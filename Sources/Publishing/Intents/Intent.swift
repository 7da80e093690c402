// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import JobQueue

/// One visible piece of an outside operation, with the names a person knows it by.
///
/// The tables call it an effect.
package struct Intent: Sendable {
    /// What is known about it.
    package var effect: Effect
    /// The client's slug.
    package var client: String
    /// The client's zone.
    package var timeZone: String
    /// The account's slug.
    package var account: String?
    /// What was sent, shortened for a line.
    package var content: String
    /// Where the job that looks for it is; `nil` when none is live.
    package var look: Look?

    /// The job that looks for what was sent.
    package struct Look: Sendable, Hashable {
        /// Which job.
        package var job: JobID
        /// Where it is.
        package var state: JobState
        /// When it is due, in the world's time.
        package var dueAt: Date
        /// Why it is held.
        package var reason: String?
        /// Why it is held, in one sentence.
        package var message: String?
    }

    /// What a person calls it by: the operation, and the piece when it is not the first.
    package var id: String { Self.id(self.effect.operation, part: self.effect.part) }

    static func id(_ operation: OperationKey, part: Int) -> String {
        part == 0 ? operation : "\(operation)#\(part)"
    }

    /// When somebody will look next; `nil` when nobody will without a person.
    package var nextLook: Date? {
        guard let look, self.effect.state == .unknown || self.effect.state == .sending else { return nil }
        return look.state == .held ? nil : look.dueAt
    }
}

/// An intent with everything that was sent and learned.
package struct IntentDetail: Sendable {
    /// The intent.
    package var intent: Intent
    /// Every send of this piece, the oldest first.
    package var sends: [EffectSend]
    /// The job that works on the operation.
    package var job: JobSummary?
}

/// What a person says became of a send.
package enum IntentDecision: Sendable, Hashable {
    /// It is there: its address, or the platform's identity of it.
    case confirmed(String)
    /// It took no effect, and may be sent again.
    case absent
}
