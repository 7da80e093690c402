// SPDX-License-Identifier: MIT

package import Foundation
package import PluginKit

/// What a connect link is for, in the words of its page.
package struct ConnectInvitation: Sendable, Hashable {
    /// The link's identity, for the log.
    package var id: String
    /// The client's name.
    package var client: String
    /// The platform's name.
    package var platform: String
    /// The platform's identity, which is its call-back's.
    package var platformID: String
    /// The name, or else the identity, of the only account that may be connected.
    package var account: String?
    /// When the link ends.
    package var expiresAt: Date
    /// The zone in which that is shown.
    package var timeZone: String
    /// The link's own address; `nil` when it is not known here.
    package var address: String?

    /// Makes an invitation.
    package init(
        id: String, client: String, platform: String, platformID: String, account: String?, expiresAt: Date,
        timeZone: String, address: String?
    ) {
        self.id = id
        self.client = client
        self.platform = platform
        self.platformID = platformID
        self.account = account
        self.expiresAt = expiresAt
        self.timeZone = timeZone
        self.address = address
    }
}

/// Why an account was not connected, though the person came back from the platform.
package enum ConnectRefusal: Sendable, Hashable {
    /// The person did not allow it.
    case declined
    /// The person allowed it for another account than the link is for.
    case wrongAccount(String)
    /// The person has no account that can be connected.
    case noAccount
    /// The person allowed too little.
    case missing([String])
    /// The account stands under another client, or something else stands in the way: the agency must look.
    case conflict(String)
    /// The platform did not accept the code or the tokens.
    case platform(String)
    /// The platform could not be asked now.
    case unreachable(String)
}

/// Where a person stands with a connect link.
package enum ConnectStep: Sendable {
    /// There is no such link.
    case unknown
    /// The link's time is over.
    case ended(ConnectInvitation)
    /// The link connected an account already.
    case used(ConnectInvitation)
    /// The person came back too late, twice, or from an earlier try.
    case stale
    /// The person may begin.
    case invited(ConnectInvitation)
    /// The platform's page is next.
    case leave(URL)
    /// The person has several accounts and must say which.
    case choose(ConnectInvitation, accounts: [RemoteAccount], ticket: String)
    /// The account is connected.
    case connected(ConnectInvitation, RemoteAccount)
    /// It is not.
    case refused(ConnectInvitation, ConnectRefusal)
}
