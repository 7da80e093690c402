// SPDX-License-Identifier: MIT

package import Domain
import Foundation
import JobQueue
import PQClient
import Persistence

extension PostService {
    /// Puts a target's job into the queue: a draft is planned, a job that waits is brought forward or back, and what has failed, was missed
    /// or waits for a person is tried again at that time.
    ///
    /// With a key it happens once: the same key again changes nothing and answers the first job, also after that has ended.
    ///
    /// - Parameters:
    ///   - id: The target.
    ///   - time: When.
    ///   - priority: Low first, within the account; as it is when `nil`.
    ///   - key: The key.
    ///   - actor: Who does it.
    /// - Returns: The job.
    /// - Throws: `ServiceError`: `notFound`, `invalid` for the time, `conflict` when there is nothing to enqueue in its state, when an earlier
    ///   send may have taken effect, or when the key was used for another target; `JobQueueError` with code `conflict` while a worker runs it.
    package func enqueue(
        _ id: TargetID, at time: PostTime, priority: Int16?, key: String?, actor: String
    ) async throws -> JobID {
        try await self.pool.withTransaction(retrying: 3) { db in
            let detail = try await Self.detail(id.description, client: nil, on: &db)
            guard let target = detail.targets.first(where: { $0.id == id }) else {
                throw ServiceError(.notFound, "there is no target \(id)")
            }
            if let key {
                let use = KeyUse(key: key, kind: .publish, subject: id.uuid, client: target.client)
                if let job = try await use.first(self.jobs, on: &db) { return job }
            }
            let wish = JobWish(priority: priority, key: key)
            let isAgain = target.state == .unknown || Self.retriable.contains(target.state)
            // The posts were compared when they were planned; a job is only run at another time.
            let words =
                isAgain
                ? try await self.retry(target, of: detail, at: time, wish, verb: "enqueued", actor: actor, on: &db)
                : try await self.move(
                    target, of: detail, to: time, wish, allowingDuplicates: true, actor: actor, on: &db)?.words
            let job = try await TargetRepository.find(id, of: target.client, on: &db)?.job
            guard words != nil, let job else {
                throw ServiceError(
                    .conflict, "nothing was enqueued: \(detail.account(of: target)) is \(target.state.rawValue)")
            }
            if let key { try await self.jobs.keep(key, for: job, kind: .publish, client: target.client, on: &db) }
            return job
        }
    }
}

/// A key under which the one job of something is enqueued once.
struct KeyUse {
    var key: String
    var kind: JobKind
    var subject: UUID
    var client: ClientID

    /// The job that the key stands for already.
    ///
    /// - Throws: `ServiceError` with code `conflict` when that is the job of something else: whoever repeats a key repeats the whole wish.
    func first(_ jobs: JobStore, on db: inout Transaction) async throws -> JobID? {
        guard let job = try await jobs.job(under: self.key, kind: self.kind, client: self.client, on: &db) else {
            return nil
        }
        let subject = try await jobs.subject(of: job, client: self.client, on: &db)
        guard subject == nil || subject == self.subject else {
            throw ServiceError(
                .conflict,
                "the key '\(self.key)' stands for job \(job) already, which is of another "
                    + "\(self.kind == .boost ? "boost" : "target"): use another key")
        }
        return job
    }
}
