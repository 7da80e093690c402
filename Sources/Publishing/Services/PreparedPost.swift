// SPDX-License-Identifier: MIT

package import Domain
import Foundation
package import JobQueue
package import Persistence

/// A post that was checked and is ready to be written.
package struct PreparedPost: Sendable {
    /// The post.
    package var post: PostRow
    /// Its first revision.
    package var revision: RevisionRow
    /// Its targets, one for each account.
    package var targets: [TargetRow]
    /// The jobs that publish them; none for a draft.
    package var jobs: [NewJob]
    /// Its files.
    package var media: [MediaRow]
    /// Why targets have the time that was chosen for them, for their history.
    package var reasons: [TargetID: String] = [:]
    /// Whether it is planned although the same is there already.
    package var allowsDuplicate = false
    /// Whether a schedule makes it: then it is meant to come again.
    package var isRecurring = false
    /// Whether its times were chosen beside the other posts of its accounts.
    package var hasChosenTime = false
    /// What a person should know: a shifted time, a warning of a platform.
    package var notes: [PostIssue]
}
