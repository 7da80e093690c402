// SPDX-License-Identifier: MIT

public import Foundation
import HTTPTypes
import MetaGraph
public import PluginKit

/// An account, by either login's fields.
private struct InstagramAccount: Decodable, Sendable {
    static let fields = "id,username,name,followers_count"

    var id: GraphID?
    var user_id: GraphID?
    var username: String?
    var name: String?
    var followers_count: Int64?

    func account() throws(PluginError) -> RemoteAccount {
        guard let id = (self.user_id ?? self.id)?.text else {
            throw PluginError(.retryAfter, "Instagram named no account.")
        }
        return RemoteAccount(
            externalID: id, name: self.name ?? self.username ?? id, handle: self.username,
            followers: self.followers_count)
    }
}

/// A Page with the account that is linked to it.
private struct InstagramPage: Decodable, Sendable {
    static let fields = "id,name,access_token,tasks,instagram_business_account{\(InstagramAccount.fields)}"

    var id: GraphID
    var access_token: String?
    var tasks: [String]?
    var instagram_business_account: InstagramAccount?
}

extension InstagramPlugin: AccountListing, TokenInspecting, AppChecking {
    /// Makes the address of Facebook's dialog with Instagram's scopes, or of Instagram's own, by the login of the app.
    ///
    /// Neither knows PKCE: the state protects the call-back.
    public func authorizationURL(
        app: AppCredential, redirectURI: String, state: String, codeChallenge: String, scopes: [String]
    ) throws(PluginError) -> URL {
        if app.login == InstagramOwnLogin.name {
            return try self.ownLogin.dialog(app: app, redirectURI: redirectURI, state: state, scopes: scopes)
        }
        return try self.login.dialog(app: app, redirectURI: redirectURI, state: state, scopes: scopes)
    }

    /// Turns the code into a token of about 60 days: a person's, which opens the accounts of all their Pages, or the account's own.
    public func exchange(
        code: String, codeVerifier: String, app: AppCredential, redirectURI: String
    ) async throws(PluginError) -> TokenSet {
        if app.login == InstagramOwnLogin.name {
            return try await self.ownLogin.exchange(code: code, app: app, redirectURI: redirectURI)
        }
        return try await self.login.exchange(code: code, app: app, redirectURI: redirectURI)
    }

    /// Renews a token that still lives: Instagram's own from its second day on, a person's by Facebook's exchange (?).
    public func refresh(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> TokenSet {
        guard tokens.isInstagramLogin else { return try await self.login.extend(tokens, app: app) }
        struct Renewed: Decodable {
            var access_token: String
            var expires_in: Double?
        }
        let head = HTTPRequest(
            .get, host: Graph.instagramHost, path: "/refresh_access_token",
            query: ["grant_type": "ig_refresh_token", "access_token": tokens.accessToken.revealed])
        let asked = self.clock.now()
        let answer = try await self.client(tokens).call(
            Renewed.self, HTTPCall(head, endpoint: InstagramEndpoint.token), creates: true, hidden: tokens.secrets)
        var renewed = tokens
        renewed.accessToken = Secret(answer.access_token)
        // The token renews itself.
        renewed.refreshToken = Secret(answer.access_token)
        renewed.expiresAt = answer.expires_in.flatMap { asked.adding(saidSeconds: $0) }
        return renewed
    }

    /// Asks which account the token speaks for; one that opens several must say which with `account_id`.
    public func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        let client = self.client(tokens)
        let caller = GraphCaller(token: tokens.accessToken, hidden: tokens.secrets)
        if tokens.isInstagramLogin {
            return try await client.get(
                InstagramAccount.self, "me", ["fields": "user_id,username,name,followers_count"], as: caller,
                endpoint: InstagramEndpoint.read
            ).account()
        }
        if let id = tokens.extra["account_id"]?.revealed {
            return try await client.get(
                InstagramAccount.self, id, ["fields": InstagramAccount.fields], as: caller,
                endpoint: InstagramEndpoint.read
            ).account()
        }
        let accounts: [GrantedAccount]
        do {
            accounts = try await self.accounts(tokens, app: nil)
        } catch  where error.platformCode == "100" {
            // Only a person has a list of Pages.
            return try await self.ownAccount(client, caller)
        }
        guard let only = accounts.first, accounts.count == 1 else {
            throw PluginError(
                .permanent, "The token opens \(accounts.count) Instagram accounts.",
                nextAction: "Say which one with \"account_id\" in the credential.")
        }
        return only.account
    }

