// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite("Pages, Instagram accounts and ad accounts of one token", .postgresSchema)
struct AdAccountMapTests {
    private static let header = "client,external_id,platform,kind,slug,tz,currency,accounts\n"

    private static func open() async throws -> (ServiceFixture, AccountService) {
        let fixture = try await ServiceFixture()
        _ = try await fixture.clients.add(NewClient(slug: "globex", timeZone: "Asia/Tokyo"), actor: "cli:ada")
        let registry = try PluginRegistry(plugins: [
            StrictPlugin(), BroadPlugin("pages", with: "pictures"), BroadPlugin("pictures", with: "pages"),
        ])
        return (
            fixture,
            AccountService(
                pool: fixture.pool, registry: registry, vault: fixture.vault,
                accesses: AccessProvider(pool: fixture.pool, vault: fixture.vault, registry: registry, apps: [:]))
        )
    }

    private static func connect(
        _ rows: String, _ accounts: AccountService, token: String = "all"
    ) async throws -> AccountMapReport {
        try await accounts.connect(
            try AccountMap(Data((Self.header + rows).utf8), platform: "pages"),
            tokens: TokenSet(accessToken: Secret(token)), AccountMapOptions(actor: "cli:ada"))
    }

    @Test("one list has all three kinds, and says where each stands")
    func listing() async throws {
        let (_, accounts) = try await Self.open()
        _ = try await Self.connect("acme,act_1,,ad-account,main,,,\nglobex,1,,ad-account,,,,\nacme,1,,,,,,\n", accounts)
        let opening = try await accounts.opening(of: TokenSet(accessToken: Secret("all")), on: "pages")
        #expect(opening.accounts.prefix(150).allSatisfy { $0.platform == "pages" })
        #expect(opening.accounts.suffix(150).allSatisfy { $0.platform == "pictures" } && opening.accounts.count == 300)
        // One that two clients have stands there for each of them.
        #expect(opening.adAccounts.count == 101 && opening.unlisted.isEmpty)
        let held = opening.adAccounts.compactMap { entry in
            entry.holder.map { "\($0.client.slug)/\($0.adAccount.slug) \(entry.granted.externalID)" }
        }
        #expect(Set(held) == ["acme/main act_1", "globex/act-1 act_1"])
        #expect(opening.accounts.first?.holder?.client.slug.rawValue == "acme")
        // What a token may not list is said, and the rest is shown.
        let few = try await accounts.opening(of: TokenSet(accessToken: Secret("no ads")), on: "pages")
        #expect(few.accounts.count == 300 && few.adAccounts.isEmpty)
        #expect(few.unlisted.first?.contains("ad accounts") == true, "\(few.unlisted)")
    }

