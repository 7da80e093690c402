// SPDX-License-Identifier: MIT

package import Domain
import Foundation
package import JobQueue
package import PQClient
import Persistence
import PluginKit

/// Whose limits a person means.
package struct LimitSubject: Sendable, Hashable {
    /// Who shares them.
    package var scope: LimitScope
    /// The name: `acme/x`, an app's, a client's, a platform's.
    package var name: String
    /// The platform, when there is one.
    package var platform: PlatformID?
    /// The client, when there is one.
    package var client: ClientID?
    /// The client's time zone, when there is one.
    package var timeZone: String?

    /// What kind of thing shares them.
    package var kind: String { String(self.scope.description.prefix { $0 != ":" }) }
}

/// The words that name a subject; exactly one is given.
package struct LimitSubjectWords: Sendable, Hashable {
    /// An account, `client/account`.
    package var account: String?
    /// An app.
    package var app: String?
    /// A client.
    package var client: String?
    /// A platform.
    package var provider: String?

    /// Gathers what was given.
    package init(account: String? = nil, app: String? = nil, client: String? = nil, provider: String? = nil) {
        self.account = account
        self.app = app
        self.client = client
        self.provider = provider
    }
}

/// One limit or one closed gate with the names that people know.
package struct LimitLine: Sendable, Hashable {
    /// Whose.
    package var subject: LimitSubject
    /// The endpoint; nil for every one.
    package var endpoint: String?
    /// The limit; nil when only something is closed.
    package var limit: LimitView?
    /// What is closed there.
    package var gate: GateView?
}

