// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

@Suite("A token that is renewed in the middle of a run", .postgresSchema)
struct RenewedTokenTests {
    @Test("the plugin is called again with what it saved before the refusal, so that it uploads nothing twice")
    func checkpoint() async throws {
        let plugin = SavingPlugin()
        let agency = try await AgencyFixture(plugin: plugin)
        let target = try await agency.plan("words")
        #expect(try await agency.work(PublishHandler(services: agency.services)) == ["succeeded"])
        #expect(try await agency.state(of: target) == "published")
        #expect(plugin.seen.withLock { $0 } == [nil, "uploaded"])
    }
}

/// Saves what it uploaded, is refused for its token, and goes on with a new one.
private final class SavingPlugin: AccountConnecting {
    let seen = Mutex<[String?]>([])

    var manifest: PluginManifest {
        PluginManifest(
            id: "saving", name: "Saving", apiVersion: "1", hosts: ["saving.test"],
            capabilities: [.publish, .connect], formats: [FormatLimits(format: .text, textLength: 280)],
            limitsReadOn: "2026-11-21")
    }

    func validate(_ content: PostContent) -> [ValidationIssue] { [] }

    func publish(_ request: PublishRequest, _ context: any EffectContext) async throws(PluginError) -> PublishOutcome {
        let found = context.checkpoint.map { String(decoding: $0.data, as: UTF8.self) }
        self.seen.withLock { $0.append(found) }
        if found == nil { try await context.save(PluginState(version: 1, data: Data("uploaded".utf8))) }
        guard request.access.tokens.accessToken.revealed == "token-2" else {
            throw PluginError(.reauthorize, "the token is not accepted")
        }
        return .published(
            try await context.send(part: 0, endpoint: "post") { (_) throws(PluginError) in RemotePost(id: "1") })
    }

    func authorizationURL(
        app: AppCredential, redirectURI: String, state: String, codeChallenge: String, scopes: [String]
    ) throws(PluginError) -> URL { throw PluginError(.unsupported, "no page") }

    func exchange(
        code: String, codeVerifier: String, app: AppCredential, redirectURI: String
    ) async throws(PluginError) -> TokenSet { throw PluginError(.unsupported, "no page") }

    func refresh(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> TokenSet {
        TokenSet(accessToken: Secret("token-2"), refreshToken: Secret("refresh-2"))
    }

    func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        RemoteAccount(externalID: "1", name: "Saving")
    }
}
