// SPDX-License-Identifier: MIT

import CLibPQ

/// One session with the server: libpq without blocking, driven from whatever task holds the lease.
///
/// `@unchecked Sendable`: a session moves between tasks but is used by one at a time. The pool hands it to one lease,
/// and a lease is a noncopyable value passed `inout`, so the compiler keeps two calls from overlapping; `inUse` traps
/// if that is ever got wrong.
final class Session: @unchecked Sendable {
    /// How far a cancellation of the running statement has come.
    enum Cancellation {
        case none
        /// The server was asked to stop; its answer is awaited until the instant.
        case requested(until: ContinuousClock.Instant)
    }

    /// What the running statement has done to the database so far, for the case that the connection is lost.
    struct Progress {
        /// Bytes may have left this machine.
        var isSent = false
        /// A transaction was open before, so nothing lasts without a commit.
        var isInTransaction = false
        /// The statement is the commit.
        var isCommit = false
        /// The server reported success and has only to confirm that it is ready again.
        var isCompleted = false
    }

    let handle: ConnectionHandle
    /// The socket as the reactor knows it; libpq keeps it for as long as the connection works.
    let registration: SocketReactor.Registration
    let configuration: PQConfiguration
    var statements = StatementCache(capacity: 256)
    /// What goes ahead in each transaction; nil when the session has its settings from its start.
    let transactionSettings: Statement?
    /// Why the session must not be used again; it is closed on release.
    var failure: PQError?
    /// The limit the server has for a statement now; zero is none.
    var statementTimeout: Duration
    var cancellation = Cancellation.none
    var progress = Progress()
    /// No statement was run yet.
    private(set) var isFresh = true
    private var inUse = false

    init(_ handle: consuming ConnectionHandle, configuration: PQConfiguration) {
        self.registration = SocketReactor.shared.register(unsafe PQsocket(handle.raw))
        self.handle = handle
        self.configuration = configuration
        self.transactionSettings = configuration.transactionSettings
        self.statementTimeout = configuration.statementTimeout
    }

    deinit {
        // The reactor forgets the descriptor before libpq closes it.
        SocketReactor.shared.forget(self.registration)
    }

    var isBroken: Bool { self.failure != nil }

    /// Whether another task may have the session.
    var isIdle: Bool { !self.isBroken && self.transactionStatus == PQTRANS_IDLE }

    /// The server's view of our transaction.
    var transactionStatus: PGTransactionStatusType { unsafe PQtransactionStatus(self.handle.raw) }

    /// Whether statements are prepared once.
    var preparesStatements: Bool { self.configuration.usesPreparedStatements && self.configuration.pooling == .direct }

    /// What goes ahead of the statement that runs: nothing in a transaction, which has its settings already.
    var settingsAhead: Statement? { self.progress.isInTransaction ? nil : self.transactionSettings }

    /// The server process, as in `pg_stat_activity.pid`; a number of the pooler's own behind one.
    var serverProcess: Int32 { unsafe PQbackendPID(self.handle.raw) }

    /// Whether libpq has given the connection up.
    var isSocketGone: Bool { unsafe PQstatus(self.handle.raw) == CONNECTION_BAD }

    /// libpq's words about its last failure.
    var lastMessage: String { unsafe String(cString: PQerrorMessage(self.handle.raw)).firstLine }

    // MARK: Statements

    /// Runs a statement with binds and returns its result.
    func run(_ statement: Statement) async throws(PQError) -> ResultBox {
        try self.begin()
        defer { self.end() }
        if let settings = self.settingsAhead {
            let results = try await self.runPipeline([settings, statement])
            guard let result = results.last else { throw self.lost(self.lastMessage) }
            return result
        }
        guard self.preparesStatements else {
            try self.sendParameters(statement)
            return try await self.collectOne(statement.sql)
        }
        return try await self.runPrepared(statement, mayRepeat: true)
    }

