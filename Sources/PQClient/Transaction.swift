// SPDX-License-Identifier: MIT

/// A transaction lent by ``ConnectionPool/withTransaction(isolation:retrying:_:)``.
///
/// It commits when the body returns and rolls back when it throws; there is no call for either.
package struct Transaction: ~Copyable, SQLSession {
    private let session: Session
    private var savepoints = 0

    init(_ session: Session) { self.session = session }

    /// The server process that serves this transaction, as in `pg_stat_activity.pid`; a pooler gives a number of its own.
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

    /// Runs a part that may fail without failing the whole: when the body throws, only its writes are undone.
    @discardableResult
    package mutating func savepoint<R>(_ body: (inout Transaction) async throws -> R) async throws -> R {
        self.savepoints += 1
        let name = "ph_\(self.savepoints)"
        try await self.session.runScript("SAVEPOINT \(name)")
        do {
            let value = try await body(&self)
            try await self.session.runScript("RELEASE SAVEPOINT \(name)")
            return value
        } catch {
            if !self.session.isBroken {
                _ = try await self.session.runScript(
                    "ROLLBACK TO SAVEPOINT \(name); RELEASE SAVEPOINT \(name)", isCancellable: false)
            }
            throw error
        }
    }

    /// Sets the server's limit for each later statement of this transaction; zero is none.
    package mutating func setStatementTimeout(_ limit: Duration) async throws(PQError) {
        try await self.session.runScript("SET LOCAL statement_timeout = \(limit.wholeMilliseconds)")
        self.session.statementTimeout = limit
    }

    /// Runs several statements given as text, without values: a migration.
    mutating func script(_ sql: String) async throws(PQError) {
        try await self.session.runScript(sql)
    }
}

/// How much a transaction sees of others (chapter 13 of the PostgreSQL manual).
package enum TransactionIsolation: String, Sendable {
    case readCommitted = "READ COMMITTED"
    case repeatableRead = "REPEATABLE READ"
    case serializable = "SERIALIZABLE"
}
