// SPDX-License-Identifier: MIT

package import Domain

/// Why the database's rules refuse a change that a person asked for.
package struct PersistenceError: Error, Sendable, CustomStringConvertible {
    /// What happened, in terms a caller can act on.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Base: String { case nameTaken, identityTaken, notFound, changedMeanwhile }
        private let base: Base
        private init(_ base: Base) { self.base = base }

        /// The slug, name or key is in use.
        package static var nameTaken: Self { .init(.nameTaken) }
        /// The identity on the platform stands under another account; see ``PersistenceError/holder``.
        package static var identityTaken: Self { .init(.identityTaken) }
        /// There is no such row.
        package static var notFound: Self { .init(.notFound) }
        /// Somebody changed the row in between: read it again.
        package static var changedMeanwhile: Self { .init(.changedMeanwhile) }

        /// The name of the code.
        package var description: String { self.base.rawValue }
    }

    /// Who holds a platform identity.
    package struct Holder: Hashable, Sendable {
        /// The client.
        package var client: ClientID
        /// Its account.
        package var account: AccountID
    }

    /// What happened.
    package var code: Code
    /// What is wrong and what to do.
    package var description: String
    /// Who holds the identity, for `identityTaken`.
    package var holder: Holder?

    /// Makes an error.
    package init(_ code: Code, _ description: String, holder: Holder? = nil) {
        self.code = code
        self.description = description
        self.holder = holder
    }
}
