// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite("Many accounts of one token", .postgresSchema)
struct AccountMapTests {
    private static let header = "client,external_id,slug,name,tz,platform\n"

    private static func open() async throws -> (ServiceFixture, AccountService) {
        let fixture = try await ServiceFixture()
        _ = try await fixture.clients.add(NewClient(slug: "globex", timeZone: "Asia/Tokyo"), actor: "cli:ada")
        let registry = try PluginRegistry(plugins: [StrictPlugin(), ManyPlugin()])
        return (
            fixture,
            AccountService(
                pool: fixture.pool, registry: registry, vault: fixture.vault,
                accesses: AccessProvider(
                    pool: fixture.pool, vault: fixture.vault, registry: registry, apps: [:]))
        )
    }

    private static func map(_ rows: String) throws -> AccountMap {
        try AccountMap(Data((Self.header + rows).utf8), platform: "many")
    }

    private static func tokens(_ token: String = "all") -> TokenSet { TokenSet(accessToken: Secret(token)) }

    @Test("a map connects each account to its client, with one grant of the agency for all")
    func map() async throws {
        let (fixture, accounts) = try await Self.open()
        let map = try Self.map("acme,11,,,,\nglobex,12,shop,Shop,Europe/Paris,many\n,13,,,,\n")
        let report = try await accounts.connect(map, tokens: Self.tokens(), AccountMapOptions(actor: "cli:ada"))
        #expect(report.problems.isEmpty && report.skipped == 1 && report.rows == 2)
        #expect(report.connected.map { "\($0.client.slug)/\($0.account.slug)" } == ["acme/many", "globex/shop"])
        #expect(report.connected.map(\.account.state) == [.active, .active])
        #expect(report.connected.map(\.account.name) == ["Page 11", "Shop"])
        #expect(report.connected.map(\.account.timeZone) == ["Europe/Berlin", "Europe/Paris"])
        #expect(try await fixture.count("access_grant WHERE platform = 'many'") == 1)
        #expect(try await fixture.count("access_grant WHERE platform = 'many' AND owner_client_id IS NULL") == 1)
        #expect(
            try await fixture.count("account_grant JOIN access_grant USING (grant_id) WHERE platform = 'many'") == 2)
        // What the platform says of the shared token is asked for the account that is meant.
        let check = try await accounts.check("globex/shop")
        #expect(check.problem == nil && check.report?.postsLeft == 7)
        #expect(check.report?.expiresAt == ServiceFixture.now.addingTimeInterval(86_400))

