// SPDX-License-Identifier: MIT

package import Domain

/// What a boost brought, beside what the account's posts bring by themselves.
///
/// Everything is computed from what the platform reported; what it did not report is `nil`.
package struct BoostResults: Sendable, Hashable {
    /// What was spent.
    package var spend: Money?
    /// How often the boost was shown.
    package var views: Int64?
    /// Engagements that the platform counts for the boost.
    package var engagements: Int64?
    /// Clicks that the platform counts for the boost.
    package var clicks: Int64?
    /// Engagements per view, the median of the account's organic posts of 90 days, each at its last reading.
    package var organicRate: Double?
    /// Views of the median organic post.
    package var organicViews: Double?
    /// How many posts those medians are of.
    package var organicPosts: Int

    /// Gathers what is known.
    package init(
        spend: Money?, results: [String: Int64], organicRate: Double? = nil, organicViews: Double? = nil,
        organicPosts: Int = 0
    ) {
        self.spend = spend
        self.views = results["views"] ?? results["impressions"]
        self.engagements = results["engagements"]
        self.clicks = results["clicks"]
        self.organicRate = organicRate
        self.organicViews = organicViews
        self.organicPosts = organicPosts
    }

    /// What a thousand views cost, in minor units: spend × 1000 ÷ views.
    package var costPerThousandViews: Double? { self.cost(of: self.views).map { $0 * 1_000 } }
    /// What one engagement cost, in minor units.
    package var costPerEngagement: Double? { self.cost(of: self.engagements) }
    /// What one click cost, in minor units.
    package var costPerClick: Double? { self.cost(of: self.clicks) }
    /// Engagements per view of the boost.
    package var rate: Double? {
        guard let views, views > 0, let engagements else { return nil }
        return Double(engagements) / Double(views)
    }
    /// How many times the organic rate the boost's is.
    package var rateToOrganic: Double? {
        guard let rate, let organicRate, organicRate > 0 else { return nil }
        return rate / organicRate
    }
    /// How many median organic posts' views the boost bought.
    package var viewsToOrganic: Double? {
        guard let views, let organicViews, organicViews > 0 else { return nil }
        return Double(views) / organicViews
    }

    /// Return on spend: Σ count × value ÷ spend, for the values that a person gives to results.
    ///
    /// Platforms do not tell what a result is worth to a client, so that there is none without such values.
    ///
    /// - Parameters:
    ///   - values: What one result is worth, in minor units of the boost's currency, by its name.
    ///   - results: What the platform reported, by name.
    /// - Returns: `nil` without spend, or when a named result was not reported.
    package func returnOnSpend(values: [String: Int64], results: [String: Int64]) -> Double? {
        guard let spend, spend.minorUnits > 0, !values.isEmpty else { return nil }
        var worth = 0.0
        for (name, value) in values {
            guard let count = results[name] else { return nil }
            worth += Double(count) * Double(value)
        }
        return worth / Double(spend.minorUnits)
    }

    private func cost(of count: Int64?) -> Double? {
        guard let spend, let count, count > 0 else { return nil }
        return Double(spend.minorUnits) / Double(count)
    }
}
