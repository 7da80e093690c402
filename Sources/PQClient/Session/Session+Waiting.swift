// SPDX-License-Identifier: MIT

import CLibPQ

extension Session {
    /// How long the server may say nothing at all before the connection counts as dead.
    private var patience: Duration {
        self.statementTimeout == .zero ? .seconds(86_400) : self.statementTimeout + self.configuration.answerGrace
    }

    /// Waits for the socket.
    ///
    /// A cancelled task first asks the server to stop, then waits at most two seconds more.
    ///
    /// - Throws: ``PQError`` with code `timedOut` or `cancelled`; the session is broken then.
    @discardableResult
    func wait(
        _ interest: SocketReactor.Interest, isCancellable: Bool = true
    ) async throws(PQError) -> SocketReactor.Interest {
        let start = ContinuousClock.now
        while true {
            var deadline = start + self.patience
            var isInterruptible = isCancellable
            if case .requested(let until) = self.cancellation {
                deadline = until
                isInterruptible = false
            }
            // OpenSSL may hold a part of the answer that no event will announce: look again every quarter second.
            let isEncrypted = unsafe PQsslInUse(self.handle.raw) == 1
            let slice = isEncrypted ? min(deadline, .now + .milliseconds(250)) : deadline
            guard !self.isSocketGone else { throw self.lost(self.lastMessage) }
            let wake = await SocketReactor.shared.wait(
                self.registration, for: interest, until: slice, isCancellable: isInterruptible)
            switch wake {
            case .ready(let ready): return ready
            case .cancelled: self.requestCancel()
            case .deadline where ContinuousClock.now < deadline: return .readable
            case .deadline:
                if case .requested = self.cancellation {
                    throw PQError(.cancelled, "the task was cancelled and the server did not confirm it")
                }
                throw PQError(.timedOut, "the server did not answer in \(self.patience)")
            }
        }
    }

    /// Asks the server to stop the statement.
    ///
    /// A late cancel may hit whatever runs next on the connection, so it is
    /// not used again whatever comes.
    private func requestCancel() {
        self.failure = PQError(.cancelled, "the task was cancelled earlier in this connection")
        self.cancellation = .requested(until: .now)
        guard self.configuration.canCancel, let raw = unsafe PQgetCancel(self.handle.raw) else { return }
        self.cancellation = .requested(until: .now + .seconds(2))
        let request = CancelRequest(unsafe CancelHandle(adopting: raw))
        BlockingThread.start { request.handle.cancel() }
    }

    /// Sends what libpq has queued.
    func flush(isCancellable: Bool = true) async throws(PQError) {
        self.progress.isSent = true
        while true {
            switch unsafe PQflush(self.handle.raw) {
            case 0: return
            case 1:
                // The server may itself be blocked writing to us, so reading goes on meanwhile.
                let ready = try await self.wait([.readable, .writable], isCancellable: isCancellable)
                if ready.contains(.readable) { self.consume() }
            default: throw self.lost(self.lastMessage)
            }
        }
    }

    /// Reads what the socket has.
    ///
    /// With encryption several times: a read takes what fits libpq's buffer, and the rest
    /// of a record waits inside OpenSSL where epoll cannot see it. A lost connection shows in the next result.
    func consume() {
        let rounds = unsafe PQsslInUse(self.handle.raw) == 1 ? 3 : 1
        for _ in 0..<rounds where unsafe PQconsumeInput(self.handle.raw) == 0 { return }
    }

    /// The next result, or nil at the end of the statement.
    func nextResult(isCancellable: Bool = true) async throws(PQError) -> ResultHandle? {
        while !self.isSocketGone, unsafe PQisBusy(self.handle.raw) == 1 {
            try await self.wait(.readable, isCancellable: isCancellable)
            self.consume()
        }
        guard let raw = unsafe PQgetResult(self.handle.raw) else { return nil }
        return unsafe ResultHandle(adopting: raw)
    }

    /// Flushes what was queued, then reads all results up to the end and returns the last, or throws the first error.
    func collectOne(_ sql: String, isCancellable: Bool = true) async throws(PQError) -> ResultBox {
        do throws(PQError) {
            try await self.flush(isCancellable: isCancellable)
            var last: ResultBox?
            var failure: PQError?
            while let result = try await self.nextResult(isCancellable: isCancellable) {
                switch result.status {
                case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                    last = ResultBox(result)
                    self.progress.isCompleted = true
                case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                    throw self.misused("COPY needs copyIn or copyOut")
                default:
                    let error = PQError(result, statement: sql)
                    failure = failure ?? error
                }
            }
            if let failure { throw failure }
            guard let last else { throw self.lost(self.lastMessage) }
            return last
        } catch {
            throw self.settled(error)
        }
    }
}

/// Keeps a cancel handle alive on its thread.
private final class CancelRequest: Sendable {
    let handle: CancelHandle
    init(_ handle: consuming CancelHandle) { self.handle = handle }
}
