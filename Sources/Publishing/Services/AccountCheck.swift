// SPDX-License-Identifier: MIT

package import JobQueue
package import Persistence
package import PluginKit

/// What a look at an account showed.
package struct AccountCheck: Sendable {
    /// The account, with what the platform says of it.
    package var account: AccountRow
    /// What is wrong; empty when all is well.
    package var problem: String?
    /// What a person can do.
    package var nextAction: String?
    /// How the token stands; `nil` when the platform did not say.
    package var report: TokenReport?
    /// What the token should allow and does not.
    package var missingScopes: [String] = []
    /// How it stands with boosts; `nil` when the client has no ad account on the platform.
    package var boosts: BoostStanding?
    /// Why the platform did not say how the token stands.
    package var unsaid: String?
    /// What publishing wants the token's owner to be allowed with the account, and they are not.
    package var missingTasks: [String] = []
    /// How many posts the account may still publish; `nil` when neither the platform said nor Posthorn counts.
    package var postsLeft: Int?
    /// Who counted them: `platform` or `posthorn`.
    package var postsLeftBy: String?
    /// The limits of a day or longer that the account's calls count in, by Posthorn's own count.
    package var dailyLimits: [LimitView] = []
}
