// SPDX-License-Identifier: MIT

package import Domain

/// The posting-time model: from posts to a curve over the week for every account, with what is common to a platform borrowed.
///
/// The same posts give the same bits in any order, on one kind of machine.
package struct BestTimes: Sendable, Hashable {
    /// The version of the method; it changes when the same posts would give other numbers.
    package static let version = 2

    /// An account's result.
    package struct Account: Sendable, Hashable {
        /// The account.
        package var account: String
        /// The platform.
        package var platform: PlatformID
        /// How many posts were used.
        package var posts: Int
        /// How many were left out, by reason.
        package var excluded: [Exclusion: Int]
        /// What each hour is worth.
        package var curve: AccountCurve
    }

    /// The accounts, by name and platform.
    package let accounts: [Account]
    /// What the accounts of each platform have in common.
    package let platforms: [PlatformID: PlatformCurve]

    /// Learns from the past of some accounts.
    ///
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    package init(_ histories: [TimingHistory]) throws(Cholesky.NotPositiveDefinite) {
        let histories = histories.sorted { ($0.account, $0.platform) < ($1.account, $1.platform) }
        var accounts: [Account] = []
        var platforms: [PlatformID: PlatformCurve] = [:]
        for platform in Set(histories.map(\.platform)).sorted() {
            let own = histories.filter { $0.platform == platform }
            let cleaned = own.map { CleanedPosts($0.posts) }
            let members = cleaned.map { PlatformMember($0) }
            let curve = try PlatformCurve(members)
            let kernels = KernelChoice(curve)
            for (index, history) in own.enumerated() {
                accounts.append(
                    Account(
                        account: history.account, platform: platform, posts: history.posts.count,
                        excluded: history.excluded,
                        curve: try AccountCurve(
                            members[index].statistics, drift: cleaned[index].drift, platform: curve, kernels: kernels)))
            }
            platforms[platform] = curve
        }
        self.accounts = accounts.sorted { ($0.account, $0.platform) < ($1.account, $1.platform) }
        self.platforms = platforms
    }

    /// Fits accounts to a platform's curve that was learnt before, in their order.
    ///
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    package static func curves(
        _ histories: [TimingHistory], platform: PlatformCurve
    ) throws(Cholesky.NotPositiveDefinite) -> [AccountCurve] {
        let kernels = KernelChoice(platform)
        var curves: [AccountCurve] = []
        for history in histories {
            let cleaned = CleanedPosts(history.posts)
            curves.append(
                try AccountCurve(SlotStatistics(cleaned), drift: cleaned.drift, platform: platform, kernels: kernels))
        }
        return curves
    }
}
