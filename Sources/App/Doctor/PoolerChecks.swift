// SPDX-License-Identifier: MIT

import Logging
import PQClient

/// Whether what lies between us and the server is what the settings say.
///
/// A pooler that the settings do not name is no finding of these: no connection opens then.
struct PoolerChecks {
    let database: DatabaseSettings
    let logger: Logger

    func pooler(_ pool: ConnectionPool) async throws -> Finding {
        guard self.database.pooling != .direct else { return .ok("pooler", "none: connections are the server's own") }
        let isThere = try await pool.withConnection { db in
            let told = db.serverProcess
            return try await db.query("SELECT pg_backend_pid()").single(Int32.self) != told
        }
        let location = pool.configuration.location
        guard isThere else {
            return .warning(
                "pooler", "none answers at \(location), although the settings name one",
                fix: "unset POSTHORN_DATABASE_POOLER: without a pooler statements are prepared once, and run faster")
        }
        return .ok("pooler", "one answers at \(location), and every transaction brings its settings along")
    }

    func listener(_ pool: ConnectionPool) async throws -> Finding {
        guard let configuration = try self.database.listener() else {
            return .ok("listener", "listens where the database is")
        }
        let own = ConnectionPool(configuration: configuration, logger: self.logger)
        let found: Result<Bool, any Error>
        do {
            found = .success(try await self.place(own) == self.place(pool))
        } catch {
            found = .failure(error)
        }
        await own.close()
        guard try found.get() else {
            return .failed(
                "listener", "\(configuration.location) is not the database that work is in: nothing would be heard",
                fix: "set POSTHORN_LISTEN_DATABASE_URL to the same database's own address")
        }
        return .ok("listener", "\(configuration.location), the same database at its own address")
    }

    /// What no other database has: the server's start and the database's name.
    private func place(_ pool: ConnectionPool) async throws -> String {
        try await pool.query("SELECT pg_postmaster_start_time()::text || ' ' || current_database()").single()
    }
}
