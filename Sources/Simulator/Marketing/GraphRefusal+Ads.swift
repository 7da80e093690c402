// SPDX-License-Identifier: MIT

extension GraphRefusal {
    static let noAdAccess = GraphRefusal(
        status: 403, code: 200,
        message: "(#200) Ad account owner has NOT grant ads_management or ads_read permission")

    /// 100 with a subcode of the Marketing API and what a person may read.
    static func ad(_ subcode: Int, _ words: String, field: String? = nil) -> GraphRefusal {
        var refusal = GraphRefusal.invalid("Invalid parameter", subcode: subcode, user: words)
        refusal.message = "Invalid parameter"
        refusal.field = field
        return refusal
    }

    static let budgetOnTwoLevels = Self.ad(
        1_885_621, "You can set a budget for the campaign or for its ad sets, not for both.", field: "daily_budget")

    static func budgetTooLow(_ subcode: Int, _ least: String) -> Self {
        .ad(subcode, "Your budget is too low. It must be at least \(least).", field: "daily_budget")
    }

    static let endInThePast = Self.ad(1_487_033, "The end time must be in the future.", field: "end_time")

    static let ambiguousCreative = Self.ad(
        1_487_929, "Give exactly one of object_story_id, object_story_spec and source_instagram_media_id.")

    static let noBidStrategy = Self.ad(
        2_490_487, "A bid amount or a bid strategy is required.", field: "bid_strategy")

    static let postIsGone = Self.ad(1_487_472, "The post of this ad was deleted or cannot be seen.")

    static let tooManyBudgetChanges = GraphRefusal(
        code: 613, subcode: 1_487_632, message: "(#613) Calls to this api have exceeded the rate limit.",
        userMessage: "The budget of an ad set can be changed 4 times an hour. Try again in an hour.")

    /// A value of the right type that is not allowed here.
    static func unusable(_ field: String, _ words: String) -> Self {
        var refusal = Self.invalid("Param \(field) is not usable: \(words)")
        refusal.field = field
        return refusal
    }
}
