// SPDX-License-Identifier: MIT

/// A recurrence rule that cannot be understood or never comes true; the message says what was read and how to write it.
package struct RecurrenceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, for callers that act on it.
    package enum Code: String, Hashable, Sendable {
        /// The text is not a rule.
        case malformed
        /// A part of RFC 5545 that is not supported here.
        case unsupported
        /// Parts that do not go together.
        case contradictory
        /// No time ever fits the rule.
        case neverOccurs
    }

    /// What is wrong.
    package var code: Code
    /// One sentence or two for a person.
    package var message: String

    /// Makes an error.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    package var description: String { self.message }
}
