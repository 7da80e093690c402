// SPDX-License-Identifier: MIT

/// What repositories take: a connection or a transaction, lent to one caller at a time.
///
/// ```swift
/// func find(_ id: ClientID, in db: inout some SQLSession & ~Copyable) async throws -> Client?
/// ```
///
/// A cancelled task asks the server to stop; the connection is then closed, never handed to the next caller.
package protocol SQLSession: ~Copyable {
    /// Runs a statement and returns its rows.
    mutating func query(_ statement: Statement) async throws(PQError) -> Rows

    /// Runs a statement and returns the number of rows it changed.
    @discardableResult
    mutating func execute(_ statement: Statement) async throws(PQError) -> Int

    /// Runs several statements in one round trip, all or nothing: outside a transaction they are one of their own.
    ///
    /// - Returns: the rows of each statement, in order.
    mutating func pipeline(_ statements: [Statement]) async throws(PQError) -> [Rows]

    /// Sends rows through `COPY … FROM STDIN (FORMAT binary)`, all or nothing.
    ///
    /// The binary format converts nothing: an `integer` column takes `Int32`, a `bigint` column `Int` or `Int64`.
    ///
    /// - Parameters:
    ///   - copy: `COPY table (column, …) FROM STDIN (FORMAT binary)`, without binds.
    ///   - rows: one ``BindRow`` a row, in the order of the columns; read lazily.
    /// - Returns: the number of rows stored.
    /// - Throws: ``PQError``; no row is stored then, and the connection stays usable after an error of the server's.
    @discardableResult
    mutating func copyIn(_ copy: Statement, rows: some Sequence<BindRow>) async throws(PQError) -> Int

    /// Passes the text of `COPY … TO STDOUT` through, in pieces of some 64 kB that end with a line.
    ///
    /// When `body` throws, the connection is closed and the error passed on.
    mutating func copyOut(_ copy: Statement, _ body: ([UInt8]) async throws -> Void) async throws
}
