// SPDX-License-Identifier: MIT

import Foundation
import Logging
import Testing

@testable import Simulator

@Suite("Server, boosts and state")
struct ServerTests {
    private static let mock = RunningSimulator.mock

    private static func temporaryPath() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("simulator-\(UUID().uuidString)").path
    }

    private static let boost: @Sendable (String, String) -> JSONValue = { name, post in
        [
            "name": .string(name), "post_id": .string(post), "objective": "engagement",
            "budget": ["amount_minor": 2000, "currency": "EUR", "kind": "lifetime"],
            "audience": ["age_min": 18, "countries": ["DE"]], "starts_at": "2026-03-02T09:00:00Z",
            "ends_at": "2026-03-05T09:00:00Z",
        ]
    }

    @Test("a boost is paused, reviewed, active, paid for and kept apart from organic numbers")
    func boostLife() async throws {
        try await RunningSimulator.with { simulator async throws in
            let post =
                try await simulator.post("\(Self.mock)/posts", ["text": "Hello"], token: "m1").json["id"]?.string ?? ""
            let made = try await simulator.post("\(Self.mock)/campaigns", Self.boost("B [ph:b]", post), token: "m1")
            #expect(made.status == 201)
            #expect(made.json["status"]?.string == "paused")
            let id = try #require(made.json["id"]?.string)
            let byName = try await simulator.get("\(Self.mock)/campaigns?name=B%20%5Bph:b%5D", token: "m1")
            #expect(byName.json["campaigns"]?.array?.count == 1)
            let path = "\(Self.mock)/campaigns/\(id)"
            #expect(
                try await simulator.send("POST", path + "/activate", token: "m1").json["status"]?.string == "in_review")
            #expect(try await simulator.send("POST", path + "/activate", token: "m1").status == 200)
            let before = try await simulator.get("\(Self.mock)/metrics?post_ids=\(post)", token: "m1").json
            try await simulator.setClock("2026-03-06T09:00:00Z")
            let done = try await simulator.get(path, token: "m1").json
            #expect(done["status"]?.string == "completed")
            #expect(done["spend"]?["amount_minor"]?.integer == 2000)
            #expect(done["results"]?["impressions"]?.integer ?? 0 > 1000)
            #expect(try await simulator.get("/").text.contains("Boosted"))
            let audience = try await simulator.get("/_admin/posts?limit=1").json["posts"]?.array?.first
            let organic = try await simulator.get("\(Self.mock)/metrics?post_ids=\(post)", token: "m1").json
            #expect(audience?["paid"]?["impressions"]?.integer == done["results"]?["impressions"]?.integer)
            #expect(
                audience?["metrics"]?["views"]?.integer
                    == organic["metrics"]?.array?.first?["values"]?["views"]?.integer)
            #expect(before["metrics"]?.array?.first?["values"]?["views"]?.integer == 0)
            #expect(try await simulator.count("duplicates") == 0)
        }
    }

    @Test(
        "a boost that the sheet does not allow is refused by field",
        arguments: [
            ("amount_minor", "budget.amount_minor"), ("currency", "budget.currency"), ("objective", "objective"),
            ("ends_at", "ends_at"), ("age", "audience.age_min"), ("extra", "extra"),
        ])
    func boostRefused(change: String, field: String) async throws {
        try await RunningSimulator.with { simulator async throws in
            let post =
                try await simulator.post("\(Self.mock)/posts", ["text": "Hello"], token: "m1").json["id"]?.string ?? ""
            var body = Self.boost("B", post).object ?? JSONObject()
            switch change {
            case "amount_minor": body["budget"] = ["amount_minor": 99, "currency": "EUR", "kind": "daily"]
            case "currency": body["budget"] = ["amount_minor": 500, "currency": "eur", "kind": "daily"]
            case "objective": body["objective"] = "traffic"
            case "ends_at": body["ends_at"] = "2026-03-02T09:30:00Z"
            case "age": body["audience"] = ["age_min": 12]
            default: body["extra"] = 1
            }
            let answer = try await simulator.post("\(Self.mock)/campaigns", .object(body), token: "m1")
            #expect(answer.status == 400)
            #expect(answer.json["error"]?["field"]?.string == field)
        }
    }

    @Test("two campaigns with one marker are a duplicate; looking by name first is not")
    func boostDuplicate() async throws {
        try await RunningSimulator.with { simulator async throws in
            let post =
                try await simulator.post("\(Self.mock)/posts", ["text": "Hello"], token: "m1").json["id"]?.string ?? ""
            _ = try await simulator.post(
                "/_admin/faults",
                [
                    "match": ["endpoint": "/v1/campaigns", "method": "POST", "times": 1],
                    "action": ["reset": ["when": "before"]],
                ])
            let body = Self.boost("B [ph:b]", post)
            await #expect(throws: (any Error).self) {
                try await simulator.post("\(Self.mock)/campaigns", body, token: "m1")
            }
            _ = try await simulator.get("\(Self.mock)/campaigns?name=B%20%5Bph:b%5D", token: "m1")
            #expect(try await simulator.post("\(Self.mock)/campaigns", body, token: "m1").status == 201)
            #expect(try await simulator.count("duplicates") == 0)
            #expect(try await simulator.post("\(Self.mock)/campaigns", body, token: "m1").status == 201)
            #expect(try await simulator.count("duplicates") == 1)
        }
    }

    @Test("a taken port is one clear error")
    func takenPort() async throws {
        try await RunningSimulator.with { simulator async throws in
            var configuration = SimulatorConfiguration()
            configuration.port = simulator.port
            let second = SimulatorServer(
                configuration: configuration, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
            let error = await #expect(throws: SimulatorError.self) { try await second.run { _ in } }
            #expect(error?.code == .portTaken)
            #expect(error?.message.contains("127.0.0.1:\(simulator.port)") == true)
        }
    }

    @Test("a state file keeps accounts, posts, uploads, campaigns and the ledger over a restart")
    func stateFile() async throws {
        var configuration = SimulatorConfiguration()
        let path = Self.temporaryPath()
        configuration.stateFile = path
        defer {
            try? FileManager.default.removeItem(atPath: path)
            try? FileManager.default.removeItem(atPath: path + ".uploads")
        }
        try await RunningSimulator.with(configuration) { simulator async throws in
            let up = try await simulator.send(
                "POST", "\(Self.mock)/media", token: "m2", headers: [("Content-Type", "image/png")],
                body: RunningSimulator.png)
            let media = JSONValue.string(up.json["id"]?.string ?? "")
            let post = try await simulator.post(
                "\(Self.mock)/posts", ["text": "Kept [ph:k]", "media_ids": [media]], token: "m2")
            _ = try await simulator.post(
                "\(Self.mock)/campaigns", Self.boost("B", post.json["id"]?.string ?? ""), token: "m2")
            _ = try await simulator.form(
                "\(Self.mock)/oauth/token", "grant_type=refresh_token&client_id=app&client_secret=s&refresh_token=mr1")
        }
        try await RunningSimulator.with(configuration, provisioned: false) { simulator async throws in
            let state = try await simulator.get("/_admin/state").json
            #expect(state["platforms"]?["mock"]?["posts"]?.integer == 1)
            #expect(state["platforms"]?["x"]?["accounts"]?.integer == 2)
            #expect(state["campaigns"]?.integer == 1)
            #expect(try await simulator.count("effects") == 2)
            #expect(
                try await simulator.get("\(Self.mock)/me", token: "m1").json["error"]?["code"]?.string
                    == "token_expired")
            let image = try await simulator.get("/_admin/posts").json["posts"]?.array?.first?["media"]?.array?.first?
                .string
            #expect(try await simulator.get("/_media/\(image ?? "")").body == RunningSimulator.png)
            // The marker is known from before the restart.
            #expect(try await simulator.post("\(Self.mock)/posts", ["text": "Again [ph:k]"], token: "m2").status == 201)
            #expect(try await simulator.count("duplicates") == 1)
        }
    }

    @Test("a state file that is not ours is refused by line")
    func badStateFile() async throws {
        var configuration = SimulatorConfiguration()
        let path = Self.temporaryPath()
        configuration.stateFile = path
        configuration.port = 0
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("hello\nworld\n".utf8).write(to: URL(fileURLWithPath: path))
        let server = SimulatorServer(
            configuration: configuration, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        let error = await #expect(throws: SimulatorError.self) { try await server.run { _ in } }
        #expect(error?.message.contains("Line 1") == true)
    }

    @Test("fault rules can come from a file, and a bad file says what is wrong")
    func faultsFile() async throws {
        var configuration = SimulatorConfiguration()
        let path = Self.temporaryPath()
        configuration.faultsFile = path
        configuration.port = 0
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(#"[{"match":{"endpoint":"/v1/me"},"action":{"status":{"code":502}}}]"#.utf8).write(
            to: URL(fileURLWithPath: path))
        try await RunningSimulator.with(configuration) { simulator async throws in
            #expect(try await simulator.get("\(Self.mock)/me", token: "m1").status == 502)
        }
        try Data(#"[{"action":{"explode":true}}]"#.utf8).write(to: URL(fileURLWithPath: path))
        let server = SimulatorServer(
            configuration: configuration, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        let error = await #expect(throws: SimulatorError.self) { try await server.run { _ in } }
        #expect(error?.code == .invalidFaults)
        #expect(error?.message.contains("explode") == true)
    }

    @Test("accounts that cannot be used are refused, all or none")
    func badAccounts() async throws {
        try await RunningSimulator.with(provisioned: false) { simulator async throws in
            let good: JSONValue = ["platform": "mock", "external_id": "a", "access_token": "t"]
            for bad in [
                ["platform": "friendster", "external_id": "b"], ["platform": "x", "external_id": "letters"],
                ["platform": "mock", "external_id": "b", "time_zone": "Mars/Base"],
                ["platform": "mock", "external_id": "b", "access_token": "t"],
                ["platform": "mock", "external_id": "b", "x": 1],
            ] as [JSONValue] {
                #expect(try await simulator.post("/_admin/accounts", .array([good, bad])).status == 400)
            }
            #expect(try await simulator.get("/_admin/accounts").json["accounts"]?.array?.isEmpty == true)
        }
    }

    @Test("the audience endpoint tells the truth that engagement follows")
    func audience() async throws {
        try await RunningSimulator.with { simulator async throws in
            let answer = try await simulator.get("/_admin/audience?platform=mock&account=acme").json
            #expect(answer["weights"]?.array?.count == 168)
            #expect(answer["best"]?.array?.first?["weight"]?.number ?? 0 > 1.5)
            #expect(try await simulator.get("/_admin/audience?platform=mock&account=nobody").status == 400)
        }
    }

    @Test("a reset forgets what was published, and can keep the accounts")
    func reset() async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post("\(Self.mock)/posts", ["text": "Hello"], token: "m1")
            #expect(try await simulator.post("/_admin/reset", ["keep_accounts": true]).json["reset"] == true)
            #expect(try await simulator.count("attempts") == 0)
            #expect(try await simulator.get("\(Self.mock)/posts", token: "m1").json["posts"]?.array?.isEmpty == true)
            _ = try await simulator.post("/_admin/reset", [:])
            #expect(try await simulator.get("\(Self.mock)/me", token: "m1").status == 401)
        }
    }

    @Test("hosts and paths that are not served say so")
    func unknown() async throws {
        try await RunningSimulator.with { simulator async throws in
            let host = try await simulator.get("/api.example.com/me")
            #expect(host.status == 404)
            #expect(host.text.contains("api.example.com") && host.text.contains("graph.facebook.com"))
            #expect(try await simulator.get("\(Self.mock)/nothing", token: "m1").status == 404)
            #expect(try await simulator.send("PUT", "\(Self.mock)/posts", token: "m1", body: []).status == 405)
            #expect(try await simulator.get("\(RunningSimulator.x)/nothing", token: "x1").status == 404)
            #expect(try await simulator.get("/_admin/nothing").status == 404)
        }
    }

    @Test("text from the platforms cannot break the feed page")
    func escaping() async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post("\(Self.mock)/posts", ["text": "<script>alert('x')</script>"], token: "m1")
            let page = try await simulator.get("/?platform=mock&account=%22%3E%3Cscript%3E")
            #expect(!page.text.contains("<script>"))
            let all = try await simulator.get("/")
            #expect(all.text.contains("&lt;script&gt;"))
            #expect(!all.text.contains("<script>"))
        }
    }
}
