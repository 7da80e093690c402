// SPDX-License-Identifier: MIT

/// Whom a boost is shown to; empty lists mean everybody.
public struct Audience: Sendable, Hashable, Codable {
    /// One thing that an audience can name; the words are those of the audience file.
    public enum Field: String, Sendable, Hashable, Codable, CaseIterable {
        case minimumAge = "min_age"
        case maximumAge = "max_age"
        case genders, countries, places, interests
        case customAudiences = "custom_audiences"
        case excludedAudiences = "excluded_audiences"
    }

    /// The youngest age.
    public var minimumAge: Int?
    /// The oldest age.
    public var maximumAge: Int?
    /// `female`, `male`; empty for all.
    public var genders: [String]
    /// Countries by ISO 3166-1 alpha-2 code.
    public var countries: [String]
    /// Regions and cities by the platform's identities.
    public var places: [String]
    /// Interests by the platform's identities.
    public var interests: [String]
    /// Custom audiences by the platform's identities: customers' lists, and for retargeting those who visited or engaged.
    public var customAudiences: [String]
    /// Custom audiences that are left out.
    public var excludedAudiences: [String]

    /// Makes an audience.
    public init(
        minimumAge: Int? = nil, maximumAge: Int? = nil, genders: [String] = [], countries: [String] = [],
        places: [String] = [], interests: [String] = [], customAudiences: [String] = [],
        excludedAudiences: [String] = []
    ) {
        self.minimumAge = minimumAge
        self.maximumAge = maximumAge
        self.genders = genders
        self.countries = countries
        self.places = places
        self.interests = interests
        self.customAudiences = customAudiences
        self.excludedAudiences = excludedAudiences
    }

    private enum CodingKeys: String, CodingKey {
        case minimumAge = "min_age"
        case maximumAge = "max_age"
        case genders, countries, places, interests
        case customAudiences = "custom_audiences"
        case excludedAudiences = "excluded_audiences"
    }

    /// Decodes; lists may be left out.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func list(_ key: CodingKeys) throws -> [String] {
            try container.decodeIfPresent([String].self, forKey: key) ?? []
        }
        self.init(
            minimumAge: try container.decodeIfPresent(Int.self, forKey: .minimumAge),
            maximumAge: try container.decodeIfPresent(Int.self, forKey: .maximumAge), genders: try list(.genders),
            countries: try list(.countries), places: try list(.places), interests: try list(.interests),
            customAudiences: try list(.customAudiences), excludedAudiences: try list(.excludedAudiences))
    }

    /// What it names: everything else is open to everybody.
    public var fields: Set<Field> {
        var fields: Set<Field> = []
        if self.minimumAge != nil { fields.insert(.minimumAge) }
        if self.maximumAge != nil { fields.insert(.maximumAge) }
        let lists: [(Field, [String])] = [
            (.genders, self.genders), (.countries, self.countries), (.places, self.places),
            (.interests, self.interests), (.customAudiences, self.customAudiences),
            (.excludedAudiences, self.excludedAudiences),
        ]
        for (field, values) in lists where !values.isEmpty { fields.insert(field) }
        return fields
    }
}
