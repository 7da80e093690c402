// SPDX-License-Identifier: MIT

package import JobQueue
package import PQClient
import Persistence

/// The database's schema: the queue's tables first, the agency's on top of them, then the world's row.
package struct Schema: Sendable {
    private let pool: ConnectionPool

    /// Looks after the schema that the pool's search path names.
    package init(pool: ConnectionPool) { self.pool = pool }

    private static let queue = Migrator(component: QueueMigrations.component, migrations: QueueMigrations.all)
    private static let agency = Migrator(component: "agency", migrations: AgencyMigrations.all)
    private static let migrators = [queue, agency]

    /// What this program knows of the schema.
    package static let known = KnownSchema(
        Dictionary(uniqueKeysWithValues: migrators.map { ($0.component, $0.migrations.count) }))

    private static func title(_ component: String, _ migration: Migration) -> String {
        "\(component) \(migration.number) \(migration.name)"
    }

    /// Applies what is missing and gives a new database its world; any number of processes may call it at once.
    ///
    /// - Parameter world: the kind of world a new database gets.
    /// - Returns: the migrations that this call applied, as `component number name`.
    /// - Throws: `PQError`; ``CommandError`` with exit code 78 when the database belongs to the other kind of world.
    package func up(world: WorldKind) async throws -> [String] {
        var applied: [String] = []
        applied += try await QueueMigrations.up(self.pool, world: world).map {
            Self.title(QueueMigrations.component, $0)
        }
        applied += try await Self.agency.up(self.pool).map { Self.title(Self.agency.component, $0) }
        try await SamplePartitions.make(self.pool)
        return applied
    }

    /// Every migration and whether it is applied.
    package func status() async throws -> [MigrationStatus] {
        var all: [MigrationStatus] = []
        for migrator in Self.migrators { all += try await migrator.status(self.pool) }
        return all
    }

    /// The SQL that ``up(world:)`` would run.
    package func pendingSQL() async throws -> String {
        var parts: [String] = []
        for migrator in Self.migrators { parts.append(try await migrator.pendingSQL(self.pool)) }
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    /// All SQL from nothing, without a database.
    package static var completeSQL: String {
        Self.migrators.flatMap { migrator in
            migrator.migrations.map { "-- \(migrator.component) \($0.number): \($0.name)\n\($0.sql)\n" }
        }.joined(separator: "\n")
    }

    /// Checks that the schema is current, or newer in a way that this program can live with, and that the world fits, before
    /// anything else is done.
    ///
    /// - Parameter world: the kind of world that this process lives in.
    /// - Throws: ``CommandError`` with exit code 73 when migrations are missing or the database needs a newer program, 78 when the world
    ///   does not fit.
    package func require(world: WorldKind) async throws {
        let missing = try await self.status().filter { $0.state != .applied && $0.state != .unknown }
        guard missing.isEmpty else {
            throw CommandError(
                .conflict, "the database's schema is not current",
                details: [
                    "missing: " + missing.map { "\($0.component) \($0.number) \($0.name)" }.joined(separator: ", ")
                ],
                remedy: "run `posthorn migrate up`")
        }
        if let lack = try await Self.known.lack(in: self.pool) {
            throw CommandError(
                .conflict, "the database needs a newer Posthorn than this one (\(Version.number))",
                details: ["it was changed for programs that know migration \(lack)"], remedy: "run the newer release")
        }
        try await WorldStore(pool: self.pool).require(world)
    }
}
