// SPDX-License-Identifier: MIT

import Domain
import FacebookPlugin
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import PluginTestKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

/// Tokens that only boosts have: their health is apart from the account's.
@Suite(.postgresSchema)
struct BoostTokenTests {
    private static func accounts(_ agency: AgencyFixture) -> AccountService {
        AccountService(
            pool: agency.pool, registry: agency.services.registry, vault: agency.vault,
            accesses: agency.services.accesses)
    }

    private static func grant(_ agency: AgencyFixture) async throws -> Grant {
        let id: GrantID = try #require(
            try await agency.pool.query("SELECT grant_id FROM account_grant WHERE capability = 'boost'").first?.get(
                "grant_id"))
        return try #require(try await agency.pool.withConnection { db in try await agency.vault.load(id, on: &db) })
    }

    /// An account with a token for ads beside its own.
    private static func agency() async throws -> AgencyFixture {
        let agency = try await AgencyFixture()
        try await agency.setCap(10_000)
        var grant = try await Self.grant(agency)
        grant.tokens.extra["ads_token"] = Secret("ads-1")
        let (tokens, id, owner) = (grant.tokens, grant.id, grant.owner)
        try await agency.pool.withTransaction { db in
            try await agency.vault.replace(tokens, of: id, owner: owner, on: &db)
        }
        return agency
    }

    @Test("a dead token for ads stops boosts and not publishing; nothing is renewed, and a new one lets them go on")
    func deadForAds() async throws {
        let agency = try await Self.agency()
        _ = try await agency.planBoost(budget: 2_000)
        agency.platform.state.withLock { $0.acceptedAdsToken = "ads-2" }
        let handler = BoostHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["held"])
        #expect(try await agency.text("SELECT state FROM account") == "active")
        #expect(try await Self.grant(agency).state == .active)
        #expect(agency.platform.state.withLock { $0.refreshes } == 0)
        #expect(
            try await agency.text("SELECT string_agg(capability, ',') FROM account_grant WHERE refused_at IS NOT NULL")
                == "boost")
        let target = try await agency.plan("still published")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")

        _ = try await Self.accounts(agency).authorizeAds("acme/fake", client: nil, token: Secret("ads-2"))
        #expect(try await agency.count("SELECT count(*) FROM account_grant WHERE refused_at IS NOT NULL") == 0)
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.count("SELECT count(*) FROM boost WHERE remote_id IS NOT NULL") == 1)
        #expect(try await Self.grant(agency).tokens.accessToken == Secret("token-1"))
    }

    @Test("a dead token for publishing does not keep a running boost from being looked at and stopped")
    func deadForPublishing() async throws {
        let agency = try await Self.agency()
        let boost = try await agency.planBoost(budget: 2_000)
        agency.platform.state.withLock { $0.boostState = .running }
        let handler = BoostHandler(services: agency.services)
        #expect(try await agency.work(handler) == ["succeeded"])
        try await agency.services.accesses.markNeedsReconnect(try await Self.grant(agency), reason: "revoked")
        #expect(try await agency.text("SELECT state FROM account") == "needs-reconnect")
        agency.platform.state.withLock { $0.spend = 300 }
        try await agency.advance(.seconds(6 * 3600))
        #expect(try await agency.work(handler) == ["succeeded"])
        #expect(try await agency.count("SELECT spend_minor FROM boost") == 300)
        let service = BoostService(
            pool: agency.pool, jobs: agency.services.jobs, registry: agency.services.registry)
        _ = try await service.stop(boost.description, reason: nil, actor: "cli:ann")
        #expect(try await agency.work(handler).contains("succeeded"))
        #expect(try await agency.text("SELECT state FROM boost") == "stopped")
    }

    @Test("connecting an account again keeps its token for ads, which the page for posting does not give")
    func reconnected() async throws {
        let agency = try await Self.agency()
        let connection = AccountConnection(
            client: "acme", platform: "fake", externalID: "1", tokens: TokenSet(accessToken: Secret("token-2")))
        _ = try await Self.accounts(agency).connect(connection, actor: "cli:ann")
        let tokens = try await Self.grant(agency).tokens
        #expect(tokens.accessToken == Secret("token-2") && tokens.extra["ads_token"] == Secret("ads-1"))
    }

    @Test("a grant that only boosts use ends without stopping its account")
    func grantOfItsOwn() async throws {
        let agency = try await AgencyFixture()
        try await agency.pool.withTransaction { db in
            let grant = try await agency.vault.create(
                owner: agency.client, platform: "fake", app: nil, tokens: TokenSet(accessToken: Secret("a")), on: &db)
            try await db.execute("UPDATE account_grant SET grant_id = \(grant) WHERE capability = 'boost'")
        }
        try await agency.services.accesses.markNeedsReconnect(try await Self.grant(agency), reason: "revoked")
        #expect(try await agency.text("SELECT state FROM account") == "active")
    }

    @Test("what boosts need is asked for when it is wanted, and missed then", arguments: [false, true])
    func scopes(boosts: Bool) async throws {
        let context = PluginContext(http: ScriptedTransport([]), clock: WorldClock { AgencyFixture.start })
        let agency = try await AgencyFixture(plugin: FacebookPlugin(context: context))
        let accounts = AccountService(
            pool: agency.pool, registry: agency.services.registry, vault: agency.vault,
            accesses: AccessProvider(
                pool: agency.pool, vault: agency.vault, registry: agency.services.registry,
                apps: ["facebook": AppCredential(id: "app", secret: Secret("s"))]))
        var wish = AccountConnection(
            client: "acme", platform: "facebook", tokens: TokenSet(accessToken: Secret("")))
        wish.boosts = boosts
        wish.slug = "page"
        let links = ConnectLinkService(accounts: accounts)
        let base = try #require(URL(string: "https://posthorn.example"))
        let (_, address) = try await links.create(wish, base: base, life: .seconds(600), actor: "cli:ann")
        let secret = try #require(address.split(separator: "/").last)
        guard case .leave(let page) = try await links.begin(String(secret)) else {
            Issue.record("the link leads to no page")
            return
        }
        #expect(page.absoluteString.contains("ads_management") == boosts)
        let report = TokenReport(isValid: true, scopes: FacebookPlugin.manifest.scopes)
        #expect(
            report.missingScopes(for: FacebookPlugin.manifest, boosts: boosts)
                == (boosts ? FacebookPlugin.manifest.boost?.scopes ?? [] : []))
    }
}
