// SPDX-License-Identifier: MIT

extension ConnectionPool {
    /// Lends a connection for the time of the body; each statement commits by itself.
    ///
    /// - Throws: what the body throws, or ``PQError`` when there is no connection.
    @discardableResult
    package func withConnection<R>(_ body: (inout Connection) async throws -> R) async throws -> R {
        let lease = try await self.lease()
        var connection = Connection(lease.session)
        do {
            let value = try await body(&connection)
            await self.giveBack(lease)
            return value
        } catch {
            await self.giveBack(lease)
            throw error
        }
    }

    /// Runs the body in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// With `retrying` the body may run again after a serialization failure or deadlock, so it must have no effect
    /// outside the database. The commit itself is not interrupted by cancellation. When the answer to the commit is
    /// lost, the error has ``PQError/outcomeUnknown`` set and nothing is retried.
    ///
    /// - Parameters:
    ///   - isolation: what the transaction sees of others.
    ///   - retrying: how often the body may run again.
    ///   - body: what to do; it ends before the connection is used for anything else.
    /// - Returns: what the body returned.
    /// - Throws: what the body throws, or ``PQError`` of the begin or the commit.
    @discardableResult
    package func withTransaction<R>(
        isolation: TransactionIsolation = .readCommitted, retrying: Int = 0,
        _ body: (inout Transaction) async throws -> R
    ) async throws -> R {
        var attempt = 0
        while true {
            do {
                return try await self.attemptTransaction(isolation, body)
            } catch let error as PQError where error.isSerializationConflict && attempt < retrying {
                attempt += 1
                try await Task.sleep(for: .milliseconds(Int.random(in: 1...(10 << min(attempt, 6)))))
            }
        }
    }

    private func attemptTransaction<R>(
        _ isolation: TransactionIsolation, _ body: (inout Transaction) async throws -> R
    ) async throws -> R {
        let lease = try await self.begun(isolation)
        do {
            var transaction = Transaction(lease.session)
            let value = try await body(&transaction)
            try await lease.session.commit()
            await self.giveBack(lease)
            return value
        } catch {
            await self.giveBack(lease)
            throw error
        }
    }

    /// A connection with an open transaction.
    ///
    /// One that turns out to be dead is replaced: nothing has happened on it.
    private func begun(_ isolation: TransactionIsolation) async throws(PQError) -> Lease {
        var attemptsLeft = 3
        while true {
            let lease = try await self.lease()
            do throws(PQError) {
                try await lease.session.beginTransaction(isolation)
                return lease
            } catch {
                await self.giveBack(lease)
                attemptsLeft -= 1
                guard error.code == .connectionLost, attemptsLeft > 0 else {
                    // A transaction that has not begun leaves no doubt.
                    var certain = error
                    certain.outcomeUnknown = false
                    throw certain
                }
            }
        }
    }

    /// Ends whatever transaction is open and returns the connection.
    private func giveBack(_ lease: Lease) async {
        await lease.session.rollBackIfNeeded()
        self.release(lease)
    }

    /// Runs one statement on any connection and returns its rows.
    package func query(_ statement: Statement) async throws(PQError) -> Rows {
        let lease = try await self.lease()
        do throws(PQError) {
            let rows = Rows(try await lease.session.run(statement))
            await self.giveBack(lease)
            return rows
        } catch {
            await self.giveBack(lease)
            throw error
        }
    }

    /// Runs one statement on any connection and returns the number of rows it changed.
    @discardableResult
    package func execute(_ statement: Statement) async throws(PQError) -> Int {
        try await self.query(statement).affected
    }
}
