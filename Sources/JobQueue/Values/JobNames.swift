// SPDX-License-Identifier: MIT

import PQClient

/// The name of a queue: a pool of slots that jobs wait for.
package struct QueueName: Hashable, Comparable, Sendable, RawRepresentable, ExpressibleByStringLiteral,
    CustomStringConvertible,
    PQConvertible
{
    /// The text.
    package var rawValue: String
    /// Wraps a name.
    package init(rawValue: String) { self.rawValue = rawValue }
    /// Wraps a literal name.
    package init(stringLiteral value: String) { self.rawValue = value }
    /// The text.
    package var description: String { self.rawValue }
    /// Orders by text.
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What a job does; a handler is registered for each kind.
package struct JobKind: Hashable, Comparable, Sendable, RawRepresentable, ExpressibleByStringLiteral,
    CustomStringConvertible,
    PQConvertible
{
    /// The text.
    package var rawValue: String
    /// Wraps a name.
    package init(rawValue: String) { self.rawValue = rawValue }
    /// Wraps a literal name.
    package init(stringLiteral value: String) { self.rawValue = value }
    /// The text.
    package var description: String { self.rawValue }
    /// Orders by text.
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The text an operation is known by, the same for every try of it: the identity of an outside effect within a client.
package typealias OperationKey = String
