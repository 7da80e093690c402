// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// The job that each slot of a schedule makes.
package struct JobTemplate: Sendable, Hashable {
    /// The account it works for.
    package var account: AccountID?
    /// Which slots of a worker it waits for.
    package var queue: QueueName
    /// What it does.
    package var kind: JobKind
    /// The outside system it works with.
    package var provider: String
    /// What it acts on.
    package var subject: UUID?
    /// Its parameters.
    package var payload: JSONText
    /// Low first, within the client.
    package var priority: Int16
    /// How many attempts may fail.
    package var maximumAttempts: Int
    /// What happens when its worker dies.
    package var recovery: Recovery

    /// Makes a template; by default with priority 100 and eight attempts.
    package init(
        account: AccountID? = nil, queue: QueueName, kind: JobKind, provider: String = "", subject: UUID? = nil,
        payload: JSONText = "{}", priority: Int16 = 100, maximumAttempts: Int = 8, recovery: Recovery = .requeue
    ) {
        self.account = account
        self.queue = queue
        self.kind = kind
        self.provider = provider
        self.subject = subject
        self.payload = payload
        self.priority = priority
        self.maximumAttempts = maximumAttempts
        self.recovery = recovery
    }

    /// The job of one slot.
    func job(client: ClientID, dueAt: Date?, key: String) -> NewJob {
        NewJob(
            client: client, account: self.account, queue: self.queue, kind: self.kind, provider: self.provider,
            subject: self.subject, payload: self.payload, priority: self.priority, dueAt: dueAt,
            maximumAttempts: self.maximumAttempts, recovery: self.recovery, key: key)
    }

    /// Reads the columns that a schedule shares with a job.
    init(_ row: Row) throws(PQError) {
        let account: AccountID = try row.get("account_id")
        self.init(
            account: account == .none ? nil : account, queue: try row.get("queue"), kind: try row.get("kind"),
            provider: try row.get("provider"), subject: try row.get("subject_id"), payload: try row.get("payload"),
            priority: try row.get("priority"), maximumAttempts: Int(try row.get("max_attempts", as: Int32.self)),
            recovery: try row.get("recovery"))
    }
}
