// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Logging
import NIOCore
import NIOHTTP1
import Testing

@testable import Simulator

@Suite("Faults, ledger and clock over HTTP")
struct FaultTests {
    private static let mock = RunningSimulator.mock
    private static let x = RunningSimulator.x

    private static func rule(_ match: JSONValue, _ action: JSONValue) -> JSONValue {
        ["match": match, "action": action]
    }

    @Test("a reset after the effect leaves a post behind, and a look-up finds it", arguments: ["mock", "x"])
    func resetAfter(platform: String) async throws {
        try await RunningSimulator.with { simulator async throws in
            let isMock = platform == "mock"
            let path = isMock ? "\(Self.mock)/posts" : "\(Self.x)/tweets"
            let token = isMock ? "m1" : "x1"
            _ = try await simulator.post(
                "/_admin/faults",
                Self.rule(["method": "POST", "platform": .string(platform), "times": 1], ["reset": ["when": "after"]]))
            await #expect(throws: (any Error).self) {
                try await simulator.post(path, ["text": "Hello [ph:r]"], token: token)
            }
            let list = try await simulator.get(
                isMock ? "\(Self.mock)/posts" : "\(Self.x)/users/11/tweets", token: token)
            #expect(list.text.contains("[ph:r]"))
            let entry = try await simulator.get("/_admin/ledger").json["entries"]?.array?.first
            #expect(entry?["answer"]?.string == "reset_after_effect")
            #expect(entry?["took_effect"] == true)
            #expect(try await simulator.count("duplicates") == 0)
        }
    }

    @Test("repeating after a reset without looking is a duplicate, looking first is not", arguments: [false, true])
    func blindRepeat(looks: Bool) async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults",
                Self.rule(["method": "POST", "endpoint": "/2/tweets", "times": 1], ["reset": ["when": "before"]]))
            await #expect(throws: (any Error).self) {
                try await simulator.post("\(Self.x)/tweets", ["text": "Hello [ph:r]"], token: "x1")
            }
            if looks {
                _ = try await simulator.get("\(Self.x)/users/11/tweets?start_time=2026-03-02T08:59:00Z", token: "x1")
            }
            #expect(try await simulator.post("\(Self.x)/tweets", ["text": "Hello [ph:r]"], token: "x1").status == 201)
            #expect(try await simulator.count("duplicates") == (looks ? 0 : 1))
            #expect(try await simulator.count("effects") == 1)
        }
    }

    @Test(
        "a look that cannot have shown the post proves nothing",
        arguments: [
            "/users/11/tweets?start_time=2026-03-02T09:00:01Z", "/users/12/tweets", "/users/11/tweets?max_results=5",
            "/users/me",
        ])
    func uselessLook(path: String) async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults",
                Self.rule(["endpoint": "/2/tweets", "method": "POST", "times": 1], ["reset": ["when": "before"]]))
            await #expect(throws: (any Error).self) {
                try await simulator.post("\(Self.x)/tweets", ["text": "Hello [ph:r]"], token: "x1")
            }
            // Six newer posts push whatever was made before off a page of five.
            for number in 0..<6 {
                _ = try await simulator.post("\(Self.x)/tweets", ["text": .string("later \(number)")], token: "x1")
            }
            _ = try await simulator.get(Self.x + path, token: "x1")
            _ = try await simulator.post("\(Self.x)/tweets", ["text": "Hello [ph:r]"], token: "x1")
            #expect(try await simulator.count("duplicates") == 1)
        }
    }

    @Test("a listing lag hides a post from lists only, and sending again after it is two effects")
    func listingLag() async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults",
                Self.rule(
                    ["method": "POST", "times": 1], ["hide_from_lists": ["seconds": 30], "reset": ["when": "after"]]))
            await #expect(throws: (any Error).self) {
                try await simulator.post("\(Self.mock)/posts", ["text": "A [ph:l]"], token: "m1")
            }
            #expect(try await simulator.get("\(Self.mock)/posts", token: "m1").json["posts"]?.array?.isEmpty == true)
            #expect(try await simulator.post("\(Self.mock)/posts", ["text": "B [ph:l]"], token: "m1").status == 201)
            try await simulator.setClock("2026-03-02T09:00:30Z")
            #expect(try await simulator.get("\(Self.mock)/posts", token: "m1").json["posts"]?.array?.count == 2)
            #expect(try await simulator.count("duplicates") == 1)
        }
    }

    @Test("an injected error comes before or after the effect", arguments: ["before", "after"])
    func serverError(when: String) async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults",
                Self.rule(["method": "POST", "times": 1], ["status": ["code": 503, "when": .string(when)]]))
            let answer = try await simulator.post("\(Self.mock)/posts", ["text": "Hello"], token: "m1")
            #expect(answer.status == 503)
            #expect(answer.json["error"]?["code"]?.string == "unavailable")
            #expect(try await simulator.count("effects") == (when == "after" ? 1 : 0))
        }
    }

    @Test("an injected 429 has the platform's own headers")
    func rateLimited() async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults", Self.rule(["method": "POST"], ["status": ["code": 429, "retry_after_seconds": 90]]))
            let mock = try await simulator.post("\(Self.mock)/posts", ["text": "Hello"], token: "m1")
            #expect(mock.header("Retry-After") == "90")
            #expect(mock.header("X-RateLimit-Reset") == "1772442090")
            let x = try await simulator.post("\(Self.x)/tweets", ["text": "Hello"], token: "x1")
            #expect(x.header("Retry-After") == nil)
            #expect(x.header("x-rate-limit-remaining") == "0")
            #expect(x.header("x-rate-limit-reset") == "1772442090")
            #expect(x.header("x-app-limit-24hour-limit") == "10000")
        }
    }

    @Test("an expired token is refused before anything happens, and a refresh helps")
    func expiredToken() async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults", Self.rule(["platform": "x", "account": "acme", "times": 1], ["expire_token": true]))
            #expect(try await simulator.post("\(Self.x)/tweets", ["text": "Hello"], token: "x1").status == 401)
            #expect(try await simulator.post("\(Self.x)/tweets", ["text": "Hello"], token: "x1").status == 401)
            let refreshed = try await simulator.form(
                "\(Self.x)/oauth2/token", "grant_type=refresh_token&refresh_token=xr1",
                headers: [("Authorization", "Basic " + Base64.encode(Array("app:s".utf8)))])
            let token = try #require(refreshed.json["access_token"]?.string)
            #expect(try await simulator.post("\(Self.x)/tweets", ["text": "Hello"], token: token).status == 201)
            #expect(try await simulator.count("duplicates") == 0)
        }
    }

    @Test("a rule can name the account whose token is refreshed")
    func refusedRefresh() async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults",
                Self.rule(["account": "acme", "endpoint": "/v1/oauth/token"], ["status": ["code": 503]]))
            let form = "grant_type=refresh_token&client_id=app&client_secret=s&refresh_token="
            #expect(try await simulator.form("\(Self.mock)/oauth/token", form + "mr1").status == 503)
            #expect(try await simulator.form("\(Self.mock)/oauth/token", form + "other").status == 400)
        }
    }

    @Test("a slow body and a late answer arrive whole")
    func slow() async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults",
                Self.rule(["method": "GET"], ["slow_body": ["bytes_per_second": 20_000], "latency": ["ms": 5]]))
            let answer = try await simulator.get("\(Self.mock)/me", token: "m1")
            #expect(answer.json["handle"]?.string == "acme")
        }
    }

    @Test("rules wait, stop, are counted and can be removed")
    func counting() async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults", Self.rule(["endpoint": "/v1/me", "after": 1, "times": 2], ["status": ["code": 500]]))
            var statuses: [Int] = []
            for _ in 0..<5 { statuses.append(try await simulator.get("\(Self.mock)/me", token: "m1").status) }
            #expect(statuses == [200, 500, 500, 200, 200])
            let rule = try await simulator.get("/_admin/faults").json["rules"]?.array?.first
            #expect(rule?["seen"]?.integer == 5)
            #expect(rule?["hits"]?.integer == 2)
            #expect(try await simulator.send("DELETE", "/_admin/faults").json["removed"]?.integer == 1)
        }
    }

    @Test("the dice are the same for the same seed, and fair")
    func dice() throws {
        func hits(seed: UInt64) throws -> [Bool] {
            var engine = FaultEngine(seed: seed)
            _ = try engine.add(["match": ["probability": .double(0.2)], "action": ["reset": [:]]])
            return (0..<2000).map { _ in
                engine.decide(.init(platform: "mock", path: "/", method: "GET", account: nil, handle: nil)).reset != nil
            }
        }
        #expect(try hits(seed: 1) == hits(seed: 1))
        #expect(try hits(seed: 1) != hits(seed: 2))
        #expect(abs(Double(try hits(seed: 3).count { $0 }) / 2000 - 0.2) < 0.04)
    }

    @Test(
        "a rule that cannot be used is refused with the member's name",
        arguments: [
            (#"{"action":{}}"#, "action is empty"),
            (#"{"match":{"colour":"red"},"action":{"reset":{}}}"#, "match.colour"),
            (#"{"action":{"status":{"code":200}}}"#, "action.status.code"),
            (#"{"action":{"reset":{"when":"later"}}}"#, "when"),
            (#"{"match":{"probability":2},"action":{"reset":{}}}"#, "probability"),
            (#"{"action":{"latency":{}}}"#, "latency"),
        ])
    func badRules(text: String, named: String) throws {
        var engine = FaultEngine(seed: 1)
        let json = try JSONParser.parse(text.utf8)
        let error = #expect(throws: SimulatorError.self) { try engine.add(json) }
        #expect(error?.message.contains(named) == true)
        #expect(engine.rules.isEmpty)
    }

    @Test("a client that leaves before the answer has no proof from it", .timeLimit(.minutes(10)))
    func clientGone() async throws {
        try await RunningSimulator.with { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults",
                Self.rule(["method": "POST", "times": 1], ["status": ["code": 429], "latency": ["ms": 3_600_000]]))
            let client = HTTPClient(eventLoopGroupProvider: .singleton)
            var request = HTTPClientRequest(url: "http://127.0.0.1:\(simulator.port)\(Self.mock)/posts")
            request.method = .POST
            request.headers.add(name: "Authorization", value: "Bearer m1")
            request.body = .bytes(Array(#"{"text":"Hello [ph:g]"}"#.utf8))
            let impatient = request
            let call = Task { try await client.execute(impatient, timeout: .hours(1)) }
            let seen = await Self.holds { try await simulator.count("attempts") == 1 }
            call.cancel()
            await #expect(throws: (any Error).self) { try await call.value }
            let gone = await Self.holds { try await simulator.answers() == ["client_gone"] }
            try await client.shutdown()
            #expect(seen && gone)
            #expect(try await simulator.post("\(Self.mock)/posts", ["text": "Hello [ph:g]"], token: "m1").status == 201)
            #expect(try await simulator.count("duplicates") == 1)
        }
    }

    /// Asks again until it holds; `false` when the test's time limit ends it first.
    private static func holds(_ condition: () async throws -> Bool) async -> Bool {
        while !Task.isCancelled {
            if (try? await condition()) == true { return true }
            await Task.yield()
        }
        return false
    }

    @Test("the clock can be set, and business time follows it")
    func clock() async throws {
        try await RunningSimulator.with { simulator async throws in
            try await simulator.setClock("2027-01-01T00:00:00Z")
            let made = try await simulator.post("\(Self.x)/tweets", ["text": "Hello"], token: "x1")
            let id = made.json["data"]?["id"]?.string ?? ""
            let post = try await simulator.get("\(Self.x)/tweets/\(id)?tweet.fields=created_at", token: "x1")
            #expect(post.json["data"]?["created_at"]?.string == "2027-01-01T00:00:00.000Z")
            let clock = try await simulator.get("/_admin/clock").json
            #expect(clock["world_now"]?.string == "2027-01-01T00:00:00.000Z")
            #expect(clock["rate"]?.number == 0)
            #expect(try await simulator.post("/_admin/clock", ["rate": -1]).status == 400)
        }
    }
}
