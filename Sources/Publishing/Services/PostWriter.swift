// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence

/// Writes checked posts: all in the caller's transaction, a few COPYs for any number of posts.
struct PostWriter {
    var jobs: JobStore

    /// From how many jobs on COPY is worth its temporary table.
    private static let manyJobs = 1000

    func write(_ prepared: [PreparedPost], on db: inout Transaction) async throws {
        var media: [String: MediaRow] = [:]
        for row in prepared.flatMap(\.media) { media["\(row.client)/\(row.hash)"] = row }
        try await MediaRepository.insert(media.values.sorted { $0.hash < $1.hash }, on: &db)
        try await PostRepository.insert(prepared.map(\.post), on: &db)
        try await PostRepository.insert(prepared.map(\.revision), on: &db)
        try await TargetRepository.insert(prepared.flatMap(\.targets), on: &db)
        try await StateChanges.append(
            prepared.flatMap { one in
                one.targets.map { target in
                    StateChange(
                        client: target.client, kind: .target, subject: target.id.uuid, actor: one.post.createdBy,
                        from: nil,
                        to: target.state.rawValue,
                        reason: one.reasons[target.id]
                            ?? target.planned.map { "planned for \($0.localTime) \($0.timeZone)" })
                }
            }, on: &db)
        let jobs = prepared.flatMap(\.jobs)
        if jobs.count >= Self.manyJobs {
            try await self.jobs.importJobs(jobs, on: &db)
        } else {
            try await self.jobs.enqueue(jobs, on: &db)
        }
    }
}