    /// The account of a token that is no person's: that of the Page whose token it is, or the token's own.
    private func ownAccount(_ client: GraphClient, _ caller: GraphCaller) async throws(PluginError) -> RemoteAccount {
        let page: InstagramPage
        do {
            page = try await client.get(
                InstagramPage.self, "me", ["fields": "id,instagram_business_account{\(InstagramAccount.fields)}"],
                as: caller, endpoint: InstagramEndpoint.read)
        } catch  where error.platformCode == "100" {
            return try await client.get(
                InstagramAccount.self, "me", ["fields": InstagramAccount.fields], as: caller,
                endpoint: InstagramEndpoint.read
            ).account()
        }
        guard let account = page.instagram_business_account else {
            throw PluginError(
                .permanent, "No professional account is linked to the Page.",
                nextAction: "Link one in the Page's settings, then connect again.")
        }
        return try account.account()
    }

    /// Lists the professional accounts that are linked to the Pages of a person or system user, each with its Page's token.
    public func accounts(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> [GrantedAccount] {
        if tokens.isInstagramLogin { return [GrantedAccount(account: try await self.identify(tokens), tokens: tokens)] }
        let caller = GraphCaller(token: tokens.accessToken, hidden: tokens.secrets)
        var found: [GrantedAccount] = []
        var after: String?
        repeat {
            var query: FormFields = ["fields": InstagramPage.fields, "limit": "100"]
            query.append("after", after)
            let list = try await self.client(tokens).get(
                GraphPage<InstagramPage>.self, "me/accounts", query, as: caller, endpoint: InstagramEndpoint.accounts)
            for page in list.data {
                guard let account = page.instagram_business_account else { continue }
                let own = page.access_token.map { TokenSet(accessToken: Secret($0), scopes: tokens.scopes) }
                found.append(
                    GrantedAccount(
                        account: try account.account(), tokens: own ?? tokens, tasks: page.tasks ?? [],
                        missingTasks: GraphTasks.missing(in: page.tasks), parentID: page.id.text))
            }
            after = list.after
        } while after != nil
        return found
    }

    /// A person's tokens open the accounts of all their Pages.
    public func shared(_ tokens: TokenSet) -> TokenSet {
        var shared = tokens
        shared.extra["account_id"] = nil
        return shared
    }

    /// The tokens, and which account is meant.
    public func tokens(_ tokens: TokenSet, for externalID: String) -> TokenSet {
        guard !tokens.isInstagramLogin else { return tokens }
        var own = tokens
        own.extra["account_id"] = Secret(externalID)
        return own
    }

    /// Asks whether Meta accepts the app's identity with its secret; of an app of Instagram's own login no document says how (?).
    public func report(on app: AppCredential) async throws(PluginError) -> AppReport? {
        app.login == InstagramOwnLogin.name ? nil : try await self.login.report(on: app)
    }

    /// Asks how the token stands, when it ends, what it allows, and how many posts the account may still publish.
    public func inspect(_ access: AccountAccess) async throws(PluginError) -> TokenReport {
        let client = self.client(access.tokens)
        let caller = GraphCaller(access)
        guard !access.tokens.isInstagramLogin else {
            // That login has no debug_token in the documents (?): what the account answers shows whether the token lives.
            var report = TokenReport(
                isValid: true, expiresAt: access.tokens.expiresAt, scopes: access.tokens.scopes,
                neededScopes: InstagramOwnLogin.scopes)
            report.renewsItself = true
            do {
                report.postsLeft = try await self.postsLeft(access, client, caller)
            } catch  where error.code == .reauthorize {
                report.isValid = false
            }
            return report
        }
        var report = try await self.login.inspect(access.tokens, app: access.app)
        if report.isValid, report.scopes.contains("pages_show_list") {
            report.missingTasks = try await self.missingTasks(access)
        }
        if report.isValid { report.postsLeft = try await self.postsLeft(access, client, caller) }
        return report
    }

    /// What a person or system user lacks on the account's Page; a Page's own token has no such list.
    private func missingTasks(_ access: AccountAccess) async throws(PluginError) -> [String] {
        do {
            let accounts = try await self.accounts(access.tokens, app: access.app)
            return accounts.first { $0.account.externalID == access.externalID }?.missingTasks ?? []
        } catch  where error.code == .permanent || error.code == .needsHuman {
            return []
        }
    }

    /// How many posts the account may still publish; `nil` when the token may not ask: what it lacks is said by its scopes.
    private func postsLeft(
        _ access: AccountAccess, _ client: GraphClient, _ caller: GraphCaller
    ) async throws(PluginError) -> Int? {
        do {
            return try await InstagramQuota.read(access.externalID, client, as: caller).left
        } catch  where error.code == .needsHuman || error.code == .permanent {
            return nil
        }
    }

    private var ownLogin: InstagramOwnLogin {
        InstagramOwnLogin(client: GraphClient(self.context, host: Graph.instagramHost))
    }

    private var login: GraphLogin { GraphLogin(GraphClient(self.context)) }
}
