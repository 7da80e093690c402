// SPDX-License-Identifier: MIT

/// The short name of a platform, the same everywhere: `x`, `facebook`, `instagram`, `tiktok`, `mock`.
public struct PlatformID: Hashable, Comparable, Sendable, Codable, ExpressibleByStringLiteral, CustomStringConvertible,
    RawRepresentable
{
    /// The name in lower case.
    public var rawValue: String

    /// Wraps a name.
    public init(rawValue: String) { self.rawValue = rawValue.lowercased() }
    /// Wraps a literal name.
    public init(stringLiteral value: String) { self.init(rawValue: value) }
    /// The name.
    public var description: String { self.rawValue }
    /// Orders by name.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
