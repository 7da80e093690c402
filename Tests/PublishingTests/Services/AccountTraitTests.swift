// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence
import PluginKit
import TestSupport
import Testing

@testable import Publishing

@Suite("Rules that depend on how an account was connected", .postgresSchema)
struct AccountTraitTests {
    @Test(
        "what a plugin's rules must know of an account is kept with it, and a post is refused by it when it is planned")
    func traits() async throws {
        let fixture = try await ServiceFixture()
        let registry = try PluginRegistry(plugins: [StrictPlugin(), WaryPlugin()])
        let accounts = AccountService(
            pool: fixture.pool, registry: registry, vault: fixture.vault,
            accesses: AccessProvider(pool: fixture.pool, vault: fixture.vault, registry: registry, apps: [:]))
        let posts = PostService(pool: fixture.pool, jobs: fixture.jobs, registry: registry)
        func connect(_ token: String) async throws -> AccountRow {
            try await accounts.connect(
                AccountConnection(
                    client: "acme", platform: "wary", externalID: "7", tokens: TokenSet(accessToken: Secret(token))),
                actor: ServiceFixture.actor)
        }
        func create() async throws -> CreatedPost {
            try await posts.create(
                PostDraft(accounts: ["wary"], text: "Hello", time: try PostTime("2026-03-10T09:00", zone: nil)),
                client: "acme", actor: ServiceFixture.actor)
        }
        #expect(try await connect("own").traits == ["own-login"])
        let error = await #expect(throws: ServiceError.self) { try await create() }
        #expect(error?.code == .invalid && error?.issues.map(\.field) == ["media[0]"])
        // Connected again the other way, it is taken.
        #expect(try await connect("shared").traits.isEmpty)
        #expect(try await create().targets.count == 1)
    }
}

/// A platform that publishes nothing for accounts of its own login.
private struct WaryPlugin: AccountConnecting, AccountAware, UnaskedPlugin {
    var manifest: PluginManifest {
        PluginManifest(
            id: "wary", name: "Wary", apiVersion: "1", hosts: ["wary.test"], capabilities: [.publish, .connect],
            formats: [FormatLimits(format: .text, textLength: 100)], limitsReadOn: "2026-11-21")
    }

    func traits(of tokens: TokenSet) -> [String] { tokens.accessToken.revealed == "own" ? ["own-login"] : [] }

    func validate(_ content: PostContent, for traits: [String]) -> [ValidationIssue] {
        traits.contains("own-login") ? [ValidationIssue(.error, field: "media[0]", "cannot be fetched")] : []
    }

    func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        RemoteAccount(externalID: "7", name: "Wary")
    }
}
