// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import Logging
import PQClient
package import WireRelay

/// PostgreSQL, schema, simulator, `serve` and workers on this machine, from nothing; everything ends with it, in the right order.
package struct LocalInstallation: Sendable {
    /// The database that everything uses.
    private struct Database: Sendable {
        var url: String
        var port: Int?
        var passwordFile: String?
        /// The folder of its Unix socket, when it is ours.
        var socket: String?
    }

    private let options: InstallationOptions
    private let state: StateFolder
    private let context: CommandContext
    private let progress: @Sendable (String) -> Void
    private let wire: WireRelay.Judge?
    private let changes: (@Sendable (_ worker: Int, _ exitCode: Int32?) -> [String: String])?

    /// Describes an installation; starts nothing.
    ///
    /// - Parameters:
    ///   - options: what it consists of.
    ///   - state: where it keeps everything; the caller holds the folder's lock.
    ///   - context: configuration and output of the command.
    ///   - wire: says what becomes of each message between workers and a server of our own; without it nothing is between them.
    ///   - changes: further variables of a worker that is started, by its number from 0 and the exit code of its process before;
    ///     that has none when it was the first or a signal ended it.
    ///   - progress: called with a sentence at each step.
    package init(
        options: InstallationOptions, state: StateFolder, context: CommandContext,
        wire: WireRelay.Judge? = nil,
        changes: (@Sendable (_ worker: Int, _ exitCode: Int32?) -> [String: String])? = nil,
        progress: @escaping @Sendable (String) -> Void
    ) {
        self.options = options
        self.state = state
        self.context = context
        self.wire = wire
        self.changes = changes
        self.progress = progress
    }

    /// Starts everything, runs the body, stops everything: workers drain first, PostgreSQL goes last.
    ///
    /// - Parameter body: what needs the installation.
    /// - Returns: the body's result.
    /// - Throws: ``CommandError`` when a part cannot be started or does not stay up, and what the body throws.
    package func run<Result: Sendable>(
        _ body: @Sendable @escaping (RunningInstallation) async throws -> Result
    ) async throws -> Result {
        let database = try self.context.databaseSettings()
        if database.source == .configured, self.options.needsOwnServer || self.options.isPooled || self.wire != nil {
            throw Self.needsOwnServer
        }
        try self.state.create()
        try SecretKeyFile(self.state).make()
        if database.source == .configured, let url = database.url {
            self.progress("using the configured database")
            return try await self.withDatabase(Database(url: url), body)
        }
        let settings = self.context.settings
        let binaries = try await ServerBinaries.locate(
            configured: settings.text("pg.bin"), environment: settings.environment)
        let postgres = EmbeddedPostgres(
            binaries: binaries, user: try .choose(settings.text("pg.user")), state: self.state,
            isDurable: self.options.isDurable, settings: self.options.serverSettings, logger: self.context.logger)
        return try await postgres.withServer { server in
            self.progress("PostgreSQL runs (\(binaries.folder))")
            return try await self.withDatabase(
                Database(
                    url: server.url, port: server.port, passwordFile: server.passwordFile, socket: server.socket), body)
        }
    }

    private static let needsOwnServer = CommandError(
        .configuration, "a database is configured, and this command works in a server of its own alone",
        details: ["it comes from --database-url, POSTHORN_DATABASE_URL or database.url of the configuration file"],
        remedy: "leave it out, as in: env -u POSTHORN_DATABASE_URL posthorn …")

    private func withDatabase<Result: Sendable>(
        _ database: Database,
        _ body: @Sendable @escaping (RunningInstallation) async throws -> Result
    ) async throws -> Result {
        let world: WorldKind = self.options.isSimulated ? .simulated : .real
        let pool = ConnectionPool(
            configuration: try PQConfiguration(
                url: database.url, schema: self.options.schema, applicationName: "posthorn up", maximumConnections: 2),
            logger: self.context.logger)
        do {
            let applied = try await Schema(pool: pool).up(world: world)
            self.progress(applied.isEmpty ? "the schema is current" : "made the schema (\(applied.count) migrations)")
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()

        guard self.options.isSimulated else {
            return try await self.withServe(database, origin: nil, world, body)
        }
        let simulator = try await SimulatorProcess(options: self.options, state: self.state)
        return try await withBackground {
            try await simulator.run()
        } _: {
            try await simulator.waitUntilListening()
            self.progress("the pretend platforms are at \(simulator.origin)")
            return try await self.withServe(database, origin: simulator.origin, world, body)
        }
    }

    /// It ends after the workers: what they publish is fetched from it.
    private func withServe<Result: Sendable>(
        _ database: Database, origin: String?, _ world: WorldKind,
        _ body: @Sendable @escaping (RunningInstallation) async throws -> Result
    ) async throws -> Result {
        guard self.options.isServed else {
            return try await self.withRoute(database, origin: origin, serve: nil, world, body)
        }
        let serve = try ServeProcess(options: self.options, settings: self.context.settings, state: self.state)
        let environment = self.environment(url: database.url, origin: origin, publicURL: serve.publicURL)
        return try await withBackground {
            try await serve.run(environment)
        } _: {
            try await serve.waitUntilListening()
            self.progress("serve answers at \(serve.address)")
            return try await self.withRoute(database, origin: origin, serve: serve, world, body)
        }
    }

    /// What lies between workers and the database ends after the workers.
    private func withRoute<Result: Sendable>(
        _ database: Database, origin: String?, serve: ServeProcess?, _ world: WorldKind,
        _ body: @Sendable @escaping (RunningInstallation) async throws -> Result
    ) async throws -> Result {
        guard self.options.isPooled || self.wire != nil else {
            return try await self.withWorkers(
                database, WorkerRoute(url: database.url), origin: origin, serve: serve, world, body)
        }
        guard let socket = database.socket, let port = database.port, let passwordFile = database.passwordFile else {
            throw Self.needsOwnServer
        }
        let relay = try self.wire.map { try WireRelay(upstream: UInt16(port), judge: $0) }
        defer { relay?.close() }
        let password = try String(contentsOfFile: passwordFile, encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard self.options.isPooled else {
            // Without encryption, which the relay could not look into.
            let url = relay.map { "postgresql://posthorn:\(password)@127.0.0.1:\($0.port)/posthorn?sslmode=disable" }
            return try await self.withWorkers(
                database, WorkerRoute(url: url ?? database.url), origin: origin, serve: serve, world, body)
        }
        let server =
            relay.map { "host=127.0.0.1 port=\($0.port) user=posthorn password=\(password)" }
            ?? "host=\(socket) port=\(port) user=posthorn"
        let pooler = try PoolerProcess(
            server: server, socket: socket, user: try .choose(self.context.settings.text("pg.user")),
            state: self.state, path: self.context.settings.environment["PATH"] ?? "", logger: self.context.logger)
        return try await withBackground {
            try await pooler.run()
        } _: {
            try await pooler.waitUntilReady()
            self.progress("workers go through PgBouncer")
            let route = WorkerRoute(
                url: pooler.url, pooling: .transaction, listenURL: database.url, pooler: pooler.supervised)
            return try await self.withWorkers(database, route, origin: origin, serve: serve, world, body)
        }
    }

    private func withWorkers<Result: Sendable>(
        _ database: Database, _ route: WorkerRoute, origin: String?, serve: ServeProcess?, _ world: WorldKind,
        _ body: @Sendable @escaping (RunningInstallation) async throws -> Result
    ) async throws -> Result {
        let fleet = WorkerFleet(
            (0..<self.options.workers).map { number in
                Supervised(
                    self.worker(number + 1, route, origin: origin, publicURL: serve?.publicURL),
                    mayDie: self.options.workersMayDie,
                    onEnd: { [context] sentence in context.logger.warning("\(sentence)") },
                    changes: { self.changes?(number, $1) ?? self.crashPlan(ofStart: $0, worker: number) })
            })
        let running = RunningInstallation(
            databaseURL: database.url, databasePort: database.port, databasePasswordFile: database.passwordFile,
            platformOrigin: origin, publicURL: serve?.publicURL, adminAddress: serve?.adminAddress, world: world,
            workers: fleet, pooler: route.pooler,
            context: try await self.attachedContext(url: database.url, origin: origin, publicURL: serve?.publicURL))
        if let origin { try await self.alignClock(origin: origin, running.context) }
        return try await withBackground {
            try await fleet.run()
        } _: {
            try await self.waitForWorkers(running)
            self.progress("\(self.options.workers) worker(s) run")
            let state = RunningState(
                processID: getpid(), databaseURL: database.url, schema: self.options.schema, platformOrigin: origin,
                publicURL: serve?.publicURL, startedAt: Date())
            try state.save(self.state)
            defer { RunningState.clear(self.state) }
            return try await body(running)
        }
    }

    private func worker(_ number: Int, _ route: WorkerRoute, origin: String?, publicURL: String?) -> ChildProcess {
        var environment = self.environment(url: route.url, origin: origin, publicURL: publicURL)
        environment.merge(route.environment) { $1 }
        environment.merge(self.options.workerEnvironment) { $1 }
        let variants = self.options.workerVariants
        if !variants.isEmpty { environment.merge(variants[(number - 1) % variants.count]) { $1 } }
        return ChildProcess(
            name: "worker \(number)",
            executable: self.options.isOther(number - 1) ? self.options.otherBinary ?? OwnBinary.path : OwnBinary.path,
            arguments: ["worker", "run", "--with-parent", String(getpid())], environment: environment,
            logFile: "\(self.state.logs)/worker-\(number).log")
    }

    private func crashPlan(ofStart start: Int, worker: Int) -> [String: String] {
        let plans = self.options.crashPlans
        guard !plans.isEmpty, (start + worker).isMultiple(of: 2) else { return [:] }
        return ["POSTHORN_CRASH_AT": plans[(start * self.options.workers + worker) / 2 % plans.count]]
    }

    /// What a process of the installation is told.
    private func environment(url: String, origin: String?, publicURL: String?) -> [String: String?] {
        var environment: [String: String?] = [
            "POSTHORN_DATABASE_URL": url, "POSTHORN_DATABASE_SCHEMA": self.options.schema,
            "POSTHORN_DATABASE_POOLER": PQConfiguration.Pooling.direct.rawValue, "POSTHORN_PLATFORM_ORIGIN": origin,
            "POSTHORN_LOG_FORMAT": "json",
        ]
        if self.context.settings.environment["POSTHORN_SECRET_KEY"] == nil,
            self.context.settings.environment["POSTHORN_SECRET_KEY_FILE"] == nil
        {
            environment["POSTHORN_SECRET_KEY_FILE"] = self.state.secretKey
        }
        if self.context.settings.text("media.store") == nil {
            environment["POSTHORN_MEDIA_STORE"] = URL(fileURLWithPath: self.state.media).absoluteString
        }
        if let publicURL { environment["POSTHORN_PUBLIC_URL"] = publicURL }
        return environment
    }

    private func attachedContext(url: String, origin: String?, publicURL: String?) async throws -> CommandContext {
        var flags = ["database.url": url, "database.schema": self.options.schema]
        flags[DatabaseSettings.poolerKey] = PQConfiguration.Pooling.direct.rawValue
        flags["platform.origin"] = origin
        flags["public.url"] = publicURL
        if try self.context.settings.secret("secret.key") == nil { flags["secret.key.file"] = self.state.secretKey }
        if self.context.settings.text("media.store") == nil {
            flags["media.store"] = URL(fileURLWithPath: self.state.media).absoluteString
        }
        let settings = try await ConfigurationLoader(
            environment: self.context.settings.environment, flags: flags, file: self.context.settings.file
        ).load()
        return CommandContext(
            settings: settings, output: self.context.output, state: self.state, plugins: self.context.plugins,
            logger: self.context.logger)
    }

    /// A simulated world's clock stands in the database; the simulator follows it.
    private func alignClock(origin: String, _ context: CommandContext) async throws {
        let world = try await context.withPool(connections: 1) { try await WorldStore(pool: $0).load() }
        try await SimulatorControl(origin: origin).withAdmin { admin in
            try await admin.setClock(worldEpoch: world.worldEpoch, realEpoch: world.realEpoch, rate: world.rate)
        }
    }

    private func waitForWorkers(_ running: RunningInstallation) async throws {
        let processes = self.options.workers
        try await running.context.withPool(connections: 1) { pool in
            let end = ContinuousClock.now + .seconds(30)
            let store = JobStore(pool: pool)
            while true {
                let alive = Set(running.workers.processIDs)
                let workers = try await store.workers().filter { alive.contains(Int32(clamping: $0.processID)) }
                if workers.count >= processes { return }
                guard ContinuousClock.now < end else {
                    throw CommandError(
                        .failed, "the workers did not register within 30 seconds",
                        details: ["\(self.state.logs)/worker-1.log has their words"])
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}