/// Shows and sets the limits of the fleet.
package struct LimitService: Sendable {
    private let pool: ConnectionPool
    private let registry: PluginRegistry
    private let store: LimitStore

    /// Makes a service.
    package init(pool: ConnectionPool, registry: PluginRegistry) {
        self.pool = pool
        self.registry = registry
        self.store = LimitStore(pool: pool)
    }

    /// Finds what the words name.
    ///
    /// - Throws: `ServiceError`: `notFound` that says what was probably meant, `invalid` unless exactly one thing is named.
    package func subject(_ words: LimitSubjectWords) async throws -> LimitSubject {
        let given = [words.account, words.app, words.client, words.provider].compactMap(\.self)
        guard given.count == 1 else {
            throw ServiceError(.invalid, "name one of --account, --app, --client and --provider")
        }
        if let name = words.provider {
            let platform = PlatformID(rawValue: name)
            guard self.registry[platform] != nil else {
                let known = self.registry.platforms.map(\.rawValue)
                throw ServiceError(
                    .notFound, "there is no plugin for the platform '\(name)'.\(NearestName.hint(name, in: known))")
            }
            return LimitSubject(scope: .provider(name), name: name, platform: platform)
        }
        return try await self.pool.withConnection { db in
            if let name = words.account {
                let (client, account) = try await ClientDirectory.account(name, client: nil, on: &db)
                return LimitSubject(
                    scope: .account(account.id), name: "\(client.slug)/\(account.slug)", platform: account.platform,
                    client: client.id, timeZone: client.timeZone)
            }
            if let name = words.client {
                let client = try await ClientDirectory.client(name, on: &db)
                return LimitSubject(scope: .client(client.id), name: client.slug.rawValue, timeZone: client.timeZone)
            }
            let name = words.app ?? ""
            if let app = try await AppRepository.find(Reference(name), on: &db) {
                return LimitSubject(scope: .app(app.id), name: app.name, platform: app.platform)
            }
            let names = try await AppRepository.list(on: &db).map(\.name)
            throw ServiceError(.notFound, "there is no app '\(name)'.\(NearestName.hint(name, in: names))")
        }
    }

    /// Lists the limits that were used or set, and what is closed now.
    package func list() async throws -> [LimitLine] {
        let limits = try await self.store.limits()
        let gates = try await self.store.gates()
        let names = try await self.names(of: limits.map(\.key.scope) + gates.map(\.scope))
        return Self.merge(limits, gates) { names[$0] ?? LimitSubject(scope: $0, name: "\($0)") }
    }

    /// Lists all limits of one subject, those of the manifest that were never used too, and what is closed there.
    package func show(_ subject: LimitSubject) async throws -> [LimitLine] {
        var limits = try await self.store.limits(of: [subject.scope])
        for usual in self.usual(subject) where !limits.contains(where: { $0.key == usual.key }) {
            limits.append(LimitView(usual))
        }
        let gates = try await self.store.gates().filter { $0.scope == subject.scope }
        return Self.merge(limits.sorted { $0.key < $1.key }, gates) { _ in subject }
    }

    /// Sets a limit.
    ///
    /// - Throws: `ServiceError` with code `invalid` for one that cannot be kept, or an endpoint that the platform does not have.
    package func set(
        _ key: LimitKey, of subject: LimitSubject, calls: Int, reason: String, actor: String
    ) async throws {
        try self.check(key, of: subject)
        do {
            try await self.store.set(key, calls: calls, reason: reason, by: actor)
        } catch let error as JobQueueError where error.code == .invalid {
            throw ServiceError(.invalid, error.message)
        }
    }

    /// Takes a set limit back.
    ///
    /// - Throws: `ServiceError` with code `notFound` when none was set.
    package func clear(_ key: LimitKey, of subject: LimitSubject, reason: String, actor: String) async throws {
        guard try await self.store.clear(key, reason: reason, by: actor) else {
            throw ServiceError(
                .notFound,
                "no limit of \(subject.name) is set for '\(key.endpoint)' in \(key.window.readable). See: posthorn limit show"
            )
        }
    }

    /// Sets how many jobs of a subject run at once, in the whole fleet; nil goes back to the usual number.
    ///
    /// - Throws: `ServiceError` with code `invalid` for a platform as a whole, or a number below 1.
    package func setRunning(_ subject: LimitSubject, _ count: Int?, reason: String, actor: String) async throws {
        let scope: ConcurrencyScope
        switch (subject.scope, subject.client) {
        case (.account(let account), .some(let client)): scope = .account(client, account)
        case (.client(let client), _): scope = .client(client, nil)
        case (.app(let app), _): scope = .app(app, nil)
        default:
            throw ServiceError(.invalid, "jobs at once are set for an account, an app or a client, not for a platform")
        }
        do {
            try await JobStore(pool: self.pool).setConcurrency(
                scope, count, named: subject.scope, by: actor, reason: reason)
        } catch let error as JobQueueError where error.code == .invalid {
            throw ServiceError(.invalid, error.message)
        }
    }

    /// Opens what a platform or a used-up limit has closed, before its time.
    ///
    /// - Returns: How many gates were closed.
    package func reopen(_ subject: LimitSubject, reason: String, actor: String) async throws -> Int {
        try await self.store.reopen(subject.scope, by: actor, reason: reason)
    }

    private func check(_ key: LimitKey, of subject: LimitSubject) throws(ServiceError) {
        guard let platform = subject.platform, let manifest = self.registry[platform]?.manifest,
            key.endpoint != LimitKey.everyEndpoint
        else { return }
        let known = Set(manifest.rateBuckets.map(\.endpoint)).sorted()
        guard !known.isEmpty, !known.contains(key.endpoint) else { return }
        throw ServiceError(
            .invalid,
            "\(manifest.name) has no endpoint '\(key.endpoint)'.\(NearestName.hint(key.endpoint, in: known)) "
                + "There are: \(known.joined(separator: ", "))")
    }

    private func usual(_ subject: LimitSubject) -> [UsualLimit] {
        guard let platform = subject.platform, let manifest = self.registry[platform]?.manifest else { return [] }
        return manifest.rateBuckets.compactMap { bucket in
            switch (subject.scope, bucket.scope) {
            case (.account, .account), (.account, .endpoint), (.app, .app), (.provider, .app):
                UsualLimit(
                    LimitKey(
                        scope: subject.scope, endpoint: bucket.endpoint, window: bucket.window,
                        counts: bucket.counts == .posts ? .sends : .calls), calls: bucket.calls)
            default: nil
            }
        }
    }

    /// A line for each limit with the gate that closes it, and one for each gate that closes none of them.
    private static func merge(
        _ limits: [LimitView], _ gates: [GateView], subject: (LimitScope) -> LimitSubject
    ) -> [LimitLine] {
        var rest = gates
        var lines = limits.map { limit in
            let endpoint = limit.key.endpoint == LimitKey.everyEndpoint ? nil : limit.key.endpoint
            let gate = gates.first { $0.scope == limit.key.scope && $0.endpoint == endpoint && $0.endpoint != nil }
            rest.removeAll { $0 == gate }
            return LimitLine(subject: subject(limit.key.scope), endpoint: endpoint, limit: limit, gate: gate)
        }
        lines += rest.map { LimitLine(subject: subject($0.scope), endpoint: $0.endpoint, limit: nil, gate: $0) }
        return lines.sorted {
            ($0.subject.kind, $0.subject.name, $0.endpoint ?? "") < (
                $1.subject.kind, $1.subject.name, $1.endpoint ?? ""
            )
        }
    }

    private func names(of scopes: [LimitScope]) async throws -> [LimitScope: LimitSubject] {
        var accounts: [AccountID] = []
        var clients: [ClientID] = []
        var apps: [AppID] = []
        var names: [LimitScope: LimitSubject] = [:]
        for scope in Set(scopes) {
            switch scope {
            case .account(let id): accounts.append(id)
            case .client(let id): clients.append(id)
            case .app(let id): apps.append(id)
            case .provider(let name):
                names[scope] = LimitSubject(scope: scope, name: name, platform: PlatformID(rawValue: name))
            }
        }
        let rows = try await self.pool.query(
            """
            SELECT 'account:' || a.account_id AS scope, c.slug || '/' || a.slug AS name, a.platform, c.time_zone
            FROM account a
            JOIN client c ON c.client_id = a.client_id
            WHERE a.account_id = ANY (\(accounts))
            UNION ALL
            SELECT 'client:' || client_id, slug, NULL, time_zone
            FROM client
            WHERE client_id = ANY (\(clients))
            UNION ALL
            SELECT 'app:' || app_id, name, platform, NULL
            FROM app
            WHERE app_id = ANY (\(apps))
            """)
        for row in rows {
            let text: String = try row.get("scope")
            guard let scope = LimitScope(text) else { continue }
            let platform: String? = try row.get("platform")
            names[scope] = LimitSubject(
                scope: scope, name: try row.get("name"), platform: platform.map { PlatformID(rawValue: $0) },
                timeZone: try row.get("time_zone"))
        }
        return names
    }
}

extension LimitView {
    /// A limit of which nothing was used yet.
    fileprivate init(_ usual: UsualLimit) {
        self.init(key: usual.key, calls: usual.calls, source: .manifest, callsOtherwise: nil, used: 0, nextAt: nil)
    }
}
