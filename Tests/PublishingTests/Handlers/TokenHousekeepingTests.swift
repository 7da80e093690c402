// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

@Suite("Tokens that nothing uses", .postgresSchema)
struct TokenHousekeepingTests {
    private static let day = 86_400
    private static let margin = Duration.seconds(7 * 86_400)

    private static func round(
        _ agency: AgencyFixture, isDraining: @Sendable () -> Bool = { false }
    ) async throws -> HousekeepingReport {
        try await TokenHousekeeping(accesses: agency.services.accesses).run(agency.pool, isDraining: isDraining)
    }

    private static func refreshes(_ agency: AgencyFixture) -> Int { agency.platform.state.withLock { $0.refreshes } }

    /// Gives the account's grant other tokens.
    private static func give(_ tokens: TokenSet, to agency: AgencyFixture) async throws {
        let id: GrantID = try #require(try await agency.pool.query("SELECT grant_id FROM access_grant").first?.get(0))
        try await agency.pool.withTransaction { db in
            try await agency.vault.replace(tokens, of: id, owner: agency.client, on: &db)
        }
    }

    private static func end(_ agency: AgencyFixture) async throws -> Date? {
        try await agency.pool.withConnection { db in
            try await AccountRepository.find(agency.account, of: agency.client, on: &db)?.tokenEndsAt
        }
    }

    private static func own(_ token: String, days: Int?) -> TokenSet {
        TokenSet(
            accessToken: Secret(token), refreshToken: Secret(token),
            expiresAt: days.map { AgencyFixture.start.addingTimeInterval(Double($0 * Self.day)) })
    }

    /// Connects accounts whose tokens renew themselves and end tomorrow.
    private static func connect(_ count: Int, to agency: AgencyFixture) async throws {
        try await agency.pool.withTransaction { db in
            for number in 1...count {
                let grant = try await agency.vault.create(
                    owner: nil, platform: "fake", app: nil,
                    tokens: Self.own("own-\(number)", days: 1), on: &db)
                let account = AccountID()
                try await db.execute(
                    """
                    INSERT INTO account (client_id, account_id, brand_id, platform, external_id, slug, name, time_zone)
                    VALUES (\(agency.client), \(account), \(agency.brand), 'fake', \("many-\(number)"), \("many-\(number)"),
                            'Many', 'Europe/Berlin')
                    """)
                try await db.execute(
                    """
                    INSERT INTO account_grant (client_id, account_id, capability, grant_id)
                    VALUES (\(agency.client), \(account), 'publish', \(grant))
                    """)
            }
        }
    }

    // MARK: Renewing

    @Test("a token that must live to be renewed is renewed before its end, also of a client that is paused")
    func dormant() async throws {
        let agency = try await AgencyFixture(renewBefore: Self.margin)
        try await agency.pool.execute("UPDATE client SET state = 'paused'")
        // The token ends in 365 days.
        try await agency.advance(.seconds(357 * Self.day))
        #expect(try await Self.round(agency).count == 0)
        try await agency.advance(.seconds(2 * Self.day))
        #expect(try await Self.round(agency).count == 1)
        #expect(try await Self.round(agency).count == 0)
        #expect(Self.refreshes(agency) == 1)
    }

    @Test("a token that a refresh token renews at any time is left until somebody uses it")
    func rotating() async throws {
        let agency = try await AgencyFixture()
        try await agency.advance(.seconds(366 * Self.day))
        #expect(try await Self.round(agency).count == 0 && Self.refreshes(agency) == 0)
    }

    @Test("a refresh token that ends itself is used for a newer one in its last weeks")
    func endOfRefreshToken() async throws {
        let agency = try await AgencyFixture()
        var tokens = TokenSet(
            accessToken: Secret("token-1"), refreshToken: Secret("refresh-1"), expiresAt: AgencyFixture.start)
        let end = AgencyFixture.start.addingTimeInterval(Double(180 * Self.day))
        tokens.extra[TokenSet.refreshEndField] = Secret(end.formatted(.iso8601))
        try await Self.give(tokens, to: agency)
        try await agency.advance(.seconds(149 * Self.day))
        #expect(try await Self.round(agency).count == 0)
        try await agency.advance(.seconds(2 * Self.day))
        #expect(try await Self.round(agency).count == 1)
    }

