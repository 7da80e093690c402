// SPDX-License-Identifier: MIT

/// A time, zone or duration that cannot be understood; the message says what was read, why it is refused and how to write it.
package struct TimeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, for callers that act on it.
    package enum Code: String, Hashable, Sendable {
        /// The text is not a local time.
        case invalidWallTime
        /// The text is not an instant with an offset.
        case invalidInstant
        /// The zone does not exist.
        case unknownZone
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
