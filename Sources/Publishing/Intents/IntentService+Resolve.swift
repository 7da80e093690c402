// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

extension IntentService {
    /// Settles an unknown outcome by a person's word, with everything that follows from it, in one transaction.
    ///
    /// Confirmed, the publication or boost is recorded as if the platform's answer had been heard. Absent, the job may
    /// send again under the next number. The job that waits goes on either way.
    ///
    /// - Parameters:
    ///   - reference: As for ``show(_:)``.
    ///   - decision: What the person says.
    ///   - actor: Who: `cli:ada`.
    ///   - reason: Why, for the history.
    /// - Throws: `ServiceError`: `notFound`; `invalid` for an address that names nothing; `conflict` when the outcome is
    ///   known, or what is confirmed is recorded for something else.
    /// - Returns: The intent as it is now.
    package func resolve(
        _ reference: String, as decision: IntentDecision, actor: String, reason: String
    ) async throws -> IntentDetail {
        let effect = try await self.find(reference)
        guard let subject = IntentSubject(effect.operation) else {
            throw ServiceError(.invalid, "'\(effect.operation)' is neither a publication nor a boost")
        }
        let completion = IntentCompletion(
            subject: subject, client: effect.client, jobs: self.jobs, registry: self.registry, ledger: self.ledger,
            actor: actor)
        let remote: RemotePost? =
            if case .confirmed(let text) = decision { try Self.remote(text, subject) } else { nil }
        try await self.pool.withTransaction(retrying: 3) { db in
            if let remote, case .target = subject { try await Self.requireUnrecorded(remote, effect, on: &db) }
            do {
                try await EffectLedger(pool: self.pool).resolve(
                    effect.operation, part: effect.part, client: effect.client,
                    as: remote == nil ? .prepared : .confirmed,
                    evidence: try Self.evidence(remote, actor: actor, reason: reason), by: actor, on: &db)
            } catch let error as JobQueueError where error.code == .conflict {
                throw ServiceError(.conflict, error.message)
            }
            if let remote {
                try await completion.confirmed(reason: "confirmed as \(remote.id): \(reason)", on: &db)
            } else {
                try await completion.absent(reason: "took no effect: \(reason)", on: &db)
            }
        }
        return try await self.show(Intent.id(effect.operation, part: effect.part))
    }

    /// Looks now instead of at the planned time; a look that is held is let go, whatever it waits for.
    ///
    /// - Throws: `ServiceError`: `notFound`, or `conflict` when the outcome is known.
    /// - Returns: The intent, with its look due at once.
    package func reconcile(_ reference: String) async throws -> IntentDetail {
        let effect = try await self.find(reference)
        guard effect.state == .unknown else {
            throw ServiceError(
                .conflict, "there is nothing to look for: \(effect.operation) is \(effect.state.rawValue)")
        }
        try await self.pool.withTransaction(retrying: 3) { db in
            guard try await !self.jobs.wake(effect.looker, client: effect.client, on: &db),
                let look = effect.reconcileJob
            else { return }
            // Held for something else, such as a token: the next look tells whether that is there again.
            let isHeld: Bool = try await db.query(
                """
                SELECT EXISTS (SELECT FROM job_hold WHERE client_id = \(effect.client) AND job_id = \(look))
                """
            ).single()
            if isHeld { try await self.jobs.release(look, client: effect.client, on: &db) }
        }
        return try await self.show(Intent.id(effect.operation, part: effect.part))
    }

    /// Reads an address or an identity; the identity is the last step of an address's path.
    static func remote(_ text: String, _ subject: IntentSubject) throws(ServiceError) -> RemotePost {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if case .boost = subject, text.contains(where: { "/?=:".contains($0) }) {
            // The last step of an ads manager's address is not the campaign: a wrong one could never be stopped.
            throw ServiceError(
                .invalid,
                "'\(text)' is no campaign's id: copy the id of the campaign whose name is the boost's, boost:…")
        }
        guard text.contains("://") else {
            guard !text.isEmpty, !text.contains(where: { $0.isWhitespace || $0 == "/" }) else {
                throw ServiceError(.invalid, "'\(text)' is neither an address nor a platform's id")
            }
            return RemotePost(id: text)
        }
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host != nil,
            let id = url.pathComponents.last(where: { $0 != "/" && !$0.isEmpty })
        else {
            throw ServiceError(
                .invalid, "'\(text)' is no address of a post: write it as https://x.com/acme/status/1234567890")
        }
        return RemotePost(id: id, url: text)
    }

    private static func evidence(_ remote: RemotePost?, actor: String, reason: String) throws -> JSONText {
        struct Said: Encodable {
            var id: String?
            var url: String?
            var by: String
            var reason: String
        }
        let said = Said(id: remote?.id, url: remote?.url, by: actor, reason: reason)
        return JSONText(String(decoding: try JSONEncoder.posthorn.encode(said), as: UTF8.self))
    }

    /// Two posts cannot be one.
    private static func requireUnrecorded(
        _ remote: RemotePost, _ effect: Effect, on db: inout Transaction
    ) async throws {
        let others = try await db.query(
            """
            SELECT publication_id
            FROM publication
            WHERE client_id = \(effect.client) AND account_id = \(effect.account) AND remote_id = \(remote.id)
              AND 'publish:' || target_id IS DISTINCT FROM \(effect.operation)
            """)
        guard let row = others.first else { return }
        let publication: PublicationID = try row.get("publication_id")
        throw ServiceError(
            .conflict, "the platform's \(remote.id) is recorded as publication \(publication) of something else")
    }
}
