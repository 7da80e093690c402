// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1

@testable import Simulator

/// A simulator on a free port with an app and two accounts on each platform, and a client for it.
struct RunningSimulator: Sendable {
    struct Answer: Sendable {
        var status: Int
        var headers: [(name: String, value: String)]
        var body: [UInt8]

        var json: JSONValue { (try? JSONParser.parse(self.body)) ?? .null }  // tests look at what is there
        var text: String { String(decoding: self.body, as: UTF8.self) }

        func header(_ name: String) -> String? {
            self.headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    let port: Int
    private let client: HTTPClient

    /// Runs a simulator for the time of a body, which gets it ready to use.
    static func with(
        _ configuration: SimulatorConfiguration = SimulatorConfiguration(), provisioned: Bool = true,
        _ body: @escaping @Sendable (RunningSimulator) async throws -> Void
    ) async throws {
        var configuration = configuration
        configuration.port = 0
        let server = SimulatorServer(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                try await server.run { continuation.yield($0) }
            }
            for await port in ports {
                var settings = HTTPClient.Configuration()
                settings.redirectConfiguration = .disallow
                settings.timeout.connect = .seconds(10)
                let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
                do {
                    let simulator = RunningSimulator(port: port, client: client)
                    if provisioned { try await simulator.provision() }
                    try await body(simulator)
                } catch {
                    try await client.shutdown()
                    throw error
                }
                try await client.shutdown()
                group.cancelAll()
            }
            try await group.waitForAll()
        }
    }

    private func provision() async throws {
        _ = try await self.post(
            "/_admin/apps",
            [
                ["platform": "mock", "client_id": "app", "client_secret": "s"],
                ["platform": "x", "client_id": "app", "client_secret": "s"],
            ])
        _ = try await self.post(
            "/_admin/accounts",
            [
                [
                    "platform": "mock", "external_id": "u1", "handle": "acme", "access_token": "m1",
                    "refresh_token": "mr1", "followers": 5000,
                ],
                ["platform": "mock", "external_id": "u2", "handle": "bolt", "access_token": "m2"],
                [
                    "platform": "x", "external_id": "11", "handle": "acme", "access_token": "x1",
                    "refresh_token": "xr1", "followers": 5000,
                ],
                ["platform": "x", "external_id": "12", "handle": "bolt", "access_token": "x2"],
            ])
        // A fixed day, so that nothing depends on when the tests run.
        try await self.setClock("2026-03-02T09:00:00Z")
    }

    /// Stops the world's clock at an instant.
    func setClock(_ instant: String) async throws {
        _ = try await self.post("/_admin/clock", ["world_epoch": .string(instant), "rate": 0])
    }

    func send(
        _ method: String, _ path: String, token: String? = nil, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(self.port)\(path)")
        request.method = .RAW(value: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body { request.body = .bytes(body) }
        let response = try await self.client.execute(request, timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 32_000_000)
        return Answer(
            status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
            body: Array(buffer: bytes))
    }

    func get(_ path: String, token: String? = nil) async throws -> Answer {
        try await self.send("GET", path, token: token)
    }

    func post(
        _ path: String, _ json: JSONValue, token: String? = nil, headers: [(String, String)] = []
    ) async throws -> Answer {
        try await self.send(
            "POST", path, token: token, headers: [("Content-Type", "application/json")] + headers, body: json.encoded)
    }

    func form(_ path: String, _ text: String, headers: [(String, String)] = []) async throws -> Answer {
        try await self.send(
            "POST", path, headers: [("Content-Type", "application/x-www-form-urlencoded")] + headers,
            body: Array(text.utf8))
    }

    /// One of the counts of the ledger's summary.
    func count(_ name: String) async throws -> Int? {
        try await self.get("/_admin/ledger/summary").json[name]?.integer
    }

    /// What became of the answer to each attempt in the ledger, in order.
    func answers() async throws -> [String?] {
        try await self.get("/_admin/ledger").json["entries"]?.array?.map { $0["answer"]?.string } ?? []
    }

    static let mock = "/mock.posthorn.test/v1"
    static let x = "/api.x.com/2"
    static let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 1, 2, 3]
    static let video: [UInt8] = [0, 0, 0, 24] + Array("ftypmp42".utf8) + [9, 9]
}
