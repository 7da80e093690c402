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
            // PgBouncer's text: it takes no options, of which a server takes all.
            if message.contains("unsupported startup parameter") { throw self.inTheWay(of: configuration) }
            throw PQError(.connectFailed, message, sqlState: connectState(message))
        }
        unsafe PQsetNoticeReceiver(raw, posthorn_pq_ignore_notice, nil)
        if configuration.pooling == .direct { try self.refusePooler(handle, configuration) }
        guard unsafe PQsetnonblocking(raw, 1) == 0 else {
            throw PQError(.connectFailed, "the connection cannot be made non-blocking")
        }
        return Session(handle, configuration: configuration)
    }

    /// Makes sure that the server process we were told of is the one that answers.
    ///
    /// A pooler tells a number of its own. Were it to lend each transaction another session of the server's, then a
    /// prepared statement could be missing there, or be another client's of the same name.
    private static func refusePooler(
        _ handle: borrowing ConnectionHandle, _ configuration: PQConfiguration
    ) throws(PQError) {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        guard unsafe PQsendQuery(handle.raw, "SELECT pg_catalog.pg_backend_pid()") == 1 else {
            throw self.unopened(handle)
        }
        var answer: Int32?
        while true {
            while unsafe PQisBusy(handle.raw) == 1 {
                let left = deadline - .now
                guard left > .zero else { throw PQError(.connectFailed, "the server did not answer in time") }
                var socket = unsafe pollfd(fd: PQsocket(handle.raw), events: Int16(POLLIN), revents: 0)
                // Woken by a signal it finds nothing to read, and waits again.
                _ = unsafe poll(&socket, 1, CInt(clamping: left.wholeMilliseconds + 1))
                guard unsafe PQconsumeInput(handle.raw) == 1 else { throw self.unopened(handle) }
            }
            guard let next = unsafe PQgetResult(handle.raw) else { break }
            let result = unsafe ResultHandle(adopting: next)
            guard result.status == PGRES_TUPLES_OK, let text = unsafe PQgetvalue(result.raw, 0, 0) else {
                throw self.unopened(handle)
            }
            answer = unsafe Int32(String(cString: text))
        }
        guard unsafe answer == PQbackendPID(handle.raw) else { throw self.inTheWay(of: configuration) }
    }

    private static func inTheWay(of configuration: PQConfiguration) -> PQError {
        PQError(
            .pooler,
            "a connection pooler (such as PgBouncer) answers at \(configuration.location), where it was not expected")
    }

    private static func unopened(_ handle: borrowing ConnectionHandle) -> PQError {
        let message = unsafe String(cString: PQerrorMessage(handle.raw)).firstLine
        return PQError(.connectFailed, message.isEmpty ? "the server closed the connection" : message)
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
