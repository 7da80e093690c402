// SPDX-License-Identifier: MIT

package import Domain
import JobQueue
import Synchronization

/// Whom the calls of a task are made for, so that they are counted in the right limits.
///
/// A plugin makes its calls without knowing this; it is bound around the plugin's code and read by the transport.
package struct Caller: Sendable {
    /// The caller of this task.
    @TaskLocal package static var current: Caller?
    /// What the fence has debited for the visible call of this task.
    @TaskLocal static var fenced: LimitGrant?

    /// The client.
    package var client: ClientID?
    /// The account; nil while it is not known yet whose the token is.
    package var account: AccountID?
    /// The app; nil stands for the only one of the platform.
    package var app: AppID?
    /// Whether its calls leave a part of the limits to those that publish, boost and look for what was sent.
    package var givesWay: Bool

    /// Makes a caller.
    package init(client: ClientID? = nil, account: AccountID? = nil, app: AppID? = nil, givesWay: Bool = false) {
        self.client = client
        self.account = account
        self.app = app
        self.givesWay = givesWay
    }
}
