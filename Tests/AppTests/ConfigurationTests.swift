// SPDX-License-Identifier: MIT

import Foundation
import JobQueue
import PQClient
import Testing

@testable import App

@Suite("configuration")
struct ConfigurationTests {
    private func settings(
        _ environment: [String: String] = [:], flags: [String: String] = [:], file: String? = nil
    ) async throws -> Settings {
        try await ConfigurationLoader(environment: environment, flags: flags, file: file).load()
    }

    private func withFile<Result>(_ text: String, _ body: (String) async throws -> Result) async throws -> Result {
        let path = NSTemporaryDirectory() + "posthorn-\(UUID().uuidString).yaml"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(path)
    }

    @Test("flags win over the environment, the environment over the file, the file over defaults")
    func precedence() async throws {
        try await self.withFile("worker:\n  concurrency: 8\n  queues: [publish]\nlog:\n  level: debug\n") { file in
            let environment = ["POSTHORN_WORKER_CONCURRENCY": "16", "POSTHORN_LOG_LEVEL": "notice"]
            let all = try await self.settings(environment, flags: ["worker.concurrency": "4"], file: file)
            #expect(try WorkerSettings(all).slots == ["publish": 3, "reconcile": 1])
            #expect(all.text("log.level") == "notice")
            let fileOnly = try await self.settings(file: file)
            #expect(try WorkerSettings(fileOnly).slots == ["publish": 7, "reconcile": 1])
            #expect(try WorkerSettings(try await self.settings()).concurrency == 32)
        }
    }

