// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import JobQueue
package import PluginKit

/// What a look at an app showed: what is kept of it here, how its accounts stand, and what the platform says.
package struct AppCheck: Sendable {
    /// What the platform answered to the question whether it knows the app.
    package enum Answer: Sendable {
        /// It said so, or that it does not.
        case report(AppReport)
        /// The question itself failed.
        case failed(PluginError)
        /// The platform's documents name no call that shows it without an account.
        case undocumented
        /// It was not asked, because there is no secret to ask with.
        case noSecret
    }

    /// Which app.
    package var choice: AppChoice
    /// The platform.
    package var platform: PlatformID
    /// The platform's identity of it, the client id.
    package var externalID: String
    /// The login that it is registered for; `nil` for the usual one.
    package var login: String?
    /// Whether it has a secret.
    package var hasSecret: Bool
    /// Why the sealed secret does not open with this process's keys.
    package var unopened: String?
    /// Why its login, or its platform, is none that this program knows.
    package var misfit: String?
    /// What of its accounts' work stands still.
    package var pauses: [Pause]
    /// How its accounts stand.
    package var accounts: AppAccounts
    /// What the platform answered.
    package var answer: Answer
}

/// How the accounts stand whose work is done with an app.
package struct AppAccounts: Sendable, Hashable {
    /// How many are connected, in whatever state.
    package var connected = 0
    /// How many of them have to be connected again.
    package var needReconnecting = 0
    /// How many of them wait for a person for another reason.
    package var needHuman = 0
    /// How many were disconnected and not connected again.
    package var disconnected = 0
    /// Of how many the tokens end within seven days without being renewed by themselves.
    package var ending = 0
    /// Of how many renewing the tokens is refused, or has failed for an hour.
    package var failing = 0
    /// Since when it fails, of the one that waits longest.
    package var failingSince: Date?
    /// What was said to that one.
    package var failure: String?

    /// How many must be looked after.
    package var troubled: Int { self.needReconnecting + self.needHuman }
}
