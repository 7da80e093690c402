// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PQClient
import Persistence
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Publishing

@Suite("For whom a platform is asked while accounts are connected", .postgresSchema)
struct AccountCallerTests {
    /// A client, two apps of the platform, and what the platform was asked.
    private struct World {
        let accounts: AccountService
        let client: ClientID
        let app = AppID()
        let asked = Asked()

        init(apps: Int) async throws {
            let fixture = try await ServiceFixture()
            let registry = try PluginRegistry(plugins: [StrictPlugin(), OpenPlugin(asked: self.asked)])
            self.accounts = AccountService(
                pool: fixture.pool, registry: registry, vault: fixture.vault,
                accesses: AccessProvider(pool: fixture.pool, vault: fixture.vault, registry: registry, apps: [:]))
            self.client = try await fixture.client().id
            for number in 0..<apps {
                try await fixture.pool.execute(
                    """
                    INSERT INTO app (app_id, platform, name, external_id)
                    VALUES (\(number == 0 ? self.app : AppID()), 'open', \("app-\(number)"), \("app-\(number)"))
                    """)
            }
        }

        func connection(app: String? = nil, externalID: String? = nil) -> AccountConnection {
            var connection = AccountConnection(
                client: "acme", platform: "open", externalID: externalID, tokens: OpenPlugin.tokens)
            connection.app = app
            return connection
        }
    }

    @Test(
        "calls with a credential count for the app that it is from, and for the client, also when it is connected again",
        arguments: [1, 2])
    func credential(apps: Int) async throws {
        let world = try await World(apps: apps)
        for _ in 1...2 {
            let connection = world.connection(app: apps > 1 ? "app-0" : nil)
            _ = try await world.accounts.connect(connection, actor: "cli:ada")
            #expect(world.asked.take() == ["identify", "inspect"].map { Call($0, world.client, world.app) })
        }
        let one = world.connection(app: apps > 1 ? "app-0" : nil, externalID: "1")
        _ = try await world.accounts.connectOpened(one, actor: "cli:ada")
        #expect(world.asked.take() == ["accounts", "inspect"].map { Call($0, world.client, world.app) })
    }

    @Test("calls that list what a token opens, or that map it, count for the app")
    func lists() async throws {
        let world = try await World(apps: 1)
        _ = try await world.accounts.opening(of: OpenPlugin.tokens, on: "open")
        #expect(world.asked.take() == ["accounts", "ad accounts"].map { Call($0, nil, world.app) })
        let text = "client,external_id,platform,kind,slug,tz,currency\nacme,1,,,,,\nacme,act_1,,ad-account,ads,,\n"
        let report = try await world.accounts.connect(
            try AccountMap(Data(text.utf8), platform: "open"), tokens: OpenPlugin.tokens,
            AccountMapOptions(actor: "cli:ada"))
        #expect(report.problems.isEmpty, "\(report.problems)")
        #expect(world.asked.take() == ["accounts", "ad accounts", "inspect"].map { Call($0, nil, world.app) })
    }

    @Test("calls of which nobody can say with what app they are made count for none")
    func unknown() async throws {
        let world = try await World(apps: 2)
        _ = try await world.accounts.opening(of: OpenPlugin.tokens, on: "open")
        #expect(world.asked.take() == ["accounts", "ad accounts"].map { Call($0, nil, nil) })
    }
}

/// What was asked, and for whom.
private struct Call: Hashable {
    var name: String
    var client: ClientID?
    var app: AppID?
    var isBound: Bool

    init(_ name: String, _ client: ClientID?, _ app: AppID?) {
        self.name = name
        self.client = client
        self.app = app
        self.isBound = true
    }
}

private final class Asked: Sendable {
    private let calls = Mutex<[Call]>([])

    func note(_ name: String) {
        let caller = Caller.current
        self.calls.withLock { calls in
            var call = Call(name, caller?.client, caller?.app)
            call.isBound = caller != nil
            calls.append(call)
        }
    }

    func take() -> [Call] {
        self.calls.withLock { calls in
            defer { calls = [] }
            return calls
        }
    }
}

/// A platform whose token opens one account and one ad account.
private struct OpenPlugin: AdAccountListing, TokenInspecting, UnaskedPlugin {
    static let tokens = TokenSet(accessToken: Secret("token"))

    let asked: Asked

    var manifest: PluginManifest {
        PluginManifest(
            id: "open", name: "Open", apiVersion: "1", hosts: ["open.test"],
            capabilities: [.publish, .connect, .accounts, .inspect],
            formats: [FormatLimits(format: .text, textLength: 20)], limitsReadOn: "2026-11-21")
    }

    func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        self.asked.note("identify")
        return RemoteAccount(externalID: "1", name: "One")
    }

    func inspect(_ access: AccountAccess) async throws(PluginError) -> TokenReport {
        self.asked.note("inspect")
        return TokenReport(isValid: true)
    }

    func accounts(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> [GrantedAccount] {
        self.asked.note("accounts")
        return [GrantedAccount(account: RemoteAccount(externalID: "1", name: "One"), tokens: tokens)]
    }

    func adAccounts(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> [GrantedAdAccount] {
        self.asked.note("ad accounts")
        return [
            GrantedAdAccount(
                externalID: "act_1", name: "Ads", currency: "USD", timeZone: "America/New_York", status: "active",
                maySpend: true)
        ]
    }
}
