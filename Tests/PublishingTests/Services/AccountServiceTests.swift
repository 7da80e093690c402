// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite(.postgresSchema)
struct AccountServiceTests {
    @Test("connecting asks the platform, seals the token and opens every use the plugin has")
    func connect() async throws {
        let fixture = try await ServiceFixture(seeded: false)
        _ = try await fixture.clients.add(
            NewClient(slug: "acme", timeZone: "Europe/Berlin"), actor: ServiceFixture.actor)
        let account = try await fixture.connect("account-77", slug: nil)
        #expect(account.state == .active)
        #expect(account.slug.rawValue == "strict")
        #expect(account.name == "Account account-77")
        #expect(account.followers == 12)
        #expect(account.timeZone == "Europe/Berlin")
        #expect(try await fixture.count("account_grant") == 3)
        #expect(
            try await fixture.text("SELECT position('account-77' IN encode(sealed, 'escape'))::text FROM access_grant")
                == "0")
        #expect(try await fixture.accounts.show("acme/strict").account == account)
    }

    @Test("a token of another account is refused and nothing is written")
    func mismatch() async throws {
        let fixture = try await ServiceFixture(seeded: false)
        _ = try await fixture.clients.add(NewClient(slug: "acme", timeZone: "UTC"), actor: ServiceFixture.actor)
        let connection = AccountConnection(
            client: "acme", platform: "strict", externalID: "1", tokens: TokenSet(accessToken: Secret("2")))
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.accounts.connect(connection, actor: ServiceFixture.actor)
        }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains("(2), not for 1") == true)
        #expect(try await fixture.count("account") == 0)
        #expect(try await fixture.count("access_grant") == 0)
    }

    @Test("one identity on a platform stands under one client at a time")
    func identity() async throws {
        let fixture = try await ServiceFixture()
        _ = try await fixture.clients.add(NewClient(slug: "globex", timeZone: "UTC"), actor: ServiceFixture.actor)
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.connect("1", slug: "strict", client: "globex")
        }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains("acme/strict") == true)
        #expect(try await fixture.count("account") == 2)

        let (given, _) = try await fixture.accounts.disconnect(
            "acme/strict", client: nil, actor: "cli:ada", reason: nil)
        #expect(given.state == .disconnected)
        let moved = try await fixture.connect("1", slug: "strict", client: "globex")
        #expect(moved.state == .active)
        #expect(try await fixture.text("SELECT state FROM access_grant ORDER BY grant_id LIMIT 1") == "revoked")
    }

    @Test("connecting a disconnected account again keeps its identity")
    func reconnect() async throws {
        let fixture = try await ServiceFixture()
        let before = try await fixture.accounts.show("acme/strict").account
        _ = try await fixture.accounts.disconnect("strict", client: "acme", actor: "cli:ada", reason: "left")
        let after = try await fixture.connect("1", slug: nil)
        #expect(after.id == before.id)
        #expect(after.state == .active)
    }

    @Test("a token that the platform refuses is a clear refusal")
    func refused() async throws {
        let fixture = try await ServiceFixture()
        let connection = AccountConnection(
            client: "acme", platform: "strict", tokens: TokenSet(accessToken: Secret("dead")))
        let error = await #expect(throws: ServiceError.self) {
            try await fixture.accounts.connect(connection, actor: ServiceFixture.actor)
        }
        #expect(error?.code == .refusedByPlatform)
    }

    @Test("a platform that cannot be asked now refuses nothing: it is unreachable, or to be asked again")
    func transient() async throws {
        let fixture = try await ServiceFixture()
        for (token, code) in [("silent", ServiceError.Code.unreachable), ("busy", .tryAgain)] {
            let connection = AccountConnection(
                client: "acme", platform: "strict", tokens: TokenSet(accessToken: Secret(token)))
            let error = await #expect(throws: ServiceError.self) {
                try await fixture.accounts.connect(connection, actor: ServiceFixture.actor)
            }
            #expect(error?.code == code && error?.message.contains("not accept") == false)
        }
    }

    @Test("a grant that nothing uses any more is retired, and its tokens are forgotten")
    func retired() async throws {
        let fixture = try await ServiceFixture()
        _ = try await fixture.connect("1", slug: nil)
        #expect(try await fixture.count("access_grant") == 3)
        #expect(
            try await fixture.count("access_grant WHERE state = 'revoked' AND octet_length(sealed) = 0 AND version = 2")
                == 1)
        #expect(try await fixture.count("access_grant WHERE state = 'active' AND octet_length(sealed) > 0") == 2)
        _ = try await fixture.accounts.disconnect("acme/strict", client: nil, actor: "cli:ada", reason: nil)
        #expect(try await fixture.count("access_grant WHERE octet_length(sealed) > 0") == 1)
        #expect(try await fixture.accounts.check("acme/second").problem == nil)
    }

    @Test("who renews tokens while the account is connected again keeps nothing alive that was retired")
    func renewedTooLate() async throws {
        let fixture = try await ServiceFixture()
        let grant = try #require(
            try await fixture.pool.query(
                "SELECT grant_id FROM account_grant JOIN account USING (client_id, account_id) WHERE slug = 'strict'"
            ).first?.get(0, as: GrantID.self))
        _ = try await fixture.connect("1", slug: nil)
        let stored = try await fixture.pool.withTransaction { db in
            try await fixture.vault.replace(
                TokenSet(accessToken: Secret("late")), of: grant, owner: try await fixture.client().id, succeeding: 1,
                on: &db)
        }
        #expect(!stored)
        #expect(try await fixture.count("access_grant WHERE state = 'revoked' AND octet_length(sealed) = 0") == 1)
    }

    @Test("a short name that another account has is refused before anything is asked for")
    func takenSlug() async throws {
        let fixture = try await ServiceFixture()
        let error = await #expect(throws: ServiceError.self) { try await fixture.connect("9", slug: "second") }
        #expect(error?.code == .conflict && error?.message.contains("'second'") == true)
        let links = ConnectLinkService(accounts: fixture.accounts)
        var wish = AccountConnection(client: "acme", platform: "strict", tokens: TokenSet(accessToken: Secret("")))
        wish.slug = "second"
        let base = try #require(URL(string: "http://127.0.0.1:8400"))
        for isDryRun in [true, false] {
            let taken = await #expect(throws: ServiceError.self) {
                // The app is asked for first where there is none.
                _ = try await fixture.pool.execute(
                    "INSERT INTO app (app_id, platform, name, external_id) VALUES (gen_random_uuid(), 'strict', 'a', 'a') ON CONFLICT DO NOTHING"
                )
                _ = try await links.create(
                    wish, base: base, life: .seconds(60), isDryRun: isDryRun, actor: "cli:ada")
            }
            #expect(taken?.code == .conflict && taken?.message.contains("'second'") == true)
        }
        wish.slug = "third"
        _ = try await links.create(wish, base: base, life: .seconds(60), isDryRun: true, actor: "cli:ada")
        #expect(try await fixture.count("connect_link") == 0)
    }

    @Test("a check notes what the platform says, or what is wrong")
    func check() async throws {
        let fixture = try await ServiceFixture()
        #expect(try await fixture.accounts.check("acme/strict").problem == nil)
        _ = try await fixture.accounts.disconnect("acme/strict", client: nil, actor: "cli:ada", reason: nil)
        #expect(try await fixture.accounts.check("acme/strict").problem?.contains("no grant") == true)
    }

    @Test("a paused account holds back its work")
    func pause() async throws {
        let fixture = try await ServiceFixture()
        let paused = try await fixture.accounts.pause("acme/strict", client: nil, actor: "cli:ada", reason: "audit")
        #expect(paused.state == .paused)
        #expect(try await fixture.count("queue_control WHERE queue <> 'reconcile'") == 3)
        _ = try await fixture.accounts.resume("acme/strict", client: nil, actor: "cli:ada", reason: nil)
        #expect(try await fixture.count("queue_control") == 0)
    }

    @Test("an account that a person paused stays paused when its token is renewed")
    func pausedAgain() async throws {
        let fixture = try await ServiceFixture()
        _ = try await fixture.accounts.pause("acme/strict", client: nil, actor: "cli:ada", reason: "audit")
        _ = try await fixture.connect("1", slug: "strict")
        #expect(try await fixture.accounts.show("acme/strict").account.state == .paused)
        #expect(try await fixture.count("queue_control WHERE queue <> 'reconcile'") == 3)
    }

    @Test(
        "a wrong credential file is refused by field, without its values",
        arguments: [
            (#"{"acces_token": "s3cret"}"#, "Did you mean 'access_token'?"), (#"{}"#, "lacks 'access_token'"),
            (#"["s3cret"]"#, "no JSON object"), (#"{"access_token": "s3cret", "expires_at": "soon"}"#, "expires_at"),
        ])
    func credential(_ json: String, _ hint: String) throws {
        let error = #expect(throws: ServiceError.self) {
            try CredentialFile.read(Data(json.utf8), for: StrictPlugin().manifest)
        }
        #expect(error?.message.contains(hint) == true)
        #expect(error?.description.contains("s3cret") == false)
    }
}
