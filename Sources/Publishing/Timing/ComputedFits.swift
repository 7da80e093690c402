// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
package import PQClient

/// Fits that were computed and are to be kept, all of them or none.
package struct ComputedFits: Sendable {
    var platform: PlatformID
    /// The platform's new curve and of how many posts it is; `nil` when the kept one is good.
    var lesson: (curve: PlatformCurve, posts: Int)?
    var fits: [(posts: GatheredPosts, curve: AccountCurve, chosenAt: Date?)]
    /// The kept curve that the fits were made with; `nil` for the new one.
    var kept: StoredCurve?

    /// Writes them.
    ///
    /// - Returns: What was learnt of the platform; `nil` when its curve was still good.
    package func keep(on db: inout some SQLSession & ~Copyable) async throws -> TimingLesson? {
        var used = self.kept
        if let lesson { used = try await TimingStore.keep(lesson.curve, of: self.platform, on: &db) }
        guard let used else { return nil }
        for one in self.fits {
            var fit = one.posts.fit(one.curve, with: used)
            fit.chosenAt = one.chosenAt
            try await TimingStore.keep(
                fit, of: one.posts.account, client: one.posts.client, platform: self.platform, on: &db)
        }
        return self.lesson.map { lesson in
            TimingLesson(platform: self.platform, curve: used, fits: self.fits.count, posts: lesson.posts)
        }
    }
}
