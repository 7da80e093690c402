// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import Persistence
import PluginKit

/// A temporary token of OAuth 1.0a between the person's way out and back.
struct OAuth1Temporary: Codable {
    var token: String
    var secret: Secret
    var page: URL
}

/// Links that add a credential of OAuth 1.0a to an account that is connected: the same way out and back, with the temporary token in
/// place of our state.
extension ConnectLinkService {
    private struct Consumer: Codable {
        var key: String
        var secret: Secret
    }

    /// Seals an app's consumer key and secret for a link.
    func sealed(
        _ consumer: OAuth1Credential?, of link: ConnectLinkRow, on db: inout Transaction
    ) async throws -> (keyID: String, sealed: Data)? {
        guard let consumer else { return nil }
        let data = try JSONEncoder().encode(Consumer(key: consumer.consumerKey, secret: consumer.consumerSecret))
        let sealed = try await self.accounts.vault.seal(
            data, place: Self.consumerPlace(link), owner: link.client, on: &db)
        return (sealed.keyID, sealed.bytes)
    }

    /// Sends the person to the platform's page with a temporary token, which brings the person back too.
    func beginOAuth1(
        _ secret: String, _ link: ConnectLinkRow, _ invitation: ConnectInvitation
    ) async throws -> ConnectStep {
        // Nothing is asked of the platform for a link that leads nowhere.
        let step = try await self.look(secret)
        guard case .invited = step else { return step }
        return try await self.asking(invitation, link) {
            guard let oauth1 = try self.accounts.plugin(link.platform).oauth1,
                let consumer = try await self.consumer(of: link)
            else { return .refused(invitation, .conflict("the app's consumer key is not there any more")) }
            let request = try await oauth1.requestToken(consumer, callback: Self.redirectURI(link))
            guard let token = request.credential.token, let tokenSecret = request.credential.tokenSecret else {
                return .refused(invitation, .platform("there was no temporary token"))
            }
            let memory = ConnectMemory(
                secret: Secret(secret),
                temporary: OAuth1Temporary(token: token, secret: tokenSecret, page: request.page))
            guard try await self.keep(memory, of: link, under: token) else { return try await self.look(secret) }
            return .leave(self.page(request.page))
        }
    }

    /// Turns the verifier into a token, and adds it to the account's grant.
    func completeOAuth1(
        _ link: ConnectLinkRow, _ invitation: ConnectInvitation, _ temporary: OAuth1Temporary, verifier: String
    ) async throws -> ConnectStep {
        try await self.asking(invitation, link) {
            guard let oauth1 = try self.accounts.plugin(link.platform).oauth1,
                var credential = try await self.consumer(of: link), let slug = link.slug
            else { return .refused(invitation, .conflict("the app's consumer key is not there any more")) }
            credential.token = temporary.token
            credential.tokenSecret = temporary.secret
            let granted = try await oauth1.accessToken(
                OAuth1Request(credential: credential, page: temporary.page), verifier: verifier)
            let remote = granted.account
            guard remote.externalID == link.externalID else {
                return .refused(invitation, .wrongAccount(remote.handle.map { "@\($0)" } ?? remote.name))
            }
            let (owner, account) = try await self.accounts.show(slug, client: "\(link.client)")
            guard account.externalID == remote.externalID else {
                return .refused(invitation, .conflict("the account has another name by now: make another link"))
            }
            try await self.accounts.add({ $0.oauth1 = granted.credential }, to: account, of: owner) { db in
                guard try await ConnectLinkRepository.finish(link.id, account: account.id, on: &db) else {
                    throw ConnectLinkUsed()
                }
            }
            return .connected(invitation, remote)
        }
    }

    private func consumer(of link: ConnectLinkRow) async throws -> OAuth1Credential? {
        try await self.accounts.pool.withConnection { db in
            guard let found = try await ConnectLinkRepository.consumer(of: link.id, on: &db) else { return nil }
            let data = try await self.accounts.vault.open(
                Sealed(keyID: found.keyID, bytes: found.sealed), place: Self.consumerPlace(link), owner: link.client,
                on: &db)
            let consumer = try JSONDecoder().decode(Consumer.self, from: data)
            return OAuth1Credential(consumerKey: consumer.key, consumerSecret: consumer.secret)
        }
    }

    private static func consumerPlace(_ link: ConnectLinkRow) -> String { "\(Self.place(link)):consumer" }
}
