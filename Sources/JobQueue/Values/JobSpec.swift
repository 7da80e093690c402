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

    /// Reads the columns of ``columns``.
    init(_ row: Row) throws(PQError) {
        self.id = try row.get("job_id")
        self.client = try row.get("client_id")
        let account: AccountID = try row.get("account_id")
        self.account = account == .none ? nil : account
        self.queue = try row.get("queue")
        self.kind = try row.get("kind")
        self.provider = try row.get("provider")
        self.subject = try row.get("subject_id")
        self.payload = try row.get("payload")
        self.priority = try row.get("priority")
        self.dueAt = try row.get("due_at")
        self.failures = Int(try row.get("attempt", as: Int32.self))
        self.crashes = Int(try row.get("crash_count", as: Int32.self))
        self.deferrals = Int(try row.get("defer_count", as: Int32.self))
        self.maximumAttempts = Int(try row.get("max_attempts", as: Int32.self))
        self.recovery = try row.get("recovery")
        self.generation = Int(try row.get("generation", as: Int32.self))
        self.key = try row.get("key")
        self.createdAt = try row.get("created_at")
    }
}

extension Identifier {
    /// The nil UUID: "no account" in a lane, "every client" in a control, so that keys are never NULL.
    static var none: Self { Self(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))) }
}