        // The same map again keeps the accounts.
        let again = try await accounts.connect(map, tokens: Self.tokens(), AccountMapOptions(actor: "cli:ada"))
        #expect(again.connected.map(\.account.id) == report.connected.map(\.account.id))
    }

    @Test("every wrong row is named by line, column and reason, and then nothing is written")
    func problems() async throws {
        let (fixture, accounts) = try await Self.open()
        let map = try Self.map(
            """
            acme,11,,,,
            acmee,12,,,,
            acme,13,many,,,
            globex,11,,,,
            globex,99,,,,
            globex,12,Not A Slug,,Europe/Pariss,
            globex,14,strict,,,strictt
            globex,
            globex,,,,,

            """)
        let report = try await accounts.connect(map, tokens: Self.tokens(), AccountMapOptions(actor: "cli:ada"))
        let found = report.problems.map { "\($0.line) \($0.column ?? "-")" }
        let expected: Set = [
            "3 client", "4 slug", "5 external_id", "6 slug", "6 external_id", "7 tz", "7 external_id", "7 slug",
            "8 platform", "9 -", "10 external_id",
        ]
        #expect(Set(found) == expected && found.count == expected.count, "\(report.problems)")
        let reasons = report.problems.map(\.description)
        #expect(reasons.contains { $0.hasPrefix("line 3, column client") && $0.contains("Did you mean 'acme'?") })
        #expect(reasons.contains { $0.hasPrefix("line 5, column external_id") && $0.contains("line 2") })
        #expect(reasons.contains { $0.hasPrefix("line 6, column external_id") && $0.contains("does not open 99") })
        #expect(reasons.contains { $0.hasPrefix("line 7, column tz") })
        #expect(report.connected.isEmpty)
        #expect(try await fixture.count("account WHERE platform = 'many'") == 0)
        #expect(try await fixture.count("access_grant WHERE platform = 'many'") == 0)
    }

    @Test("an account of another client is named with its place, and a dry run writes nothing")
    func holder() async throws {
        let (fixture, accounts) = try await Self.open()
        var options = AccountMapOptions(actor: "cli:ada")
        options.isDryRun = true
        let dry = try await accounts.connect(try Self.map("acme,11,,,,\n"), tokens: Self.tokens(), options)
        #expect(dry.problems.isEmpty && dry.rows == 1 && dry.connected.isEmpty)
        #expect(try await fixture.count("account WHERE platform = 'many'") == 0)
        options.isDryRun = false
        _ = try await accounts.connect(try Self.map("acme,11,,,,\n"), tokens: Self.tokens(), options)
        let moved = try await accounts.connect(try Self.map("globex,11,,,,\n"), tokens: Self.tokens(), options)
        #expect(moved.problems.map(\.column) == ["client"])
        #expect(moved.problems.first?.reason.contains("'acme/many'") == true)
        let opened = try await accounts.opened(by: Self.tokens(), on: "many")
        #expect(opened.map { $0.holder?.client.slug.rawValue } == ["acme", nil, nil, nil])
    }

    @Test("one account of several must be named; a token of few rights is refused unless that is wanted")
    func one() async throws {
        let (fixture, accounts) = try await Self.open()
        var connection = AccountConnection(client: "acme", platform: "many", tokens: Self.tokens())
        let vague = await #expect(throws: ServiceError.self) {
            try await accounts.connectOpened(connection, actor: "cli:ada")
        }
        #expect(vague?.code == .conflict && vague?.message.contains("11 (Page 11)") == true)
        connection.externalID = "12"
        connection.tokens = Self.tokens("few")
        let few = await #expect(throws: ServiceError.self) {
            try await accounts.connectOpened(connection, actor: "cli:ada")
        }
        #expect(few?.message.contains("does not allow write") == true)
        #expect(try await fixture.count("account WHERE platform = 'many'") == 0)
        connection.allowsMissingScopes = true
        let account = try await accounts.connectOpened(connection, actor: "cli:ada")
        #expect(account.externalID == "12")
        #expect(try await fixture.count("access_grant WHERE platform = 'many' AND owner_client_id IS NOT NULL") == 1)
        let check = try await accounts.check("acme/many")
        #expect(check.missingScopes == ["write"])
        #expect(check.problem?.contains("does not allow write") == true)
        let other = AccountConnection(client: "acme", platform: "strict", tokens: Self.tokens("1"))
        let single = await #expect(throws: ServiceError.self) {
            try await accounts.connectOpened(other, actor: "cli:ada")
        }
        #expect(single?.code == .invalid)
    }

    @Test(
        "an account on which the token's owner may not publish is refused, in a map by its line, unless that is wanted")
    func tasks() async throws {
        let (fixture, accounts) = try await Self.open()
        let map = try Self.map("acme,11,,,,\nacme,14,other,,,\n")
        var options = AccountMapOptions(actor: "cli:ada")
        let report = try await accounts.connect(map, tokens: Self.tokens("reader"), options)
        #expect(report.problems.map(\.line) == [3] && report.connected.isEmpty)
        #expect(report.problems.first?.reason.contains("lacks the task CREATE_CONTENT") == true)
        var connection = AccountConnection(
            client: "acme", platform: "many", externalID: "14", tokens: Self.tokens("reader"))
        let error = await #expect(throws: ServiceError.self) {
            try await accounts.connectOpened(connection, actor: "cli:ada")
        }
        #expect(error?.code == .conflict && error?.message.contains("CREATE_CONTENT") == true)
        #expect(try await fixture.count("account WHERE platform = 'many'") == 0)

        connection.allowsMissingScopes = true
        #expect(try await accounts.connectOpened(connection, actor: "cli:ada").externalID == "14")
        let check = try await accounts.check("acme/many")
        #expect(check.missingTasks == ["CREATE_CONTENT"])
        #expect(check.problem?.contains("nothing can be published") == true && check.nextAction != nil)
        options.allowsMissingScopes = true
        let both = try await accounts.connect(
            try Self.map("acme,11,more,,,\nacme,14,,,,\n"), tokens: Self.tokens("reader"), options)
        #expect(both.problems.isEmpty && both.connected.count == 2)
    }

    @Test(
        "a token that renews itself is kept so, though the credential did not say it",
        arguments: [("own", "itself"), ("all", "none")])
    func renewal(token: String, renewal: String) async throws {
        let (fixture, accounts) = try await Self.open()
        let connection = AccountConnection(
            client: "acme", platform: "many", externalID: "11", tokens: Self.tokens(token))
        _ = try await accounts.connectOpened(connection, actor: "cli:ada")
        #expect(try await fixture.text("SELECT renewal FROM access_grant WHERE platform = 'many'") == renewal)
    }

    @Test("a token file is one bare token or a credential, and its content is never in a message")
    func tokenFile() throws {
        let manifest = ManyPlugin().manifest
        #expect(try CredentialFile.readToken(Data(" s3cret\n".utf8), for: manifest).accessToken == Secret("s3cret"))
        #expect(
            try CredentialFile.readToken(Data(#"{"access_token": "s3cret"}"#.utf8), for: manifest).accessToken
                == Secret("s3cret"))
        for text in ["", "s3cret two", "{s3cret"] {
            let error = #expect(throws: ServiceError.self) {
                try CredentialFile.readToken(Data(text.utf8), for: manifest)
            }
            #expect(error?.code == .invalid && error?.description.contains("s3cret") == false)
        }
    }
}

