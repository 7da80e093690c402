// SPDX-License-Identifier: MIT

package import PQClient

extension ClaimedJob {
    /// Whether the lease is still this run's own; while it is, nobody takes the job back before the transaction ends.
    ///
    /// For what a run writes before its end: a run that stood still may go on after another worker has done everything.
    package func holdsLease(on db: inout Transaction) async throws -> Bool {
        try await !db.query(
            """
            SELECT FROM job_lease
            WHERE client_id = \(self.client) AND job_id = \(self.id) AND lease_no = \(self.lease.number) FOR SHARE
            """
        ).isEmpty
    }
}
