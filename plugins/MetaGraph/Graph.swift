// SPDX-License-Identifier: MIT

package import PluginKit

/// Where Graph is and which version of it is spoken.
package enum Graph {
    /// The version that is spoken unless the operator sets another: `POSTHORN_PLATFORM_FACEBOOK_API_VERSION=v26.0`.
    package static let version = "v25.0"
    /// Where everything but uploads goes.
    package static let host = "graph.facebook.com"
    /// Where accounts go that were connected with Instagram's own login.
    package static let instagramHost = "graph.instagram.com"
    /// Where the code of Instagram's own login becomes a token.
    package static let instagramLoginHost = "api.instagram.com"
    /// Where films are uploaded; the address itself comes from the answer that opened the upload.
    package static let uploadHost = "rupload.facebook.com"
    /// The day on which limits and errors were read.
    package static let readOn = "2026-11-20"
}

/// Who calls: the token that requests carry, and what must not be repeated in messages.
package struct GraphCaller: Sendable {
    /// The token.
    package var token: Secret
    /// Everything secret that is known of the caller.
    package var hidden: [Secret]

    /// Makes a caller.
    package init(token: Secret, hidden: [Secret] = []) {
        self.token = token
        self.hidden = hidden + [token]
    }

    /// The caller of an access, with its own token.
    package init(_ access: AccountAccess) { self.init(token: access.tokens.accessToken, hidden: access.secrets) }
}
