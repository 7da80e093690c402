// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// What can be checked once a connection stands.
///
/// Each check names the next one's reason when it cannot go on.
struct DatabaseChecks {
    let context: CommandContext

    static let names = [
        "database", "pooler", "listener", "schema", "world", "clock", "snapshots", "workers", "queue", "tokens",
        "history",
        "tables",
    ]

    func run() async -> [Finding] {
        do {
            let location = try self.context.databaseSettings()
            return try await self.context.withPool(connections: 2) { pool in
                var findings = [try await self.server(pool, location)]
                let between = PoolerChecks(database: location, logger: self.context.logger)
                findings.append(await self.check("pooler") { try await between.pooler(pool) })
                findings.append(await self.check("listener") { try await between.listener(pool) })
                findings.append(await self.check("clock") { try await self.clock(pool) })
                let growth = GrowthChecks(pool: pool, settings: try WorkerSettings(self.context.settings))
                findings.append(await self.check("snapshots") { try await growth.snapshots() })
                let schema = await self.check("schema") { try await self.schema(pool) }
                findings.insert(schema, at: 1)
                guard schema.state == .ok else {
                    return findings
                        + ["world", "workers", "queue", "tokens", "history", "tables"].map {
                            .skipped($0, "needs a current schema")
                        }
                }
                findings.append(await self.check("world") { try await self.world(pool) })
                findings.append(await self.check("workers") { try await self.workers(pool) })
                findings.append(await self.check("queue") { try await self.queue(pool) })
                findings.append(await self.check("tokens") { try await self.tokens(pool) })
                findings.append(await self.check("apps") { try await self.apps(pool) })
                findings.append(await self.check("history") { try await growth.history() })
                findings.append(await self.check("tables") { try await growth.tables() })
                return findings
            }
        } catch {
            return [.failed("database", error)] + Self.names.dropFirst().map { .skipped($0, "needs the database") }
        }
    }

    private func check(_ name: String, _ body: () async throws -> Finding) async -> Finding {
        do {
            return try await body()
        } catch {
            return .failed(name, error)
        }
    }

    private func server(_ pool: ConnectionPool, _ settings: DatabaseSettings) async throws -> Finding {
        let text: String = try await pool.query("SELECT current_setting('server_version_num')").single()
        let number = Int(text) ?? 0
        let version = "PostgreSQL \(number / 10_000).\(number % 10_000) at \(pool.configuration.location)"
        guard number >= 140_000 else {
            return .failed("database", version, fix: "use PostgreSQL 14 or newer; it is tested with 15")
        }
        return .ok("database", "\(version), from \(settings.source.rawValue)")
    }

    private func schema(_ pool: ConnectionPool) async throws -> Finding {
        let status = try await Schema(pool: pool).status()
        let missing = status.filter { $0.state != .applied && $0.state != .unknown }
        guard missing.isEmpty else {
            let names = missing.map { "\($0.component) \($0.number) \($0.name) (\($0.state.rawValue))" }
            return .failed("schema", names.joined(separator: ", "), fix: "run `posthorn migrate up`")
        }
        if let lack = try await Schema.known.lack(in: pool) {
            return .failed("schema", "it needs a program that knows migration \(lack)", fix: "run the newer release")
        }
        let isNewer = status.contains { $0.state == .unknown }
        return .ok(
            "schema", "\(pool.configuration.schema) is \(isNewer ? "newer than this program, and fits" : "current")")
    }

    private func world(_ pool: ConnectionPool) async throws -> Finding {
        let wanted = try self.context.platformSettings().world
        let world = try await WorldStore(pool: pool).load()
        guard world.kind == wanted else {
            return .failed(
                "world",
                "the database belongs to the \(world.kind.rawValue) world, this process to the \(wanted.rawValue) one",
                fix: world.kind == .simulated
                    ? "set POSTHORN_PLATFORM_ORIGIN to the simulator" : "unset POSTHORN_PLATFORM_ORIGIN")
        }
        let now = try await WorldStore(pool: pool).now()
        let rate = world.rate == 1 ? "" : ", \(Field.number(world.rate, places: 1).shown) times as fast"
        return .ok("world", "\(world.kind.rawValue), it is \(LocalTime.text(now, .gmt))\(rate)")
    }

    private func clock(_ pool: ConnectionPool) async throws -> Finding {
        let before = Date()
        let server: Date = try await pool.query("SELECT clock_timestamp()").single()
        let middle = before.addingTimeInterval(Date().timeIntervalSince(before) / 2)
        let offset = server.timeIntervalSince(middle)
        let text =
            "this machine is \(Field.duration(.milliseconds(Int64(abs(offset) * 1_000))).shown) "
            + (offset > 0 ? "behind the database" : "ahead of the database")
        guard abs(offset) < 5 else {
            return .warning(
                "clock", text,
                fix:
                    "synchronise the clocks (chrony or systemd-timesyncd); jobs follow the database's, logs this machine's"
            )
        }
        return .ok("clock", abs(offset) < 0.1 ? "agrees with the database's" : text)
    }