    /// Runs text without binds through the simple protocol; several statements are one transaction.
    @discardableResult
    func runScript(_ sql: String, isCancellable: Bool = true, isCommit: Bool = false) async throws(PQError) -> ResultBox
    {
        try self.begin(isCancellable: isCancellable)
        defer { self.end() }
        self.progress.isCommit = isCommit
        try self.sendScript(sql)
        return try await self.collectOne(sql, isCancellable: isCancellable)
    }

    private func runPrepared(_ statement: Statement, mayRepeat: Bool) async throws(PQError) -> ResultBox {
        let key = StatementCache.Key(statement)
        do throws(PQError) {
            let name = try await self.prepared(key)
            try self.sendPrepared(name, statement.binds)
            return try await self.collectOne(statement.sql)
        } catch {
            guard error.isStalePlan else { throw error }
            // The plan's result changed, or somebody deallocated it; prepared again, once, unless a transaction of
            // the caller's failed with it.
            self.statements.forget(key)
            guard mayRepeat, !self.progress.isInTransaction else { throw error }
            return try await self.runPrepared(statement, mayRepeat: false)
        }
    }

    /// The name of the statement, prepared now if it was not.
    private func prepared(_ key: StatementCache.Key) async throws(PQError) -> String {
        if let name = self.statements.name(for: key) { return name }
        let (name, evicted) = self.statements.reserve(key)
        do throws(PQError) {
            if let evicted { try await self.deallocate(evicted) }
            try self.sendPrepare(name, key)
            _ = try await self.collectOne(key.sql)
            self.progress.isSent = false
            self.progress.isCompleted = false
            return name
        } catch {
            self.statements.forget(key)
            throw error
        }
    }

    /// Frees a prepared statement; libpq 15 has no message for it, so it is SQL.
    func deallocate(_ name: String) async throws(PQError) {
        try self.sendScript("DEALLOCATE \(name)")
        _ = try await self.collectOne("DEALLOCATE")
    }

    // MARK: One statement at a time

    /// Claims the session for one statement.
    func begin(isCancellable: Bool = true) throws(PQError) {
        precondition(!self.inUse, "two statements overlap on one connection")
        if var failure = self.failure {
            // Whatever was in doubt was reported with the statement concerned; this one was never sent.
            failure.outcomeUnknown = false
            throw failure
        }
        guard !isCancellable || !Task.isCancelled else {
            throw PQError(.cancelled, "the task was cancelled before the statement was sent")
        }
        self.inUse = true
        self.isFresh = false
        self.cancellation = .none
        self.progress = Progress(isInTransaction: self.transactionStatus != PQTRANS_IDLE)
    }

    /// Ends the claim.
    func end() { self.inUse = false }

    /// Notes that the connection is lost, and why.
    func lost(_ message: String) -> PQError {
        let error = PQError(.connectionLost, message.isEmpty ? "the server closed the connection" : message)
        self.failure = self.failure ?? error
        return error
    }

    /// Notes that a call was wrong in a way that leaves the session in the middle of something.
    func misused(_ message: String) -> PQError {
        let error = PQError(.misuse, message)
        self.failure = self.failure ?? error
        return error
    }

    /// Completes an error with what the session knows: cancelled by us, lost in the middle, outcome in doubt.
    func settled(_ error: PQError) -> PQError {
        var error = error
        if case .requested = self.cancellation, error.sqlState == .queryCanceled {
            error = PQError(
                .cancelled, "the task was cancelled; the server stopped the statement", sqlState: .queryCanceled)
        }
        guard error.code == .connectionLost || error.code == .timedOut || error.code == .cancelled else { return error }
        // An error of the server's own, before it reported success, undid the statement; a commit may stand all the
        // same, and so may anything outside a transaction that got no answer.
        let isUndone = error.sqlState != nil && !self.progress.isCompleted
        let lastsByItself = self.progress.isCommit || !self.progress.isInTransaction
        error.outcomeUnknown =
            self.progress.isSent && lastsByItself && (self.progress.isCommit ? error.code != .cancelled : !isUndone)
        self.failure = error
        return error
    }
}
