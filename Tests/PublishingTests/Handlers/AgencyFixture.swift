// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import Synchronization
import TestSupport

@testable import Publishing

/// A client with one account on the fake platform or another, in a simulated world whose clock stands still until it is moved.
struct AgencyFixture: Sendable {
    static let start = Date(timeIntervalSince1970: 1_772_524_800)

    let pool: ConnectionPool
    let platform = FakePlatform()
    let services: HandlerServices
    let client = ClientID()
    let brand = BrandID()
    let account = AccountID()
    let worker = WorkerID()
    let vault: GrantVault
    let platformID: PlatformID
    let externalID: String

    /// Makes a database with the client.
    ///
    /// - Parameters:
    ///   - rateBuckets: the fake platform's limits.
    ///   - scopes: what the fake platform's plugin asks for.
    ///   - renewBefore: how long before its end a token of the fake platform is renewed.
    ///   - plugin: what publishes; the fake platform's unless given.
    ///   - externalID: who the account is there.
    /// - Throws: what the database throws.
    init(
        rateBuckets: [RateBucket] = [], scopes: [String] = [], renewBefore: Duration? = nil,
        plugin: (any PlatformPlugin)? = nil,
        externalID: String = "1"
    ) async throws {
        self.platform.state.withLock { state in
            state.rateBuckets = rateBuckets
            state.scopes = scopes
            state.renewBefore = renewBefore
        }
        let database = TestDatabase.required
        self.pool = database.pool
        try await QueueMigrations.up(self.pool, world: .simulated)
        try await Migrator(component: "agency", migrations: AgencyMigrations.all).up(self.pool)
        try await WorldStore(pool: self.pool).set(epoch: Self.start, rate: 0)
        let used = plugin ?? FakePlugin(platform: self.platform)
        self.platformID = used.manifest.id
        self.externalID = externalID
        let registry = try PluginRegistry(plugins: [used])
        self.vault = GrantVault(keys: try SecretKeys(SecretKeys.generate()))
        self.services = HandlerServices(
            pool: self.pool, jobs: JobStore(pool: self.pool), registry: registry,
            accesses: AccessProvider(pool: self.pool, vault: self.vault, registry: registry, apps: [:]),
            media: MediaLibrary(store: MediaStore(folder: FileManager.default.temporaryDirectory)))
        try await self.seed()
    }

    private func seed() async throws {
        let tokens = TokenSet(
            accessToken: Secret("token-1"), refreshToken: Secret("refresh-1"),
            expiresAt: Self.start.addingTimeInterval(86_400 * 365))
        try await self.pool.withTransaction { db in
            try await db.execute(
                """
                INSERT INTO client (client_id, slug, name, time_zone, currency) VALUES (\(self.client), 'acme', 'Acme', 'Europe/Berlin', 'EUR')
                """)
            try await db.execute(
                "INSERT INTO brand (client_id, brand_id, name) VALUES (\(self.client), \(self.brand), 'Acme')")
            try await db.execute(
                """
                INSERT INTO account (client_id, account_id, brand_id, platform, external_id, slug, name, time_zone)
                VALUES (\(self.client), \(self.account), \(self.brand), \(self.platformID.rawValue), \(self.externalID),
                        \(self.platformID.rawValue), 'Acme', 'Europe/Berlin')
                """)
            let grant = try await self.vault.create(
                owner: self.client, platform: self.platformID, app: nil, tokens: tokens, on: &db)
            for capability in ["publish", "metrics", "boost"] {
                try await db.execute(
                    """
                    INSERT INTO account_grant (client_id, account_id, capability, grant_id)
                    VALUES (\(self.client), \(self.account), \(capability), \(grant))
                    """)
            }
        }
        try await self.services.jobs.register(
            WorkerRecord(
                id: self.worker, host: "test", processID: 1, version: "0",
                slots: Dictionary(uniqueKeysWithValues: QueueName.all.map { ($0, 2) }), abilities: [],
                deadAfter: .seconds(3600)))
    }

    /// A planned target that is due now, with its job.
    func plan(_ texts: String...) async throws -> TargetID { try await self.plan(texts) }

    func plan(_ texts: [String]) async throws -> TargetID {
        try await self.plan(
            PostContent(format: texts.count > 1 ? .thread : .text, parts: texts.map { PostPart(text: $0) }))
    }

    /// A planned target of this content that is due now, with its job.
    func plan(_ content: PostContent, for other: AccountID? = nil) async throws -> TargetID {
        let account = other ?? self.account
        let platform = self.platformID
        let json = JSONText(String(decoding: try JSONEncoder().encode(content), as: UTF8.self))
        let master = try JSONColumn.encode(MasterContent(text: content.parts.map(\.text).joined(separator: "\n---\n")))
        let target = TargetID()
        let post = PostID()
        try await self.pool.withTransaction { db in
            try await db.execute(
                "INSERT INTO post (client_id, post_id, created_by) VALUES (\(self.client), \(post), 'test')")
            try await db.execute(
                """
                INSERT INTO post_revision (client_id, post_id, revision_no, content, created_by)
                VALUES (\(self.client), \(post), 1, \(master), 'test')
                """)
            try await db.execute(
                """
                INSERT INTO target (client_id, target_id, post_id, revision_no, account_id, platform, format, content, content_hash, due_at,
                                    state)
                VALUES (\(self.client), \(target), \(post), 1, \(account), \(platform.rawValue), \(content.format.rawValue),
                        \(json), 'hash', world_now(), 'planned')
                """)
            let job = NewJob.publish(
                target: target, client: self.client, account: account, platform: platform, dueAt: nil)
            _ = try await self.services.jobs.enqueue([job], on: &db)
        }
        return target
    }

