// SPDX-License-Identifier: MIT

import Domain
package import Foundation
import PQClient
package import Persistence
package import PluginKit

extension AccountService {
    /// How often a token that is renewed right now is waited for, half a second each time.
    private static let renewalTries = 40

    /// Adds a credential of OAuth 1.0a to an account's grant, beside the tokens that it has.
    ///
    /// - Parameters:
    ///   - reference: The account as `client/account` or identity, or its slug when the client is given.
    ///   - client: The client.
    ///   - consumer: The app's consumer key and secret.
    ///   - ask: Sends the person to the page, and returns the number that they read out.
    /// - Returns: The account.
    /// - Throws: `ServiceError`: `notFound`, `invalid` for a platform without OAuth 1.0a, `refusedByPlatform`, `conflict` when the person agreed as
    ///   somebody else or the account has no grant. Then nothing is written.
    package func authorizeOAuth1(
        _ reference: String, client: String?, consumer: OAuth1Credential, ask: (URL) async throws -> String
    ) async throws -> AccountRow {
        let (owner, account) = try await self.show(reference, client: client)
        let plugin = try self.plugin(account.platform)
        guard let oauth1 = plugin.oauth1 else {
            throw ServiceError(.invalid, "\(plugin.manifest.name) has no OAuth 1.0a")
        }
        let granted: (credential: OAuth1Credential, account: RemoteAccount)
        do {
            let request = try await self.asking(with: nil, of: account.platform, for: owner.id.description) {
                try await oauth1.requestToken(consumer, callback: nil)
            }
            let number = try await ask(request.page)
            granted = try await self.asking(with: nil, of: account.platform, for: owner.id.description) {
                try await oauth1.accessToken(request, verifier: number)
            }
        } catch let error as PluginError {
            throw Self.refusal(error, plugin)
        }
        guard granted.account.externalID == account.externalID else {
            throw ServiceError(
                .conflict,
                "the person agreed as \(granted.account.name) (\(granted.account.externalID)), not as \(account.externalID)"
            )
        }
        try await self.add({ $0.oauth1 = granted.credential }, to: account, of: owner)
        return account
    }

    /// Writes something into the tokens of an account's grant, when they are not being renewed any more; what boosts act with is taken as new.
    ///
    /// - Parameters:
    ///   - change: What is written.
    ///   - account: The account.
    ///   - owner: Its client.
    ///   - further: What is written in the same transaction.
    /// - Throws: `ServiceError`: `conflict` without a grant in order, `tryAgain` when the renewal does not end; what `further` throws.
    func add(
        _ change: @Sendable (inout TokenSet) -> Void, to account: AccountRow, of owner: ClientRow,
        _ further: @Sendable (inout Transaction) async throws -> Void = { _ in }
    ) async throws {
        for _ in 0..<Self.renewalTries {
            if try await self.keep(change, for: account, of: owner, further) {
                return try await self.takeUpBoosts(of: account, because: "the account has a new token for ads")
            }
            try await Task.sleep(for: .milliseconds(500))
        }
        throw ServiceError(.tryAgain, "the account's token is being renewed: try again")
    }

    /// Changes the tokens of the account's grant.
    ///
    /// - Returns: `false` while the grant's tokens are renewed: what comes back would be lost.
    private func keep(
        _ change: @Sendable (inout TokenSet) -> Void, for account: AccountRow, of owner: ClientRow,
        _ further: @Sendable (inout Transaction) async throws -> Void
    ) async throws -> Bool {
        try await self.pool.withTransaction { db in
            let found = try await db.query(
                """
                SELECT grant_id FROM access_grant
                WHERE grant_id IN (SELECT grant_id FROM account_grant
                                   WHERE client_id = \(owner.id) AND account_id = \(account.id))
                ORDER BY grant_id
                FOR UPDATE
                """
            ).map { row in try row.get("grant_id", as: GrantID.self) }
            var isKept = false
            for id in found {
                guard var grant = try await self.vault.load(id, on: &db) else { continue }
                if grant.state == .refreshing { return false }
                guard grant.state == .active else { continue }
                change(&grant.tokens)
                try await self.vault.replace(
                    grant.tokens, of: id, owner: grant.owner, succeeding: grant.version, on: &db)
                isKept = true
            }
            guard isKept else {
                throw ServiceError(
                    .conflict, "account '\(owner.slug)/\(account.slug)' has no grant in order: connect it first")
            }
            try await further(&db)
            return true
        }
    }
}
