// SPDX-License-Identifier: MIT

import CLibPQ
import Glibc

extension Session {
    /// Begins a transaction, in one round trip with its settings where it needs them.
    func beginTransaction(_ isolation: TransactionIsolation) async throws(PQError) {
        let begin = "BEGIN ISOLATION LEVEL \(isolation.rawValue)"
        try await self.runScript(self.transactionSettings.map { "\(begin); \($0.sql)" } ?? begin)
    }

    /// Commits; not interrupted by cancellation.
    ///
    /// - Throws: ``PQError`` with code `transactionAborted` when an earlier failure was swallowed by the body.
    func commit() async throws(PQError) {
        if !self.isBroken, self.transactionStatus != PQTRANS_INTRANS {
            throw PQError(.transactionAborted, "a statement failed and its error was ignored; nothing was committed")
        }
        let result = try await self.runScript("COMMIT", isCancellable: false, isCommit: true)
        guard result.tag == "COMMIT" else {
            throw PQError(.transactionAborted, "the server rolled the transaction back instead of committing it")
        }
    }

    /// Leaves no transaction open; a connection on which even that fails is broken.
    func rollBackIfNeeded() async {
        self.statementTimeout = self.configuration.statementTimeout
        guard !self.isBroken, self.transactionStatus != PQTRANS_IDLE else { return }
        do throws(PQError) {
            try await self.runScript("ROLLBACK", isCancellable: false)
        } catch {
            // The server rolls back by itself when the connection closes.
            self.failure = error
        }
    }

    /// Whether an idle connection still has its server, told without a round trip.
    ///
    /// A server that ends a session leaves a message or an end of file to read. A session at rest has nothing else to
    /// read but rare news of a changed setting, so anything at all is taken for the end.
    func isAlive() -> Bool {
        guard !self.isBroken else { return false }
        // After the handshake of TLS 1.3 a server may still send tickets.
        guard !self.isFresh else { return true }
        var probe = pollfd(fd: self.registration.descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&probe, 1, 0) == 0
    }
}
