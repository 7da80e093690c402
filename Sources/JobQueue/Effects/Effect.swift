// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// What is known about an outside effect.
package enum EffectState: String, Sendable, Hashable, CaseIterable, PQConvertible {
    /// May be sent, once, by whoever holds the lease.
    case prepared
    /// Somebody passed the fence and may be sending.
    case sending
    /// It took effect, and the evidence says where.
    case confirmed
    /// It did not take effect and never will: the other side refused it.
    case rejected
    /// It may or may not have taken effect. Nobody sends again until that is settled.
    case unknown
}

/// One visible part of an outside operation.
package struct Effect: Sendable, Hashable {
    /// Who owns it.
    package var client: ClientID
    /// The operation: the same for every try.
    package var operation: OperationKey
    /// Which visible piece of the operation, from 0.
    package var part: Int
    /// The job that works on it.
    package var job: JobID
    /// The kind of that job when the effect was prepared.
    package var kind: JobKind
    /// The account it speaks for.
    package var account: AccountID?
    /// The outside system.
    package var provider: String
    /// What is known.
    package var state: EffectState
    /// The number of the last send; 0 before the first.
    package var sendNumber: Int
    /// The lease that sent last.
    package var leaseNumber: Int64?
    /// What the handler must not lose before it sends, and the version of its layout.
    package var checkpoint: Data?
    /// The version of the checkpoint's layout.
    package var checkpointVersion: Int?
    /// What proves the state: the remote identity, the refusal.
    package var evidence: JSONText?
    /// When it was prepared, in world time.
    package var preparedAt: Date
    /// When it was sent last, in world time.
    package var sentAt: Date?
    /// When it was settled, in world time.
    package var resolvedAt: Date?
    /// Who settled it.
    package var resolvedBy: String?
    /// How many reads far enough apart did not find it.
    package var absentReads: Int
    /// When it was last looked for, in world time.
    package var lastReadAt: Date?
    /// The job that looks whether the last send took effect, when that became unknown.
    package var reconcileJob: JobID?

    static let columns: StaticString = """
        client_id, op_key, part, job_id, kind, account_id, provider, state, send_no, lease_no, checkpoint,
        checkpoint_version, evidence, \
        prepared_at, sent_at, resolved_at, resolved_by, absent_reads, last_read_at, reconcile_job
        """

    init(_ row: Row) throws(PQError) {
        self.client = try row.get("client_id")
        self.operation = try row.get("op_key")
        self.part = Int(try row.get("part", as: Int32.self))
        self.job = try row.get("job_id")
        self.kind = try row.get("kind")
        let account: AccountID = try row.get("account_id")
        self.account = account == .none ? nil : account
        self.provider = try row.get("provider")
        self.state = try row.get("state")
        self.sendNumber = Int(try row.get("send_no", as: Int32.self))
        self.leaseNumber = try row.get("lease_no")
        self.checkpoint = try row.get("checkpoint")
        self.checkpointVersion = try row.get("checkpoint_version", as: Int32?.self).map(Int.init)
        self.evidence = try row.get("evidence")
        self.preparedAt = try row.get("prepared_at")
        self.sentAt = try row.get("sent_at")
        self.resolvedAt = try row.get("resolved_at")
        self.resolvedBy = try row.get("resolved_by")
        self.absentReads = Int(try row.get("absent_reads", as: Int32.self))
        self.lastReadAt = try row.get("last_read_at")
        self.reconcileJob = try row.get("reconcile_job")
    }
}

/// One send of an effect.
package struct EffectSend: Sendable, Hashable {
    /// Which visible piece of the operation.
    package var part: Int
    /// The number of the send, from 1.
    package var number: Int
    /// The job that sent.
    package var job: JobID
    /// The lease it held.
    package var lease: Lease
    /// When the fence was passed, in world time.
    package var sentAt: Date
    /// When the fence was passed, in real time.
    package var sentReal: Date
    /// What was learned: confirmed, rejected, unknown, not-sent, absent; nil while nothing was.
    package var outcome: String?
    /// What proves it.
    package var evidence: JSONText?
    /// The outside system's identity of the request, when it said one.
    package var requestID: String?
}
