// SPDX-License-Identifier: MIT

/// A connection lent by ``ConnectionPool/withConnection(_:)``; every statement commits by itself.
///
/// It cannot be copied, stored or used by two tasks at once. What is set on it (`SET`, advisory locks, temporary
/// tables) would outlive the lease: use a transaction and `SET LOCAL` instead.
package struct Connection: ~Copyable, SQLSession {
    private let session: Session

    init(_ session: Session) { self.session = session }

    /// The server process that serves this connection, as in `pg_stat_activity.pid`; a pooler gives a number of its own.
    package var serverProcess: Int32 { self.session.serverProcess }

    package mutating func query(_ statement: Statement) async throws(PQError) -> Rows {
        Rows(try await self.session.run(statement))
    }

    @discardableResult
    package mutating func execute(_ statement: Statement) async throws(PQError) -> Int {
        try await self.session.run(statement).affected
    }

    package mutating func pipeline(_ statements: [Statement]) async throws(PQError) -> [Rows] {
        try await self.session.pipeline(statements).map(Rows.init)
    }

    @discardableResult
    package mutating func copyIn(_ copy: Statement, rows: some Sequence<BindRow>) async throws(PQError) -> Int {
        try await self.session.copyIn(copy, rows: rows)
    }

    package mutating func copyOut(_ copy: Statement, _ body: ([UInt8]) async throws -> Void) async throws {
        try await self.session.copyOut(copy, body)
    }
}
