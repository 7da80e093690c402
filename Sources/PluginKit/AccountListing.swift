// SPDX-License-Identifier: MIT

public import Foundation

/// An account that a grant opens, with the tokens that act for it.
public struct GrantedAccount: Sendable, Hashable {
    /// Who it is.
    public var account: RemoteAccount
    /// The tokens that act for it; its own where the platform gives it some.
    public var tokens: TokenSet
    /// What the person may do with it, in the platform's words: `CREATE_CONTENT`, `ANALYZE`.
    public var tasks: [String]
    /// What publishing wants the person to be allowed and the platform says they are not; nothing when it did not say.
    public var missingTasks: [String]
    /// The platform's identity of what it belongs to, say an Instagram account's Page.
    public var parentID: String?

    /// Makes a description.
    public init(
        account: RemoteAccount, tokens: TokenSet, tasks: [String] = [], missingTasks: [String] = [],
        parentID: String? = nil
    ) {
        self.account = account
        self.tokens = tokens
        self.tasks = tasks
        self.missingTasks = missingTasks
        self.parentID = parentID
    }
}

/// A plugin whose grants open several accounts at once.
public protocol AccountListing: AccountConnecting {
    /// Lists every account that a grant opens, all pages of the list.
    ///
    /// - Parameters:
    ///   - tokens: The tokens of the person or system user who gave the grant.
    ///   - app: The app, when one is configured.
    /// - Returns: The accounts in the platform's order.
    /// - Throws: `reauthorize` for a token that is not accepted.
    func accounts(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> [GrantedAccount]

    /// The tokens of a person or system user as they are kept when one grant opens several accounts; pure.
    func shared(_ tokens: TokenSet) -> TokenSet

    /// The tokens of a grant with the account that is meant, for ``AccountConnecting/identify(_:)``; pure.
    func tokens(_ tokens: TokenSet, for externalID: String) -> TokenSet
}

extension AccountListing {
    /// The tokens as they are.
    public func shared(_ tokens: TokenSet) -> TokenSet { tokens }

    /// The tokens as they are.
    public func tokens(_ tokens: TokenSet, for externalID: String) -> TokenSet { tokens }
}

/// What a platform says of a token.
public struct TokenReport: Sendable, Hashable {
    /// Whether it is accepted.
    public var isValid: Bool
    /// When it ends; `nil` when it does not, or the platform did not say.
    public var expiresAt: Date?
    /// When the person must use the app again, whatever the token's own end.
    public var accessEndsAt: Date?
    /// What it allows.
    public var scopes: [String]
    /// What it must allow, where that is not the manifest's scopes.
    public var neededScopes: [String]?
    /// What publishing wants the token's owner to be allowed with the account and the platform says they are not; nothing when it did not say.
    public var missingTasks: [String] = []
    /// Whether the access token renews itself while it lives, rather than by a refresh token of its own.
    public var renewsItself = false
    /// How many posts the account may still publish now, when the platform said.
    public var postsLeft: Int?

    /// Makes a report.
    public init(
        isValid: Bool, expiresAt: Date? = nil, accessEndsAt: Date? = nil, scopes: [String] = [],
        neededScopes: [String]? = nil, postsLeft: Int? = nil
    ) {
        self.isValid = isValid
        self.expiresAt = expiresAt
        self.accessEndsAt = accessEndsAt
        self.scopes = scopes
        self.neededScopes = neededScopes
        self.postsLeft = postsLeft
    }

    /// What the token should allow and does not; nothing when the platform did not say what it allows.
    ///
    /// - Parameters:
    ///   - manifest: The plugin's.
    ///   - boosts: Whether it is to boost, too.
    /// - Returns: The scopes, in the manifest's order.
    public func missingScopes(for manifest: PluginManifest, boosts: Bool = false) -> [String] {
        guard !self.scopes.isEmpty else { return [] }
        let needed = (self.neededScopes ?? manifest.scopes) + (boosts ? manifest.boost?.scopes ?? [] : [])
        return needed.filter { !self.scopes.contains($0) }
    }
}

/// A plugin that can ask how a token stands.
public protocol TokenInspecting: PlatformPlugin {
    /// Asks the platform how the tokens of an account stand; a token that it no longer accepts is a report, not an error.
    func inspect(_ access: AccountAccess) async throws(PluginError) -> TokenReport
}
