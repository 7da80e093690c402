// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite("Which app a token is asked about with", .postgresSchema)
struct AccountAppTests {
    private static func open() async throws -> (ServiceFixture, AccountService) {
        let fixture = try await ServiceFixture()
        let registry = try PluginRegistry(plugins: [AskingPlugin()])
        let accounts = AccountService(
            pool: fixture.pool, registry: registry, vault: fixture.vault,
            accesses: AccessProvider(
                pool: fixture.pool, vault: fixture.vault, registry: registry,
                apps: ["asking": AppCredential(id: "configured")]))
        try await fixture.pool.execute(
            """
            INSERT INTO app (app_id, platform, name, external_id) VALUES
            (\(AppID()), 'asking', 'right', 'right'), (\(AppID()), 'asking', 'other', 'other')
            """)
        return (fixture, accounts)
    }

    private static func connection(app: String?) -> AccountConnection {
        var connection = AccountConnection(
            client: "acme", platform: "asking", tokens: TokenSet(accessToken: Secret("token")))
        connection.app = app
        return connection
    }

    @Test("the app that is named asks, not the configured one: only it may")
    func named() async throws {
        let (fixture, accounts) = try await Self.open()
        let error = await #expect(throws: ServiceError.self) {
            try await accounts.connect(Self.connection(app: "other"), actor: "cli:ada")
        }
        #expect(error?.message.contains("does not allow write") == true)
        #expect(try await fixture.count("account WHERE platform = 'asking'") == 0)
        let account = try await accounts.connect(Self.connection(app: "right"), actor: "cli:ada")
        #expect(account.state == .active)
    }

    @Test("the end of the app's access counts as the token's: a person has to come back by then")
    func accessEnd() async throws {
        let (_, accounts) = try await Self.open()
        let account = try await accounts.connect(Self.connection(app: "right"), actor: "cli:ada")
        #expect(account.tokenEndsAt == ServiceFixture.now.addingTimeInterval(259_200))
    }
}

/// A platform that says what a token allows to the app that it is from alone.
private struct AskingPlugin: AccountConnecting, TokenInspecting, UnaskedPlugin {
    var manifest: PluginManifest {
        PluginManifest(
            id: "asking", name: "Asking", apiVersion: "1", hosts: ["asking.test"],
            capabilities: [.publish, .connect, .inspect], formats: [FormatLimits(format: .text, textLength: 20)],
            limitsReadOn: "2026-11-21", scopes: ["read", "write"])
    }

    func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        RemoteAccount(externalID: "1", name: "One")
    }

    func inspect(_ access: AccountAccess) async throws(PluginError) -> TokenReport {
        TokenReport(
            isValid: true, expiresAt: ServiceFixture.now.addingTimeInterval(864_000),
            accessEndsAt: ServiceFixture.now.addingTimeInterval(259_200),
            scopes: access.app?.id == "right" ? ["read", "write"] : ["read"])
    }
}
