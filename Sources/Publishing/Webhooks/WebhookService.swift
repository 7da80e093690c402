// SPDX-License-Identifier: MIT

import Crypto
package import Domain
import Foundation
package import JobQueue
package import PQClient
import Persistence
package import PluginKit

/// What became of a request that came in.
package enum WebhookOutcome: Sendable, Hashable {
    /// A question, with its answer.
    case reply(WebhookReply)
    /// It was stored and turned into so many jobs.
    case accepted(events: Int, jobs: Int)
    /// The same delivery was taken before: nothing happens.
    case repeated
    /// It was not taken.
    case refused(WebhookRefusal)
    /// A question that several apps of the platform would answer differently: the address must name the app.
    case ambiguous
    /// No such platform, or no app of it whose secret is known.
    case unknown
}

/// Takes what platforms tell us: verified by an app's secret, stored once, turned into jobs that look.
///
/// Nothing that is told is believed: a job reads the object itself.
package struct WebhookService: Sendable {
    let pool: ConnectionPool
    let jobs: JobStore
    let registry: PluginRegistry
    let keys: SecretKeys
    let vault: GrantVault
    let accesses: AccessProvider

    /// Makes a service.
    package init(
        pool: ConnectionPool, jobs: JobStore, registry: PluginRegistry, keys: SecretKeys, vault: GrantVault,
        accesses: AccessProvider
    ) {
        self.pool = pool
        self.jobs = jobs
        self.registry = registry
        self.keys = keys
        self.vault = vault
        self.accesses = accesses
    }

    /// The word to type at the platform as the verify token of an app: made of the app's secret, so that nothing is kept.
    ///
    /// - Returns: `nil` for an app without a secret.
    package static func verifyToken(of app: AppCredential) -> String? {
        app.secret.map { secret in
            WebhookSignature.sign(Array("posthorn webhook \(app.id)".utf8), secret: secret).prefix(16)
                .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }

    /// The word to type at the platform as the verify token of an app that was added.
    ///
    /// - Returns: `nil` for an app without a secret.
    /// - Throws: `SecretError` when the secret cannot be opened.
    package func verifyToken(of app: AppID) async throws -> String? {
        let credential = try await self.pool.withConnection { db in try await self.vault.app(app, on: &db) }
        return credential.flatMap(Self.verifyToken)
    }

    /// Takes one request.
    ///
    /// - Parameters:
    ///   - delivery: The request.
    ///   - platform: The platform that the address names.
    ///   - app: The app that the address names, by its name or identity here or at the platform; any when `nil`.
    /// - Returns: What became of it.
    /// - Throws: ``PQError`` when the database does not answer: the platform delivers again then.
    package func receive(
        _ delivery: WebhookDelivery, platform: PlatformID, app: String? = nil
    ) async throws -> WebhookOutcome {
        guard let plugin = self.registry[platform]?.webhooks else { return .unknown }
        let apps = try await self.apps(of: platform, named: app)
        guard !apps.isEmpty else { return .unknown }
        var refusal = WebhookRefusal.forged
        var replies: Set<WebhookReply> = []
        for app in apps {
            do {
                guard delivery.isQuestion else {
                    let events = try plugin.events(in: delivery, app: app)
                    return try await self.take(delivery, events, platform: platform)
                }
                let token = Self.verifyToken(of: app) ?? ""
                replies.insert(try plugin.reply(to: delivery, app: app, verifyToken: token))
            } catch let error as WebhookRefusal {
                // Another app's secret may fit; a signature that fits and another objection is the answer.
                if error != .forged { refusal = error }
            }
        }
        // A question may not say whom it is for, and be answered under one secret as well as under another.
        guard replies.count <= 1 else { return .ambiguous }
        return replies.first.map { .reply($0) } ?? .refused(refusal)
    }

    /// The apps of a platform whose secrets are known: those that were added, and the configured one.
    private func apps(of platform: PlatformID, named name: String?) async throws -> [AppCredential] {
        let added = try await self.pool.withConnection { db in
            var apps: [AppCredential] = []
            for app in try await AppRepository.list(platform: platform, on: &db) {
                guard name == nil || [app.name, "\(app.id)", app.externalID].contains(name) else { continue }
                if let credential = try await self.vault.app(app.id, on: &db) { apps.append(credential) }
            }
            return apps
        }
        let configured = self.accesses.configuredApp(of: platform).map { [$0] } ?? []
        return (added + configured.filter { name == nil || $0.id == name }).filter { $0.secret != nil }
    }

    private func take(
        _ delivery: WebhookDelivery, _ events: [WebhookEvent], platform: PlatformID
    ) async throws -> WebhookOutcome {
        let digest = Data(SHA256.hash(data: delivery.body))
        return try await self.pool.withTransaction(retrying: 3) { db in
            let isNew = try await db.execute(
                """
                INSERT INTO webhook_delivery (platform, digest, body, events)
                VALUES (\(platform), \(digest), \(Data(delivery.body)), \(Int32(events.count)))
                ON CONFLICT (platform, digest) DO NOTHING
                """)
            guard isNew == 1 else { return .repeated }
            let mark = digest.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            var jobs = 0
            let work = WebhookWork(
                platform: platform, jobs: self.jobs, readsComments: self.registry[platform]?.comments != nil, mark: mark
            )
            for event in events { jobs += try await work.plan(event, on: &db) }
            return .accepted(events: events.count, jobs: jobs)
        }
    }
}
