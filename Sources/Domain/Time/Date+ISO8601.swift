// SPDX-License-Identifier: MIT

package import Foundation

extension Date {
    /// Reads an instant in ISO 8601 with its offset: `2026-11-01T09:30:00+01:00` or `2026-11-01T08:30:00Z`.
    ///
    /// The seconds may be left out or carry up to nine decimals.
    ///
    /// - Throws: ``TimeError`` for anything else, also when the offset is missing: a time without one is not an instant.
    package init(iso8601 text: some StringProtocol) throws(TimeError) {
        func refused(_ why: String) -> TimeError { TimeError(.invalidInstant, "'\(text.prefix(40))' \(why)") }
        var scanner = TimeScanner(text)
        guard let wall = scanner.wallTime() else {
            throw refused("is not an instant: write it as 2026-11-01T09:30:00+01:00 or …Z")
        }
        var fraction = 0.0
        if scanner.character(".", ",") != nil {
            guard let read = scanner.fraction() else {
                throw refused("is not an instant: one to nine decimals follow the point")
            }
            fraction = read
        }
        if scanner.isAtEnd {
            throw refused("has no offset: add Z for UTC or one such as +01:00, so that it names one instant")
        }
        guard let offset = scanner.offset(), scanner.isAtEnd else {
            throw refused("is not an instant: end it with Z or an offset such as +01:00")
        }
        self.init(timeIntervalSince1970: Double(wall.clockSeconds - Int64(offset)) + fraction)
    }

    /// The instant in ISO 8601 as a wall in the zone shows it, with its offset: `2026-11-01T09:30:00+01:00`; in UTC with `Z`.
    ///
    /// - Parameters:
    ///   - zone: The zone.
    ///   - decimals: How many decimals of a second, 0 to 6, cut off, not rounded.
    /// - Returns: The text.
    package func iso8601(in zone: ZoneID = .utc, decimals: Int = 0) -> String {
        let table = zone.table
        let offset = table.offset(at: self)
        var text = table.wallTime(at: self).description
        if decimals > 0 {
            // A Date near today is exact to a few tenths of a microsecond, so the sixth decimal is rounded before any is cut.
            let micros = Int64((self.timeIntervalSince1970 * 1_000_000).rounded())
            let seconds = micros.flooredQuotient(by: 1_000_000)
            text = WallTime(clockSeconds: seconds + Int64(offset)).description
            let digits = String(micros - seconds * 1_000_000)
            text += "." + (String(repeating: "0", count: 6 - digits.count) + digits).prefix(min(decimals, 6))
        }
        return text + (zone == .utc ? "Z" : Self.offsetText(offset))
    }

    /// An offset as ISO 8601 writes it: `+01:00`.
    package static func offsetText(_ offset: Int) -> String {
        let minutes = abs(offset) / 60
        return "\(offset < 0 ? "-" : "+")\(WallTime.two(minutes / 60)):\(WallTime.two(minutes % 60))"
    }
}

extension TimeScanner {
    /// `Z` or `+01:00`, in seconds east of Greenwich, at most 18 hours.
    mutating func offset() -> Int? {
        if self.character("Z") != nil { return 0 }
        guard let sign = self.character("+", "-"), let hours = self.digits(2), self.character(":") != nil,
            let minutes = self.digits(2), minutes < 60, hours * 60 + minutes <= 18 * 60
        else { return nil }
        return (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}