    @Test("a worker's slots are shared out so that publishing has the most and nothing exceeds the whole")
    func slots() async throws {
        #expect(
            try WorkerSettings(try await self.settings()).slots
                == ["publish": 18, "boost": 4, "metrics": 8, "reconcile": 2])
        let given = try await self.settings(["POSTHORN_WORKER_CONCURRENCY": "10", "POSTHORN_WORKER_METRICS": "1"])
        #expect(try WorkerSettings(given).slots == ["publish": 7, "boost": 1, "metrics": 1, "reconcile": 1])
        let one = try await self.settings(["POSTHORN_WORKER_QUEUES": "metrics"])
        #expect(try WorkerSettings(one).slots == ["metrics": 32])
    }

    @Test("an unknown queue is refused with the nearest right name")
    func unknownQueue() async throws {
        let settings = try await self.settings(["POSTHORN_WORKER_QUEUES": "publish,metrix"])
        let error = try #require(throws: CommandError.self) { try WorkerSettings(settings) }
        #expect(error.status == .configuration)
        #expect(error.remedy == "did you mean “metrics”?")
    }

    @Test(
        "numbers, times and choices that make no sense are refused by name",
        arguments: [
            ("POSTHORN_WORKER_CONCURRENCY", "many"), ("POSTHORN_WORKER_CONCURRENCY", "0"),
            ("POSTHORN_SHUTDOWN_GRACE", "soon"),
        ])
    func malformed(_ name: String, _ value: String) async throws {
        let settings = try await self.settings([name: value])
        let error = try #require(throws: CommandError.self) { try WorkerSettings(settings) }
        #expect(error.status == .configuration)
        #expect(error.what.hasPrefix(name))
    }

    @Test(
        "times are read with their unit",
        arguments: [
            ("30s", Duration.seconds(30)), ("500ms", .milliseconds(500)), ("5m", .seconds(300)),
            ("2h", .seconds(7_200)),
            ("1.5h", .seconds(5_400)), ("45", .seconds(45)),
        ])
    func durations(_ text: String, _ duration: Duration) {
        #expect(Duration(configured: text) == duration)
    }

    @Test("a secret may come from a file, and not from both")
    func secretFiles() async throws {
        try await self.withFile("from-the-file\n") { file in
            let settings = try await self.settings(["POSTHORN_SECRET_KEY_FILE": file])
            #expect(try settings.secret("secret.key") == "from-the-file")
            let both = try await self.settings(["POSTHORN_SECRET_KEY_FILE": file, "POSTHORN_SECRET_KEY": "direct"])
            let error = try #require(throws: CommandError.self) { try both.secret("secret.key") }
            #expect(error.status == .configuration)
            #expect(!error.description.contains("direct"))
        }
    }

    @Test("a configuration file that is not there or not YAML exits 78 and repeats no secret")
    func badFiles() async throws {
        let missing = await #expect(throws: CommandError.self) { try await self.settings(file: "/nonexistent.yaml") }
        #expect(missing?.status == .configuration)
        try await self.withFile("database:\n  url: postgresql://me:hunter2@host/db\n bad: [") { file in
            let broken = await #expect(throws: CommandError.self) { try await self.settings(file: file) }
            #expect(broken?.status == .configuration)
            #expect(broken?.description.contains("hunter2") == false)
        }
    }

    @Test("the database comes from our variable, then DATABASE_URL, then libpq's, then `up`")
    func databaseSources() async throws {
        let running = RunningState(
            processID: 1, databaseURL: "postgresql:///up", schema: "posthorn", platformOrigin: "http://127.0.0.1:8300",
            startedAt: Date(timeIntervalSince1970: 0))
        let ours = ["POSTHORN_DATABASE_URL": "postgresql:///a", "DATABASE_URL": "postgresql:///b", "PGHOST": "c"]
        func source(_ environment: [String: String], _ running: RunningState?) async throws -> DatabaseSettings.Source {
            try DatabaseSettings(try await self.settings(environment), running: running).source
        }
        #expect(try await source(ours, running) == .configured)
        #expect(try await source(["DATABASE_URL": "postgresql:///b", "PGHOST": "c"], running) == .databaseURL)
        #expect(try await source(["PGHOST": "c"], running) == .libpq)
        #expect(try await source([:], running) == .embedded)
        #expect(try await source([:], nil) == .missing)
    }

    @Test("the public address is the configured one, else that of the `up` in this folder")
    func publicURL() async throws {
        let running = RunningState(
            processID: 1, databaseURL: "postgresql:///up", schema: "posthorn", platformOrigin: "http://127.0.0.1:8300",
            publicURL: "http://127.0.0.1:8400", startedAt: Date(timeIntervalSince1970: 0))
        let none = try await self.settings([:])
        #expect(try PlatformSettings(none, running: nil).publicURL() == nil)
        #expect(try PlatformSettings(none, running: running).publicURL()?.port == 8400)
        let own = try await self.settings(["POSTHORN_PUBLIC_URL": "https://posthorn.example"])
        #expect(try PlatformSettings(own, running: running).publicURL()?.host() == "posthorn.example")
    }

    @Test("a pooler is named for the database's own address alone, and asks for an address to listen at")
    func pooler() async throws {
        let environment = ["POSTHORN_DATABASE_URL": "postgresql:///a", "POSTHORN_DATABASE_POOLER": "transaction"]
        let database = try DatabaseSettings(try await self.settings(environment), running: nil)
        #expect(try database.pool(role: "test", connections: 1).pooling == .transaction)
        #expect(try database.pool(role: "test", connections: 1, url: "postgresql:///b").pooling == .direct)
        let error = try #require(throws: CommandError.self) { try database.listener() }
        #expect(error.status == .configuration)
        #expect(error.remedy?.contains("POSTHORN_LISTEN_DATABASE_URL") == true)
        let own = environment.merging(["POSTHORN_LISTEN_DATABASE_URL": "postgresql:///b"]) { $1 }
        let listener = try DatabaseSettings(try await self.settings(own), running: nil).listener()
        #expect(listener?.pooling == .direct)
        let plain = try await self.settings(["POSTHORN_DATABASE_URL": "postgresql:///a"])
        #expect(try DatabaseSettings(plain, running: nil).listener() == nil)
        let wrong = try await self.settings(["POSTHORN_DATABASE_POOLER": "session"])
        let refused = try #require(throws: CommandError.self) { try DatabaseSettings(wrong, running: nil) }
        #expect(refused.status == .configuration)
    }

    @Test("without any database a command exits 69 and says how to get one")
    func noDatabase() async throws {
        let database = try DatabaseSettings(try await self.settings(), running: nil)
        let error = try #require(throws: CommandError.self) { try database.pool(role: "test", connections: 1) }
        #expect(error.status == .unreachable)
        #expect(error.remedy?.contains("posthorn up") == true)
    }

    @Test("the platform origin decides the world, and must be an address")
    func world() async throws {
        #expect(try PlatformSettings(try await self.settings(), running: nil).world == .real)
        let simulated = try await self.settings(["POSTHORN_PLATFORM_ORIGIN": "http://127.0.0.1:8300"])
        #expect(try PlatformSettings(simulated, running: nil).world == .simulated)
        let wrong = try await self.settings(["POSTHORN_PLATFORM_ORIGIN": "simulator"])
        let error = try #require(throws: CommandError.self) { try PlatformSettings(wrong, running: nil) }
        #expect(error.status == .configuration)
    }

    @Test("the version of a platform's API can be set, and is the manifest's otherwise")
    func apiVersion() async throws {
        let settings = try await self.settings(["POSTHORN_PLATFORM_FACEBOOK_API_VERSION": "v26.0"])
        let platforms = try PlatformSettings(settings, running: nil)
        #expect(platforms.apiVersion("facebook") == "v26.0" && platforms.apiVersion("instagram") == nil)
    }

    @Test(
        "the public address is an address, over https for real platforms",
        arguments: [
            ("https://posthorn.example", nil, true), ("http://127.0.0.1:8080/x", "http://127.0.0.1:8300", true),
            ("http://posthorn.example", nil, false), ("posthorn.example", nil, false),
            ("https://posthorn.example?x=1", nil, false), ("https://u@posthorn.example", nil, false),
        ] as [(String, String?, Bool)])
    func publicURL(text: String, origin: String?, isTaken: Bool) async throws {
        var environment = ["POSTHORN_PUBLIC_URL": text]
        environment["POSTHORN_PLATFORM_ORIGIN"] = origin
        let platforms = try PlatformSettings(try await self.settings(environment), running: nil)
        guard !isTaken else { return #expect(try platforms.publicURL()?.absoluteString == text) }
        #expect(try #require(throws: CommandError.self) { try platforms.publicURL() }.status == .configuration)
    }

    @Test("variables with our prefix that nobody reads are found, with what was probably meant")
    func unknownVariables() {
        let unknown = KnownSettings.unknown(in: [
            "POSTHORN_WORKER_CONCURENCY": "4", "POSTHORN_LOG_LEVEL": "info", "POSTHORN_SECRET_KEY_FILE": "x",
            "POSTHORN_PLATFORM_X_CLIENT_ID": "y", "PATH": "z",
        ])
        #expect(unknown.map(\.name) == ["POSTHORN_WORKER_CONCURENCY"])
        #expect(unknown.first?.suggestion == "POSTHORN_WORKER_CONCURRENCY")
    }
}
