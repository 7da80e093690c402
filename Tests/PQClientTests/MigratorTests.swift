// SPDX-License-Identifier: MIT

import Logging
import PQClient
import TestSupport
import Testing

@Suite(.postgresSchema)
struct MigratorTests {
    private let first = Migration(
        number: 1, name: "tables", sql: "CREATE TABLE a (id bigint); CREATE TABLE b (id bigint)")
    private let second = Migration(number: 2, name: "rows", sql: "INSERT INTO a VALUES (1)")

    private func migrator(_ migrations: [Migration], component: String = "queue") -> Migrator {
        Migrator(component: component, migrations: migrations)
    }

    @Test("pending migrations are applied once, in order")
    func up() async throws {
        let migrator = self.migrator([self.first, self.second])
        #expect(try await migrator.status(pool).map(\.state) == [.pending, .pending])
        #expect(try await migrator.up(pool) == [self.first, self.second])
        #expect(try await migrator.up(pool).isEmpty)
        #expect(try await migrator.status(pool).map(\.state) == [.applied, .applied])
        #expect(try await pool.query("SELECT count(*) FROM a").single(Int.self) == 1)
    }

    @Test("ten processes may start at once: each migration runs once")
    func concurrent() async throws {
        let migrator = self.migrator([self.first, self.second])
        let pools = (0..<10).map { _ in makePool { $0.maximumConnections = 1 } }
        let applied = try await withThrowingTaskGroup(of: Int.self) { group in
            for pool in pools { group.addTask { try await migrator.up(pool).count } }
            return try await group.reduce(0, +)
        }
        #expect(applied == 2)
        #expect(try await pool.query("SELECT count(*) FROM a").single(Int.self) == 1)
        for pool in pools { await pool.close() }
    }

    @Test("a schema that does not exist is created")
    func createsSchema() async throws {
        let schema = "new_\(UInt64.random(in: 0 ... .max))"
        let configuration = try PQConfiguration(url: TestDatabase.required.url, schema: schema)
        let fresh = ConnectionPool(configuration: configuration, logger: Logger(label: "test"))
        try await self.migrator([self.first]).up(fresh)
        #expect(try await fresh.query("SELECT count(*) FROM a").single(Int.self) == 0)
        try await fresh.execute(Statement(sql: "DROP SCHEMA \(schema) CASCADE"))
        await fresh.close()
    }

    @Test("a migration that fails is undone whole, named, and leaves the earlier ones")
    func failing() async throws {
        let broken = Migration(number: 2, name: "broken", sql: "CREATE TABLE c (id bigint); SELECT 1 / 0")
        let migrator = self.migrator([self.first, broken])
        let error = await #expect(throws: PQError.self) { try await migrator.up(pool) }
        #expect(error?.message.contains("migration queue 2 (broken)") == true)
        #expect(try await migrator.status(pool).map(\.state) == [.applied, .pending])
        #expect(try await pool.query("SELECT to_regclass('c') IS NULL").single(Bool.self))
    }

    @Test("a migration that met others in a deadlock is tried again")
    func deadlock() async throws {
        // What a sequence gave is not undone.
        try await pool.execute("CREATE SEQUENCE run")
        let met = Migration(
            number: 2, name: "met",
            sql: """
                DO $$ BEGIN
                    IF nextval('run') = 1 THEN RAISE 'met' USING ERRCODE = 'deadlock_detected'; END IF;
                END $$
                """)
        #expect(try await self.migrator([self.first, met]).up(pool) == [self.first, met])
        #expect(try await pool.query("SELECT last_value FROM run").single(Int.self) == 2)
    }

    @Test("an edited migration is refused")
    func edited() async throws {
        try await self.migrator([self.first]).up(pool)
        var edited = self.first
        edited.sql += " "
        let migrator = self.migrator([edited])
        #expect(try await migrator.status(pool).map(\.state) == [.changed])
        let error = await #expect(throws: PQError.self) { try await migrator.up(pool) }
        #expect(error?.code == .migration)
    }

    @Test("a database newer than the program is refused")
    func newer() async throws {
        try await self.migrator([self.first, self.second]).up(pool)
        let older = self.migrator([self.first])
        #expect(try await older.status(pool).map(\.state) == [.applied, .unknown])
        let error = await #expect(throws: PQError.self) { try await older.up(pool) }
        #expect(error?.code == .migration)
        #expect(error?.message.contains("2 (rows)") == true)
    }

    @Test("components number their migrations for themselves")
    func components() async throws {
        try await self.migrator([self.first]).up(pool)
        let other = self.migrator(
            [Migration(number: 1, name: "c", sql: "CREATE TABLE c (id bigint)")], component: "agency")
        #expect(try await other.up(pool).count == 1)
    }

    @Test("the pending text can be shown without running it")
    func sql() async throws {
        let migrator = self.migrator([self.first, self.second])
        let text = try await migrator.pendingSQL(pool)
        #expect(text.contains("-- queue 1: tables\nBEGIN;"))
        #expect(text.contains(self.second.sql))
        #expect(try await pool.query("SELECT to_regclass('a') IS NULL").single(Bool.self))
    }
}
