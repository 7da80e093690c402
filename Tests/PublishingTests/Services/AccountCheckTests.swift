// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite("What a check of an account shows where the platform tells nothing", .postgresSchema)
struct AccountCheckTests {
    private static func accounts(_ agency: AgencyFixture) -> AccountService {
        AccountService(
            pool: agency.pool, registry: agency.services.registry, vault: agency.vault,
            accesses: agency.services.accesses)
    }

    private static func connect(
        _ agency: AgencyFixture, _ accounts: AccountService, scopes: [String]
    ) async throws {
        let connection = AccountConnection(
            client: "acme", platform: "fake", externalID: "1",
            tokens: TokenSet(
                accessToken: Secret("token-1"), refreshToken: Secret("refresh-1"),
                expiresAt: AgencyFixture.start.addingTimeInterval(7200), scopes: scopes))
        var wish = connection
        wish.allowsMissingScopes = true
        _ = try await accounts.connect(wish, actor: "cli:ann")
    }

    @Test("the token's life and scopes are those that came with it, and what they lack is judged")
    func fromGrant() async throws {
        let agency = try await AgencyFixture(scopes: ["read", "write"])
        let accounts = Self.accounts(agency)
        try await Self.connect(agency, accounts, scopes: ["read"])
        let check = try await accounts.check("acme/fake")
        #expect(check.report?.expiresAt == AgencyFixture.start.addingTimeInterval(7200))
        #expect(check.report?.scopes == ["read"] && check.missingScopes == ["write"])
        #expect(check.problem?.contains("does not allow write") == true)
        #expect(try await !accounts.hasUnknownScopes(check.account))
    }

    @Test("scopes that nobody said are unknown, and nothing is judged by them")
    func unknownScopes() async throws {
        let agency = try await AgencyFixture(scopes: ["read", "write"])
        let accounts = Self.accounts(agency)
        try await Self.connect(agency, accounts, scopes: [])
        let check = try await accounts.check("acme/fake")
        #expect(check.report?.scopes == [] && check.missingScopes == [] && check.problem == nil)
        #expect(try await accounts.hasUnknownScopes(check.account))
    }

    @Test("a cap on some formats is shown beside, and is no number for all")
    func partial() async throws {
        let agency = try await AgencyFixture(rateBuckets: [
            RateBucket(
                endpoint: "reels", scope: .account, calls: 30, window: .seconds(86_400), counts: .posts,
                formats: [.reel])
        ])
        let check = try await Self.accounts(agency).check("acme/fake")
        #expect(check.postsLeft == nil && check.postsLeftBy == nil)
        #expect(check.dailyLimits.map(\.calls) == [30])
    }

    @Test("what is left of a daily cap is Posthorn's own count")
    func postsLeft() async throws {
        let agency = try await AgencyFixture(rateBuckets: [
            RateBucket(endpoint: "post", scope: .account, calls: 15, window: .seconds(86_400), counts: .posts),
            RateBucket(endpoint: "post", scope: .account, calls: 6, window: .seconds(60)),
            RateBucket(endpoint: "post", scope: .app, calls: 100, window: .seconds(86_400)),
        ])
        let accounts = Self.accounts(agency)
        let before = try await accounts.check("acme/fake")
        #expect(before.postsLeft == 15 && before.postsLeftBy == "posthorn")
        _ = try await agency.plan("hello")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        let after = try await accounts.check("acme/fake")
        #expect(after.postsLeft == 14)
        #expect(after.dailyLimits.map { $0.calls - $0.used } == [14, 99])
        try await agency.advance(.seconds(90_000))
        #expect(try await accounts.check("acme/fake").postsLeft == 15)
    }
}
