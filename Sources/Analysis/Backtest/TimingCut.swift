// SPDX-License-Identifier: MIT

import Domain

/// The past of one account, cut in time.
struct TimingCut: Sendable {
    /// What is learnt from.
    let learnt: TimingHistory
    /// All posts in the order of time.
    private let posts: [TimingPost]
    /// The first one that is asked.
    private let index: Int
    private let plan: Backtest.Plan

    /// Two walls' clocks are at most so far apart: UTC+14 and UTC−12.
    private static let zones: Int64 = 26 * 3_600

    /// Cuts; the account has enough posts.
    init(_ history: TimingHistory, _ plan: Backtest.Plan) {
        self.posts = history.posts.sorted(by: TimingPost.isBefore)
        self.index = plan.cut(self.posts.count)
        self.plan = plan
        var learnt = history
        learnt.posts = Array(self.posts[..<self.index].suffix(plan.known ?? self.index))
        self.learnt = learnt
    }

    /// When the first post that is asked appeared, on the wall of the account's audience.
    var date: Int64 { self.posts[self.index].clockSeconds }

    /// The posts after the cut.
    func asked(of curve: AccountCurve) -> AskedPosts { AskedPosts(curve, self.posts, from: self.index) }

    /// What could be learnt on the day of the cut: from the account's own posts, and from what others had posted before.
    ///
    /// Posts carry the clock of their audience's wall. Whatever zones two accounts have, a post whose clock is 26 hours behind came first.
    ///
    /// - Parameter histories: The accounts, in an order that does not change; the own one is among them.
    /// - Throws: ``Cholesky/NotPositiveDefinite`` when a covariance cannot be factored.
    /// - Returns: The account's curve.
    func curve(among histories: [TimingHistory]) throws(Cholesky.NotPositiveDefinite) -> AccountCurve {
        let end = self.date - Self.zones
        let members = histories.filter { $0.platform == self.learnt.platform }.map { history in
            guard history.account != self.learnt.account else { return PlatformMember(CleanedPosts(self.learnt.posts)) }
            let before = history.posts.filter { $0.clockSeconds < end }.sorted(by: TimingPost.isBefore)
            return PlatformMember(CleanedPosts(Array(before.suffix(self.plan.known ?? before.count))))
        }
        return try AccountCurve(self.learnt.posts, platform: try PlatformCurve(members))
    }
}
