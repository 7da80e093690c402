// SPDX-License-Identifier: MIT

package import PQClient

/// Where the database is.
///
/// | key | type | default |
/// |---|---|---|
/// | `database.url` | URL, secret | `DATABASE_URL`, libpq's `PG*`, the server of `posthorn up` |
/// | `database.schema` | text | `posthorn` |
/// | `database.pooler` | `none` or `transaction` | `none` |
/// | `listen.database.url` | URL, secret | the database URL, unless that is a pooler's |
/// | `migrate.database.url` | URL, secret | the database URL |
package struct DatabaseSettings: Sendable {
    /// Where an address came from, for messages.
    package enum Source: String, Sendable {
        /// A flag, `POSTHORN_DATABASE_URL` or the configuration file.
        case configured = "POSTHORN_DATABASE_URL"
        /// `DATABASE_URL`.
        case databaseURL = "DATABASE_URL"
        /// `PGHOST` and the like.
        case libpq = "the PG* environment"
        /// The server of `posthorn up` in this folder.
        case embedded = "posthorn up"
        /// Nothing is configured and nothing runs here.
        case missing = "nothing"
    }

    /// The address; `nil` for libpq's environment alone.
    package var url: String?
    /// Where the address came from.
    package var source: Source
    /// The schema of all tables.
    package var schema: String
    /// What lies between us and the server at that address.
    package var pooling: PQConfiguration.Pooling
    /// The listener's own address.
    package var listenURL: String?
    /// The address and role for migrations.
    package var migrateURL: String?

    /// Reads the settings.
    ///
    /// - Parameters:
    ///   - settings: flags, environment and file.
    ///   - running: what `posthorn up` runs in this folder.
    /// - Throws: ``CommandError`` with exit code 78.
    package init(_ settings: Settings, running: RunningState?) throws {
        self.schema = settings.text("database.schema") ?? "posthorn"
        self.pooling = try settings.choice(Self.poolerKey) ?? .direct
        self.listenURL = try settings.secret("listen.database.url")
        self.migrateURL = try settings.secret("migrate.database.url")
        if let url = try settings.secret("database.url") {
            (self.url, self.source) = (url, .configured)
        } else if let url = settings.environment["DATABASE_URL"], !url.isEmpty {
            (self.url, self.source) = (url, .databaseURL)
        } else if Self.libpqNames.contains(where: { settings.environment[$0]?.isEmpty == false }) {
            (self.url, self.source) = (nil, .libpq)
        } else if let running {
            (self.url, self.source) = (running.databaseURL, .embedded)
        } else {
            (self.url, self.source) = (nil, .missing)
        }
    }

    /// The settings of a pool.
    ///
    /// - Parameters:
    ///   - role: what the connections are for; shown in `pg_stat_activity`.
    ///   - connections: the most connections.
    ///   - url: another address than the database's, for listener and migrations.
    /// - Returns: the pool's configuration.
    /// - Throws: ``CommandError`` with exit code 69 when there is no database, 78 when the address is malformed.
    package func pool(role: String, connections: Int, url: String? = nil) throws -> PQConfiguration {
        guard self.source != .missing || url != nil else {
            throw CommandError(
                .unreachable, "no database is configured, and no `posthorn up` runs in this folder",
                remedy: "run `posthorn up` here, or set POSTHORN_DATABASE_URL=postgresql://user@host/database")
        }
        do {
            var configuration = try PQConfiguration(
                url: url ?? self.url, schema: self.schema, applicationName: "posthorn \(role)",
                maximumConnections: connections)
            if url == nil { configuration.pooling = self.pooling }
            return configuration
        } catch {
            throw CommandError(
                .configuration, "the database address of \(self.source.rawValue) cannot be used",
                details: [error.message],
                remedy: "write it as postgresql://user:password@host:5432/database")
        }
    }

    /// The listener's own address; `nil` where the database's will do.
    ///
    /// - Returns: the configuration to listen with.
    /// - Throws: ``CommandError`` with exit code 78 behind a pooler without an address of its own, or when that is
    ///   malformed.
    package func listener() throws -> PQConfiguration? {
        guard let url = self.listenURL else {
            guard self.pooling == .direct else {
                let listen = Settings.variable("listen.database.url")
                throw CommandError(
                    .configuration,
                    "behind a pooler (\(Settings.variable(Self.poolerKey))=\(self.pooling.rawValue)) a worker listens at an address of its own, and \(listen) is not set",
                    remedy: "set \(listen) to PostgreSQL's own address, past the pooler: one connection a worker")
            }
            return nil
        }
        return try self.pool(role: "listener", connections: 1, url: url)
    }

    /// The key that says what lies between us and the server.
    package static let poolerKey = "database.pooler"

    private static let libpqNames = ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGPORT"]
}