    @Test(
        "four hundred rows of all three kinds are mapped in one go, ad accounts with the platform's currency and zone")
    func hundreds() async throws {
        let (fixture, accounts) = try await Self.open()
        var rows = ""
        for number in 1...150 {
            rows +=
                "acme,\(number),,,page-\(number),,,\nglobex,\(1000 + number),pictures,account,picture-\(number),,,\n"
        }
        // An ad account pays for accounts that stand elsewhere in the file, on either platform.
        for number in 1...100 { rows += "acme,\(number),,ad-account,ads-\(number),,,page-\(number)\n" }
        let report = try await Self.connect(rows, accounts)
        #expect(report.problems.isEmpty, "\(report.problems.prefix(5))")
        #expect(report.rows == 400 && report.connected.count == 300 && report.adAccounts.count == 100)
        #expect(try await fixture.count("account WHERE platform IN ('pages', 'pictures')") == 300)
        #expect(try await fixture.count("access_grant WHERE platform IN ('pages', 'pictures')") == 2)
        #expect(try await fixture.count("ad_account JOIN access_grant USING (grant_id)") == 100)
        #expect(
            try await fixture.count(
                "ad_account WHERE currency = 'USD' AND time_zone = 'America/New_York' AND external_id LIKE 'act_%'")
                == 100)
        #expect(try await fixture.count("account_ad_account") == 100)
    }

    @Test(
        "a map of ad accounts alone keeps what the token allows and when it ends, and needs nothing of what publishing needs"
    )
    func adAccountsAlone() async throws {
        let (fixture, accounts) = try await Self.open()
        let report = try await Self.connect("acme,act_1,,ad-account,,,,\n", accounts, token: "ads only")
        #expect(report.problems.isEmpty && report.adAccounts.count == 1, "\(report.problems)")
        #expect(report.expiresAt == ServiceFixture.now.addingTimeInterval(86_400))
        #expect(
            try await fixture.count(
                """
                access_grant WHERE platform = 'pages' AND scopes = ARRAY['ads']
                    AND expires_at = world_now() + interval '1 day'
                """) == 1)
    }

    @Test("one wrong row among hundreds is named by line and column, and nothing is written")
    func allOrNone() async throws {
        let (fixture, accounts) = try await Self.open()
        var rows = ""
        for number in 1...120 { rows += "acme,\(number),,,page-\(number),,,\nglobex,\(number),,ad-account,,,,\n" }
        rows += "acme,9,,ad-account,own,,EUR,\n"
        let report = try await Self.connect(rows, accounts)
        let found = report.problems.map { "\($0.line) \($0.column ?? "-")" }
        // The token opens a hundred ad accounts only.
        let expected = (101...120).map { "\(2 * $0 + 1) external_id" } + ["242 currency"]
        #expect(found == expected, "\(report.problems)")
        #expect(report.connected.isEmpty && report.adAccounts.isEmpty)
        #expect(try await fixture.count("account WHERE platform = 'pages'") == 0)
        #expect(try await fixture.count("ad_account") == 0)
        #expect(try await fixture.count("access_grant WHERE platform = 'pages'") == 0)
    }

    @Test("every wrong row of an ad account is named by line, column and reason")
    func problems() async throws {
        let (_, accounts) = try await Self.open()
        let report = try await Self.connect(
            """
            acme,act_1,,ad-account,,,,
            acme,1,pictures,ad-account,again,,,
            acmee,2,,ad-account,,,,
            acme,3,,ad-account,Not A Slug,,,
            acme,4,,ad-account,,Europe/Berlin,,
            acme,5,,ad-account,,,EURO,
            acme,6,,ad-account,,,,page;strict
            acme,7,strict,ad-account,,,,
            acme,8,,ads,,,,
            acme,9,,ad-account,act-1,US/Eastern,usd,

            """, accounts)
        let found = report.problems.map { "\($0.line) \($0.column ?? "-")" }
        let expected = [
            "3 external_id", "4 client", "5 slug", "6 tz", "7 currency", "8 accounts", "8 accounts", "9 platform",
            "10 kind",
            "11 slug",
        ]
        #expect(found == expected, "\(report.problems)")
        let reasons = report.problems.map(\.description)
        #expect(reasons.contains { $0.contains("line 2 already") })
        #expect(reasons.contains { $0.contains("America/New_York") && $0.hasPrefix("line 6") })
        #expect(reasons.contains { $0.hasPrefix("line 8") && $0.contains("no account 'page'") })
        #expect(reasons.contains { $0.hasPrefix("line 8") && $0.contains("is on strict") })
        #expect(reasons.contains { $0.hasPrefix("line 10") && $0.contains("ad-account") })
    }

    @Test(
        "an ad account that was typed by hand gets the platform's currency and zone; one that was boosted with keeps its own"
    )
    func byHand() async throws {
        let (fixture, accounts) = try await Self.open()
        let client = try await fixture.client()
        let typed = AdAccountRow(
            client: client.id, platform: "pictures", externalID: "1", slug: try #require(Slug(rawValue: "main")),
            currency: .eur, timeZone: "Europe/Berlin", payer: "Ada")
        try await fixture.pool.withConnection { db in try await AdAccountRepository.insert(typed, on: &db) }
        let first = try await Self.connect("acme,act_1,,ad-account,,,,\n", accounts)
        #expect(first.problems.isEmpty, "\(first.problems)")
        let account = try #require(first.adAccounts.first?.adAccount)
        #expect(account.id == typed.id && account.currency.rawValue == "USD" && account.payer == "Ada")
        #expect(account.timeZone == "America/New_York" && account.grant != nil)
        // A newer grant takes the place of the one before, which is retired.
        let second = try await Self.connect("acme,act_1,,ad-account,,,,\n", accounts)
        #expect(second.adAccounts.first?.adAccount.grant != account.grant)
        #expect(try await fixture.count("access_grant WHERE platform = 'pages' AND state = 'revoked'") == 1)

        try await fixture.pool.execute("UPDATE ad_account SET currency = 'EUR', time_zone = 'Europe/Berlin'")
        try await fixture.pool.execute(
            """
            INSERT INTO boost (client_id, boost_id, account_id, publication_id, ad_account_id, objective, budget_minor, most_minor, currency,
                               budget_kind, starts_at, ends_at, state, created_by)
            SELECT client_id, gen_random_uuid(), account_id, gen_random_uuid(), \(typed.id), 'reach', 500, 500, 'EUR', 'lifetime', world_now(),
                   world_now() + interval '1 day', 'planned', 'cli:ada'
            FROM account WHERE slug = 'strict'
            """)
        let third = try await Self.connect("acme,act_1,,ad-account,,,,\n", accounts)
        #expect(third.problems.map(\.column) == ["currency", "tz"], "\(third.problems)")
        #expect(try await fixture.count("ad_account WHERE currency = 'EUR'") == 1)
    }
}

/// A platform whose tokens open 150 accounts and, unless they may not, 100 ad accounts that it shares with another platform.
private struct BroadPlugin: AdAccountListing, TokenInspecting, UnaskedPlugin {
    let manifest: PluginManifest

    init(_ id: PlatformID, with other: PlatformID) {
        self.manifest = PluginManifest(
            id: id, name: id.rawValue, apiVersion: "1", hosts: ["\(id).test"],
            capabilities: [.publish, .connect, .accounts, .inspect],
            formats: [FormatLimits(format: .text, textLength: 20)], limitsReadOn: "2026-11-21", scopes: ["publish"],
            sharesTokensWith: [other])
    }

    func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        throw PluginError(.permanent, "the token opens many accounts")
    }

    func accounts(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> [GrantedAccount] {
        let first = self.manifest.id == "pages" ? 1 : 1001
        return (first..<first + 150).map {
            GrantedAccount(account: RemoteAccount(externalID: "\($0)", name: "Account \($0)"), tokens: tokens)
        }
    }

    func adAccounts(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> [GrantedAdAccount] {
        guard tokens.accessToken.revealed != "no ads" else {
            throw PluginError(.permanent, "ads_read is missing")
        }
        return (1...100).map {
            GrantedAdAccount(
                externalID: "act_\($0)", name: "Ads \($0)", currency: "USD", timeZone: "America/New_York",
                status: "active", maySpend: true)
        }
    }

    func inspect(_ access: AccountAccess) async throws(PluginError) -> TokenReport {
        guard Int(access.externalID) != nil else { throw PluginError(.permanent, "not an account") }
        return TokenReport(
            isValid: true, expiresAt: ServiceFixture.now.addingTimeInterval(86_400),
            scopes: access.tokens.accessToken.revealed == "ads only" ? ["ads"] : ["publish", "ads"])
    }

    func adAccountID(_ text: String) -> String { text.hasPrefix("act_") ? text : "act_\(text)" }
}
