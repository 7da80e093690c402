// SPDX-License-Identifier: MIT

/// The shape in which a post appears on a platform.
public struct PostFormat: Hashable, Comparable, Sendable, Codable, ExpressibleByStringLiteral, CustomStringConvertible,
    RawRepresentable
{
    /// The name: `text`, `image`, `video`, `carousel`, `reel`, `story`, `thread`, or a platform's own.
    public var rawValue: String

    /// Wraps a name.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Wraps a literal name.
    public init(stringLiteral value: String) { self.rawValue = value }
    /// The name.
    public var description: String { self.rawValue }
    /// Orders by name.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// Words only, perhaps with a link.
    public static let text: Self = "text"
    /// One picture.
    public static let image: Self = "image"
    /// One film.
    public static let video: Self = "video"
    /// Several pictures or films side by side.
    public static let carousel: Self = "carousel"
    /// A short upright film.
    public static let reel: Self = "reel"
    /// Something that disappears after a day.
    public static let story: Self = "story"
    /// Several posts, each a reply to the one before.
    public static let thread: Self = "thread"
}
