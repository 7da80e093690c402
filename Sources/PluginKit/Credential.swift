// SPDX-License-Identifier: MIT

public import Domain
public import Foundation

/// A text that must not be seen: its descriptions say only that it is there.
public struct Secret: Hashable, Sendable, Codable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private var value: String

    /// Wraps a secret.
    public init(_ value: String) { self.value = value }
    /// The secret itself, for the one place that sends or seals it.
    public var revealed: String { self.value }
    /// Never the secret.
    public var description: String { "<secret>" }
    /// Never the secret.
    public var debugDescription: String { "<secret>" }
    /// Nothing to look into.
    public var customMirror: Mirror { Mirror(self, children: []) }
    /// Decodes the bare text.
    public init(from decoder: any Decoder) throws { self.value = try String(from: decoder) }
    /// Encodes the bare text; only the vault that seals it does this.
    public func encode(to encoder: any Encoder) throws { try self.value.encode(to: encoder) }
}

/// The tokens of a grant.
public struct TokenSet: Sendable, Codable, Hashable {
    /// The token that requests carry.
    public var accessToken: Secret
    /// The token that renews it; single use on most platforms.
    public var refreshToken: Secret?
    /// When the access token ends, in the platform's time; `nil` when it does not.
    public var expiresAt: Date?
    /// When the person must use the app again, whatever the tokens' own end; `nil` when the platform did not say.
    public var accessEndsAt: Date?
    /// What the grant allows.
    public var scopes: [String]
    /// Further secrets by name, say an OAuth 1.0a token secret.
    public var extra: [String: Secret]

    /// The name among ``extra`` under which a plugin keeps when the refresh token ends, ISO 8601.
    public static let refreshEndField = "refresh_expires_at"

    /// When only a person can make the tokens work on: the end of what renews them, or else of the access token, or of the app's access.
    ///
    /// `nil` when that is never, or the platform did not say.
    public var endsAt: Date? { [self.tokensEndAt, self.accessEndsAt].compactMap(\.self).min() }

    /// Whether the access token is what renews it: once it has ended, only a person can.
    public var renewsItself: Bool { self.refreshToken == self.accessToken }

    private var tokensEndAt: Date? {
        guard self.refreshToken != nil else { return self.expiresAt }
        // What cannot be read as an instant says nothing.
        return self.extra[Self.refreshEndField].flatMap { try? Date.ISO8601FormatStyle().parse($0.revealed) }
    }

    /// Makes a set.
    public init(
        accessToken: Secret, refreshToken: Secret? = nil, expiresAt: Date? = nil, scopes: [String] = [],
        extra: [String: Secret] = [:]
    ) {
        self.accessToken = accessToken
        self.refreshToken = refreshToken
        self.expiresAt = expiresAt
        self.scopes = scopes
        self.extra = extra
    }
}

/// The agency's registration with a platform.
public struct AppCredential: Sendable, Hashable {
    /// The public identity of the app.
    public var id: String
    /// Its secret; `nil` for a public client.
    public var secret: Secret?
    /// The login that it is registered for, by the manifest's word, where a platform has several; `nil` for the first.
    public var login: String?

    /// Makes a credential.
    public init(id: String, secret: Secret? = nil, login: String? = nil) {
        self.id = id
        self.secret = secret
        self.login = login
    }
}

/// Who a request acts for, and with what.
public struct AccountAccess: Sendable {
    /// The account.
    public var account: AccountID
    /// The platform's identity of it.
    public var externalID: String
    /// The tokens.
    public var tokens: TokenSet
    /// The app, when one is configured.
    public var app: AppCredential?

    /// Makes an access.
    public init(account: AccountID, externalID: String, tokens: TokenSet, app: AppCredential? = nil) {
        self.account = account
        self.externalID = externalID
        self.tokens = tokens
        self.app = app
    }
}
