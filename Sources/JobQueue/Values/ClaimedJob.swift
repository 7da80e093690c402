// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// One worker's right to run one job, with a number that only grows.
package struct Lease: Sendable, Hashable {
    /// The number every write of the job's fate carries.
    package var number: Int64
    /// Whose lease it is.
    package var worker: WorkerID

    /// Makes a lease from storage.
    package init(number: Int64, worker: WorkerID) {
        self.number = number
        self.worker = worker
    }
}

/// A job under a lease.
///
/// It never changes and is shared: it goes from list to list and from task to task, and copying its two dozen fields each time took a tenth of a
/// worker's time.
package final class ClaimedJob: Sendable {
    /// The job.
    package let spec: JobSpec
    /// The lease it was claimed under.
    package let lease: Lease
    /// When it was claimed, in world time.
    package let claimedAt: Date
    /// Where its lease stands in `job_lease`, unless somebody wrote it since; nil when that is not known.
    package let place: RowPlace?

    /// The job's identity.
    package var id: JobID { self.spec.id }
    /// Who owns it.
    package var client: ClientID { self.spec.client }
    /// The account it works for.
    package var account: AccountID? { self.spec.account }
    /// Which slots it waited for.
    package var queue: QueueName { self.spec.queue }
    /// What it does.
    package var kind: JobKind { self.spec.kind }
    /// The outside system it works with.
    package var provider: String { self.spec.provider }
    /// What it acts on.
    package var subject: UUID? { self.spec.subject }
    /// Its parameters.
    package var payload: JSONText { self.spec.payload }
    /// When it was due, in world time.
    package var dueAt: Date { self.spec.dueAt }
    /// The number of this attempt, from 1: one more than the attempts that failed.
    package var attempt: Int { self.spec.failures + 1 }
    /// How often a worker died while it ran.
    package var crashCount: Int { self.spec.crashes }
    /// How often it was put off without costing an attempt.
    package var deferCount: Int { self.spec.deferrals }

    /// Makes a claimed job.
    package init(spec: JobSpec, lease: Lease, claimedAt: Date, place: RowPlace? = nil) {
        self.spec = spec
        self.lease = lease
        self.claimedAt = claimedAt
        self.place = place
    }
}
