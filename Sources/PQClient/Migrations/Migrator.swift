// SPDX-License-Identifier: MIT

/// Brings one component's part of the schema up to date.
///
/// Each migration runs in a transaction of its own under an advisory lock, so any number of processes may start at
/// once: one works, the others wait and find nothing left. A database whose migrations were edited, or that is newer
/// than the program, is refused. Applied migrations are rows of `schema_migration` in the configured schema, which is
/// created when missing.
package struct Migrator: Sendable {
    /// The component, such as `queue`.
    package let component: String
    /// All migrations of the component, in order.
    package let migrations: [Migration]

    /// Makes a migrator.
    ///
    /// - Parameters:
    ///   - component: a name of its own in the schema.
    ///   - migrations: numbered from 1 without gaps; anything else traps.
    package init(component: String, migrations: [Migration]) {
        precondition(
            migrations.map(\.number) == Array(1..<(migrations.count + 1)),
            "the migrations of \(component) are not numbered 1, 2, 3, …")
        self.component = component
        self.migrations = migrations
    }

    /// Where every migration stands, known to the program or only to the database.
    package func status(_ pool: ConnectionPool) async throws -> [MigrationStatus] {
        try await pool.withTransaction(isolation: .repeatableRead) { db in
            let exists = try await db.query(Self.tableExists(pool)).single(Bool.self)
            return self.status(applied: exists ? try await self.applied(&db) : [])
        }
    }

    /// The migrations that are not in the database yet.
    package func pending(_ pool: ConnectionPool) async throws -> [Migration] {
        let open = Set(try await self.status(pool).filter { $0.state == .pending }.map(\.number))
        return self.migrations.filter { open.contains($0.number) }
    }

    /// The text that ``up(_:)`` would run, for a person to read or run elsewhere.
    package func pendingSQL(_ pool: ConnectionPool) async throws -> String {
        try await self.pending(pool)
            .map { "-- \(self.component) \($0.number): \($0.name)\nBEGIN;\n\($0.sql)\nCOMMIT;\n" }
            .joined(separator: "\n")
    }

    /// Applies what is pending, in order; one that others were in the way of, in a deadlock, is tried again.
    ///
    /// - Returns: the migrations this call applied; empty when another process was faster.
    /// - Throws: ``PQError`` with code `migration` when the database does not fit this program; the server's error,
    ///   naming the migration, when one fails. Earlier ones stay applied.
    @discardableResult
    package func up(_ pool: ConnectionPool) async throws -> [Migration] {
        var done: [Migration] = []
        while let migration = try await self.applyNext(pool) { done.append(migration) }
        return done
    }

    private func applyNext(_ pool: ConnectionPool) async throws -> Migration? {
        // Workers may be at work in the tables: what met them in a circle begins anew.
        try await pool.withTransaction(retrying: 3) { db in
            // The lock is held until the commit; waiting for another process may take as long as its migration does.
            try await db.setStatementTimeout(.zero)
            try await db.script("SET LOCAL lock_timeout = 0")
            _ = try await db.query(
                "SELECT pg_advisory_xact_lock(hashtextextended(\("posthorn migrations in " + pool.configuration.schema), 0))"
            )
            try await db.script("SET LOCAL lock_timeout = \(pool.configuration.lockTimeout.wholeMilliseconds)")
            try await db.script(
                """
                CREATE SCHEMA IF NOT EXISTS \(pool.configuration.schema);
                CREATE TABLE IF NOT EXISTS schema_migration (
                    component text NOT NULL,
                    number integer NOT NULL,
                    name text NOT NULL,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now(),
                    PRIMARY KEY (component, number)
                )
                """)
            let status = self.status(applied: try await self.applied(&db))
            try self.refuse(status)
            guard let number = status.first(where: { $0.state == .pending })?.number,
                let migration = self.migrations.first(where: { $0.number == number })
            else { return nil }
            do {
                try await db.script(migration.sql)
            } catch let error as PQError {
                var named = error
                named.message = "migration \(self.component) \(migration.number) (\(migration.name)): \(error.message)"
                throw named
            }
            try await db.execute(
                """
                INSERT INTO schema_migration (component, number, name, checksum)
                VALUES (\(self.component), \(migration.number), \(migration.name), \(migration.checksum))
                """)
            return migration
        }
    }

    private func refuse(_ status: [MigrationStatus]) throws(PQError) {
        if let unknown = status.last(where: { $0.state == .unknown }) {
            throw PQError(
                .migration,
                "the database has migration \(self.component) \(unknown.number) (\(unknown.name)), this program knows"
                    + " \(self.migrations.count): run the newer release")
        }
        if let changed = status.first(where: { $0.state == .changed }) {
            throw PQError(
                .migration,
                "migration \(self.component) \(changed.number) (\(changed.name)) was edited after it was applied:"
                    + " restore its text and add a new migration instead")
        }
    }

    private struct Applied {
        var number: Int
        var name: String
        var checksum: String
    }

    private func applied(_ db: inout Transaction) async throws -> [Applied] {
        let rows = try await db.query(
            "SELECT number, name, checksum FROM schema_migration WHERE component = \(self.component) ORDER BY number")
        return try rows.map {
            Applied(number: try $0.get("number"), name: try $0.get("name"), checksum: try $0.get("checksum"))
        }
    }

    private func status(applied: [Applied]) -> [MigrationStatus] {
        let byNumber = Dictionary(uniqueKeysWithValues: applied.map { ($0.number, $0) })
        let known = self.migrations.map { migration in
            let state: MigrationStatus.State =
                switch byNumber[migration.number]?.checksum {
                case nil: .pending
                case migration.checksum: .applied
                default: .changed
                }
            return MigrationStatus(
                component: self.component, number: migration.number, name: migration.name, state: state)
        }
        let unknown = applied.filter { $0.number > self.migrations.count }.map {
            MigrationStatus(component: self.component, number: $0.number, name: $0.name, state: .unknown)
        }
        return known + unknown
    }

    private static func tableExists(_ pool: ConnectionPool) -> Statement {
        "SELECT to_regclass(\(pool.configuration.schema + ".schema_migration")) IS NOT NULL"
    }
}
