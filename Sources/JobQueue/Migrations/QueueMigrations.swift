// SPDX-License-Identifier: MIT

package import PQClient

/// The queue's own tables.
///
/// They come before everything else: other tables use `world_now()`.
package enum QueueMigrations {
    /// The component name in `schema_migration`.
    package static let component = "queue"

    /// All of them, in order; forward only.
    ///
    /// ``WorldStore/establish(_:)`` follows them and says which kind of world this is.
    package static let all: [Migration] = [
        Migration(number: 1, name: "queue", sql: Migration001Queue.sql),
        Migration(number: 2, name: "lanes", sql: Migration002Lanes.sql),
        Migration(number: 3, name: "limits", sql: Migration003Limits.sql),
        Migration(number: 4, name: "schedules", sql: Migration004Schedules.sql),
    ]

    /// Migrates, and gives a new database its world; any number of processes may do so at once.
    ///
    /// - Throws: ``JobQueueError`` with code `worldMismatch` when the database belongs to the other kind of world.
    /// - Returns: The migrations that were applied now.
    @discardableResult
    package static func up(_ pool: ConnectionPool, world: WorldKind) async throws -> [Migration] {
        let applied = try await Migrator(component: self.component, migrations: self.all).up(pool)
        try await WorldStore(pool: pool).establish(world)
        try await JobStore(pool: pool).makePartitions()
        return applied
    }
}
