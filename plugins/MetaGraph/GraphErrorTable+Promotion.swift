// SPDX-License-Identifier: MIT

import PluginKit

extension GraphErrorRule {
    /// What the Marketing API says of boosts.
    static let promotion: [GraphErrorRule] = [
        GraphErrorRule(
            [], [1_885_621], .failure(.permanent), "The budget stands on two levels",
            "Take the budget away from the campaign or the ad set in the Ads Manager, or plan the boost again."),
        GraphErrorRule(
            [], [1_885_272, 1_885_650, 2_446_307], .failure(.permanent), "The budget is too low", "Raise the budget."),
        GraphErrorRule([], [1_487_033], .failure(.permanent), "The end lies in the past", "Set a later end."),
        GraphErrorRule(
            [], [1_487_929], .failure(.permanent), "The creative names more than one post",
            "Plan the boost again; if Meta says the same, update Posthorn."),
        GraphErrorRule(
            [], [2_490_487], .failure(.permanent), "The bid strategy is missing",
            "Look at the bid strategy of the ad account in the Ads Manager, then plan the boost again."),
        GraphErrorRule(
            [], [2_490_427, 2_490_468], .failure(.needsHuman), "The ad was rejected",
            "Read the reason in the Ads Manager, change the post or appeal there."),
        GraphErrorRule(
            [], [1_487_472, 1_885_557, 2_446_289, 2_490_155], .failure(.permanent), "The post is gone",
            "Boost another post."),
        GraphErrorRule(
            [], [1_885_183], .failure(.needsHuman), "The app is in development mode",
            "Switch the app to live mode, then: posthorn app resume.",
            scope: .app),
        GraphErrorRule(
            [], [3_858_079, 3_858_081], .failure(.needsHuman), "Beneficiary and payer are missing",
            "Set both in the ad account's settings: the EU wants them."),
        GraphErrorRule(
            [], [2_909_034], .failure(.needsHuman), "The special category needs its countries",
            "Name the countries of the special ad category."),
        GraphErrorRule([], [3_910_001], .failure(.retryAfter), "Meta's ads are not available for now"),
        GraphErrorRule(
            [], [2_875_030], .failure(.permanent), "The reel has licensed music and cannot be boosted",
            "Boost another post."),
        GraphErrorRule(
            [], [2_875_039], .failure(.permanent), "The post has elements to tap and cannot be boosted",
            "Boost another post."),
        GraphErrorRule(
            [], [1_815_279], .failure(.permanent), "The film must be on Facebook to be boosted", "Boost another post."),
        GraphErrorRule(
            [], [1_815_199], .failure(.permanent), "The ad account may not use the Instagram account",
            "Let the ad account use the Instagram account in the business settings."),
    ]
}
