// SPDX-License-Identifier: MIT

import CLibPQ

/// Owner of a `PGconn`; `PQfinish` when it ends.
@safe
struct ConnectionHandle: ~Copyable {
    let raw: OpaquePointer

    init(adopting raw: OpaquePointer) { unsafe self.raw = raw }

    deinit { unsafe PQfinish(self.raw) }
}

/// Owner of a `PGresult`; `PQclear` when it ends.
@safe
struct ResultHandle: ~Copyable, Sendable {
    // Read-only once made; libpq lets any thread read or clear it.
    nonisolated(unsafe) let raw: OpaquePointer

    init(adopting raw: OpaquePointer) { unsafe self.raw = raw }

    deinit { unsafe PQclear(self.raw) }

    var status: ExecStatusType { unsafe PQresultStatus(self.raw) }

    /// A field of an error result, copied.
    func errorField(_ code: Character) -> String? {
        guard let ascii = code.asciiValue, let text = unsafe PQresultErrorField(self.raw, Int32(ascii)) else {
            return nil
        }
        return unsafe String(cString: text)
    }
}

/// Owner of a `PGcancel`; `PQfreeCancel` when it ends.
///
/// Any thread may use it while the connection works.
@safe
struct CancelHandle: ~Copyable, Sendable {
    // Read-only for PQcancel; freed by its one owner.
    private nonisolated(unsafe) let raw: OpaquePointer

    init(adopting raw: OpaquePointer) { unsafe self.raw = raw }

    deinit { unsafe PQfreeCancel(self.raw) }

    /// Asks the server to cancel what the connection runs; blocks until the server has taken the request.
    func cancel() {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            // The answer does not matter: the connection is closed in either case.
            _ = unsafe PQcancel(self.raw, buffer.baseAddress, Int32(buffer.count))
        }
    }
}
