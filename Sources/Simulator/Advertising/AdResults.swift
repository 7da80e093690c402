// SPDX-License-Identifier: MIT

/// What money brought on a network, apart from the post's own counters.
struct AdResults: Sendable, Equatable {
    var impressions = 0
    var reach = 0
    var clicks = 0
    var linkClicks = 0
    var likes = 0
    var comments = 0
    var shares = 0
    var follows = 0
    var videoViews = 0

    /// Clicks on anything, reactions, remarks and shares.
    var engagements: Int { self.clicks + self.likes + self.comments + self.shares }

    static func + (one: Self, other: Self) -> Self {
        Self(
            impressions: one.impressions + other.impressions, reach: one.reach + other.reach,
            clicks: one.clicks + other.clicks, linkClicks: one.linkClicks + other.linkClicks,
            likes: one.likes + other.likes, comments: one.comments + other.comments, shares: one.shares + other.shares,
            follows: one.follows + other.follows, videoViews: one.videoViews + other.videoViews)
    }

    static func - (one: Self, other: Self) -> Self {
        Self(
            impressions: one.impressions - other.impressions, reach: one.reach - other.reach,
            clicks: one.clicks - other.clicks, linkClicks: one.linkClicks - other.linkClicks,
            likes: one.likes - other.likes, comments: one.comments - other.comments, shares: one.shares - other.shares,
            follows: one.follows - other.follows, videoViews: one.videoViews - other.videoViews)
    }
}

/// At which prices an ad buys; they belong to the ad.
struct AdPrices: Sendable {
    private let impressionsPerUnit: Double
    private let rates: [Double]
    private let hasVideo: Bool

    /// About 5.00 for a thousand impressions; 100 times that where the currency has no cents.
    init(_ ad: SimulatedAdObject, currency: String, hasVideo: Bool, seed: UInt64) {
        var dice = SplitMix64(seed: seed ^ stableHash("ad", ad.id))
        let unit = ad.account.network.units(of: currency)
        let hasCents = unit > 1 && Currency.minorUnits(of: currency) > 1
        let units = Double(unit) * (hasCents ? 1 : 100)
        self.impressionsPerUnit = 1000 / ((4 + 2 * dice.unit()) * units)
        self.rates = [0.012, 0.006, 0.015, 0.0015, 0.001, 0.0005].map { $0 * (0.8 + 0.4 * dice.unit()) }
        self.hasVideo = hasVideo
    }

    /// What an amount brought; never less for a larger one.
    func results(for units: Int) -> AdResults {
        let impressions = (Double(units) * self.impressionsPerUnit).rounded(.down)
        let counts = self.rates.map { Int(impressions * $0) }
        return AdResults(
            impressions: Int(impressions), reach: Int(impressions * 0.7), clicks: counts[0], linkClicks: counts[1],
            likes: counts[2], comments: counts[3], shares: counts[4], follows: counts[5],
            videoViews: self.hasVideo ? Int(impressions * 0.4) : 0)
    }
}
