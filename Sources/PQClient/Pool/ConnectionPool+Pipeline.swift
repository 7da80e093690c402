// SPDX-License-Identifier: MIT

extension ConnectionPool {
    /// Runs several statements in one round trip on any connection: a transaction of their own, all or nothing.
    ///
    /// - Parameters:
    ///   - statements: what to run, in order.
    ///   - retrying: how often they may run again after a serialization failure or deadlock.
    /// - Returns: the rows of each statement, in order.
    /// - Throws: ``PQError``.
    package func pipeline(_ statements: [Statement], retrying: Int = 0) async throws -> [Rows] {
        var attempt = 0
        while true {
            do {
                return try await self.withConnection { db in try await db.pipeline(statements) }
            } catch let error as PQError where error.isSerializationConflict && attempt < retrying {
                attempt += 1
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...(10 << min(attempt, 6)))))
            }
        }
    }
}
