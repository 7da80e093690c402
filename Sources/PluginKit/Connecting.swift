// SPDX-License-Identifier: MIT

public import Foundation

/// Who a token speaks for.
public struct RemoteAccount: Sendable, Hashable, Codable {
    /// The platform's identity.
    public var externalID: String
    /// The name that the platform shows.
    public var name: String
    /// The handle, where there is one.
    public var handle: String?
    /// Followers, when the platform said.
    public var followers: Int64?

    /// Makes a description.
    public init(externalID: String, name: String, handle: String? = nil, followers: Int64? = nil) {
        self.externalID = externalID
        self.name = name
        self.handle = handle
        self.followers = followers
    }
}

/// A plugin that can connect accounts and keep their grants alive.
public protocol AccountConnecting: PlatformPlugin {
    /// The page on which a person allows the app to act, with PKCE (RFC 7636).
    func authorizationURL(
        app: AppCredential, redirectURI: String, state: String, codeChallenge: String, scopes: [String]
    ) throws(PluginError) -> URL
    /// Turns the code that came back into tokens.
    func exchange(
        code: String, codeVerifier: String, app: AppCredential, redirectURI: String
    ) async throws(PluginError) -> TokenSet
    /// Renews tokens. The old refresh token must be taken as used, whatever happens: an ambiguous outcome needs a new connection.
    func refresh(_ tokens: TokenSet, app: AppCredential?) async throws(PluginError) -> TokenSet
    /// Asks the platform who the token speaks for.
    func identify(_ tokens: TokenSet) async throws(PluginError) -> RemoteAccount
}
