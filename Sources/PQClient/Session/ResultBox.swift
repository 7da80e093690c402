// SPDX-License-Identifier: MIT

import CLibPQ
import Glibc

/// One result of the server, shared by its rows; the memory ends with the last of them.
final class ResultBox: Sendable {
    let handle: ResultHandle
    let rowCount: Int
    let columnCount: Int

    init(_ handle: consuming ResultHandle) {
        self.rowCount = unsafe Int(PQntuples(handle.raw))
        self.columnCount = unsafe Int(PQnfields(handle.raw))
        self.handle = handle
    }

    /// The number of rows a command changed or returned, from its tag.
    var affected: Int {
        guard let text = unsafe PQcmdTuples(self.handle.raw) else { return 0 }
        return unsafe Int(String(cString: text)) ?? 0
    }

    /// The command tag: `INSERT 0 1`, `COMMIT`, `ROLLBACK`.
    var tag: String {
        guard let text = unsafe PQcmdStatus(self.handle.raw) else { return "" }
        return unsafe String(cString: text)
    }

    func columnName(_ index: Int) -> String {
        guard let text = unsafe PQfname(self.handle.raw, Int32(index)) else { return "" }
        return unsafe String(cString: text)
    }

    func columnIndex(_ name: String) -> Int? {
        for index in 0..<self.columnCount {
            guard let candidate = unsafe PQfname(self.handle.raw, Int32(index)) else { continue }
            if unsafe name.withCString({ unsafe strcmp($0, candidate) }) == 0 { return index }
        }
        return nil
    }

    func decode<T: PQDecodable>(row: Int, column: Int, as type: T.Type) throws(PQError) -> T {
        if unsafe PQgetisnull(self.handle.raw, Int32(row), Int32(column)) == 1 { return try T.decodeNull() }
        let oid = unsafe PQftype(self.handle.raw, Int32(column))
        let length = unsafe Int(PQgetlength(self.handle.raw, Int32(row), Int32(column)))
        let start = unsafe PQgetvalue(self.handle.raw, Int32(row), Int32(column))
        // The bytes live as long as the result, which `self` keeps during the call.
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: length)
        return try unsafe T.decode(bytes.bytes, oid: oid)
    }
}
