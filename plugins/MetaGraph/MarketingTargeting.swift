// SPDX-License-Identifier: MIT

import PluginKit

/// An audience as the Marketing API writes it.
///
/// Everything that is named is a bound: without `advantage_audience` Meta would take ages and interests for suggestions. Where people are
/// (home, lately, travelling) can no longer be said.
struct MarketingTargeting: Encodable, Sendable {
    struct Key: Encodable, Sendable { var key: String }
    struct ID: Encodable, Sendable { var id: String }
    struct Places: Encodable, Sendable {
        var countries: [String]?
        var regions: [Key]?
        var cities: [Key]?
    }
    struct Automation: Encodable, Sendable { var advantage_audience = 0 }

    var geo_locations: Places?
    var age_min: Int
    var age_max: Int
    var genders: [Int]?
    var interests: [ID]?
    var custom_audiences: [ID]?
    var excluded_custom_audiences: [ID]?
    var targeting_automation = Automation()

    /// The youngest age that an audience may name, and the oldest, which stands for everybody older too.
    static let ages = 13...65
    /// The youngest unless the audience names one.
    private static let grown = 18
    static let genders = ["male": 1, "female": 2]

    init(_ audience: Audience) {
        func list<Value>(_ values: [Value]) -> [Value]? { values.isEmpty ? nil : values }
        let places = audience.places.compactMap(MarketingPlace.init)
        let geo = Places(
            countries: list(audience.countries), regions: list(places.filter(\.isRegion).map { Key(key: $0.key) }),
            cities: list(places.filter { !$0.isRegion }.map { Key(key: $0.key) }))
        self.geo_locations = audience.countries.isEmpty && places.isEmpty ? nil : geo
        self.age_min = audience.minimumAge ?? min(Self.grown, audience.maximumAge ?? Self.grown)
        self.age_max = audience.maximumAge ?? Self.ages.upperBound
        let genders = Set(audience.genders.compactMap { Self.genders[$0] })
        self.genders = genders.count == 1 ? genders.sorted() : nil
        self.interests = list(audience.interests.map { ID(id: $0) })
        self.custom_audiences = list(audience.customAudiences.map { ID(id: $0) })
        self.excluded_custom_audiences = list(audience.excludedAudiences.map { ID(id: $0) })
    }
}

/// A place of an audience: `region:3847` or `city:2418956`, with Meta's own key.
struct MarketingPlace: Sendable, Hashable {
    var isRegion: Bool
    var key: String

    /// Reads a place; `nil` for anything else.
    init?(_ text: String) {
        guard let match = text.wholeMatch(of: /(region|city):([0-9]+)/) else { return nil }
        self.isRegion = match.1 == "region"
        self.key = String(match.2)
    }
}
