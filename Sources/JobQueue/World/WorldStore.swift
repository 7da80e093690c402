// SPDX-License-Identifier: MIT

package import Foundation
package import PQClient

/// The world's row: what kind of world a database belongs to, and its clock.
package struct WorldStore: Sendable {
    private let pool: ConnectionPool

    /// Reads and writes through the pool.
    package init(pool: ConnectionPool) { self.pool = pool }

    private static let columns: StaticString = "kind, world_epoch, real_epoch, rate"

    /// Gives a new database its world; a database that has one keeps it.
    ///
    /// Called after the migrations, by any number of processes.
    ///
    /// - Throws: ``JobQueueError`` with code `worldMismatch` when the database belongs to the other kind.
    @discardableResult
    package func establish(_ kind: WorldKind) async throws -> World {
        _ = try await self.pool.execute(
            """
            INSERT INTO world (kind, world_epoch, real_epoch, rate)
            SELECT \(kind), now, now, 1
            FROM (SELECT clock_timestamp() AS now) AS clock
            ON CONFLICT DO NOTHING
            """)
        return try await self.require(kind)
    }

    /// The world as it is now.
    ///
    /// - Throws: ``JobQueueError`` with code `worldMissing` when the database has none yet.
    package func load() async throws -> World {
        let rows = try await self.pool.query("SELECT \(unescaped: Self.columns) FROM world")
        guard let row = rows.first else {
            throw JobQueueError(.worldMissing, "the database has no world yet; run the migrations first")
        }
        return try World(row)
    }

    /// The world, when it is of that kind.
    ///
    /// - Throws: ``JobQueueError`` with code `worldMismatch` or `worldMissing`.
    @discardableResult
    package func require(_ kind: WorldKind) async throws -> World {
        let world = try await self.load()
        guard world.kind == kind else {
            throw JobQueueError(
                .worldMismatch,
                """
                the database belongs to a \(world.kind.rawValue) world and this process to a \(kind.rawValue) one; \
                use another database or schema, or \(kind == .real ? "set" : "unset") the platform origin
                """)
        }
        return world
    }

    /// Sets a simulated world's clock: from now on it reads `epoch` and runs at `rate`.
    ///
    /// - Parameters:
    ///   - epoch: The world's time now; nil keeps what it shows.
    ///   - rate: World seconds per real second; 0 stops it.
    /// - Throws: ``JobQueueError`` with code `worldMismatch` when the world is real.
    /// - Returns: The world's clock as it is now.
    @discardableResult
    package func set(epoch: Date?, rate: Double) async throws -> World {
        let rows = try await self.pool.query(
            """
            UPDATE world
            SET world_epoch = coalesce(\(epoch), world_now()), real_epoch = statement_timestamp(), rate = \(rate)
            WHERE kind = 'simulated'
            RETURNING \(unescaped: Self.columns)
            """)
        guard let row = rows.first else { return try await self.require(.simulated) }
        return try World(row)
    }

    /// The world's time now, by the database's clock.
    package func now() async throws -> Date {
        let now: Date? = try await self.pool.query("SELECT world_now()").single()
        guard let now else {
            throw JobQueueError(.worldMissing, "the database has no world yet; run the migrations first")
        }
        return now
    }
}

extension World {
    fileprivate init(_ row: Row) throws {
        self.init(
            kind: try row.get("kind"), worldEpoch: try row.get("world_epoch"), realEpoch: try row.get("real_epoch"),
            rate: try row.get("rate"))
    }
}