/// A platform whose tokens open the accounts 11 to 14; a question about one needs its name.
struct ManyPlugin: AccountListing, TokenInspecting, UnaskedPlugin {
    var manifest: PluginManifest {
        PluginManifest(
            id: "many", name: "Many", apiVersion: "1", hosts: ["many.test"],
            capabilities: [.publish, .connect, .accounts, .inspect],
            formats: [FormatLimits(format: .text, textLength: 20)], limitsReadOn: "2026-11-21",
            scopes: ["read", "write"],
            credentialFields: [CredentialField("access_token", isRequired: true, "the token")])
    }

    func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        guard let id = tokens.extra["which"]?.revealed else {
            throw PluginError(.permanent, "the token opens 4 accounts")
        }
        return RemoteAccount(externalID: id, name: "Page \(id)")
    }

    func accounts(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> [GrantedAccount] {
        (11...14).map {
            GrantedAccount(
                account: RemoteAccount(externalID: "\($0)", name: "Page \($0)"), tokens: tokens,
                missingTasks: Self.missing(tokens, "\($0)"))
        }
    }

    private static func missing(_ tokens: TokenSet, _ account: String) -> [String] {
        tokens.accessToken.revealed == "reader" && account == "14" ? ["CREATE_CONTENT"] : []
    }

    func tokens(_ tokens: TokenSet, for externalID: String) -> TokenSet {
        var own = tokens
        own.extra["which"] = Secret(externalID)
        return own
    }

    func inspect(_ access: AccountAccess) async throws(PluginError) -> TokenReport {
        let scopes = access.tokens.accessToken.revealed == "few" ? ["read"] : ["read", "write"]
        var report = TokenReport(
            isValid: true, expiresAt: ServiceFixture.now.addingTimeInterval(86_400), scopes: scopes, postsLeft: 7)
        report.missingTasks = Self.missing(access.tokens, access.externalID)
        report.renewsItself = access.tokens.accessToken.revealed == "own"
        return report
    }
}
