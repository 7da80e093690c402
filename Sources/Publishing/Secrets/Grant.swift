// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PluginKit

/// What a person or system user allowed an app to do, with its tokens opened.
package struct Grant: Sendable {
    /// Whether it can be used.
    package enum State: String, Sendable {
        /// It can.
        case active
        /// A process renews its tokens right now.
        case refreshing
        /// A person must connect again.
        case needsReconnect = "needs-reconnect"
        /// It was given up.
        case revoked
    }

    /// Its identity.
    package var id: GrantID
    /// The client that owns it; `nil` for the agency.
    package var owner: ClientID?
    /// The platform.
    package var platform: PlatformID
    /// The app that it belongs to.
    package var app: AppID?
    /// Whether it can be used.
    package var state: State
    /// Why, when it cannot.
    package var stateReason: String?
    /// Counts the changes of its tokens.
    package var version: Int64
    /// When renewing them was tried last without success; `nil` once it worked.
    package var renewalTriedAt: Date?
    /// The tokens.
    package var tokens: TokenSet
}
