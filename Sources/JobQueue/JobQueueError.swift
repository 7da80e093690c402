// SPDX-License-Identifier: MIT

package import Domain

/// Why the queue refuses something.
package struct JobQueueError: Error, Sendable, CustomStringConvertible {
    /// What happened, in terms a caller can act on.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Base: String {
            case notFound, conflict, unknownEffect, leaseLost, worldMismatch, worldMissing, outdated, invalid
        }
        private let base: Base
        private init(_ base: Base) { self.base = base }
        /// There is no such job or effect.
        package static var notFound: Self { .init(.notFound) }
        /// The state does not allow it; see the message.
        package static var conflict: Self { .init(.conflict) }
        /// An effect's outcome is not known, so running again might do it twice.
        package static var unknownEffect: Self { .init(.unknownEffect) }
        /// The lease is no longer ours: stop.
        package static var leaseLost: Self { .init(.leaseLost) }
        /// The database belongs to the other kind of world.
        package static var worldMismatch: Self { .init(.worldMismatch) }
        /// The database was not given a world yet: migrate first.
        package static var worldMissing: Self { .init(.worldMissing) }
        /// The database was changed for newer programs than this one.
        package static var outdated: Self { .init(.outdated) }
        /// The request makes no sense.
        package static var invalid: Self { .init(.invalid) }
        /// The code as a word.
        package var description: String { self.base.rawValue }
    }

    /// What happened.
    package var code: Code
    /// What, where and how to fix it, for a person.
    package var message: String
    /// The job concerned.
    package var job: JobID?

    /// Makes an error.
    package init(_ code: Code, _ message: String, job: JobID? = nil) {
        self.code = code
        self.message = message
        self.job = job
    }

    /// The message.
    package var description: String { self.message }
}
