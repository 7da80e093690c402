// SPDX-License-Identifier: MIT

import Crypto
public import Foundation
public import HTTPTypes

/// What a request is signed with (RFC 5849): the app's consumer key and, once there is one, a token.
public struct OAuth1Credential: Sendable, Hashable {
    /// The app's public identity.
    public var consumerKey: String
    /// The app's secret.
    public var consumerSecret: Secret
    /// The token that names the person; `nil` before there is one.
    public var token: String?
    /// The token's secret.
    public var tokenSecret: Secret?

    /// Makes a credential.
    public init(
        consumerKey: String, consumerSecret: Secret, token: String? = nil, tokenSecret: Secret? = nil
    ) {
        self.consumerKey = consumerKey
        self.consumerSecret = consumerSecret
        self.token = token
        self.tokenSecret = tokenSecret
    }
}

/// Signs requests by OAuth 1.0a with HMAC-SHA1 (RFC 5849).
///
/// Signed are the query and the fields of a form; bodies of JSON and multipart are not.
public enum OAuth1 {
    /// What goes into a signature besides the credential.
    struct Parts {
        var method: String
        /// The address without its query.
        var url: String
        /// The query and the fields of a form.
        var fields: FormFields = [:]
        /// `oauth_…`, without the signature.
        var protocolFields: FormFields = [:]
    }

    /// The text that is signed (RFC 5849 3.4.1).
    static func baseString(_ parts: Parts) -> String {
        let pairs = (parts.fields.encodedPairs + parts.protocolFields.encodedPairs).sorted {
            $0.name == $1.name ? $0.value < $1.value : $0.name < $1.name
        }
        let parameters = pairs.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
        return [parts.method.uppercased(), parts.url, parameters].map(FormEncoding.encode).joined(separator: "&")
    }

    /// The signature in base64.
    static func signature(_ parts: Parts, _ credential: OAuth1Credential) -> String {
        let secrets = [credential.consumerSecret.revealed, credential.tokenSecret?.revealed ?? ""]
        let key = secrets.map(FormEncoding.encode).joined(separator: "&")
        let code = HMAC<Insecure.SHA1>.authenticationCode(
            for: Data(Self.baseString(parts).utf8), using: SymmetricKey(data: Data(key.utf8)))
        return Data(code).base64EncodedString()
    }

    /// The value of `Authorization` for a request.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - url: The address without its query, as the platform sees it.
    ///   - fields: The query and the fields of a form, not encoded.
    ///   - further: Protocol fields of a step, `oauth_callback` or `oauth_verifier`.
    ///   - credential: What to sign with.
    ///   - nonce: A text that no other request of that second has.
    ///   - now: The platform's time.
    /// - Returns: `OAuth oauth_consumer_key="…", …`.
    public static func authorization(
        _ method: HTTPRequest.Method, _ url: String, fields: FormFields = [:], further: FormFields = [:],
        as credential: OAuth1Credential, nonce: String, now: Date
    ) -> String {
        var own: FormFields = [
            "oauth_consumer_key": credential.consumerKey, "oauth_nonce": nonce,
            "oauth_signature_method": "HMAC-SHA1", "oauth_timestamp": String(Int64(now.timeIntervalSince1970)),
            "oauth_version": "1.0",
        ]
        own.append("oauth_token", credential.token)
        for name in further.names { own.append(name, further[name]) }
        let parts = Parts(method: method.rawValue, url: url, fields: fields, protocolFields: own)
        own.append("oauth_signature", Self.signature(parts, credential))
        return "OAuth " + own.encodedPairs.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ", ")
    }

    /// A nonce of 32 random bytes.
    public static func makeNonce() -> String {
        var generator = SystemRandomNumberGenerator()
        return PKCE.makeVerifier(using: &generator)
    }
}

extension TokenSet {
    /// The names among ``extra`` under which the parts of a credential of OAuth 1.0a are kept.
    public static let oauth1Fields = [
        "oauth1_consumer_key", "oauth1_consumer_secret", "oauth1_token", "oauth1_token_secret",
    ]

    /// The credential of OAuth 1.0a that is kept beside the tokens; `nil` unless all its parts are there.
    public var oauth1: OAuth1Credential? {
        get {
            let parts = Self.oauth1Fields.compactMap { self.extra[$0] }
            guard parts.count == Self.oauth1Fields.count else { return nil }
            return OAuth1Credential(
                consumerKey: parts[0].revealed, consumerSecret: parts[1], token: parts[2].revealed,
                tokenSecret: parts[3])
        }
        set {
            let parts = [
                newValue.map { Secret($0.consumerKey) }, newValue?.consumerSecret,
                newValue?.token.map { Secret($0) }, newValue?.tokenSecret,
            ]
            for (name, part) in zip(Self.oauth1Fields, parts) { self.extra[name] = part }
        }
    }
}

/// What a person is sent to the platform with.
public struct OAuth1Request: Sendable {
    /// The credential with the temporary token.
    public var credential: OAuth1Credential
    /// The page on which the person agrees.
    public var page: URL

    /// Makes a description.
    public init(credential: OAuth1Credential, page: URL) {
        self.credential = credential
        self.page = page
    }
}

/// A plugin whose platform takes requests signed by OAuth 1.0a too, and some no others.
public protocol OAuth1Connecting: PlatformPlugin {
    /// Asks for a temporary token.
    ///
    /// - Parameters:
    ///   - consumer: The app.
    ///   - callback: Where the person is sent back to, with a verifier; `nil` for a person who will read a number out.
    /// - Returns: The temporary token and the page for the person.
    /// - Throws: What the platform refuses.
    func requestToken(_ consumer: OAuth1Credential, callback: String?) async throws(PluginError) -> OAuth1Request
    /// Turns the verifier, or the number that the person read out, into a token, and says whose it is.
    func accessToken(
        _ request: OAuth1Request, verifier: String
    ) async throws(PluginError) -> (credential: OAuth1Credential, account: RemoteAccount)
}
