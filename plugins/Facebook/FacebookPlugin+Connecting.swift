// SPDX-License-Identifier: MIT

public import Foundation
import MetaGraph
public import PluginKit

/// A Page, as a person's list or its own token shows it.
private struct FacebookPage: Decodable, Sendable {
    static let fields = "id,name,username,followers_count"

    var id: GraphID
    var name: String?
    var username: String?
    var followers_count: Int64?
    var access_token: String?
    var tasks: [String]?

    var account: RemoteAccount {
        RemoteAccount(
            externalID: self.id.text, name: self.name ?? self.id.text, handle: self.username,
            followers: self.followers_count)
    }
}

extension FacebookPlugin: AccountListing, TokenInspecting, AppChecking {
    /// Makes the address of Facebook's dialog.
    ///
    /// It knows no PKCE: the state protects the call-back.
    public func authorizationURL(
        app: AppCredential, redirectURI: String, state: String, codeChallenge: String, scopes: [String]
    ) throws(PluginError) -> URL {
        try GraphLogin(self.client).dialog(app: app, redirectURI: redirectURI, state: state, scopes: scopes)
    }

    /// Turns the code into a person's token of about 60 days, which ``accounts(_:app:)`` turns into those of Pages.
    public func exchange(
        code: String, codeVerifier: String, app: AppCredential, redirectURI: String
    ) async throws(PluginError) -> TokenSet {
        var tokens = try await GraphLogin(self.client).exchange(code: code, app: app, redirectURI: redirectURI)
        tokens.extra[TokenSet.kindField] = Secret("user")
        return tokens
    }

    /// Renews a person's token that still lives; whether Facebook gives it a new life of 60 days each time is not documented (?).
    ///
    /// A Page's own token has no end and cannot be renewed: refused, it needs a person.
    public func refresh(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> TokenSet {
        guard tokens.isPersonal else {
            throw PluginError(
                .reauthorize, "A Page's token cannot be renewed.", nextAction: "Connect the account again.")
        }
        return try await GraphLogin(self.client).extend(tokens, app: app)
    }

    /// Asks which Page the token speaks for; a person's token that opens several must say which with `page_id`.
    public func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount {
        let caller = GraphCaller(token: tokens.accessToken, hidden: tokens.secrets)
        if let page = tokens.extra["page_id"]?.revealed, tokens.isPersonal {
            return try await self.page(page, caller).account
        }
        guard tokens.isPersonal else { return try await self.ownPage(caller).account }
        let pages = try await self.accounts(tokens, app: nil)
        guard let only = pages.first, pages.count == 1 else {
            throw PluginError(
                .permanent, "The token opens \(pages.count) Pages.",
                nextAction: "Say which one with \"page_id\" in the credential.")
        }
        return only.account
    }

    /// Lists the Pages of a person or system user, each with its own token and the person's tasks on it.
    public func accounts(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> [GrantedAccount] {
        let caller = GraphCaller(token: tokens.accessToken, hidden: tokens.secrets)
        var found: [GrantedAccount] = []
        var after: String?
        repeat {
            var query: FormFields = ["fields": "id,name,access_token,tasks,username,followers_count", "limit": "100"]
            query.append("after", after)
            let list = try await self.client.get(
                GraphPage<FacebookPage>.self, "me/accounts", query, as: caller, endpoint: FacebookEndpoint.accounts)
            for page in list.data {
                guard let token = page.access_token else { continue }
                let own = TokenSet(accessToken: Secret(token), scopes: tokens.scopes)
                found.append(
                    GrantedAccount(
                        account: page.account, tokens: own, tasks: page.tasks ?? [],
                        missingTasks: GraphTasks.missing(in: page.tasks)))
            }
            after = list.after
        } while after != nil
        return found
    }

    /// A person's tokens open all their Pages, whose own tokens are asked for when they are needed.
    public func shared(_ tokens: TokenSet) -> TokenSet {
        var shared = tokens
        shared.extra[TokenSet.kindField] = Secret("user")
        shared.extra["page_id"] = nil
        return shared
    }

    /// A person's tokens, and which Page is meant.
    public func tokens(_ tokens: TokenSet, for externalID: String) -> TokenSet {
        guard tokens.isPersonal else { return tokens }
        var own = tokens
        own.extra["page_id"] = Secret(externalID)
        return own
    }

    /// Asks whether Meta accepts the app's identity with its secret.
    public func report(on app: AppCredential) async throws(PluginError) -> AppReport? {
        try await GraphLogin(self.client).report(on: app)
    }

    /// Asks how the token stands, when it ends, and what it allows; of a person's or system user's also what they may do on the Page.
    public func inspect(_ access: AccountAccess) async throws(PluginError) -> TokenReport {
        var report = try await GraphLogin(self.client).inspect(access.tokens, app: access.app)
        if report.isValid, access.tokens.isPersonal {
            let pages = try await self.accounts(access.tokens, app: access.app)
            let page = pages.first { $0.account.externalID == access.externalID }
            // A Page that is not in the list gives no token: nothing can be done on it.
            report.missingTasks = page?.missingTasks ?? [GraphTasks.publishing]
        }
        return report
    }

    /// The Page whose own token it is: a person has no followers to ask for.
    private func ownPage(_ caller: GraphCaller) async throws(PluginError) -> FacebookPage {
        do {
            return try await self.page("me", caller)
        } catch  where error.platformCode == "100" {
            var wrong = error
            wrong.nextAction =
                "When the token is a person's or system user's, say \"token_type\": \"user\" in the credential."
            throw wrong
        }
    }

    private func page(_ id: String, _ caller: GraphCaller) async throws(PluginError) -> FacebookPage {
        try await self.client.get(
            FacebookPage.self, id, ["fields": FacebookPage.fields], as: caller, endpoint: FacebookEndpoint.read)
    }
}
