// SPDX-License-Identifier: MIT

import CLibPQ

/// Where the database is and how we talk to it.
///
/// What the URL leaves open comes from libpq's environment (`PGHOST`, `PGUSER`, `PGPASSWORD`, `PGSSLMODE`, a service
/// or password file, …). Encryption with verification of the server's name is the default for every host that is
/// neither loopback nor a Unix socket; an explicit `sslmode` is obeyed.
///
/// Behind a connection pooler ``pooling`` is ``Pooling/transaction``; without it a pooler is noticed when a connection
/// opens, and refused.
package struct PQConfiguration: Sendable {
    /// What lies between us and the server.
    package enum Pooling: String, Sendable, Hashable, CaseIterable {
        /// Nothing: a connection is a session, with its settings and prepared statements.
        case direct = "none"
        /// A pooler in transaction mode, such as PgBouncer: each transaction may get another session of the server's,
        /// so it brings its settings along and no statement is prepared.
        ///
        /// Right for a pooler in session mode, and without one, too: only slower.
        case transaction
    }

    /// The schema all unqualified names live in.
    package private(set) var schema: String
    /// Shown in `pg_stat_activity`.
    package let applicationName: String
    /// The most connections the pool opens.
    package var maximumConnections: Int
    /// How long a caller waits for a free connection.
    package var acquireTimeout: Duration
    /// How long opening a connection may take, a host, in whole seconds.
    package var connectTimeout: Duration
    /// The server's limit for one statement; zero is none.
    package var statementTimeout: Duration
    /// The server's limit for waiting on a lock; zero is none.
    package var lockTimeout: Duration
    /// The server's limit for a transaction that does nothing; zero is none.
    package var idleInTransactionTimeout: Duration
    /// How long an answer may stay out beyond ``statementTimeout`` before the connection counts as dead.
    package var answerGrace: Duration
    /// An idle connection is closed after this time.
    package var idleTimeout: Duration
    /// A connection is replaced after this time, give or take a tenth.
    package var lifetime: Duration
    /// What lies between us and the server.
    package var pooling: Pooling
    /// Whether statements are prepared once a connection; never done behind a pooler.
    package var usesPreparedStatements: Bool
    /// Whether a cancelled task asks the server to stop.
    ///
    /// libpq 15 sends the request unencrypted, so it is off by
    /// default where the connection must be verified. Behind a pooler none is sent whatever this says.
    package var sendsCancelRequests: Bool

    /// Connection keywords that were given, without ours.
    private let given: [String: String]

    /// Reads a URL or libpq's environment.
    ///
    /// - Parameters:
    ///   - url: `postgresql://user@host:port/database?sslmode=…`, or nil for the environment alone.
    ///   - schema: lower-case letters, digits and underscores.
    ///   - applicationName: shown in `pg_stat_activity`.
    ///   - maximumConnections: the most connections the pool opens, at least 1.
    /// - Throws: ``PQError`` with code `configuration`; the message never repeats the URL.
    package init(
        url: String?, schema: String, applicationName: String = "posthorn", maximumConnections: Int = 8
    ) throws(PQError) {
        try Self.requirePlain(schema)
        guard maximumConnections > 0 else {
            throw PQError(.configuration, "a pool needs at least one connection")
        }
        let fallback = ConnectionKeywords.environment()
        let explicit = try url.map { text throws(PQError) in try ConnectionKeywords.parse(url: text) } ?? [:]
        let given = fallback.merging(explicit) { _, explicit in explicit }
        self.given = given
        self.schema = schema
        self.applicationName = explicit["application_name"] ?? applicationName
        self.maximumConnections = maximumConnections
        self.acquireTimeout = .seconds(10)
        self.connectTimeout = given["connect_timeout"].flatMap(Int.init).map { .seconds($0) } ?? .seconds(10)
        self.statementTimeout = .seconds(30)
        self.lockTimeout = .seconds(10)
        self.idleInTransactionTimeout = .seconds(60)
        self.answerGrace = .seconds(10)
        self.idleTimeout = .seconds(300)
        self.lifetime = .seconds(3_600)
        self.pooling = .direct
        self.usesPreparedStatements = true
        self.sendsCancelRequests = TLSDefault.isLocal(given)
    }

    /// The same database, user and settings with another schema.
    ///
    /// - Throws: ``PQError`` with code `configuration` when that is no plain name.
    package func inSchema(_ schema: String) throws(PQError) -> PQConfiguration {
        try Self.requirePlain(schema)
        var other = self
        other.schema = schema
        return other
    }

    private static func requirePlain(_ schema: String) throws(PQError) {
        guard Self.isPlainIdentifier(schema) else {
            throw PQError(
                .configuration,
                "the schema must be 1 to 63 lower-case letters, digits and underscores, not a digit first")
        }
    }

    /// The host, port and database, for messages; no user and no password.
    package var location: String {
        let host = self.given["hostaddr"] ?? self.given["host"] ?? "the local socket"
        return "\(host):\(self.given["port"] ?? "5432")/\(self.given["dbname"] ?? self.given["user"] ?? "")"
    }

    /// The `sslmode` a connection will use.
    package var sslMode: String { TLSDefault.apply(to: self.given)["sslmode"] ?? "verify-full" }

    /// The keywords and values for `PQconnectdbParams`; the password is among them, so it is never logged.
    var keywords: [(String, String)] {
        var keywords = TLSDefault.apply(to: self.given)
        keywords["application_name"] = self.applicationName
        keywords["client_encoding"] = "UTF8"
        keywords["gssencmode"] = "disable"
        keywords["connect_timeout"] = String(max(2, self.connectTimeout.components.seconds))
        for (name, value) in [
            ("keepalives", "1"), ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
        ] where keywords[name] == nil {
            keywords[name] = value
        }
        if self.pooling == .direct {
            let ours = self.settings.map { "-c \($0.name)=\($0.value)" }.joined(separator: " ")
            keywords["options"] = keywords["options"].map { "\($0) \(ours)" } ?? ours
        }
        return keywords.sorted { $0.key < $1.key }
    }

    /// What every statement of ours runs under: names and values that need no quoting.
    private var settings: [(name: String, value: String)] {
        [
            ("search_path", self.schema), ("TimeZone", "UTC"), ("IntervalStyle", "postgres"),
            ("statement_timeout", "\(self.statementTimeout.wholeMilliseconds)"),
            ("lock_timeout", "\(self.lockTimeout.wholeMilliseconds)"),
            ("idle_in_transaction_session_timeout", "\(self.idleInTransactionTimeout.wholeMilliseconds)"),
        ]
    }

    /// Whether the server can be asked to stop a statement; else it goes on until its time limit, and what it did is undone or unknown.
    ///
    /// PgBouncer 1.18 dies, with the connections of all its clients, when a process that asked ends before PgBouncer has passed the request
    /// on (github.com/pgbouncer/pgbouncer/issues/801).
    var canCancel: Bool { self.sendsCancelRequests && self.pooling == .direct }

    /// The statement that gives its settings to a transaction; nil where the session has them from its start.
    var transactionSettings: Statement? {
        guard self.pooling == .transaction else { return nil }
        // One statement: six times `SET LOCAL` takes longer.
        let calls = self.settings.map { "set_config('\($0.name)', '\($0.value)', true)" }
        return Statement(sql: "SELECT " + calls.joined(separator: ", "))
    }

    private static func isPlainIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 63 else { return false }
        guard first == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
    }
}

extension PQConfiguration: CustomStringConvertible, CustomReflectable {
    /// Where, and as which schema; no credentials.
    package var description: String { "\(self.location) (schema \(self.schema))" }

    /// Hides the credentials from `dump` and from reflection in logs.
    package var customMirror: Mirror { Mirror(self, children: ["location": self.location, "schema": self.schema]) }
}

extension Duration {
    /// Milliseconds, rounded down.
    var wholeMilliseconds: Int64 {
        self.components.seconds * 1_000 + self.components.attoseconds / 1_000_000_000_000_000
    }
}
