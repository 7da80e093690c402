// SPDX-License-Identifier: MIT

extension WallTime: CustomStringConvertible, Codable {
    /// Reads `2026-11-01T09:30` or `2026-11-01T09:30:00`; a space may stand for the `T`.
    ///
    /// - Throws: ``TimeError`` when it is anything else, also when it carries an offset or `Z`, because a wall time has none.
    package init(parsing text: some StringProtocol) throws(TimeError) {
        var scanner = TimeScanner(text)
        let read = scanner.wallTime()
        if let read, scanner.isAtEnd {
            self = read
            return
        }
        let hint: String
        if read != nil, scanner.character("Z", "z", "+", "-") != nil {
            hint = "a local time carries no offset; name the zone beside it, or give the instant where one is asked for"
        } else if Self.looksRight(text) {
            hint = "there is no such day or time of day (years \(Self.years.lowerBound) to \(Self.years.upperBound))"
        } else {
            hint = "write it as 2026-11-01T09:30"
        }
        throw TimeError(.invalidWallTime, "'\(text.prefix(40))' is not a local time: \(hint)")
    }

    /// The ISO 8601 form to the second: `2026-11-01T09:30:00`.
    package var description: String { "\(self.date)T\(self.clock):\(Self.two(self.second))" }

    /// The day alone: `2026-11-01`.
    package var date: String {
        let digits = String(self.year)
        let zeros = String(repeating: "0", count: max(0, 4 - digits.count))
        return "\(zeros)\(digits)-\(Self.two(self.month))-\(Self.two(self.day))"
    }

    /// The time of day to the minute: `09:30`.
    package var clock: String { "\(Self.two(self.hour)):\(Self.two(self.minute))" }

    /// Decodes the ISO 8601 form.
    package init(from decoder: any Decoder) throws { self = try Self(parsing: String(from: decoder)) }

    /// Encodes the ISO 8601 form.
    package func encode(to encoder: any Encoder) throws { try self.description.encode(to: encoder) }

    static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }

    private static func looksRight(_ text: some StringProtocol) -> Bool {
        let shape = String(text.map { $0.isASCII && $0.isNumber ? "0" : $0 }).replacing(" ", with: "T")
        return ["0000-00-00T00:00", "0000-00-00T00:00:00"].contains(shape)
    }
}
