// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
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

    /// Whose the account is.
    var clients: [AccountID: ClientID] {
        guard case .account(let account) = self.scope, let client = self.client else { return [:] }
        return [account: client]
    }

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

/// One limit, one closed gate or one number of jobs at once, with the names that people know.
package struct LimitLine: Sendable, Hashable {
    /// Whose.
    package var subject: LimitSubject
    /// The endpoint; nil for every one.
    package var endpoint: String?
    /// The limit; nil when only something is closed.
    package var limit: LimitView?
    /// What is closed there.
    package var gate: GateView?
    /// How many jobs run at once; nil for what counts calls and posts.
    package var running: RunningView?

    /// When what is used up or closed can be used again; nil when it can now, or when nobody knows.
    package var until: Date? { [self.gate?.until, self.limit?.nextAt].compactMap(\.self).max() }

    /// Whether nothing can be used of it now.
    ///
    /// What each account has by itself is never used up: only one of them may have.
    package var isShut: Bool {
        self.until != nil || self.running.map { $0.scope != nil && $0.running >= $0.allowed } ?? false
    }
}

/// Shows and sets the limits of the fleet.
package struct LimitService: Sendable {
    let pool: ConnectionPool
    let registry: PluginRegistry
    let store: LimitStore

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

    /// Lists the limits that were used or set, the numbers of jobs at once that were set, and what is closed now.
    package func list() async throws -> [LimitLine] {
        let limits = try await self.store.limits(clients: try await self.senders())
        let gates = try await self.store.gates()
        let running = try await JobStore(pool: self.pool).concurrencyLimits(in: QueueName.all)
        let names = try await self.names(
            of: limits.map(\.key.scope) + gates.map(\.scope) + running.compactMap(\.scope))
        return Self.merge(limits, gates, running) { names[$0] ?? LimitSubject(scope: $0, name: "\($0)") }
    }

    /// Whose the accounts are that have a limit of posts.
    private func senders() async throws -> [AccountID: ClientID] {
        let rows = try await self.pool.query(
            """
            SELECT a.account_id, a.client_id
            FROM account a
            JOIN rate_bucket b ON b.scope = 'account:' || a.account_id
            WHERE b.counts = \(LimitCounts.sends)
            """)
        var clients: [AccountID: ClientID] = [:]
        for row in rows { clients[try row.get("account_id")] = try row.get("client_id", as: ClientID.self) }
        return clients
    }

    /// Lists all limits of one subject, those of the manifest that were never used too, how many of its jobs run at once, and what is closed there.
    package func show(_ subject: LimitSubject) async throws -> [LimitLine] {
        var limits = try await self.store.limits(of: [subject.scope], clients: subject.clients)
        for usual in self.usual(subject) where !limits.contains(where: { $0.key == usual.key }) {
            limits.append(LimitView(usual))
        }
        let gates = try await self.store.gates().filter { $0.scope == subject.scope }
        let running = try await JobStore(pool: self.pool).concurrencyLimits(
            of: subject.scope, client: subject.client, in: QueueName.all)
        return Self.merge(limits.sorted { $0.key < $1.key }, gates, running) { _ in subject }
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

    /// A line for each limit with the gate that closes it, one for each gate that closes none of them, and one for each number of jobs at once.
    private static func merge(
        _ limits: [LimitView], _ gates: [GateView], _ running: [RunningView], subject: (LimitScope) -> LimitSubject
    ) -> [LimitLine] {
        var rest = gates
        var lines = limits.map { limit in
            let endpoint = limit.key.endpoint == LimitKey.everyEndpoint ? nil : limit.key.endpoint
            let gate = gates.first { $0.scope == limit.key.scope && $0.endpoint == endpoint && $0.endpoint != nil }
            rest.removeAll { $0 == gate }
            return LimitLine(subject: subject(limit.key.scope), endpoint: endpoint, limit: limit, gate: gate)
        }
        lines += rest.map { LimitLine(subject: subject($0.scope), endpoint: $0.endpoint, limit: nil, gate: $0) }
        let everyAccount = LimitSubject(scope: .account(.none), name: "each account")
        lines += running.map { LimitLine(subject: $0.scope.map(subject) ?? everyAccount, running: $0) }
        return lines.sorted { $0.place < $1.place }
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

extension LimitLine {
    /// Where it is listed.
    fileprivate var place: (String, String, String, String) {
        (self.subject.kind, self.subject.name, self.endpoint ?? "", self.running?.queue?.rawValue ?? "")
    }
}
