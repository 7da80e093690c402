// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite("Posts that begin at the same moment", .postgresSchema)
struct TogetherReadTests {
    @Test("their targets and effects are read in three statements, however many they are", arguments: [3, 12])
    func targets(count: Int) async throws {
        let agency = try await AgencyFixture()
        let probe = try PlanProbe()
        let reads = TargetReads(pool: probe.pool)
        var calls: [TargetReads.Call] = []
        for number in 0..<count {
            calls.append(.init(target: try await agency.plan("post \(number)"), client: agency.client))
        }
        let statements = try await probe.statements { _ = try await reads.read(calls) }
        #expect(statements == 3)
        #expect(try await probe.statements { _ = try await reads.read([calls[0]]) } == 2)
    }

    @Test("each learns of its own what it would learn alone, and what is not there is missed by nobody else")
    func sameTargets() async throws {
        let agency = try await AgencyFixture()
        let reads = TargetReads(pool: agency.pool)
        let thread = try await agency.plan("one", "two")
        agency.platform.script(.accept, .refuse(PluginError(.rateLimited, "slow down", retryAfter: .seconds(60))))
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["deferred"])
        let plain = try await agency.plan("plain")
        let targets = [thread, TargetID(), plain, thread]
        let found = try await reads.read(targets.map { .init(target: $0, client: agency.client) })
        #expect(found.map { $0.target == nil } == [false, true, false, false])
        #expect(found.map(\.effects.count) == [2, 0, 0, 2])
        for (target, found) in zip(targets, found) {
            let alone = try await reads.load(target, client: agency.client)
            #expect(try EffectLedger.effects(found.effects) == alone?.effects ?? [])
            guard let row = found.target, let alone else { continue }
            let work = try TargetWork.read(row, target, client: agency.client)
            #expect(String(describing: work) == String(describing: alone.work))
        }
        let other = try await reads.load(plain, client: ClientID())
        #expect(other == nil)
    }

    @Test("content that cannot be read fails its own post only")
    func unreadable() async throws {
        let agency = try await AgencyFixture()
        let reads = TargetReads(pool: try PlanProbe().pool)
        var targets: [TargetID] = []
        for number in 0..<8 { targets.append(try await agency.plan("post \(number)")) }
        try await agency.pool.execute("UPDATE target SET content = '{}' WHERE target_id = \(targets[3])")
        let read = await withTaskGroup(of: (Int, String?).self) { group in
            for (number, target) in targets.enumerated() {
                group.addTask {
                    let found = try? await reads.load(target, client: agency.client)
                    return (number, found?.work.content.parts.first?.text)
                }
            }
            return await group.reduce(into: [String?](repeating: nil, count: targets.count)) { $0[$1.0] = $1.1 }
        }
        #expect(read == (0..<8).map { $0 == 3 ? nil : "post \($0)" })
    }

    @Test("what they act with is read in three statements, and each is given its own grant, app and refusal")
    func accesses() async throws {
        let agency = try await AgencyFixture()
        let probe = try PlanProbe()
        let reads = AccessReads(pool: probe.pool)
        let (one, two) = (try await agency.addApp("one"), try await agency.addApp("two"))
        let (other, ended) = (try await agency.addAccount("other"), try await agency.addAccount("ended"))
        try await agency.act(other, with: one)
        try await agency.pool.execute(
            "UPDATE account_grant SET refused_reason = 'no ads' WHERE account_id = \(other) AND capability = 'boost'")
        try await agency.pool.execute(
            "DELETE FROM account_grant WHERE account_id = \(ended) AND capability = 'metrics'")
        let uses = [
            (agency.account, "publish"), (other, "boost"), (AccountID(), "publish"), (ended, "metrics"),
            (other, "publish"), (ended, "publish"),
        ].map { AccessReads.Use(client: agency.client, account: $0.0, capability: $0.1) }
        var found: [AccessReads.Found] = []
        let statements = try await probe.statements { found = try await reads.read(uses) }
        #expect(statements == 3)
        #expect(try found.map { try $0.account?.get("external_id") } == ["1", "other", nil, "ended", "other", "ended"])
        #expect(try found.map { try $0.account?.get("refused_reason") ?? "" } == ["", "no ads", "", "", "", ""])
        #expect(found.map(\.apps.count) == [2, 1, 0, 0, 1, 2])
        #expect(try found[1].apps.map { try $0.get("app_id", as: AppID.self) } == [one] && one != two)
        for (use, found) in zip(uses, found) {
            let alone = try await reads.find(client: use.client, account: use.account, capability: use.capability)
            #expect((alone.account == nil) == (found.account == nil) && alone.apps.count == found.apps.count)
            guard let row = found.account, let same = alone.account, try !row.isNull("grant_id") else { continue }
            #expect(try agency.vault.read(row).id == agency.vault.read(same).id)
            #expect(try agency.vault.read(row).tokens.accessToken.revealed == "token-1")
        }
    }

    @Test("a grant that cannot be opened fails its own account only")
    func unopened() async throws {
        let agency = try await AgencyFixture()
        var accounts: [AccountID] = []
        for number in 0..<6 { accounts.append(try await agency.addAccount("a\(number)")) }
        try await agency.pool.execute(
            """
            UPDATE access_grant SET sealed = 'nonsense'::bytea
            WHERE grant_id IN (SELECT grant_id FROM account_grant WHERE account_id = \(accounts[2]))
            """)
        let opened = await withTaskGroup(of: (Int, Bool).self) { group in
            for (number, account) in accounts.enumerated() {
                group.addTask {
                    let access = try? await agency.services.accesses.access(
                        client: agency.client, account: account, for: "publish")
                    return (number, access?.access.account == account)
                }
            }
            return await group.reduce(into: [Bool](repeating: false, count: accounts.count)) { $0[$1.0] = $1.1 }
        }
        #expect(opened == [true, true, false, true, true, true])
    }

    @Test(
        "every row is found by its whole key, whatever the tables held when the plan was made",
        arguments: [false, true])
    func plans(isFilled: Bool) async throws {
        let agency = try await AgencyFixture()
        if isFilled { try await Self.fill(agency) } else { try await Self.empty(agency) }
        try await agency.pool.execute("ANALYZE")
        let probe = try PlanProbe()
        let keys = (0..<8).map { _ in (target: TargetID(), client: agency.client) }
        let targets = try await probe.plan(TargetWork.find(keys))
        for key in [
            "Index Cond: ((client_id = given.client_id) AND (target_id = given.target_id))",
            "Index Cond: ((client_id = target.client_id) AND (account_id = target.account_id))",
            "Index Cond: (client_id = target.client_id)",
        ] { #expect(targets.contains(key), "\(targets)") }
        let effects = try await probe.plan(EffectLedger.parts(of: keys.map { ("publish:\($0.target)", $0.client) }))
        #expect(effects.contains("Index Cond: ((client_id = given.of_client) AND (op_key = given.of_operation))"))
        let uses = AccessReads.rows(
            (0..<8).map { _ in .init(client: agency.client, account: AccountID(), capability: "publish") })
        for plan in [try await probe.plan(AccessReads.accounts(uses)), try await probe.plan(AccessReads.apps(uses))] {
            #expect(
                plan.contains("using account_grant_pkey") && plan.contains("(capability = use.capability)"), "\(plan)")
            #expect(plan.contains("Index Cond: (grant_id = account_grant.grant_id)"), "\(plan)")
        }
        let record = PublicationRecord(
            work: try #require(try await Self.work(agency)), remote: RemotePost(id: "1"), parts: [], actor: "a",
            reason: "r")
        let entry = try PublicationRecord.Entry(record)
        let insert = try await probe.plan(
            PublicationRecord.insert([(PublicationID(), entry), (PublicationID(), entry)]))
        for key in [
            "Index Cond: ((client_id = published_1.client_id) AND (target_id = published_1.target_id))",
            "Index Cond: ((client_id = ANY (ARRAY[before.client_id])) AND (target_id = before.target_id))",
            "Index Cond: ((client_id = published.client_id) AND (target_id = published.target_id))",
        ] { #expect(insert.contains(key), "\(insert)") }
        for plan in [targets, effects, insert] {
            // The world is one row.
            #expect(!plan.replacing("Seq Scan on world", with: "").contains("Seq Scan"), "\(plan)")
        }
    }

    private static func work(_ agency: AgencyFixture) async throws -> TargetWork? {
        let target = try await agency.plan("hello")
        return try await agency.pool.withConnection { db in
            try await TargetWork.load(target, client: agency.client, on: &db)
        }
    }

    /// Tables that hold nothing and are known to.
    private static func empty(_ agency: AgencyFixture) async throws {
        try await agency.pool.execute(
            "TRUNCATE account_grant, ad_account, account_ad_account, access_grant, effect, target")
    }

    private static func fill(_ agency: AgencyFixture) async throws {
        for statement: Statement in [
            """
            INSERT INTO post (client_id, post_id, created_by)
            SELECT \(agency.client), gen_random_uuid(), 'many' FROM generate_series(1, 5000)
            """,
            """
            INSERT INTO post_revision (client_id, post_id, revision_no, content, created_by)
            SELECT client_id, post_id, 1, '{}', 'many' FROM post
            """,
            """
            INSERT INTO target (client_id, target_id, post_id, revision_no, account_id, platform, format, content,
                                content_hash, due_at, state)
            SELECT client_id, post_id, post_id, 1, \(agency.account), 'fake', 'text', '{}', 'hash', world_now(), 'planned'
            FROM post
            """,
            """
            INSERT INTO effect (client_id, op_key, part, job_id, kind, account_id, provider, state, prepared_at)
            SELECT client_id, 'publish:' || target_id, 0, target_id, 'publish', account_id, 'fake', 'prepared', world_now()
            FROM target
            """,
            """
            INSERT INTO account (client_id, account_id, brand_id, platform, external_id, slug, name, time_zone)
            SELECT \(agency.client), gen_random_uuid(), \(agency.brand), 'fake', number::text, 'many-' || number, 'Many',
                   'Europe/Berlin'
            FROM generate_series(1, 2000) AS number
            """,
            """
            INSERT INTO access_grant (grant_id, platform, key_id, sealed)
            SELECT account_id, 'fake', 'k', 'x' FROM account WHERE slug LIKE 'many-%'
            """,
            """
            INSERT INTO account_grant (client_id, account_id, capability, grant_id)
            SELECT client_id, account_id, capability, account_id
            FROM account, unnest(ARRAY['publish', 'metrics', 'boost']) AS capability
            WHERE slug LIKE 'many-%'
            """,
        ] { try await agency.pool.execute(statement) }
    }
}
