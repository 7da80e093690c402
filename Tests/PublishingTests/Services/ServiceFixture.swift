// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import TestSupport

@testable import Publishing

/// The services over a schema of their own, the fake platform, and a world whose clock stands at 2026-03-03T08:00Z.
struct ServiceFixture: Sendable {
    static let actor = "cli:test"
    static let now = Date(timeIntervalSince1970: 1_772_524_800)

    let pool: ConnectionPool
    let jobs: JobStore
    let registry: PluginRegistry
    let vault: GrantVault
    let clients: ClientService
    let accounts: AccountService
    let posts: PostService

    /// Makes the tables and, unless told otherwise, the client `acme` with the accounts `fake` and `second`.
    init(seeded: Bool = true) async throws {
        let database = TestDatabase.required
        self.pool = database.pool
        try await QueueMigrations.up(self.pool, world: .simulated)
        try await Migrator(component: "agency", migrations: AgencyMigrations.all).up(self.pool)
        try await WorldStore(pool: self.pool).set(epoch: Self.now, rate: 0)
        self.jobs = JobStore(pool: self.pool)
        self.registry = try PluginRegistry(plugins: [StrictPlugin()])
        self.vault = GrantVault(keys: try SecretKeys(SecretKeys.generate()))
        self.clients = ClientService(pool: self.pool)
        self.accounts = AccountService(
            pool: self.pool, registry: self.registry, vault: self.vault,
            accesses: AccessProvider(pool: self.pool, vault: self.vault, registry: self.registry, apps: [:]))
        self.posts = PostService(pool: self.pool, jobs: self.jobs, registry: self.registry)
        if seeded {
            _ = try await self.clients.add(NewClient(slug: "acme", timeZone: "Europe/Berlin"), actor: Self.actor)
            _ = try await self.connect("1", slug: "strict")
            _ = try await self.connect("2", slug: "second")
        }
    }

    func connect(_ externalID: String, slug: String?, client: String = "acme") async throws -> AccountRow {
        var connection = AccountConnection(
            client: client, platform: "strict", externalID: externalID,
            tokens: TokenSet(accessToken: Secret(externalID)))
        connection.slug = slug
        return try await self.accounts.connect(connection, actor: Self.actor)
    }

    /// Moves a target's job into a worker's hand.
    func lease(_ target: TargetRow) async throws {
        try await self.take(
            target, to: "job_lease", "lease_no, worker_id, claimed_at, era",
            "1, gen_random_uuid(), world_now(), (SELECT era FROM lease_era)")
    }

    /// Holds a target's job, with the target in a state.
    func hold(_ target: TargetRow, for reason: String, as state: TargetState) async throws {
        try await self.take(target, to: "job_hold", "reason, held_at", "'\(reason)', world_now()")
        try await self.pool.execute(
            "UPDATE target SET state = \(state) WHERE target_id = \(target.id)")
    }

    /// Writes that something of a target was sent, and what is known of it.
    func send(_ target: TargetRow, state: String) async throws {
        try await self.pool.execute(
            """
            INSERT INTO effect (client_id, op_key, part, job_id, kind, account_id, provider, state, send_no, prepared_at)
            VALUES (\(target.client), \("publish:\(target.id)"), 0, \(target.job), 'publish', \(target.account), 'strict',
                    \(state), 1, world_now())
            """)
    }

    private func take(_ target: TargetRow, to place: String, _ names: String, _ values: String) async throws {
        let columns = """
            client_id, job_id, queue, kind, provider, account_id, subject_id, payload, priority, due_at, attempt,
            crash_count, defer_count, max_attempts, recovery, generation, key, created_at
            """
        try await self.pool.execute(
            Statement(
                sql: """
                    WITH gone AS (DELETE FROM job_scheduled WHERE job_id = '\(target.job?.description ?? "")' RETURNING *)
                    INSERT INTO \(place) (\(columns), \(names)) SELECT \(columns), \(values) FROM gone
                    """))
    }

    func count(_ table: StaticString) async throws -> Int {
        Int(try await self.pool.query("SELECT count(*) FROM \(unescaped: table)").single(Int64.self))
    }

    func text(_ statement: Statement) async throws -> String? { try await self.pool.query(statement).first?.get(0) }

    func client(_ slug: String = "acme") async throws -> ClientRow { try await self.clients.show(slug).client }
}

/// A platform with limits: 20 characters a part, threads, pictures, boosts; a token is the account's identity.
struct StrictPlugin: AccountConnecting, MetricsFetching, Boosting, UnaskedPlugin {
    var manifest: PluginManifest {
        PluginManifest(
            id: "strict", name: "Strict", apiVersion: "1", hosts: ["strict.test"],
            capabilities: [.publish, .metrics, .connect, .boost],
            formats: [
                FormatLimits(format: .text, textLength: 20),
                FormatLimits(format: .thread, textLength: 20, parts: 2...3),
                FormatLimits(
                    format: .image, textLength: 20, media: 1...4, mediaTypes: ["image/png": 1000], altTextLength: 100),
            ],
            limitsReadOn: "2026-11-21",
            boost: BoostLimits(objectives: ["reach", "traffic"], minimumBudgetMinorUnits: 500, needsAdAccount: false),
            credentialFields: [
                CredentialField("access_token", isRequired: true, "the token"),
                CredentialField("expires_at", isRequired: false, "its end"),
            ],
            settings: [Setting("audience", values: ["all", "friends"], "who sees it")])
    }

    func validate(_ content: PostContent) -> [ValidationIssue] {
        self.manifest.limits(of: content.format)?.check(content) ?? []
    }

    func metrics(_ request: MetricsRequest) async throws(PluginError) -> [MetricReading] { [] }

    func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        guard tokens.accessToken.revealed != "dead" else {
            throw PluginError(.reauthorize, "the token is not accepted")
        }
        switch tokens.accessToken.revealed {
        case "silent": throw PluginError(.retryAfter, "no answer")
        case "busy": throw PluginError(.rateLimited, "too many calls")
        default: break
        }
        let id = tokens.accessToken.revealed
        return RemoteAccount(externalID: id, name: "Account \(id)", handle: "@\(id)", followers: 12)
    }

    func startBoost(_ request: BoostRequest, _ context: any EffectContext) async throws(PluginError) -> RemoteBoost {
        throw PluginError(.unsupported, "not in these tests")
    }

    func validate(_ terms: BoostTerms) -> [ValidationIssue] { [] }

    func boostStatus(_ boost: StartedBoost) async throws(PluginError) -> RemoteBoost {
        throw PluginError(.unsupported, "not in these tests")
    }

    func stopBoost(_ boost: StartedBoost) async throws(PluginError) {}

    func findBoost(_ request: BoostRequest, checkpoint: PluginState?) async throws(PluginError) -> Finding { .absent }
}
