// SPDX-License-Identifier: MIT

package import PluginKit

/// What Meta allows in the terms of a boost.
package enum MarketingTerms {
    /// The legal categories; `CREDIT` has become `FINANCIAL_PRODUCTS_SERVICES`, and no category is none.
    private static let categories = [
        "EMPLOYMENT", "FINANCIAL_PRODUCTS_SERVICES", "HOUSING", "ISSUES_ELECTIONS_POLITICS",
        "ONLINE_GAMBLING_AND_GAMING",
    ]
    /// Buttons for an existing post (?): the specification has the parameter and the words, the documents no example of both together.
    private static let buttons = [
        "BOOK_NOW", "CONTACT_US", "DOWNLOAD", "GET_OFFER", "GET_QUOTE", "LEARN_MORE", "SHOP_NOW", "SIGN_UP",
        "SUBSCRIBE", "WATCH_MORE",
    ]
    /// Where the law wants it said who benefits and who pays.
    private static let union: Set<String> = [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU",
        "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    ]

    /// What may be boosted: since v24 a day may cost 1.75 daily budgets, a week never more than seven.
    package static let limits = BoostLimits(
        objectives: MarketingObjective.all.map(\.word), minimumBudgetMinorUnits: 100, dailyPercent: 175, weeklyDays: 7,
        callsToAction: buttons, specialAdCategories: categories,
        scopes: ["ads_management", "ads_read", "pages_manage_ads", "business_management"])

    /// Checks terms.
    ///
    /// - Parameters:
    ///   - terms: The terms.
    ///   - platform: How people call the platform.
    ///   - showsLinks: Whether its posts have links of their own.
    /// - Returns: What is wrong; empty when nothing is.
    package static func check(_ terms: BoostTerms, of platform: String, showsLinks: Bool) -> [ValidationIssue] {
        var issues = Self.checkMoney(terms)
        func refuse(_ field: String, _ message: String) {
            issues.append(ValidationIssue(.error, field: field, message))
        }
        if MarketingObjective.named(terms.objective) == nil {
            refuse("objective", "\(platform) has no objective \(terms.objective).")
        }
        if terms.endsAt <= terms.startsAt { refuse("end", "The end lies before the beginning.") }
        if let button = terms.callToAction {
            if !Self.buttons.contains(button.name) {
                refuse("call_to_action", "The button is one of \(Self.buttons.joined(separator: ", ")).")
            }
            if button.link?.hasPrefix("https://") != true && button.link?.hasPrefix("http://") != true {
                refuse("call_to_action.link", "A button leads to an address that begins with https://.")
            }
        } else if terms.objective == MarketingObjective.traffic, !showsLinks {
            refuse("call_to_action", "A post on \(platform) has no link that people could follow: add a button.")
        }
        for category in terms.specialAdCategories where !Self.categories.contains(category) {
            refuse("special_ad_categories", "\(category) is none of \(Self.categories.joined(separator: ", ")).")
        }
        if !terms.specialAdCategories.isEmpty, terms.audience.countries.isEmpty {
            refuse("audience.countries", "A special ad category needs the countries that it is for.")
        }
        issues += Self.check(terms.audience)
        if terms.adAccount?.payer == nil, !Self.union.isDisjoint(with: terms.audience.countries) {
            issues.append(
                ValidationIssue(
                    .warning, field: "ad_account.payer",
                    "The EU wants it said who pays: without a payer the ad account's own default must say it."))
        }
        return issues
    }

    private static func checkMoney(_ terms: BoostTerms) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        if let obstacle = MarketingMoney.obstacle(terms.budget) {
            issues.append(ValidationIssue(.error, field: "budget", obstacle))
        }
        guard let account = terms.adAccount else {
            return issues + [ValidationIssue(.error, field: "ad_account", "A boost needs an ad account that pays it.")]
        }
        if account.currency != terms.budget.currency {
            issues.append(
                ValidationIssue(
                    .error, field: "budget",
                    "is in \(terms.budget.currency), but the ad account is billed in \(account.currency)."))
        }
        return issues
    }

    private static func check(_ audience: Audience) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        func refuse(_ field: String, _ message: String) {
            issues.append(ValidationIssue(.error, field: "audience.\(field)", message))
        }
        let ages = MarketingTargeting.ages
        for (field, age) in [("min_age", audience.minimumAge), ("max_age", audience.maximumAge)] {
            guard let age, !ages.contains(age) else { continue }
            refuse(
                field, "is \(age): Meta has \(ages.lowerBound) to \(ages.upperBound), the last for all older people.")
        }
        if let least = audience.minimumAge, let most = audience.maximumAge, least > most {
            refuse("min_age", "The youngest age is \(least), the oldest \(most).")
        }
        for gender in audience.genders where MarketingTargeting.genders[gender] == nil {
            refuse("genders", "\(gender) is neither female nor male.")
        }
        for place in audience.places where MarketingPlace(place) == nil {
            refuse("places", "\(place) is no place of Meta: write region:KEY or city:KEY, with Meta's own key.")
        }
        if audience.countries.isEmpty, audience.places.isEmpty, audience.customAudiences.isEmpty {
            refuse("countries", "Meta wants at least one country, place or custom audience.")
        }
        return issues
    }
}
