// SPDX-License-Identifier: MIT

package import Domain
import Foundation
import PQClient
import Persistence
import PluginKit

/// What a run keeps sealed between two requests.
struct ConnectMemory: Codable {
    /// What the link's address ends in.
    var secret: Secret
    /// The PKCE verifier; only before the code came.
    var verifier: Secret?
    /// The tokens; only while the person chooses among several accounts.
    var tokens: TokenSet?
    /// The temporary token of OAuth 1.0a; only before the person came back.
    var temporary: OAuth1Temporary?
}

extension ConnectLinkService {
    /// Looks at a link; nothing changes, so that a preview or a second look does no harm.
    package func look(_ secret: String) async throws -> ConnectStep {
        guard let (link, invitation) = try await self.find(secret) else { return .unknown }
        if link.usedAt != nil { return .used(invitation) }
        return link.isEnded || link.withdrawnAt != nil ? .ended(invitation) : .invited(invitation)
    }

    /// Sends the person to the platform's page.
    package func begin(_ secret: String) async throws -> ConnectStep {
        guard let (link, invitation) = try await self.find(secret) else { return .unknown }
        if link.isOAuth1 { return try await self.beginOAuth1(secret, link, invitation) }
        let plugin = try self.accounts.plugin(link.platform)
        guard let connecting = plugin.connecting, let app = try await self.credential(of: link) else {
            return .refused(invitation, .conflict("the app of the link is not there any more"))
        }
        var generator = SystemRandomNumberGenerator()
        let verifier = PKCE.makeVerifier(using: &generator)
        let state = PKCE.makeVerifier(using: &generator)
        let memory = ConnectMemory(secret: Secret(secret), verifier: Secret(verifier))
        guard try await self.keep(memory, of: link, under: state) else { return try await self.look(secret) }
        let page = try connecting.authorizationURL(
            app: app, redirectURI: Self.redirectURI(link), state: state, codeChallenge: PKCE.challenge(for: verifier),
            scopes: plugin.manifest.scopes(of: app.login)
                + (link.wantsBoosts ? plugin.manifest.boost?.scopes ?? [] : []))
        return .leave(self.page(page))
    }

    /// Takes what the platform sent back with the person.
    ///
    /// - Parameters:
    ///   - platform: The platform whose call-back was asked for.
    ///   - state: What we sent along; with OAuth 1.0a the temporary token.
    ///   - code: The code or the verifier, when the person allowed it.
    ///   - error: What the platform says instead: `access_denied` when the person did not allow it (RFC 6749 4.1.2.1).
    /// - Returns: Where the person stands now.
    /// - Throws: `PQError`, `SecretError`; what the platform refuses is a step.
    package func complete(
        platform: PlatformID, state: String, code: String?, error: String? = nil
    ) async throws -> ConnectStep {
        guard let (link, memory) = try await self.take(state), link.platform == platform,
            memory.verifier != nil || memory.temporary != nil
        else { return .stale }
        let invitation = try await self.invitation(link, memory.secret.revealed)
        if link.isEnded { return .ended(invitation) }
        guard let code, !code.isEmpty, error == nil else {
            return .refused(invitation, error == "access_denied" ? .declined : .platform(Self.said(error)))
        }
        if let temporary = memory.temporary {
            return try await self.completeOAuth1(link, invitation, temporary, verifier: code)
        }
        guard let verifier = memory.verifier else { return .stale }
        return try await self.asking(invitation, link) {
            let plugin = try self.accounts.plugin(link.platform)
            guard let connecting = plugin.connecting, let app = try await self.credential(of: link) else {
                return .refused(invitation, .conflict("the app of the link is not there any more"))
            }
            let tokens = try await connecting.exchange(
                code: code, codeVerifier: verifier.revealed, app: app, redirectURI: Self.redirectURI(link))
            guard let listing = plugin.listing else {
                let remote = try await connecting.identify(tokens)
                return try await self.connect(link, invitation, remote, tokens, plugin)
            }
            let opened = try await listing.accounts(listing.shared(tokens), app: app)
            let granted = opened.map(\.account)
            if let only = opened.first, opened.count == 1 || link.externalID != nil {
                let wanted = opened.first { $0.account.externalID == link.externalID } ?? only
                return try await self.connect(
                    link, invitation, wanted.account, listing.shared(tokens), plugin, lacking: wanted.missingTasks)
            }
            guard !granted.isEmpty else { return .refused(invitation, .noAccount) }
            var generator = SystemRandomNumberGenerator()
            let ticket = PKCE.makeVerifier(using: &generator)
            let chosen = ConnectMemory(secret: memory.secret, tokens: listing.shared(tokens))
            guard try await self.keep(chosen, of: link, under: ticket) else {
                return try await self.look(memory.secret.revealed)
            }
            return .choose(invitation, accounts: granted, ticket: ticket)
        }
    }