    private func workers(_ pool: ConnectionPool) async throws -> Finding {
        let workers = try await JobStore(pool: pool).workers()
        guard !workers.isEmpty else {
            return .warning(
                "workers", "none runs: nothing is published",
                fix: "start one with `posthorn worker run`, or `posthorn up`")
        }
        let silent = workers.filter { Date().timeIntervalSince($0.beatAt) > 20 }
        guard silent.isEmpty else {
            return .warning(
                "workers", "\(silent.count) of \(workers.count) did not beat for 20 seconds",
                fix: "look at `posthorn worker list`; their jobs are taken over by the others")
        }
        let slots = workers.reduce(0) { $0 + $1.slots }
        return .ok("workers", "\(workers.count) with \(slots) slots")
    }

    private func queue(_ pool: ConnectionPool) async throws -> Finding {
        let rows = try await pool.query(
            """
            SELECT (SELECT count(*) FROM job_ready) AS ready,
                   (SELECT count(*) FROM job_hold) AS held,
                   (SELECT count(*) FROM effect WHERE state = 'unknown') AS unknown,
                   (SELECT extract(epoch FROM world_now() - min(due_at))::double precision FROM job_ready) AS oldest
            """)
        guard let row = rows.first else { return .skipped("queue", "the database gave no answer") }
        let ready: Int64 = try row.get("ready")
        let held: Int64 = try row.get("held")
        let unknown: Int64 = try row.get("unknown")
        let oldest: Double? = try row.get("oldest")
        guard held == 0, unknown == 0 else {
            return .warning(
                "queue", "\(held) jobs wait for a person, \(unknown) sends have an unknown outcome",
                fix: "look at `posthorn job list --state held` and decide each")
        }
        if let oldest, oldest > 300 {
            return .warning(
                "queue", "\(ready) jobs are due, the oldest since \(Field.duration(.seconds(Int64(oldest))).shown)",
                fix: "start more workers, or see what is paused with `posthorn queue stats`")
        }
        return .ok("queue", ready == 0 ? "nothing waits" : "\(ready) jobs are due")
    }

    /// Whether work stands still because a platform refuses an app, or somebody paused it.
    private func apps(_ pool: ConnectionPool) async throws -> Finding {
        var stopped: [LimitScope: Pause] = [:]
        for pause in try await JobStore(pool: pool).pauses() {
            if case .app(let app, _) = pause.scope, stopped[app] == nil { stopped[app] = pause }
        }
        guard let (app, first) = stopped.min(by: { $0.value.since < $1.value.since }) else {
            return .ok("apps", "none is paused")
        }
        let names = try await pool.withConnection { db in try await AppRepository.list(on: &db) }
        let name =
            switch app {
            case .app(let id): names.first { $0.id == id }.map { "\($0.platform)/\($0.name)" } ?? "\(id)"
            case .provider(let platform): platform
            case .account, .client: "\(app)"
            }
        return .paused("apps", "\(stopped.count) paused, \(name)", first, app: name)
    }

    private func tokens(_ pool: ConnectionPool) async throws -> Finding {
        let rows = try await pool.query(
            """
            WITH used AS (
                SELECT state, renewal_failed_at, renewal_failure,
                       renewal_refused OR renewal_failed_at <= world_now() - interval '1 hour' AS fails,

            """ + GrantForecast.end + """
                           AS ends_at
                    FROM access_grant AS g
                    WHERE EXISTS (SELECT FROM account_grant AS link WHERE link.grant_id = g.grant_id)
                       OR EXISTS (SELECT FROM ad_account AS link WHERE link.grant_id = g.grant_id)
                )
                SELECT count(*) FILTER (WHERE state IN ('needs-reconnect', 'revoked')) AS dead,
                       count(*) FILTER (
                           WHERE state IN ('active', 'refreshing')
                             AND ends_at < world_now() + interval '14 days') AS ending,
                       count(*) FILTER (WHERE state IN ('active', 'refreshing') AND fails) AS failing,
                       (SELECT renewal_failure FROM used WHERE state IN ('active', 'refreshing') AND fails
                        ORDER BY renewal_failed_at LIMIT 1) AS failure,
                       count(*) AS all,
                       (SELECT count(*) FROM account_grant WHERE refused_at IS NOT NULL) AS refused
                FROM used
                """)
        guard let row = rows.first else { return .skipped("tokens", "the database gave no answer") }
        let dead: Int64 = try row.get("dead")
        let ending: Int64 = try row.get("ending")
        let all: Int64 = try row.get("all")
        guard dead == 0 else {
            return .failed(
                "tokens", "\(dead) of \(all) grants are no longer accepted",
                fix: "see `posthorn account list` and connect those again with `posthorn account reconnect`")
        }
        let refused: Int64 = try row.get("refused")
        guard refused == 0 else {
            return .warning(
                "tokens", "the platforms refuse the tokens for ads of \(refused) accounts: their boosts wait",
                fix: "see which with `posthorn account check`, and give new ones with `posthorn account authorize`")
        }
        let failing: Int64 = try row.get("failing")
        guard failing == 0 else {
            return .renewalFails("tokens", "\(failing) of \(all) grants fails", try row.get("failure"), days: 14)
        }
        guard ending == 0 else {
            return .tokensEnd("tokens", "\(ending) of \(all) grants end", days: 14)
        }
        return .ok(
            "tokens", all == 0 ? "no account is connected yet" : "\(all) grants, none ends soon without being renewed")
    }
}
