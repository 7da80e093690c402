// SPDX-License-Identifier: MIT

import Crypto
import Domain
package import Foundation
import PQClient
package import Persistence
package import PluginKit

/// Makes links by which a person connects an account on the platform's own page, and takes the person through them.
///
/// A link is used up by the account that it connects. What goes out to the platform and comes back, the state, works once and for a quarter of an
/// hour; it and the link's secret are stored as hashes, the PKCE verifier is sealed.
package struct ConnectLinkService: Sendable {
    /// How long a person may take on the platform's page.
    static let runLife = Duration.seconds(900)

    let accounts: AccountService
    let page: @Sendable (URL) -> URL

    /// Makes a service.
    ///
    /// - Parameters:
    ///   - accounts: What connects.
    ///   - page: Where a platform's page is, when something stands in for the platforms.
    package init(accounts: AccountService, page: @escaping @Sendable (URL) -> URL = { $0 }) {
        self.accounts = accounts
        self.page = page
    }

    /// Makes a link.
    ///
    /// - Parameters:
    ///   - wish: What may be connected; its tokens are not looked at.
    ///   - base: The address at which `serve` answers the person.
    ///   - life: How long the link lives.
    ///   - consumer: The app's consumer key and secret, for a link that adds OAuth 1.0a to the account of the wish.
    ///   - isDryRun: Whether everything is checked and nothing written; the address then leads nowhere.
    ///   - actor: Who makes it.
    /// - Returns: The link, and its address: the secret in it is stored nowhere.
    /// - Throws: `ServiceError`: `invalid` when the platform has no such page or no app, `conflict` when the short name is taken, `notFound`.
    package func create(
        _ wish: AccountConnection, base: URL, life: Duration, consumer: OAuth1Credential? = nil, isDryRun: Bool = false,
        actor: String
    ) async throws -> (link: ConnectLinkRow, address: String) {
        let plugin = try self.accounts.plugin(wish.platform)
        if consumer != nil, plugin.oauth1 == nil {
            throw ServiceError(.invalid, "\(plugin.manifest.name) has no OAuth 1.0a")
        }
        guard plugin.connecting != nil else {
            throw ServiceError(
                .invalid,
                "\(plugin.manifest.name) has no page on which a person allows this: connect with a token in hand, --credential-file"
            )
        }
        var generator = SystemRandomNumberGenerator()
        let secret = PKCE.makeVerifier(using: &generator)
        let address = base.absoluteString.hasSuffix("/") ? String(base.absoluteString.dropLast()) : base.absoluteString
        let link = try await self.accounts.pool.withTransaction(retrying: 3) { db in
            let directory = try await ClientDirectory.load(wish.client, on: &db)
            let now = try await db.query("SELECT world_now()").single(Date.self)
            var link = ConnectLinkRow(
                client: directory.client.id, platform: wish.platform, baseURL: address,
                expiresAt: now.addingTimeInterval(Double(life.components.seconds)), createdBy: actor)
            link.isOAuth1 = consumer != nil
            if consumer == nil { link.app = try await self.app(wish, plugin, on: &db) }
            let known = directory.accounts.values.first { account in
                account.platform == wish.platform && account.externalID == wish.externalID && account.state != .moved
            }
            link.externalID = wish.externalID
            link.slug = try known?.slug.rawValue ?? self.accounts.slug(wish, in: directory).rawValue
            link.name = wish.name ?? known?.name
            link.brand = wish.brand
            link.timeZone = try AccountService.zone(wish.timeZone)
            link.allowsMissingScopes = wish.allowsMissingScopes
            link.wantsBoosts = wish.boosts
            link.backfillPosts = wish.backfill?.posts
            guard !isDryRun else { return link }
            try await ConnectLinkRepository.forgetOver(on: &db)
            let sealed = try await self.sealed(consumer, of: link, on: &db)
            try await ConnectLinkRepository.insert(link, secretHash: Self.hash(secret), consumer: sealed, on: &db)
            return link
        }
        return (link, "\(address)/connect/\(secret)")
    }

    /// Forgets what runs that are over left sealed: verifiers, and tokens of a choice that was never made.
    ///
    /// - Returns: How many there were.
    /// - Throws: `PQError`.
    @discardableResult
    package func forgetOver() async throws -> Int {
        try await self.accounts.pool.withConnection { db in try await ConnectLinkRepository.forgetOver(on: &db) }
    }

    /// The app that the person will allow to act; `nil` for the configured one.
    private func app(
        _ wish: AccountConnection, _ plugin: RegisteredPlugin, on db: inout Transaction
    ) async throws -> AppID? {
        if wish.app != nil { return try await AccountService.app(wish, on: &db) }
        let apps = try await AppRepository.list(platform: wish.platform, on: &db)
        guard apps.count < 2 else {
            throw ServiceError(
                .invalid, "which app shall act for the account? Give --app: \(apps.map(\.name).joined(separator: ", "))"
            )
        }
        guard apps.isEmpty, self.accounts.accesses.configuredApp(of: wish.platform) == nil else {
            return apps.first?.id
        }
        let name = wish.platform.rawValue.uppercased().replacing("-", with: "_")
        throw ServiceError(
            .notConfigured,
            "\(plugin.manifest.name) lets only a registered app ask: add yours with posthorn app add, or set POSTHORN_PLATFORM_\(name)_CLIENT_ID"
        )
    }

    static func hash(_ secret: String) -> Data { Data(SHA256.hash(data: Data(secret.utf8))) }
}