    /// What came back instead of a code, as far as it is a word of the protocol: it was in the person's hands.
    private static func said(_ error: String?) -> String {
        guard let error else { return "the call-back had no code" }
        let isWord =
            error.utf8.count <= 64 && error.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        return isWord ? "the call-back said \(error)" : "the call-back said something that is no error of OAuth"
    }

    /// Takes the person's choice among several accounts.
    package func choose(platform: PlatformID, ticket: String, externalID: String) async throws -> ConnectStep {
        guard let (link, memory) = try await self.take(ticket), link.platform == platform, let tokens = memory.tokens
        else { return .stale }
        let invitation = try await self.invitation(link, memory.secret.revealed)
        if link.isEnded { return .ended(invitation) }
        return try await self.asking(invitation, link) {
            let plugin = try self.accounts.plugin(link.platform)
            let app = try await self.credential(of: link)
            // Asked anew: what the form says was in the person's hands.
            let granted = try await plugin.listing?.accounts(tokens, app: app) ?? []
            guard let wanted = granted.first(where: { $0.account.externalID == externalID }) else {
                return .refused(invitation, .noAccount)
            }
            return try await self.connect(
                link, invitation, wanted.account, tokens, plugin, lacking: wanted.missingTasks)
        }
    }

    private func connect(
        _ link: ConnectLinkRow, _ invitation: ConnectInvitation, _ remote: RemoteAccount, _ tokens: TokenSet,
        _ plugin: RegisteredPlugin, lacking tasks: [String] = []
    ) async throws -> ConnectStep {
        if let wanted = link.externalID, wanted != remote.externalID {
            return .refused(invitation, .wrongAccount(remote.handle.map { "@\($0)" } ?? remote.name))
        }
        let found = try await self.accounts.examination(
            of: tokens, for: remote.externalID, plugin, app: try await self.credential(of: link),
            boosts: link.wantsBoosts)
        let missing = found.missing + (tasks.isEmpty ? found.missingTasks : tasks)
        guard missing.isEmpty || link.allowsMissingScopes else { return .refused(invitation, .missing(missing)) }
        var connection = AccountConnection(
            client: "\(link.client)", platform: link.platform, externalID: remote.externalID, name: link.name,
            tokens: found.tokens)
        connection.slug = link.slug
        connection.brand = link.brand
        connection.timeZone = link.timeZone
        connection.app = link.app.map { "\($0)" }
        connection.boosts = link.wantsBoosts
        connection.backfill = link.backfillPosts.map { Backfill(posts: $0) }
        _ = try await self.accounts.store(
            connection, remote, plugin, actor: "\(link.createdBy), by a connect link"
        ) { account, db in
            // A link for a new account does not take over one that stands: the person was signed in as the other.
            guard link.externalID != nil || [.disconnected, .needsReconnect].contains(account.state) else {
                throw OtherAccountStands(name: remote.handle.map { "@\($0)" } ?? remote.name)
            }
            guard try await ConnectLinkRepository.finish(link.id, account: account.id, on: &db) else {
                throw ConnectLinkUsed()
            }
        }
        return .connected(invitation, remote)
    }

