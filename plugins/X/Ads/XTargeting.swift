// SPDX-License-Identifier: MIT

import PluginKit

/// One criterion of a line item's audience: those of one type widen, those of several types narrow it.
struct XCriterion: Decodable, Sendable, Hashable {
    var operator_type: String?
    var targeting_type: String
    var targeting_value: String

    init(_ type: String, _ value: String, isExcluded: Bool = false) {
        self.operator_type = isExcluded ? "NE" : "EQ"
        self.targeting_type = type
        self.targeting_value = value
    }

    private enum CodingKeys: String, CodingKey { case operator_type, targeting_type, targeting_value }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.operator_type = try container.decodeIfPresent(String.self, forKey: .operator_type) ?? "EQ"
        self.targeting_type = try container.decode(String.self, forKey: .targeting_type)
        self.targeting_value = try container.decode(XAdsText.self, forKey: .targeting_value).text
    }
}

/// A place as X lists it.
struct XLocation: Decodable, Sendable {
    var country_code: String?
    var location_type: String?
    var targeting_value: String
}

/// An audience in X's words.
///
/// The documents name the types for places, ages and genders; their values for ages and genders, and the types for interests and custom
/// audiences, are those of X's published libraries (?).
enum XTargeting {
    /// The ranges of ages that X has; another range is refused rather than widened.
    private static let ages: [ClosedRange<Int>] = [
        13...24, 13...34, 13...49, 13...54, 18...34, 18...49, 18...54, 21...34, 21...49, 21...54, 25...49, 25...54,
        35...49, 35...54,
    ]
    private static let open: Set<Int> = [13, 18, 21, 25, 35, 50]
    static let genders = ["male": "1", "female": "2"]

    /// X's word for a range of ages; `nil` when X has none.
    static func bucket(_ audience: Audience) -> String? {
        let least = audience.minimumAge ?? 13
        guard let most = audience.maximumAge else { return Self.open.contains(least) ? "AGE_OVER_\(least)" : nil }
        guard least <= most else { return nil }
        return Self.ages.contains(least...most) ? "AGE_\(least)_TO_\(most)" : nil
    }

    /// The criteria but those of countries, whose values X must be asked for.
    static func criteria(_ audience: Audience) -> [XCriterion] {
        var criteria = audience.places.map { XCriterion("LOCATION", $0) }
        if audience.minimumAge != nil || audience.maximumAge != nil, let bucket = Self.bucket(audience) {
            criteria.append(XCriterion("AGE", bucket))
        }
        let genders = Set(audience.genders.compactMap { Self.genders[$0] })
        if genders.count == 1 { criteria += genders.map { XCriterion("GENDER", $0) } }
        criteria += audience.interests.map { XCriterion("INTEREST", $0) }
        criteria += audience.customAudiences.map { XCriterion("CUSTOM_AUDIENCE", $0) }
        criteria += audience.excludedAudiences.map { XCriterion("CUSTOM_AUDIENCE", $0, isExcluded: true) }
        return criteria
    }

    /// What X cannot say of an audience.
    static func check(_ audience: Audience) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        if audience.minimumAge != nil || audience.maximumAge != nil, Self.bucket(audience) == nil {
            let known =
                Self.ages.map { "\($0.lowerBound)–\($0.upperBound)" } + Self.open.sorted().map { "\($0) and older" }
            issues.append(
                ValidationIssue(
                    .error, field: "audience.min_age", "X has these ages only: \(known.joined(separator: ", ")).")
            )
        }
        for gender in audience.genders where Self.genders[gender] == nil {
            issues.append(
                ValidationIssue(.error, field: "audience.genders", "\(gender) is neither female nor male."))
        }
        return issues
    }
}
