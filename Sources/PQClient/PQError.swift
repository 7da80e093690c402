// SPDX-License-Identifier: MIT

/// What went wrong between us and PostgreSQL.
///
/// `description` carries names (table, column, constraint) and never a value; the server's own words, which may quote
/// one, are in ``message``, ``detail`` and `debugDescription`.
package struct PQError: Error, Sendable {
    /// What happened, in terms a caller can act on.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Base: String {
            case connectFailed, connectionLost, server, decoding, cancelled, timedOut, poolExhausted, closed
            case configuration, pooler, transactionAborted, misuse, migration
        }
        private let base: Base
        private init(_ base: Base) { self.base = base }

        /// No session could be opened: the server is unreachable or refused us.
        package static var connectFailed: Self { .init(.connectFailed) }
        /// The session ended under us; see ``PQError/outcomeUnknown``.
        package static var connectionLost: Self { .init(.connectionLost) }
        /// The server refused the statement and the session is fine; see ``PQError/sqlState``.
        package static var server: Self { .init(.server) }
        /// A result does not have the type that was asked for.
        package static var decoding: Self { .init(.decoding) }
        /// The task was cancelled while it waited.
        package static var cancelled: Self { .init(.cancelled) }
        /// The server did not answer in time.
        package static var timedOut: Self { .init(.timedOut) }
        /// No connection became free in time.
        package static var poolExhausted: Self { .init(.poolExhausted) }
        /// The pool or the connection was closed.
        package static var closed: Self { .init(.closed) }
        /// The configuration is wrong.
        package static var configuration: Self { .init(.configuration) }
        /// A connection pooler answers where a session of our own is needed; see ``PQConfiguration/Pooling``.
        package static var pooler: Self { .init(.pooler) }
        /// The body returned normally, but a statement in it had failed, so nothing was committed.
        package static var transactionAborted: Self { .init(.transactionAborted) }
        /// A call that cannot work, such as a COPY statement given to `query`.
        package static var misuse: Self { .init(.misuse) }
        /// The schema does not fit this program; see the message.
        package static var migration: Self { .init(.migration) }

        package var description: String { self.base.rawValue }
    }

    /// What happened.
    package var code: Code
    /// A sentence for a developer or operator; the server's primary message for ``Code/server``.
    package var message: String
    /// The server's code.
    package var sqlState: SQLState?
    /// The server's detail, which may quote values.
    package var detail: String?
    /// The server's hint.
    package var hint: String?
    /// The constraint that refused the row.
    package var constraint: String?
    /// The table concerned.
    package var table: String?
    /// The column concerned.
    package var column: String?
    /// The statement's text, without its values.
    package var statement: String?
    /// Whether a commit, or a statement outside a transaction, may have taken effect although we have no answer.
    package var outcomeUnknown: Bool
    /// The cause.
    package var underlying: (any Error)?

    /// Makes an error of this module.
    package init(
        _ code: Code, _ message: String, sqlState: SQLState? = nil, outcomeUnknown: Bool = false,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.outcomeUnknown = outcomeUnknown
        self.underlying = underlying
    }

    /// Whether the same call may succeed later and cannot have taken effect now.
    package var isRetryable: Bool {
        guard !self.outcomeUnknown else { return false }
        switch self.code {
        case .connectFailed, .connectionLost, .timedOut, .poolExhausted:
            return true
        case .server:
            guard let sqlState = self.sqlState else { return false }
            return Self.retryableStates.contains(sqlState) || sqlState.category == "08"
        default:
            return false
        }
    }

    /// Whether running the whole transaction again is PostgreSQL's documented answer: 40001 and 40P01.
    package var isSerializationConflict: Bool {
        self.sqlState == .serializationFailure || self.sqlState == .deadlockDetected
    }

    /// Whether a prepared statement must be prepared again: its plan's result changed, or the server forgot it.
    var isStalePlan: Bool {
        self.code == .server && (self.sqlState == .featureNotSupported || self.sqlState == .invalidStatementName)
    }

    private static let retryableStates: Set<SQLState> = [
        .serializationFailure, .deadlockDetected, .lockNotAvailable, .adminShutdown, .crashShutdown, .cannotConnectNow,
        .tooManyConnections,
    ]
}

extension PQError: CustomStringConvertible, CustomDebugStringConvertible {
    /// What and where, with no value: messages of class 22 quote the offending value and are left out.
    package var description: String {
        var text = "\(self.code)"
        if let sqlState = self.sqlState { text += " \(sqlState)" }
        if self.sqlState?.category == "22" {
            text += ": a value was refused by the server"
        } else {
            text += ": \(self.message)"
        }
        if let table = self.table { text += " (table \(table)" + (self.column.map { ", column \($0)" } ?? "") + ")" }
        if let constraint = self.constraint { text += " (constraint \(constraint))" }
        if self.outcomeUnknown { text += "; it may or may not have taken effect" }
        return text
    }

    /// Everything known, values the server quotes included.
    package var debugDescription: String {
        var text = "\(self.code)"
        if let sqlState = self.sqlState { text += " \(sqlState)" }
        text += ": \(self.message)"
        let facts = [
            ("detail", self.detail), ("hint", self.hint), ("table", self.table), ("column", self.column),
            ("constraint", self.constraint), ("statement", self.statement),
            ("cause", self.underlying.map { String(describing: $0) }),
        ]
        for case (let name, let value?) in facts { text += "; \(name): \(value)" }
        if self.outcomeUnknown { text += "; outcome unknown" }
        return text
    }
}