    /// Makes a page of what went wrong, for whom it concerns.
    func asking(
        _ invitation: ConnectInvitation, _ link: ConnectLinkRow, _ body: () async throws -> ConnectStep
    ) async throws -> ConnectStep {
        do {
            return try await Caller.$current.withValue(Caller(client: link.client, app: link.app)) { try await body() }
        } catch let error as PluginError {
            let isTransient = error.code == .retryAfter || error.code == .rateLimited
            return .refused(invitation, isTransient ? .unreachable(error.message) : .platform(error.message))
        } catch let error as ServiceError {
            switch error.code {
            case .refusedByPlatform: return .refused(invitation, .platform(error.message))
            case .unreachable, .tryAgain: return .refused(invitation, .unreachable(error.message))
            default: return .refused(invitation, .conflict(error.message))
            }
        } catch let other as OtherAccountStands {
            return .refused(invitation, .wrongAccount(other.name))
        } catch is ConnectLinkUsed {
            // Used by somebody else, or withdrawn, while the platform was asked.
            let now = try await self.accounts.pool.withConnection { db in
                try await ConnectLinkRepository.find(link.id, on: &db)
            }
            return now?.usedAt == nil ? .ended(invitation) : .used(invitation)
        }
    }

    private func find(_ secret: String) async throws -> (ConnectLinkRow, ConnectInvitation)? {
        let link = try await self.accounts.pool.withConnection { db in
            try await ConnectLinkRepository.find(secretHash: Self.hash(secret), on: &db)
        }
        guard let link else { return nil }
        return (link, try await self.invitation(link, secret))
    }

    private func invitation(_ link: ConnectLinkRow, _ secret: String) async throws -> ConnectInvitation {
        let client = try await self.accounts.pool.withConnection { db in
            try await ClientRepository.find(link.client, on: &db)
        }
        let platform = self.accounts.registry[link.platform]?.manifest.name ?? link.platform.rawValue
        return ConnectInvitation(
            id: "\(link.id)", client: client?.name ?? "", platform: platform, platformID: link.platform.rawValue,
            account: link.externalID.map { link.name ?? $0 }, expiresAt: link.expiresAt,
            timeZone: client?.timeZone ?? "UTC", address: "\(link.baseURL)/connect/\(secret)")
    }

    func keep(_ memory: ConnectMemory, of link: ConnectLinkRow, under state: String) async throws -> Bool {
        let data = try JSONEncoder().encode(memory)
        return try await self.accounts.pool.withTransaction(retrying: 3) { db in
            let sealed = try await self.accounts.vault.seal(data, place: Self.place(link), owner: link.client, on: &db)
            return try await ConnectLinkRepository.begin(
                link.id, stateHash: Self.hash(state), life: Self.runLife, keyID: sealed.keyID, sealed: sealed.bytes,
                on: &db)
        }
    }

    private func take(_ state: String) async throws -> (ConnectLinkRow, ConnectMemory)? {
        let run = try await self.accounts.pool.withConnection { db in
            try await ConnectLinkRepository.take(stateHash: Self.hash(state), on: &db)
        }
        guard let run else { return nil }
        let opened = try await self.accounts.pool.withConnection { db in
            try await self.accounts.vault.open(
                Sealed(keyID: run.keyID, bytes: run.sealed), place: Self.place(run.link), owner: run.link.client,
                on: &db)
        }
        return (run.link, try JSONDecoder().decode(ConnectMemory.self, from: opened))
    }

    private func credential(of link: ConnectLinkRow) async throws -> AppCredential? {
        guard let app = link.app else { return self.accounts.accesses.configuredApp(of: link.platform) }
        return try await self.accounts.pool.withConnection { db in try await self.accounts.vault.app(app, on: &db) }
    }

    static func place(_ link: ConnectLinkRow) -> String { "connect-link:\(link.id)" }

    /// Where the platform sends the person back to; it must be registered with the app.
    static func redirectURI(_ link: ConnectLinkRow) -> String { "\(link.baseURL)/oauth/\(link.platform)" }
}

/// The link connected an account meanwhile, or was withdrawn.
struct ConnectLinkUsed: Error {}

/// The account that a link would have made is connected already.
private struct OtherAccountStands: Error {
    var name: String
}
