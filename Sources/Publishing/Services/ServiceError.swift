// SPDX-License-Identifier: MIT

/// Why a service did not do what a person asked for.
///
/// Nothing was changed.
package struct ServiceError: Error, Sendable, CustomStringConvertible {
    /// What kind of refusal it is; a command maps it to its exit code.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Base: String {
            case invalid, notFound, conflict, refusedByPlatform, forbidden, unreachable, tryAgain, notConfigured
        }
        private let base: Base
        private init(_ base: Base) { self.base = base }

        /// The input is wrong.
        package static var invalid: Self { .init(.invalid) }
        /// What was named is not there.
        package static var notFound: Self { .init(.notFound) }
        /// It cannot be done in the present state, or something stands in the way.
        package static var conflict: Self { .init(.conflict) }
        /// Somebody else must do it.
        package static var forbidden: Self { .init(.forbidden) }
        /// The platform was asked and refused.
        package static var refusedByPlatform: Self { .init(.refusedByPlatform) }

        /// The platform cannot be asked now.
        package static var unreachable: Self { .init(.unreachable) }
        /// The platform takes no more calls now.
        package static var tryAgain: Self { .init(.tryAgain) }
        /// Something that only the installation's owner can give is not there.
        package static var notConfigured: Self { .init(.notConfigured) }

        /// The name of the code.
        package var description: String { self.base.rawValue }
    }

    /// What kind of refusal.
    package var code: Code
    /// What is wrong and how to fix it.
    package var message: String
    /// Everything that is wrong, when it is more than one thing.
    package var issues: [PostIssue]

    /// Makes an error.
    package init(_ code: Code, _ message: String, issues: [PostIssue] = []) {
        self.code = code
        self.message = message
        self.issues = issues
    }

    /// The message, and below it everything that is wrong.
    package var description: String {
        self.issues.isEmpty ? self.message : self.message + self.issues.map { "\n  \($0)" }.joined()
    }
}
