// SPDX-License-Identifier: MIT

import CLibPQ
import Glibc

extension Session {
    /// Opens a session, blocking: for a helper thread only.
    ///
    /// Name resolution happens inside libpq.
    static func open(_ configuration: PQConfiguration) throws(PQError) -> Session {
        let keywords = configuration.keywords
        let raw = unsafe withCStrings(keywords.map(\.0)) { names in
            unsafe withCStrings(keywords.map(\.1)) { values in
                unsafe PQconnectdbParams(names, values, 0)
            }
        }
        guard let raw = unsafe raw else { throw PQError(.connectFailed, "libpq is out of memory") }
        let handle = unsafe ConnectionHandle(adopting: raw)
        guard unsafe PQstatus(raw) == CONNECTION_OK else {
            // libpq's text names host, port and user, never the password.
            let message = unsafe String(cString: PQerrorMessage(raw)).split(separator: "\n").joined(separator: "; ")
            throw PQError(.connectFailed, message, sqlState: connectState(message))
        }
        unsafe PQsetNoticeReceiver(raw, posthorn_pq_ignore_notice, nil)
        guard unsafe PQsetnonblocking(raw, 1) == 0 else {
            throw PQError(.connectFailed, "the connection cannot be made non-blocking")
        }
        return Session(handle, configuration: configuration)
    }
}

/// libpq keeps no code for a refused connection; two that matter are told by their fixed text.
private func connectState(_ message: String) -> SQLState? {
    if message.contains("too many clients") || message.contains("remaining connection slots") {
        return .tooManyConnections
    }
    if message.contains("the database system is") { return .cannotConnectNow }
    return nil
}

/// Lends a null-terminated array of C strings.
private func withCStrings<R>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R) -> R {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    var pointers: [UnsafePointer<CChar>?] = unsafe copies.map { unsafe UnsafePointer($0) }
    unsafe pointers.append(nil)
    return unsafe pointers.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("the array holds its terminator") }
        return unsafe body(base)
    }
}
