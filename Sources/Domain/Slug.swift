// SPDX-License-Identifier: MIT

/// A short name that people type: lower-case letters, digits and hyphens, 1 to 63 of them.
public struct Slug: Hashable, Comparable, Sendable, Codable, CustomStringConvertible, RawRepresentable {
    /// The text.
    public var rawValue: String

    /// Checks the text.
    ///
    /// - Returns: `nil` when it has other characters, begins or ends with a hyphen, or has a wrong length.
    public init?(rawValue: String) {
        let allowed = rawValue.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-")
        }
        guard allowed, (1...63).contains(rawValue.utf8.count), !rawValue.hasPrefix("-"), !rawValue.hasSuffix("-") else {
            return nil
        }
        self.rawValue = rawValue
    }

    /// The text.
    public var description: String { self.rawValue }
    /// Orders by text.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
