// SPDX-License-Identifier: MIT

/// Reads the fixed-width parts of ISO 8601 from the bytes of a text.
struct TimeScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: some StringProtocol) { self.bytes = Array(text.utf8) }

    var isAtEnd: Bool { self.position == self.bytes.count }

    /// Exactly `count` digits.
    mutating func digits(_ count: Int) -> Int? {
        guard self.position + count <= self.bytes.count else { return nil }
        var value = 0
        for byte in self.bytes[self.position..<self.position + count] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        self.position += count
        return value
    }

    /// One of the given characters.
    mutating func character(_ allowed: Unicode.Scalar...) -> Unicode.Scalar? {
        guard self.position < self.bytes.count else { return nil }
        let found = Unicode.Scalar(self.bytes[self.position])
        guard allowed.contains(found) else { return nil }
        self.position += 1
        return found
    }

    /// Digits after a point, one to nine, as a fraction of one second.
    mutating func fraction() -> Double? {
        var value = 0.0
        var scale = 1.0
        var count = 0
        while let digit = self.digits(1) {
            count += 1
            guard count <= 9 else { return nil }
            value = value * 10 + Double(digit)
            scale *= 10
        }
        return count == 0 ? nil : value / scale
    }

    /// `2026-11-01T09:30` with optional `:00`; a space may stand for the `T`.
    mutating func wallTime() -> WallTime? {
        guard let year = self.digits(4), self.character("-") != nil, let month = self.digits(2),
            self.character("-") != nil, let day = self.digits(2), self.character("T", " ") != nil,
            let hour = self.digits(2), self.character(":") != nil, let minute = self.digits(2)
        else { return nil }
        var second = 0
        if self.character(":") != nil {
            guard let digits = self.digits(2) else { return nil }
            second = digits
        }
        return WallTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    }
}
