// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// An audience in the words of TikTok's ads.
///
/// The documents name the fields; the ranges of ages and the words for genders are those of TikTok's published libraries (?).
enum BusinessTargeting {
    private static let ages: [(ClosedRange<Int>, String)] = [
        (13...17, "AGE_13_17"), (18...24, "AGE_18_24"), (25...34, "AGE_25_34"), (35...44, "AGE_35_44"),
        (45...54, "AGE_45_54"), (55...100, "AGE_55_100"),
    ]
    private static let genders = ["male": "GENDER_MALE", "female": "GENDER_FEMALE"]

    /// TikTok's ranges that together are the audience's ages; `nil` when none are.
    static func groups(_ audience: Audience) -> [String]? {
        let least = audience.minimumAge ?? 13
        let most = min(audience.maximumAge ?? 100, 100)
        guard least <= most, Self.ages.contains(where: { $0.0.lowerBound == least }),
            Self.ages.contains(where: { $0.0.upperBound == most })
        else { return nil }
        return Self.ages.filter { $0.0.lowerBound >= least && $0.0.upperBound <= most }.map(\.1)
    }

    /// Says the audience in a new ad group.
    static func add(_ audience: Audience, to group: inout BusinessNewAdGroup) {
        func list(_ values: [String]) -> [String]? { values.isEmpty ? nil : values }
        if audience.minimumAge != nil || audience.maximumAge != nil { group.age_groups = Self.groups(audience) }
        let genders = Set(audience.genders.compactMap { Self.genders[$0] })
        if genders.count == 1 { group.gender = genders.first }
        group.interest_category_ids = list(audience.interests)
        group.audience_ids = list(audience.customAudiences)
        group.excluded_audience_ids = list(audience.excludedAudiences)
    }

    /// What TikTok cannot say of an audience.
    static func check(_ audience: Audience) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        func refuse(_ field: String, _ message: String) {
            issues.append(ValidationIssue(.error, field: "audience.\(field)", message))
        }
        if !audience.countries.isEmpty {
            refuse(
                "countries",
                "TikTok has numbers of its own for countries too: give them as places, as its Ads Manager shows them.")
        }
        if audience.places.isEmpty { refuse("places", "TikTok wants at least one place, by its own number.") }
        for place in audience.places where !TikTokID.isPost(place) {
            refuse("places", "\(place) is no number of a place.")
        }
        if audience.minimumAge != nil || audience.maximumAge != nil, Self.groups(audience) == nil {
            refuse("min_age", "TikTok has ages 13–17, 18–24, 25–34, 35–44, 45–54 and 55 and older; take whole ranges.")
        }
        for gender in audience.genders where Self.genders[gender] == nil {
            refuse("genders", "\(gender) is neither female nor male.")
        }
        return issues
    }
}
