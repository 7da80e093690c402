// SPDX-License-Identifier: MIT

import Foundation

/// A time zone by its name in the IANA database: `Europe/Berlin`.
///
/// Never an abbreviation (`CET` in summer means two things) and never a bare offset: neither knows when clocks move.
package struct ZoneID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible, RawRepresentable {
    /// The name as the database spells it.
    package let rawValue: String

    /// Coordinated universal time.
    package static let utc = ZoneID(known: "UTC")

    /// Wraps a name that the zone data knows.
    ///
    /// - Returns: `nil` when it does not; use ``init(parsing:)`` where a person reads the answer.
    package init?(rawValue: String) {
        guard Self.isKnown(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    private init(known: String) { self.rawValue = known }

    /// Reads a zone that a person wrote.
    ///
    /// - Throws: ``TimeError`` with suggestions when the zone data does not know the name.
    package init(parsing text: String) throws(TimeError) {
        guard let zone = Self(rawValue: text) else { throw ZoneSuggestion.error(for: text) }
        self = zone
    }

    /// Decodes the name.
    package init(from decoder: any Decoder) throws { self = try Self(parsing: String(from: decoder)) }

    /// Encodes the name.
    package func encode(to encoder: any Encoder) throws { try self.rawValue.encode(to: encoder) }

    /// The name.
    package var description: String { self.rawValue }

    /// Orders by name.
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The version of the zone data, say `2025b`.
    ///
    /// It is the data that Foundation carries (ICU's), not the machine's `/usr/share/zoneinfo`: every process of one build agrees, and
    /// new data comes with a new build.
    package static var dataVersion: String { TimeZone.timeZoneDataVersion }

    /// The names to offer, in order, without the database's old aliases.
    package static var all: [String] { TimeZone.knownTimeZoneIdentifiers.sorted() }

    private static func isKnown(_ name: String) -> Bool {
        // Foundation also makes zones of fixed offsets from names such as "GMT+3"; those are not in the database.
        if name.count > 3, name.hasPrefix("GMT") || name.hasPrefix("UTC") { return false }
        return TimeZone(identifier: name) != nil
    }
}
