// SPDX-License-Identifier: MIT

/// One of the 168 hours of a local week: Monday 00:00 is 0, Sunday 23:00 is 167.
package struct HourOfWeek: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// 24 · weekday + hour.
    package let index: Int

    /// How many there are.
    package static let count = 168
    /// All of them, Monday 00:00 first.
    package static let all = (0..<count).compactMap { HourOfWeek(index: $0) }

    /// Makes a slot from its number.
    ///
    /// - Returns: `nil` outside 0 to 167.
    package init?(index: Int) {
        guard (0..<Self.count).contains(index) else { return nil }
        self.index = index
    }

    /// The slot of a wall time.
    package init(_ wall: WallTime) { self.index = wall.weekday * 24 + wall.hour }

    /// The slot of a wall time given as ``WallTime/clockSeconds``.
    package init(clockSeconds: Int64) {
        // 1 January 1970 was a Thursday: three days after a Monday.
        let hours = clockSeconds.flooredQuotient(by: 3600) + 72
        self.index = Int(hours - hours.flooredQuotient(by: Int64(Self.count)) * Int64(Self.count))
    }

    /// The day of the week: Monday is 0, Sunday 6.
    package var weekday: Int { self.index / 24 }
    /// The hour of the day, 0 to 23.
    package var hour: Int { self.index % 24 }

    /// Short English names of the days, Monday first.
    package static let weekdayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    /// Day and hour, say `Wed 19:00`.
    package var description: String { "\(Self.weekdayNames[self.weekday]) \(WallTime.two(self.hour)):00" }

    /// Decodes the number.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let index = try container.decode(Int.self)
        guard let hour = Self(index: index) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(index) is not 0 to 167")
        }
        self = hour
    }

    /// Encodes the number.
    package func encode(to encoder: any Encoder) throws { try self.index.encode(to: encoder) }

    /// Orders from Monday to Sunday.
    package static func < (left: Self, right: Self) -> Bool { left.index < right.index }
}
