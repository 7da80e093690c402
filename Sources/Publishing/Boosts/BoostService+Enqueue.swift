// SPDX-License-Identifier: MIT

package import Domain
import Foundation
import JobQueue
import PQClient
import Persistence

extension BoostService {
    /// Brings a planned boost's job forward, or back.
    ///
    /// With a key it happens once: the same key again changes nothing and answers the first job, also after that has ended.
    ///
    /// - Parameters:
    ///   - reference: The boost.
    ///   - time: When.
    ///   - priority: Low first, within the account; as it is when `nil`.
    ///   - key: The key.
    /// - Returns: The job.
    /// - Throws: `ServiceError`: `notFound`, `invalid` for the time, `conflict` when the boost is not planned, or the key was used for another
    ///   boost; `JobQueueError` with code `conflict` while a worker runs it.
    package func enqueue(
        _ reference: String, at time: PostTime, priority: Int16?, key: String?
    ) async throws -> JobID {
        let detail = try await self.show(reference)
        let client = detail.client
        return try await self.pool.withTransaction(retrying: 3) { db in
            if let key {
                let use = KeyUse(key: key, kind: .boost, subject: detail.boost.id.uuid, client: client.id)
                if let job = try await use.first(self.jobs, on: &db) { return job }
            }
            guard let boost = try await BoostRepository.find(detail.boost.id, of: client.id, on: &db) else {
                throw ServiceError(.notFound, "there is no boost '\(reference)'")
            }
            guard let job = boost.job, boost.state == .planned else {
                throw ServiceError(
                    .conflict,
                    "the boost is \(boost.state.rawValue): there is nothing to enqueue; "
                        + (boost.state == .waiting
                            ? "it is enqueued when its target is published" : "see posthorn boost show \(boost.id)"))
            }
            let now = try await WorldTime.now(on: &db)
            let resolved = try ResolvedTime(time, clientZone: client.timeZone, now: now)
            let wish = JobWish(dueAt: resolved.dueAt, priority: priority, key: key)
            try await self.jobs.reschedule(job, client: client.id, wish, on: &db)
            if let key { try await self.jobs.keep(key, for: job, kind: .boost, client: client.id, on: &db) }
            return job
        }
    }
}
