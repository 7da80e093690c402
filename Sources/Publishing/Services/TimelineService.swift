// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import JobQueue
package import PQClient
import Persistence
import PluginKit

/// One thing that happened to a post.
package struct TimelineEntry: Sendable, Hashable {
    /// What kind of thing it was.
    package enum Kind: String, Sendable, Hashable {
        /// Somebody changed a state.
        case state
        /// A worker worked on it.
        case attempt
        /// Something was sent to the platform.
        case send
        /// It exists on the platform.
        case publication
        /// Its numbers were read.
        case sample
    }

    /// When; the world's time.
    package var at: Date
    /// What kind of thing.
    package var kind: Kind
    /// The account's slug, when it concerns one target.
    package var account: String?
    /// The target.
    package var target: TargetID?
    /// Who.
    package var actor: String?
    /// What happened, in one sentence.
    package var message: String
}

/// Tells the whole story of a post: who changed what, what workers tried, what was sent, what exists, what was read.
package struct TimelineService: Sendable {
    let pool: ConnectionPool
    let jobs: JobStore

    /// Makes a service.
    package init(pool: ConnectionPool, jobs: JobStore) {
        self.pool = pool
        self.jobs = jobs
    }

    /// The story of a post, oldest first.
    ///
    /// - Parameters:
    ///   - reference: The post's identity, one of its targets', or its key when the client is given.
    ///   - client: The client.
    /// - Returns: The post, and what happened to it.
    /// - Throws: `ServiceError` with code `notFound`.
    package func timeline(of reference: String, client: String? = nil) async throws -> (
        detail: PostDetail, entries: [TimelineEntry]
    ) {
        let (detail, changes, samples) = try await self.pool.withConnection { db in
            let detail = try await PostService.detail(reference, client: client, on: &db)
            let subjects =
                [detail.post.id.uuid] + detail.targets.map(\.id.uuid) + detail.publications.map(\.id.uuid)
            let changes = try await StateChanges.list(subjects, of: detail.client.id, on: &db)
            let samples = try await SampleRepository.list(
                publications: detail.publications.map(\.id), of: detail.client.id, on: &db)
            return (detail, changes, samples)
        }
        var entries = changes.compactMap { Self.entry($0, detail) }
        for target in detail.targets { entries += try await self.work(on: target, detail) }
        for publication in detail.publications {
            let target = detail.targets.first { $0.id == publication.target }
            let account = target.map(detail.account(of:))
            entries.append(
                TimelineEntry(
                    at: publication.publishedAt, kind: .publication, account: account, target: publication.target,
                    message: "visible as \(publication.remoteID)\(publication.url.map { " at \($0)" } ?? "")"))
            entries += samples.filter { $0.publication == publication.id }.map { sample in
                let numbers = sample.values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                return TimelineEntry(
                    at: sample.readAt, kind: .sample, account: account, target: publication.target,
                    message: numbers.isEmpty ? "the platform gave no numbers" : numbers.joined(separator: ", "))
            }
        }
        let order: [TimelineEntry.Kind] = [.state, .attempt, .send, .publication, .sample]
        let ranked = entries.enumerated().sorted { left, right in
            if left.element.at != right.element.at { return left.element.at < right.element.at }
            let ranks = [left, right].map { order.firstIndex(of: $0.element.kind) ?? 0 }
            return ranks[0] == ranks[1] ? left.offset < right.offset : ranks[0] < ranks[1]
        }
        return (detail, ranked.map(\.element))
    }

    private static func entry(_ change: StateChange, _ detail: PostDetail) -> TimelineEntry? {
        guard let at = change.at else { return nil }
        let publication = detail.publications.first { $0.id.uuid == change.subject }
        let target = detail.targets.first { $0.id.uuid == change.subject || $0.id == publication?.target }
        let moved: String
        switch change.from {
        case nil: moved = "\(change.kind.rawValue) made, \(change.to)"
        case change.to: moved = "\(change.kind.rawValue) stays \(change.to)"
        case let from?: moved = "\(change.kind.rawValue) \(from) → \(change.to)"
        }
        return TimelineEntry(
            at: at, kind: .state, account: target.map(detail.account(of:)), target: target?.id, actor: change.actor,
            message: moved + (change.reason.map { ": \($0)" } ?? ""))
    }

    private func work(on target: TargetRow, _ detail: PostDetail) async throws -> [TimelineEntry] {
        let account = detail.account(of: target)
        var entries: [TimelineEntry] = []
        if let job = target.job {
            entries += try await self.jobs.attempts(of: job, client: target.client).map { attempt in
                var words = "attempt \(attempt.attempt) \(attempt.outcome)"
                if let failure = attempt.failure { words += ": \(failure.code), \(failure.message)" }
                if let reason = attempt.reason { words += " (\(reason))" }
                if let next = attempt.nextDueAt { words += ", again at \(next.iso8601())" }
                return TimelineEntry(
                    at: attempt.finishedAt, kind: .attempt, account: account, target: target.id,
                    actor: attempt.worker.map { "worker:\($0)" }, message: words)
            }
        }
        let sends = try await EffectLedger(pool: self.pool).sends(of: "publish:\(target.id)", client: target.client)
        entries += sends.map { send in
            let part = sends.contains { $0.part > 0 } ? " part \(send.part + 1)," : ""
            return TimelineEntry(
                at: send.sentAt, kind: .send, account: account, target: target.id, actor: "worker:\(send.lease.worker)",
                message: "sent to the platform,\(part) send \(send.number): \(send.outcome ?? "no answer yet")")
        }
        return entries
    }
}
