// SPDX-License-Identifier: MIT

import CLibPQ

extension Session {
    /// The bytes collected before they are handed to libpq, or to the caller.
    private static var chunk: Int { 65_536 }

    /// Sends rows in COPY's binary format.
    func copyIn(_ copy: Statement, rows: some Sequence<BindRow>) async throws(PQError) -> Int {
        try await self.startCopy(copy, expecting: PGRES_COPY_IN)
        defer { self.end() }
        do throws(PQError) {
            var buffer: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00] + [UInt8](repeating: 0, count: 8)
            buffer.reserveCapacity(Self.chunk * 2)
            for row in rows {
                if Task.isCancelled { return try await self.abandonCopy(copy) }
                buffer.append(row)
                guard buffer.count >= Self.chunk else { continue }
                try await self.put(buffer)
                buffer.removeAll(keepingCapacity: true)
            }
            buffer.appendBigEndian(Int16(-1))
            try await self.put(buffer)
            try await self.waitUntilQueued { unsafe PQputCopyEnd(self.handle.raw, nil) }
            return try await self.collectOne(copy.sql).affected
        } catch {
            throw self.settled(error)
        }
    }

    /// Passes the server's rows on as they come, in pieces of whole rows.
    func copyOut(_ copy: Statement, _ body: ([UInt8]) async throws -> Void) async throws {
        try await self.startCopy(copy, expecting: PGRES_COPY_OUT)
        defer { self.end() }
        var buffer: [UInt8] = []
        buffer.reserveCapacity(Self.chunk * 2)
        do {
            while try await self.appendCopyRow(to: &buffer) {
                guard buffer.count >= Self.chunk else { continue }
                try await body(buffer)
                buffer.removeAll(keepingCapacity: true)
            }
            if !buffer.isEmpty { try await body(buffer) }
        } catch let error as PQError {
            let error = self.settled(error)
            if self.transactionStatus == PQTRANS_ACTIVE { self.failure = error }
            throw error
        } catch {
            // The caller gave up; the rest of the rows is not worth reading.
            self.failure = PQError(.closed, "the connection was given up in the middle of a COPY")
            throw error
        }
        _ = try await self.collectOne(copy.sql)
    }

    /// Tells the server that no more rows come and none shall be kept.
    private func abandonCopy(_ copy: Statement) async throws(PQError) -> Int {
        try await self.waitUntilQueued { unsafe PQputCopyEnd(self.handle.raw, "the task was cancelled") }
        do throws(PQError) {
            _ = try await self.collectOne(copy.sql, isCancellable: false)
        } catch {
            guard error.sqlState == .queryCanceled else { throw error }
        }
        throw PQError(.cancelled, "the task was cancelled; no row was stored", sqlState: .queryCanceled)
    }

    private func startCopy(_ copy: Statement, expecting expected: ExecStatusType) async throws(PQError) {
        guard copy.binds.count == 0 else { throw PQError(.misuse, "COPY takes no binds") }
        try self.begin()
        do throws(PQError) {
            // Statements sent as one text are one transaction.
            let settings = self.settingsAhead
            try self.sendScript(settings.map { "\($0.sql); \(copy.sql)" } ?? copy.sql)
            try await self.flush()
            var awaitsSettings = settings != nil
            while let result = try await self.nextResult() {
                if result.status == expected { return }
                if result.status == PGRES_FATAL_ERROR {
                    let error = PQError(result, statement: copy.sql)
                    while let rest = try await self.nextResult() { _ = rest }
                    throw error
                }
                guard awaitsSettings else { throw self.misused("this statement does not copy in that direction") }
                awaitsSettings = false
            }
            throw self.lost(self.lastMessage)
        } catch {
            self.end()
            throw self.settled(error)
        }
    }

    private func put(_ bytes: [UInt8]) async throws(PQError) {
        try await self.waitUntilQueued {
            unsafe bytes.withUnsafeBytes { buffer in
                unsafe PQputCopyData(
                    self.handle.raw, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(buffer.count))
            }
        }
        try await self.flush()
    }

    private func waitUntilQueued(_ send: () -> CInt) async throws(PQError) {
        while true {
            switch send() {
            case 1: return
            case 0: try await self.wait([.readable, .writable])
            default: throw self.lost(self.lastMessage)
            }
        }
    }

    /// Appends one row; false at the end.
    private func appendCopyRow(to buffer: inout [UInt8]) async throws(PQError) -> Bool {
        while true {
            var row: UnsafeMutablePointer<CChar>?
            let length = unsafe PQgetCopyData(self.handle.raw, &row, 1)
            if length > 0, let row = unsafe row {
                unsafe buffer.append(contentsOf: UnsafeRawBufferPointer(start: row, count: Int(length)))
                unsafe PQfreemem(row)
                return true
            }
            switch length {
            case 0:
                try await self.wait(.readable)
                self.consume()
            case -1: return false
            default: throw self.lost(self.lastMessage)
            }
        }
    }
}

extension [UInt8] {
    /// Appends one row of a binary COPY.
    fileprivate mutating func append(_ row: BindRow) {
        self.appendBigEndian(Int16(row.count))
        for entry in row.entries {
            self.appendBigEndian(Int32(entry.length))
            if entry.length > 0 { self.append(contentsOf: row.bytes[entry.offset..<(entry.offset + entry.length)]) }
        }
    }
}
