// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// What every place a live job can be in knows about it.
package struct JobSpec: Sendable, Hashable {
    /// The job's identity.
    package var id: JobID
    /// Who owns it.
    package var client: ClientID
    /// The account it works for.
    package var account: AccountID?
    /// Which slots it waits for.
    package var queue: QueueName
    /// What it does.
    package var kind: JobKind
    /// The outside system it works with.
    package var provider: String
    /// What it acts on.
    package var subject: UUID?
    /// Its parameters.
    package var payload: JSONText
    /// Low first.
    package var priority: Int16
    /// When it is due, in world time.
    package var dueAt: Date
    /// How many attempts failed.
    package var failures: Int
    /// How often a worker died while it ran.
    package var crashes: Int
    /// How often it was put off without costing an attempt.
    package var deferrals: Int
    /// How many attempts may fail before it fails for good.
    package var maximumAttempts: Int
    /// What happens when its worker dies.
    package var recovery: Recovery
    /// How often a person changed it: rescheduled, retried, released.
    package var generation: Int
    /// Its idempotency key.
    package var key: String?
    /// When it was enqueued, in world time.
    package var createdAt: Date

    /// The columns, the same in every table that holds live jobs.
    static let columns: StaticString = """
        client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, due_at, attempt,
        crash_count, \
        defer_count, max_attempts, recovery, generation, key, created_at
        """

    /// What a new job will be known as.
    package init(_ job: NewJob, dueAt: Date) {
        self.id = job.id
        self.client = job.client
        self.account = job.account
        self.queue = job.queue
        self.kind = job.kind
        self.provider = job.provider
        self.subject = job.subject
        self.payload = job.payload
        self.priority = job.priority
        self.dueAt = job.dueAt ?? dueAt
        self.failures = 0
        self.crashes = 0
        self.deferrals = 0
        self.maximumAttempts = job.maximumAttempts
        self.recovery = job.recovery
        self.generation = 1
        self.key = job.key
        self.createdAt = dueAt
    }

    /// How many columns ``columns`` are.
    static let columnCount = 18

    /// Reads the columns of ``columns``, the first of which is at a position: claims read many rows, and a position is found at once.
    init(_ row: Row, from first: Int = 0) throws(PQError) {
        self.client = try row.get(first)
        self.id = try row.get(first + 1)
        self.queue = try row.get(first + 2)
        self.kind = try row.get(first + 3)
        self.provider = try row.get(first + 4)
        let account: AccountID = try row.get(first + 5)
        self.account = account == .none ? nil : account
        self.subject = try row.get(first + 6)
        self.payload = try row.get(first + 7)
        self.priority = try row.get(first + 8)
        self.dueAt = try row.get(first + 9)
        self.failures = Int(try row.get(first + 10, as: Int32.self))
        self.crashes = Int(try row.get(first + 11, as: Int32.self))
        self.deferrals = Int(try row.get(first + 12, as: Int32.self))
        self.maximumAttempts = Int(try row.get(first + 13, as: Int32.self))
        self.recovery = try row.get(first + 14)
        self.generation = Int(try row.get(first + 15, as: Int32.self))
        self.key = try row.get(first + 16)
        self.createdAt = try row.get(first + 17)
    }
}

extension Identifier {
    /// The nil UUID: "no account" in a lane, "every client" in a control, so that keys are never NULL.
    package static var none: Self { Self(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))) }
}