    /// Adds an app of the platform.
    func addApp(_ name: String) async throws -> AppID {
        let app = AppID()
        try await self.pool.execute(
            """
            INSERT INTO app (app_id, platform, name, external_id)
            VALUES (\(app), \(self.platformID.rawValue), \(name), \(name))
            """)
        return app
    }

    /// Adds an account with a grant of its own.
    func addAccount(_ slug: String) async throws -> AccountID {
        let account = AccountID()
        let tokens = TokenSet(
            accessToken: Secret("token-1"), refreshToken: Secret("refresh-1"),
            expiresAt: Self.start.addingTimeInterval(86_400 * 365))
        try await self.pool.withTransaction { db in
            try await db.execute(
                """
                INSERT INTO account (client_id, account_id, brand_id, platform, external_id, slug, name, time_zone)
                VALUES (\(self.client), \(account), \(self.brand), \(self.platformID.rawValue), \(slug), \(slug), \(slug),
                        'Europe/Berlin')
                """)
            let grant = try await self.vault.create(
                owner: self.client, platform: self.platformID, app: nil, tokens: tokens, on: &db)
            try await db.execute(
                """
                INSERT INTO account_grant (client_id, account_id, capability, grant_id)
                SELECT \(self.client), \(account), capability, \(grant)
                FROM unnest(ARRAY['publish', 'metrics', 'boost']) AS capability
                """)
        }
        return account
    }

    /// Says which app an account acts with.
    func act(_ account: AccountID, with app: AppID) async throws {
        try await self.pool.withTransaction { db in
            try await db.execute(
                """
                UPDATE access_grant SET app_id = \(app)
                WHERE grant_id IN (SELECT grant_id FROM account_grant WHERE account_id = \(account))
                """)
            try await self.services.jobs.setApp(app, of: self.client, account, on: &db)
        }
    }

    /// Publishes a post and plans a boost of it that is due now, with its job.
    func planBoost(budget: Int64, kind: String = "lifetime") async throws -> BoostID {
        _ = try await self.plan("boost me")
        _ = try await self.work(PublishHandler(services: self.services))
        let boost = BoostID()
        try await self.pool.withTransaction { db in
            let job = NewJob.boost(
                .start, of: boost, client: self.client, account: self.account, platform: "fake", dueAt: nil)
            try await db.execute(
                """
                INSERT INTO boost (client_id, boost_id, account_id, publication_id, objective, budget_minor, currency, budget_kind,
                                   starts_at, ends_at, state, job_id, created_by, most_minor)
                SELECT client_id, \(boost), account_id, publication_id, 'reach', \(budget), 'EUR', \(kind), world_now(),
                       world_now() + interval '72 hours', 'planned', \(job.id), 'test', \(budget) FROM publication LIMIT 1
                """)
            _ = try await self.services.jobs.enqueue([job], on: &db)
        }
        return boost
    }

    /// Whose money a boost is in the ledger.
    func owner(of boost: BoostID) -> BudgetLedger.Owner {
        BudgetLedger.Owner(boost: boost, client: self.client, adAccount: nil, campaign: "", currency: .eur)
    }

    /// Sets what the client may spend this month, in cents.
    func setCap(_ amount: Int64) async throws {
        try await self.pool.execute(
            """
            INSERT INTO budget_cap (client_id, month, currency, time_zone, cap_minor, set_by)
            VALUES (\(self.client), date_trunc('month', world_now() AT TIME ZONE 'Europe/Berlin')::date, 'EUR', 'Europe/Berlin', \(amount), 'test')
            """)
    }

    /// Moves the world's clock, which stands still otherwise.
    func advance(_ duration: Duration, rate: Double = 0) async throws {
        let now = try await WorldStore(pool: self.pool).now()
        try await WorldStore(pool: self.pool).set(
            epoch: now.addingTimeInterval(Double(duration.components.seconds)), rate: rate)
    }

    /// Claims what is due and runs it to its end, as the worker does.
    ///
    /// - Returns: The words of the outcomes.
    func work(_ handler: any JobHandler) async throws -> [String] {
        var words: [String] = []
        for job in try await self.claim(handler.kind) {
            let result = try await self.run(handler, job)
            try await self.finish(job, result)
            words.append(result.outcome.word)
        }
        return words
    }

    func claim(_ kind: JobKind) async throws -> [ClaimedJob] {
        _ = try await self.services.jobs.promote()
        var jobs: [ClaimedJob] = []
        for queue in QueueName.all {
            jobs += try await self.services.jobs.claim(
                ClaimRequest(queue: queue, limit: 10, worker: self.worker, abilities: [JobAbility(kind: kind)]))
        }
        return jobs
    }

    func run(_ handler: any JobHandler, _ job: ClaimedJob) async throws -> JobResult {
        try await handler.run(job, JobContext(effects: EffectStore(pool: self.pool, job: job), pool: self.pool))
    }

    func finish(_ job: ClaimedJob, _ result: JobResult) async throws {
        _ = try await self.services.jobs.finish(
            Finish(job, result.outcome), record: result.record, recordIfStale: result.recordIfStale)
    }

    func text(_ statement: Statement) async throws -> String? { try await self.pool.query(statement).first?.get(0) }

    func count(_ statement: Statement) async throws -> Int {
        Int(try await self.pool.query(statement).first?.get(0) as Int64? ?? -1)
    }

    func state(of target: TargetID) async throws -> String? {
        try await self.text("SELECT state FROM target WHERE target_id = \(target)")
    }
}
