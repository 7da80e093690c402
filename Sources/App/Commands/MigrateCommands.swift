// SPDX-License-Identifier: MIT

import ArgumentParser
import JobQueue
import PQClient

/// `posthorn migrate`.
struct MigrateCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        "migrate", "Bring the database's schema up to this version.",
        examples: ["migrate up", "migrate status -o json", "migrate sql > schema.sql"],
        subcommands: [Up.self, Status.self, SQL.self])

    struct Up: PosthornCommand {
        static let configuration = CommandConfiguration(
            "up", "Apply the migrations that are missing.",
            details: """
                Forward only, one transaction each, under a lock: any number of processes may start at once.
                A new database gets its world: simulated when POSTHORN_PLATFORM_ORIGIN is set, real otherwise, for ever.
                POSTHORN_MIGRATE_DATABASE_URL names another address or role than the workers'.
                """,
            examples: [
                "migrate up", "migrate up --dry-run", "migrate up --database-url postgresql://owner@db/posthorn",
            ],
            keys: [
                Column("applied", nil, "the migrations that this call applied"),
                Column("world", nil, "real or simulated"),
                Column("schema", nil, "the schema of the tables"),
            ])

        @OptionGroup var options: CommandOptions
        @OptionGroup var change: ChangeOptions

        func run(_ context: CommandContext) async throws {
            let database = try context.databaseSettings()
            let world = try context.platformSettings().world
            try await context.withPool(connections: 2, url: database.migrateURL) { pool in
                let schema = Schema(pool: pool)
                guard !self.change.isDryRun else {
                    context.output.text(try await schema.pendingSQL())
                    return
                }
                let applied = try await schema.up(world: world)
                context.output.note(
                    applied.isEmpty
                        ? "the schema \(database.schema) is current"
                        : "applied \(applied.count) migrations to \(database.schema)")
                context.output.show(
                    Record([
                        "applied": .list(applied.map { .text($0) }), "world": .text(world.rawValue),
                        "schema": .text(database.schema),
                    ]), idKey: "schema")
            }
        }
    }

    struct Status: PosthornCommand {
        private static let columns = [
            Column("component", "COMPONENT", "queue or agency"), Column("number", "NO", "its number"),
            Column("name", "NAME", "what it makes"), Column("state", "STATE", "applied, pending, changed or unknown"),
        ]
        static let configuration = CommandConfiguration(
            "status", "Show every migration and whether it is applied.",
            details: "Exit code 73 when one is missing.", examples: ["migrate status", "migrate status -o json"],
            keys: columns)

        @OptionGroup var options: CommandOptions

        func run(_ context: CommandContext) async throws {
            let status = try await context.withPool(connections: 1) { try await Schema(pool: $0).status() }
            let rows = status.map { one in
                Record([
                    "component": .text(one.component), "number": .count(one.number), "name": .text(one.name),
                    "state": .state(one.state.rawValue),
                ])
            }
            context.output.show(Listing(Self.columns, rows: rows, idKey: "name"))
            if status.contains(where: { $0.state != .applied }) { throw Finished(status: .conflict) }
        }
    }

    struct SQL: PosthornCommand {
        static let configuration = CommandConfiguration(
            "sql", "Print the SQL that `migrate up` would run.",
            details: "For a database administrator who applies it by hand.",
            examples: ["migrate sql", "migrate sql --all > schema.sql"])

        @OptionGroup var options: CommandOptions

        @Flag(name: .customLong("all"), help: "Everything from nothing; needs no database.")
        var isComplete = false

        func run(_ context: CommandContext) async throws {
            guard !self.isComplete else { return context.output.text(Schema.completeSQL) }
            let sql = try await context.withPool(connections: 1) { try await Schema(pool: $0).pendingSQL() }
            guard !sql.isEmpty else { return context.output.note("the schema is current") }
            context.output.text(sql)
        }
    }
}
