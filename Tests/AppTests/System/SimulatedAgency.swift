// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import Logging
import PQClient
import Publishing
import Simulator
import Subprocess
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import App

/// The built program over a schema of its own and a simulator in this process, with the client `acme`.
struct SimulatedAgency: Sendable {
    struct Answer: Sendable {
        var code: Int32
        var data: String
        var messages: String
    }

    let origin: String
    let admin: SimulatorAdmin
    let folder: URL
    private let given: [String: String]
    private let database = TestDatabase.required
    private let secretKey = SecretKeys.generate()

    /// Runs a simulator for the time of the body.
    ///
    /// - Parameters:
    ///   - environment: more variables for every run of the program; they go before the agency's own.
    ///   - simulator: how the platforms are; its port is chosen here.
    ///   - body: the test.
    /// - Throws: what the body throws.
    static func with(
        environment: [String: String] = [:], simulator: SimulatorConfiguration = SimulatorConfiguration(),
        _ body: @escaping @Sendable (SimulatedAgency) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "posthorn-system-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // What is left in the temporary folder harms nobody.
        defer { try? FileManager.default.removeItem(at: folder) }
        var configuration = simulator
        configuration.port = 0
        if let recordings = ProcessInfo.processInfo.environment["POSTHORN_TEST_RECORDINGS"] {
            configuration.recordFile = "\(recordings)/\(folder.lastPathComponent).jsonl"
        }
        let server = SimulatorServer(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await server.run { continuation.yield($0) }
            }
            for await port in ports {
                let origin = "http://127.0.0.1:\(port)"
                try await SimulatorControl(origin: origin).withAdmin { admin in
                    let agency = SimulatedAgency(
                        origin: origin, admin: admin, folder: folder, environment: environment)
                    try await agency.open()
                    try await body(agency)
                }
                group.cancelAll()
            }
            try await group.waitForAll()
        }
    }

    private init(origin: String, admin: SimulatorAdmin, folder: URL, environment: [String: String]) {
        self.given = environment
        self.origin = origin
        self.admin = admin
        self.folder = folder
    }

    private func open() async throws {
        try await self.run("migrate", "up")
        try await self.run("client", "add", "acme", "--tz", "Europe/Berlin")
    }

    /// Makes an account exist on a pretend platform, and connects it under the platform's name.
    func connect(_ platform: String, expiresAt: String? = nil, app: String? = nil) async throws {
        try await self.pretend(platform, app: app)
        let answer = try await self.answer(self.connection(platform, expiresAt: expiresAt))
        try #require(answer.code == 0, "\(answer.messages)")
    }

    /// Makes the account 7 exist on a pretend platform.
    func pretend(_ platform: String, app: String? = nil) async throws {
        try await self.admin.add(accounts: [
            SimulatorAdmin.Account(
                platform: platform, externalID: "7", handle: "acme", name: "Acme", accessToken: "\(platform)-1",
                refreshToken: "\(platform)-r1", clientID: app, followers: 100, timeZone: "Europe/Berlin")
        ])
    }

    /// The words that connect the account 7; without its past unless told.
    func connection(_ platform: String, expiresAt: String? = nil, backfill: String = "none") throws -> [String] {
        var credential = ["access_token": "\(platform)-1", "expires_at": expiresAt]
        // Meta's tokens are not renewed with another.
        if !["facebook", "instagram"].contains(platform) { credential["refresh_token"] = "\(platform)-r1" }
        let file = try self.file(
            "token.json", String(decoding: JSONEncoder().encode(credential.compactMapValues(\.self)), as: UTF8.self))
        return [
            "account", "connect", "--client", "acme", "--platform", platform, "--external-id", "7", "--credential-file",
            file, "--backfill", backfill,
        ]
    }

    /// The built program, which lies beside the test bundle.
    private static let binary: String = {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? OwnBinary.path
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("posthorn").path
    }()

    private var environment: [String: String] {
        [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "TZ": "UTC",
            "POSTHORN_PLATFORM_ORIGIN": self.origin, "POSTHORN_SECRET_KEY": self.secretKey,
            // The pictures and films of most tests are a few bytes that nobody can look into.
            "POSTHORN_MEDIA_STORE": self.folder.absoluteString, "POSTHORN_MEDIA_PROBE": "off",
        ].merging(self.database.environment) { $1 }.merging(self.given) { $1 }
    }

    /// Runs a worker process beside the body, then drains it.
    ///
    /// - Parameters:
    ///   - name: names its log, `NAME.log` in the folder.
    ///   - environment: further variables; the worker is missed after three seconds unless they say otherwise.
    ///   - body: gets the process id.
    /// - Throws: ``CommandError`` when the worker ends before the body does, and what the body throws.
    /// - Returns: the body's result.
    func withWorker<Result: Sendable>(
        _ name: String, environment: [String: String] = [:],
        _ body: @escaping @Sendable (Int32) async throws -> Result
    ) async throws -> Result {
        let short = [
            "POSTHORN_WORKER_HEARTBEAT": "500ms", "POSTHORN_WORKER_DEAD_AFTER": "3s", "POSTHORN_LOG_FORMAT": "json",
        ]
        let process = ChildProcess(
            name: name, executable: Self.binary, arguments: ["worker", "run"],
            environment: self.environment.merging(short) { $1 }.merging(environment) { $1 },
            logFile: self.log(name).path)
        let (processes, continuation) = AsyncStream.makeStream(of: Int32.self)
        return try await withBackground {
            defer { continuation.finish() }
            let status = try await process.run { continuation.yield($0) }
            guard Task.isCancelled else {
                throw CommandError(
                    .failed, "\(name) \(status.words)",
                    details: [try String(contentsOf: self.log(name), encoding: .utf8)])
            }
        } _: {
            for await process in processes { return try await body(process) }
            throw CancellationError()
        }
    }

    /// Runs `serve` beside the body, then ends it as a supervisor does.
    ///
    /// - Returns: how it ended.
    func serve(port: Int, _ body: @escaping @Sendable (Int32) async throws -> Void) async throws -> TerminationStatus {
        let process = ChildProcess(
            name: "serve", executable: Self.binary,
            arguments: ["serve", "--port", String(port), "--admin-address", "127.0.0.1:0"],
            environment: self.environment.merging(["POSTHORN_LOG_FORMAT": "json"]) { $1 },
            logFile: self.log("serve").path)
        let (processes, started) = AsyncStream.makeStream(of: Int32.self)
        let (statuses, ended) = AsyncStream.makeStream(of: TerminationStatus.self)
        let isOver = Mutex(false)
        return try await withBackground {
            defer { started.finish() }
            let status = try await process.run { started.yield($0) }
            guard isOver.withLock({ $0 }) else {
                throw CommandError(
                    .failed, "serve \(status.words)",
                    details: [try String(contentsOf: self.log("serve"), encoding: .utf8)])
            }
            ended.yield(status)
        } _: {
            for await processID in processes {
                // It says where it is once it listens.
                try await self.until {
                    try String(contentsOf: self.log("serve"), encoding: .utf8).contains("^C stops it")
                }
                try await body(processID)
                isOver.withLock { $0 = true }
                kill(processID, SIGTERM)
                for await status in statuses { return status }
            }
            throw CancellationError()
        }
    }

    /// The signed addresses of files, as the program makes them.
    func links(port: Int) throws -> MediaLinks {
        let base = try #require(URL(string: "http://127.0.0.1:\(port)"))
        return MediaLinks(base: base, keys: try SecretKeys(self.secretKey))
    }

    /// Where a worker's words are.
    func log(_ name: String) -> URL { self.folder.appendingPathComponent("\(name).log") }

    /// Waits until something holds; the test's time limit ends what never does.
    func until(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(50)) }
    }

    /// A number that the database answers.
    func count(_ statement: Statement) async throws -> Int {
        Int(try await self.database.pool.query(statement).single(Int64.self))
    }

    /// Every row of every table, as text; bytes in hexadecimal.
    func everything() async throws -> String {
        let tables = try await self.database.pool.query(
            "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = current_schema()"
        ).map { row in try row.get("name", as: String.self) }
        var text = ""
        for table in tables {
            let rows = try await self.database.pool.query(
                Statement(sql: "SELECT row_to_json(line)::text AS line FROM \(table) AS line"))
            for row in rows { text += "\(table) \(try row.get("line", as: String.self))\n" }
        }
        return text
    }

    /// Changes what the database holds, as no command would.
    func execute(_ statement: Statement) async throws { try await self.database.pool.execute(statement) }

    /// Lets the world's clock run faster, on both sides.
    func setRate(_ rate: Double) async throws {
        let world = try await WorldStore(pool: self.database.pool).set(epoch: nil, rate: rate)
        try await self.admin.setClock(worldEpoch: world.worldEpoch, realEpoch: world.realEpoch, rate: world.rate)
    }

    /// Moves the world's clock on, on both sides; from then on it runs as fast as the real one.
    func advance(_ seconds: Double) async throws {
        let store = WorldStore(pool: self.database.pool)
        let world = try await store.set(epoch: store.now().addingTimeInterval(seconds), rate: 1)
        try await self.admin.setClock(worldEpoch: world.worldEpoch, realEpoch: world.realEpoch, rate: world.rate)
    }

    /// The queue's tables and the platforms' ledger tell one and the same story.
    func expectSound(_ location: SourceLocation = #_sourceLocation) async throws {
        let history = try await ChaosHistory.read(self.database.pool, admin: self.admin)
        #expect(history.violations.isEmpty, sourceLocation: location)
        #expect(try await self.admin.ledgerSummary().duplicates == 0, sourceLocation: location)
    }

    /// Runs the built program.
    func answer(_ words: [String], environment more: [String: String] = [:]) async throws -> Answer {
        let environment = self.environment.merging(more) { $1 }
        let result = try await Subprocess.run(
            .path(FilePath(Self.binary)), arguments: Arguments(words),
            environment: .custom(
                Dictionary(
                    uniqueKeysWithValues: environment.map { (Subprocess.Environment.Key(stringLiteral: $0), $1) })
            ), workingDirectory: FilePath(self.folder.path), output: .string(limit: 1 << 20),
            error: .string(limit: 4 << 20))
        let code: Int32 = if case .exited(let code) = result.terminationStatus { code } else { -1 }
        return Answer(code: code, data: result.standardOutput, messages: result.standardError)
    }

    /// Runs the program as a person does who opens the address that it names and types in what the page shows.
    func dialogue(_ words: [String], _ answer: (String) async throws -> String) async throws -> Answer {
        let files = try ["out", "err"].map { name in URL(fileURLWithPath: try self.file("dialogue.\(name)", "")) }
        let input = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.binary)
        process.arguments = words
        process.environment = self.environment
        process.currentDirectoryURL = self.folder
        process.standardInput = input
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        func said() throws -> String { try String(contentsOf: files[1], encoding: .utf8) }
        try await self.until { try said().contains("the number that the page shows") || !process.isRunning }
        if let range = try said().firstRange(of: /http[^ ]*oauth[^ ]*/) {
            let number = try await answer(String(try said()[range]))
            try input.fileHandleForWriting.write(contentsOf: Data("\(number)\n".utf8))
        }
        try input.fileHandleForWriting.close()
        try await self.until { !process.isRunning }
        return Answer(
            code: process.terminationStatus, data: try String(contentsOf: files[0], encoding: .utf8),
            messages: try said())
    }

    /// Runs the program, which must succeed.
    func run(_ words: String...) async throws {
        let answer = try await self.answer(words)
        try #require(answer.code == 0, "\(words.joined(separator: " ")): \(answer.messages)")
    }

    /// Runs the program, which must succeed and answer with one JSON value.
    func json(_ words: String...) async throws -> Any {
        let answer = try await self.answer(words + ["-o", "json"])
        try #require(answer.code == 0, "\(words.joined(separator: " ")): \(answer.messages)")
        return try JSONSerialization.jsonObject(with: Data(answer.data.utf8))
    }

    /// Works off what is due, in one worker process.
    @discardableResult
    func work(environment: [String: String] = [:]) async throws -> Answer {
        try await self.answer(["worker", "run", "--until-empty"], environment: environment)
    }

    /// Plans a post for now.
    ///
    /// - Returns: The job that publishes it.
    func publishNow(_ text: String, on platform: String) async throws -> String {
        try await self.run("post", "create", "--client", "acme", "--account", platform, "--text", text, "--now")
        let jobs = try #require(try await self.json("job", "list", "--kind", "publish") as? [[String: Any]])
        return try #require(jobs.first?["id"] as? String)
    }

    func job(_ id: String) async throws -> [String: Any] {
        try #require(try await self.json("job", "show", id) as? [String: Any])
    }

    /// The simulator's account of every visible attempt, in order.
    func ledger() async throws -> [[String: Any]] {
        let report = try JSONSerialization.jsonObject(with: try await self.admin.ledger(query: "after=0"))
        return try #require((report as? [String: Any])?["entries"] as? [[String: Any]])
    }

    func file(_ name: String, _ text: String) throws -> String {
        let url = self.folder.appendingPathComponent(name)
        try text.write(to: url, atomically: true, encoding: .utf8)
        return url.path
    }
}
