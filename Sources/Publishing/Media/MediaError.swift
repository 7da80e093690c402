// SPDX-License-Identifier: MIT

/// Why a file cannot be stored, read or looked into.
package struct MediaError: Error, Sendable, CustomStringConvertible {
    /// What kind of trouble it is.
    package enum Kind: Sendable, Hashable {
        /// The file, or the word for it, is not what it must be.
        case badData
        /// The place of the file does not answer now.
        case unreachable
        /// Something of this machine or of its settings is missing.
        case configuration
    }

    /// What kind of trouble it is.
    package var kind: Kind
    /// What is wrong and what to do.
    package var description: String

    /// Makes an error.
    package init(_ description: String, kind: Kind = .badData) {
        self.kind = kind
        self.description = description
    }
}
