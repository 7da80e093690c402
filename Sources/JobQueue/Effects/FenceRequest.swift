// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// Something of another module's that a send was decided on, and that must still be so when the fence is passed.
///
/// The rows that say so stay locked until the fence is committed: who changes them comes before it, and the send is refused, or after it.
package struct FenceCondition: Sendable {
    /// What kind of thing it is.
    package var rule: any FenceRule.Type
    /// Whose it is.
    package var client: ClientID
    /// Which one.
    package var subject: UUID
    /// The version that the send was decided on.
    package var version: Int32

    /// Makes a condition.
    package init(_ rule: any FenceRule.Type, client: ClientID, subject: UUID, version: Int32) {
        self.rule = rule
        self.client = client
        self.subject = subject
        self.version = version
    }
}

/// Looks whether conditions of one kind still hold, for many sends in one statement.
package protocol FenceRule: Sendable {
    /// A statement that locks the rows of the conditions' subjects, in one order; its rows are the positions (`bigint`, from 1) of the
    /// conditions that hold.
    static func holding(_ conditions: [FenceCondition]) -> Statement
}

/// One visible call that wants to pass the fence.
package struct FenceRequest: Sendable {
    /// More that must be true or written in the same transaction: budgets.
    ///
    /// It throws to refuse; then nothing was fenced.
    package typealias Also = @Sendable (inout Transaction) async throws -> Void

    /// The operation.
    package var operation: OperationKey
    /// Which visible piece.
    package var part: Int
    /// Where the call goes, by the name that limits know it by.
    package var endpoint: String
    /// What the call is counted in; nil for one that nothing limits.
    package var call: LimitedCall?
    /// What must still be so.
    package var condition: FenceCondition?
    /// More, for a transaction that nobody shares.
    package var also: Also?
    /// Whether an effect that nobody prepared is made by the fence: when the caller knows of none.
    package var mayBeNew: Bool

    /// Makes a request.
    package init(
        _ operation: OperationKey, part: Int = 0, endpoint: String = "", call: LimitedCall? = nil,
        condition: FenceCondition? = nil, mayBeNew: Bool = false, also: Also? = nil
    ) {
        self.operation = operation
        self.part = part
        self.endpoint = endpoint
        self.call = call
        self.condition = condition
        self.mayBeNew = mayBeNew
        self.also = also
    }
}

/// A send was refused because what it was decided on has changed since; nothing was fenced.
package struct SubjectChanged: Error, Sendable {}

/// The right to send one effect once.
package struct FenceGrant: Sendable, Hashable {
    /// Which visible piece of the operation.
    package var part: Int
    /// The number of this send, from 1.
    package var sendNumber: Int
    /// The lease it is sent under.
    package var leaseNumber: Int64
    /// The last moment at which the first byte may leave; later, say ``EffectStore/notSent(_:part:send:evidence:)``.
    package var notAfter: ContinuousClock.Instant
    /// What was debited for it.
    package var debit = LimitGrant()
}
