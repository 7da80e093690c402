// SPDX-License-Identifier: MIT

/// The organic counters of a post at one moment; they never fall.
struct Engagement: Sendable, Equatable {
    var views = 0
    var reach = 0
    var likes = 0
    var comments = 0
    var shares = 0
    var quotes = 0
    var saves = 0
    var clicks = 0
    var profileVisits = 0
    var follows = 0
    var videoViews = 0
    var watchMilliseconds = 0

    /// All reactions.
    var engagements: Int { self.likes + self.comments + self.shares + self.quotes + self.saves + self.clicks }
}

extension Audience {
    /// What of a post counts for how it does.
    struct Subject: Sendable {
        var id: String
        var followers: Int
        var visibleAt: WorldTime
        var hasLink = false
        var hasImage = false
        var hasVideo = false
    }

    /// How a post stands at an instant: final value × share by age, every counter rounded down.
    ///
    /// The final value is followers × a base rate × the weight of the slot it was posted in × log-normal noise that
    /// belongs to the post's id. An image helps by 15 %, a video by 30 %, a link costs 15 %.
    func engagement(of post: Subject, at now: WorldTime) -> Engagement {
        let share = Self.share(atAge: now - post.visibleAt)
        guard share > 0 else { return Engagement() }
        var dice = SplitMix64(seed: self.seed ^ stableHash("post", post.id))
        func noise(_ sigma: Double) -> Double { exponential(sigma * standardNormal(&dice) - sigma * sigma / 2) }
        let format = (post.hasImage ? 1.15 : 1) * (post.hasVideo ? 1.3 : 1) * (post.hasLink ? 0.85 : 1)
        let weight = self.weights[self.slot(at: post.visibleAt)]
        let finalViews = (Double(post.followers) * 0.4 + 20) * weight * format * noise(0.35)
        let rate = 0.045 * noise(0.25)
        func count(_ final: Double) -> Int { Int((final * share).rounded(.down)) }
        let likes = finalViews * rate * 0.72 * noise(0.1)
        let comments = finalViews * rate * 0.09 * noise(0.25)
        let shares = finalViews * rate * 0.08 * noise(0.25)
        let saves = finalViews * rate * 0.06 * noise(0.25)
        let quotes = finalViews * rate * 0.015 * noise(0.25)
        let clicks = post.hasLink ? finalViews * 0.012 * noise(0.3) : 0
        let profileVisits = finalViews * 0.008 * noise(0.3)
        let videoViews = post.hasVideo ? finalViews * 0.55 * noise(0.1) : 0
        return Engagement(
            views: count(finalViews), reach: count(finalViews * 0.82), likes: count(likes), comments: count(comments),
            shares: count(shares), quotes: count(quotes), saves: count(saves), clicks: count(clicks),
            profileVisits: count(profileVisits), follows: count(profileVisits * 0.08), videoViews: count(videoViews),
            watchMilliseconds: count(videoViews * 6200 * noise(0.2)))
    }
}
