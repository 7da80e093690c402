// SPDX-License-Identifier: MIT

import CLibPQ

extension Session {
    /// Queues a statement with its values, unprepared.
    func sendParameters(_ statement: Statement) throws(PQError) {
        let types = statement.binds.entries.map(\.oid)
        let sent = unsafe statement.binds.withLibPQArrays { values, lengths, formats in
            unsafe PQsendQueryParams(
                self.handle.raw, statement.sql, CInt(types.count), types, values, lengths, formats, 1)
        }
        try self.check(sent)
    }

    /// Queues the preparation of a statement.
    func sendPrepare(_ name: String, _ key: StatementCache.Key) throws(PQError) {
        try self.check(unsafe PQsendPrepare(self.handle.raw, name, key.sql, CInt(key.types.count), key.types))
    }

    /// Queues a prepared statement with its values.
    func sendPrepared(_ name: String, _ binds: BindRow) throws(PQError) {
        let sent = unsafe binds.withLibPQArrays { values, lengths, formats in
            unsafe PQsendQueryPrepared(self.handle.raw, name, CInt(binds.count), values, lengths, formats, 1)
        }
        try self.check(sent)
    }

    /// Queues text for the simple protocol.
    func sendScript(_ sql: String) throws(PQError) {
        try self.check(unsafe PQsendQuery(self.handle.raw, sql))
    }

    /// Turns libpq's 0 for "could not even be queued" into an error.
    func check(_ result: CInt) throws(PQError) {
        guard result == 1 else {
            guard !self.isSocketGone else { throw self.settled(self.lost(self.lastMessage)) }
            throw PQError(.misuse, self.lastMessage)
        }
    }
}