    @Test("a token that renews itself and whose end nobody said is renewed after a day, to learn it")
    func unknownEnd() async throws {
        let agency = try await AgencyFixture()
        try await Self.give(Self.own("token-1", days: nil), to: agency)
        #expect(try await Self.round(agency).count == 0)
        try await agency.advance(.seconds(Self.day))
        #expect(try await Self.round(agency).count == 1)
        #expect(try await agency.count("SELECT count(*) FROM access_grant WHERE expires_at IS NOT NULL") == 1)
    }

    @Test("a round renews a few, those that end first; workers that come by together renew each once")
    func bounded() async throws {
        let agency = try await AgencyFixture(renewBefore: Self.margin)
        try await Self.connect(13, to: agency)
        async let first = Self.round(agency)
        async let second = Self.round(agency)
        let reports = try await [first, second]
        #expect(reports.contains { $0.isMore && $0.count == 10 })
        #expect([0, 3].contains(reports.map(\.count).min()))
        _ = try await Self.round(agency)
        #expect(Self.refreshes(agency) == 13)
        #expect(try await agency.count("SELECT count(*) FROM access_grant WHERE refreshed_at IS NOT NULL") == 13)
    }

    @Test("a worker that drains renews no further token")
    func draining() async throws {
        let agency = try await AgencyFixture(renewBefore: Self.margin)
        try await Self.connect(3, to: agency)
        #expect(try await Self.round(agency) { agency.platform.state.withLock { $0.refreshes } > 0 }.count == 1)
        #expect(Self.refreshes(agency) == 1)
        // The rest is left for a while, and not forgotten.
        try await agency.advance(.seconds(3600))
        #expect(try await Self.round(agency).count == 2)
    }

    @Test("one that fails does not keep the next from being renewed, and is tried again after a pause")
    func failing() async throws {
        let agency = try await AgencyFixture(renewBefore: Self.margin)
        try await agency.advance(.seconds(360 * Self.day))
        agency.platform.state.withLock { $0.refreshError = PluginError(.retryAfter, "a bad day") }
        #expect(try await Self.round(agency).count == 0)
        #expect(try await Self.round(agency).count == 0)
        #expect(Self.refreshes(agency) == 1)
        #expect(try await agency.text("SELECT state FROM account") == "active")
        agency.platform.state.withLock { $0.refreshError = nil }
        try await agency.advance(.seconds(3600))
        #expect(try await Self.round(agency).count == 1)
    }

    @Test("a token that ended before anybody renewed it stops its accounts in words")
    func ended() async throws {
        let agency = try await AgencyFixture(renewBefore: Self.margin)
        try await Self.give(Self.own("token-1", days: 60), to: agency)
        try await agency.advance(.seconds(61 * Self.day))
        agency.platform.state.withLock { $0.refreshError = PluginError(.reauthorize, "the token has ended") }
        #expect(try await Self.round(agency).count == 0)
        #expect(try await agency.text("SELECT state FROM account") == "needs-reconnect")
        #expect(try await agency.text("SELECT state_reason FROM account")?.contains("the token has ended") == true)
    }

    // MARK: Forecasts

    @Test("a token that renews itself has no end for a person, until it was not renewed in time")
    func forecast() async throws {
        let agency = try await AgencyFixture(renewBefore: Self.margin)
        try await Self.give(Self.own("token-1", days: 60), to: agency)
        #expect(try await Self.end(agency) == nil)
        try await agency.advance(.seconds(54 * Self.day))
        #expect(try await Self.end(agency) == nil)
        try await agency.advance(.seconds(4 * Self.day))
        #expect(try await Self.end(agency) == AgencyFixture.start.addingTimeInterval(Double(60 * Self.day)))
        _ = try await Self.round(agency)
        #expect(try await Self.end(agency) == nil)
    }

    @Test("a token whose renewal is refused, or fails for an hour, ends when it ends", arguments: [true, false])
    func forecastOfFailure(isRefused: Bool) async throws {
        let agency = try await AgencyFixture(renewBefore: Self.margin)
        let end = AgencyFixture.start.addingTimeInterval(Double(365 * Self.day))
        try await agency.advance(.seconds(360 * Self.day))
        agency.platform.state.withLock {
            $0.refreshError =
                isRefused
                ? PluginError(.needsHuman, "no app here", scope: .app) : PluginError(.retryAfter, "a bad day")
        }
        _ = try await Self.round(agency)
        #expect(try await Self.end(agency) == (isRefused ? end : nil))
        try await agency.advance(.seconds(3600))
        #expect(try await Self.end(agency) == end)
    }
}
