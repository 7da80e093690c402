// SPDX-License-Identifier: MIT

/// A five-character code of what the server objects to (appendix A of the PostgreSQL manual).
package struct SQLState: Hashable, Sendable, RawRepresentable, CustomStringConvertible {
    /// The five characters.
    package let rawValue: String

    /// Wraps a code as the server sent it.
    package init(rawValue: String) { self.rawValue = rawValue }

    private init(_ rawValue: String) { self.rawValue = rawValue }

    /// The code's class: its first two characters.
    package var category: String { String(self.rawValue.prefix(2)) }

    package var description: String { self.rawValue }

    /// A value does not fit the column's `NOT NULL`.
    package static let notNullViolation = SQLState("23502")
    /// A row names a row that does not exist.
    package static let foreignKeyViolation = SQLState("23503")
    /// A key exists already.
    package static let uniqueViolation = SQLState("23505")
    /// A `CHECK` refuses the row.
    package static let checkViolation = SQLState("23514")
    /// An exclusion constraint refuses the row.
    package static let exclusionViolation = SQLState("23P01")
    /// Two serializable transactions cannot both have happened; try again.
    package static let serializationFailure = SQLState("40001")
    /// Two transactions waited for each other; try again.
    package static let deadlockDetected = SQLState("40P01")
    /// The transaction failed earlier; only a rollback is possible.
    package static let inFailedTransaction = SQLState("25P02")
    /// A schema object does not exist.
    package static let undefinedTable = SQLState("42P01")
    /// A prepared statement's result columns changed.
    package static let featureNotSupported = SQLState("0A000")
    /// A prepared statement is not known to this session.
    package static let invalidStatementName = SQLState("26000")
    /// A lock could not be had in `lock_timeout`, or at once with `NOWAIT`.
    package static let lockNotAvailable = SQLState("55P03")
    /// The statement was cancelled, by request or by `statement_timeout`.
    package static let queryCanceled = SQLState("57014")
    /// An operator ended the session or stops the server.
    package static let adminShutdown = SQLState("57P01")
    /// The server restarts after a crash.
    package static let crashShutdown = SQLState("57P02")
    /// The server starts, stops or recovers, and takes no session now.
    package static let cannotConnectNow = SQLState("57P03")
    /// All sessions the server allows are in use.
    package static let tooManyConnections = SQLState("53300")
    /// A function of ours raised an exception.
    package static let raiseException = SQLState("P0001")
}
