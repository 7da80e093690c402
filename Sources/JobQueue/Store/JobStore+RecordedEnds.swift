// SPDX-License-Identifier: MIT

package import PQClient

extension JobStore {
    /// Ends one run together with what its handler wants written, in one transaction.
    @discardableResult
    package func finish(
        _ run: Finish, record: JobResult.Record?, recordIfStale: JobResult.Record? = nil
    ) async throws -> FinishResult {
        let end = RecordedEnd(run: run, record: record, recordIfStale: recordIfStale)
        return try await self.ending.write(end) { try await self.finish($0) }
    }

    /// Ends one run together with something to write, in one transaction.
    @discardableResult
    package func finish(
        _ run: Finish, record: @escaping @Sendable (inout Transaction) async throws -> Void
    ) async throws -> FinishResult {
        try await self.finish(run, record: JobResult.Record(record))
    }

    /// Ends runs in one transaction.
    ///
    /// Leases are locked first, in one order, so that rescue and cancel come before or after.
    private func finish(_ ends: [RecordedEnd]) async throws -> [FinishResult] {
        try await self.pool.withTransaction(retrying: 3) { db in
            let patience = CallGroup<RecordedEnd, FinishResult>.patience(of: ends.count)
            let held: Set<Int64> = Set(
                try await db.pipeline([patience, Self.planOnIndexes, Self.lock(ends.map(\.run))])[2].column())
            let ours = ends.filter { held.contains($0.run.job.lease.number) }.compactMap(\.record)
            let rest = try await JobResult.Record.write(ours, on: &db)
            let results = try await Self.finish(ends.map(\.run), after: rest, on: &db)
            let stale = zip(ends, results).filter { $0.1 == .stale }.compactMap(\.0.recordIfStale)
            let evidence = try await JobResult.Record.write(stale, on: &db)
            if !evidence.isEmpty { _ = try await db.pipeline(evidence) }
            return results
        }
    }

    private static func lock(_ runs: [Finish]) -> Statement {
        """
        SELECT l.lease_no
        FROM unnest(\(runs.map(\.job.id)), \(runs.map(\.job.client)), \(runs.map(\.job.lease.number)))
             AS run (job_id, client_id, lease_no)
        JOIN job_lease l ON l.job_id = ANY (ARRAY[run.job_id]) AND l.client_id IS NOT DISTINCT FROM run.client_id
            AND l.lease_no = run.lease_no
        ORDER BY l.lease_no
        FOR UPDATE OF l
        """
    }
}

/// The end of a run with what is written in the same transaction.
struct RecordedEnd: Sendable {
    var run: Finish
    /// Written when the lease is still ours.
    var record: JobResult.Record?
    /// Written when it is not.
    var recordIfStale: JobResult.Record?
}
