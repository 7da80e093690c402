// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite("Accounts that move to another client", .postgresSchema)
struct AccountMoveTests {
    /// The client `acme` with the accounts `strict` and `second`, and the client `globex`.
    private static func open() async throws -> ServiceFixture {
        let fixture = try await ServiceFixture()
        _ = try await fixture.clients.add(NewClient(slug: "globex", timeZone: "UTC"), actor: ServiceFixture.actor)
        return fixture
    }

    private static func move(_ fixture: ServiceFixture, slug: String? = nil, isDryRun: Bool = false) async throws {
        var move = AccountMove(to: "globex", actor: "cli:ada")
        move.slug = slug
        move.isDryRun = isDryRun
        _ = try await fixture.accounts.move("acme/strict", client: nil, move)
    }

    @Test("identity, tokens and limits go along; what was made stays with the client who made it")
    func moves() async throws {
        let fixture = try await Self.open()
        let old = try await fixture.accounts.show("acme/strict").account
        try await fixture.pool.execute(
            """
            INSERT INTO publication (client_id, publication_id, account_id, platform, remote_id, published_at, origin)
            VALUES (\(old.client), gen_random_uuid(), \(old.id), 'strict', '1', world_now(), 'external')
            """)
        let scope = "account:\(old.id)"
        try await fixture.pool.execute(
            """
            INSERT INTO rate_bucket (scope, endpoint, window_ms, counts, operator_calls) VALUES (\(scope), 'x', 1000, 'calls', 7)
            """)
        try await Self.move(fixture)
        let new = try await fixture.accounts.show("globex/strict").account
        #expect(new.state == .active && new.externalID == old.externalID && new.id != old.id)
        #expect(new.timeZone == old.timeZone)
        #expect(try await fixture.accounts.show("acme/strict").account.state == .moved)
        // The tokens open under the other client's key, and under the old one's no more.
        #expect(try await fixture.accounts.check("globex/strict").problem == nil)
        #expect(try await fixture.accounts.check("acme/strict").problem?.contains("no grant") == true)
        let globex = try await fixture.client("globex")
        #expect(
            try await fixture.count("access_grant WHERE state = 'revoked' AND octet_length(sealed) = 0") == 1)
        let owned = try await fixture.pool.query(
            "SELECT count(*) FROM access_grant WHERE owner_client_id = \(globex.id) AND state = 'active'"
        ).single(Int64.self)
        #expect(owned == 1)
        let after = "account:\(new.id)"
        #expect(try await fixture.text("SELECT operator_calls::text FROM rate_bucket WHERE scope = \(after)") == "7")
        #expect(
            try await fixture.text("SELECT account_id::text FROM publication") == old.id.description)
        #expect(
            try await fixture.text("SELECT client_id::text FROM platform_identity WHERE external_id = '1'")
                == globex.id.description)
    }

    @Test("nothing moves while something is planned for it, and the refusal says what and where to look")
    func planned() async throws {
        let fixture = try await Self.open()
        let draft = PostDraft(
            accounts: ["strict"], text: "Hello", time: .instant(ServiceFixture.now.addingTimeInterval(3600)))
        _ = try await fixture.posts.create(draft, client: "acme", actor: "cli:ada")
        let error = await #expect(throws: ServiceError.self) { try await Self.move(fixture) }
        #expect(error?.code == .conflict && error?.message.contains("1 post(s)") == true, "\(error?.message ?? "")")
        #expect(try await fixture.accounts.show("acme/strict").account.state == .active)
        #expect(try await fixture.count("account") == 2)
    }

    @Test("an unsettled send keeps an account where it is")
    func unsettled() async throws {
        let fixture = try await Self.open()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.pool.execute(
            """
            INSERT INTO effect (client_id, op_key, part, job_id, kind, account_id, provider, state, send_no, prepared_at)
            VALUES (\(account.client), 'publish:1', 0, gen_random_uuid(), 'publish', \(account.id), 'strict', 'unknown', 1,
                    world_now())
            """)
        let error = await #expect(throws: ServiceError.self) { try await Self.move(fixture) }
        #expect(error?.message.contains("1 send(s) that are not settled") == true)
    }

    @Test(
        "a move that is only tried changes nothing; a taken name is refused; an account can come back to where it was")
    func namesAndReturn() async throws {
        let fixture = try await Self.open()
        try await Self.move(fixture, isDryRun: true)
        #expect(try await fixture.count("account") == 2)
        #expect(try await fixture.accounts.show("acme/strict").account.state == .active)
        _ = try await fixture.connect("9", slug: "strict", client: "globex")
        let taken = await #expect(throws: ServiceError.self) { try await Self.move(fixture) }
        #expect(taken?.code == .conflict && taken?.message.contains("'strict'") == true)
        let first = try await fixture.accounts.show("acme/strict").account.id
        try await Self.move(fixture, slug: "bought")
        let back = AccountMove(to: "acme", actor: "cli:ada")
        let (_, account) = try await fixture.accounts.move("globex/bought", client: nil, back)
        #expect(account.id == first && account.state == .active)
        #expect(try await fixture.accounts.show("globex/bought").account.state == .moved)
        #expect(try await fixture.accounts.check("acme/strict").problem == nil)
    }

    @Test("readings that were still to come end with the move; a paused or disconnected account does not move")
    func readings() async throws {
        let fixture = try await Self.open()
        let account = try await fixture.accounts.show("acme/strict").account
        try await fixture.jobs.enqueue([
            .fetchAccountMetrics(
                account: account.id, client: account.client, platform: "strict",
                dueAt: ServiceFixture.now.addingTimeInterval(3600), key: nil)
        ])
        try await Self.move(fixture)
        #expect(try await fixture.count("job_scheduled") == 0)
        _ = try await fixture.accounts.pause("acme/second", client: nil, actor: "cli:ada", reason: nil)
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.accounts.move(
                "acme/second", client: nil, AccountMove(to: "globex", actor: "cli:ada"))
        }
        #expect(error?.code == .conflict && error?.message.contains("paused") == true)
    }
}
