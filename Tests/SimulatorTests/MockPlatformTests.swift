// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("Mock platform over HTTP")
struct MockPlatformTests {
    private static let mock = RunningSimulator.mock

    @Test("a post is published, listed, found and deleted")
    func publish() async throws {
        try await RunningSimulator.with { simulator async throws in
            let made = try await simulator.post("\(Self.mock)/posts", ["text": "Hello [ph:t1]"], token: "m1")
            #expect(made.status == 201)
            #expect(made.header("X-Request-Id") != nil)
            #expect(made.header("X-RateLimit-Remaining") == "49")
            let id = try #require(made.json["id"]?.string)
            #expect(made.json["created_at"]?.string == "2026-03-02T09:00:00.000Z")
            let list = try await simulator.get("\(Self.mock)/posts", token: "m1")
            #expect(list.json["posts"]?.array?.first?["text"]?.string == "Hello [ph:t1]")
            #expect(try await simulator.get("\(Self.mock)/posts", token: "m2").json["posts"]?.array?.isEmpty == true)
            #expect(try await simulator.get("\(Self.mock)/posts/\(id)", token: "m1").status == 200)
            #expect(try await simulator.send("DELETE", "\(Self.mock)/posts/\(id)", token: "m2").status == 403)
            #expect(try await simulator.send("DELETE", "\(Self.mock)/posts/\(id)", token: "m1").json["deleted"] == true)
            #expect(try await simulator.get("\(Self.mock)/posts/\(id)", token: "m1").status == 404)
            let ledger = try await simulator.get("/_admin/ledger?marker=ph:t1").json["entries"]?.array?.first
            #expect(ledger?["took_effect"] == true)
            #expect(ledger?["remote_id"]?.string == id)
            #expect(ledger?["answer"]?.string == "delivered")
        }
    }

    @Test(
        "what the sheet does not allow is refused by field",
        arguments: [
            (#"{"text":"a","colour":"red"}"#, "colour"), (#"{"text":5}"#, "text"), (#"{"text":" "}"#, "text"),
            (#"{"text":"a","media_ids":["m_none"]}"#, "media_ids"), (#"{"text":"a","format":"image"}"#, "format"),
            (#"{"text":"a","reply_to":"p_none"}"#, "reply_to"), (#"{"text":"a","link":"ftp://x"}"#, "link"),
            (#"{"text":"a","alt_texts":["x"]}"#, "alt_texts"),
        ])
    func refused(body: String, field: String) async throws {
        try await RunningSimulator.with { simulator async throws in
            let answer = try await simulator.send(
                "POST", "\(Self.mock)/posts", token: "m1", headers: [("Content-Type", "application/json")],
                body: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.json["error"]?["code"]?.string == "invalid_request")
            #expect(answer.json["error"]?["field"]?.string == field)
            #expect(try await simulator.count("attempts") == 1)
            #expect(try await simulator.count("effects") == 0)
        }
    }

    @Test("a text of 500 characters is allowed, one more is not")
    func length() async throws {
        try await RunningSimulator.with { simulator async throws in
            let full = String(repeating: "👍", count: 500)
            #expect(try await simulator.post("\(Self.mock)/posts", ["text": .string(full)], token: "m1").status == 201)
            let more = try await simulator.post("\(Self.mock)/posts", ["text": .string(full + "x")], token: "m1")
            #expect(more.status == 400)
        }
    }

    @Test("tokens are checked, and an unknown one is told from a dead one")
    func tokens() async throws {
        try await RunningSimulator.with { simulator async throws in
            #expect(try await simulator.get("\(Self.mock)/me").json["error"]?["code"]?.string == "unauthorized")
            #expect(try await simulator.get("\(Self.mock)/me", token: "nope").status == 401)
            _ = try await simulator.post(
                "/_admin/accounts",
                [["platform": "mock", "external_id": "u3", "access_token": "m3", "token_expires_in": 60]])
            #expect(try await simulator.get("\(Self.mock)/me", token: "m3").status == 200)
            try await simulator.setClock("2026-03-02T09:01:00Z")
            let expired = try await simulator.get("\(Self.mock)/me", token: "m3")
            #expect(expired.status == 401)
            #expect(expired.json["error"]?["code"]?.string == "token_expired")
        }
    }

    @Test("a refresh token works once and kills the pair before it")
    func refresh() async throws {
        try await RunningSimulator.with { simulator async throws in
            let body = "grant_type=refresh_token&client_id=app&client_secret=s&refresh_token=mr1"
            let first = try await simulator.form("\(Self.mock)/oauth/token", body)
            #expect(first.status == 200)
            let token = try #require(first.json["access_token"]?.string)
            #expect(try await simulator.get("\(Self.mock)/me", token: token).status == 200)
            #expect(
                try await simulator.get("\(Self.mock)/me", token: "m1").json["error"]?["code"]?.string
                    == "token_expired")
            let again = try await simulator.form("\(Self.mock)/oauth/token", body)
            #expect(again.status == 400)
            #expect(again.json["error"]?["code"]?.string == "invalid_grant")
            let wrong = try await simulator.form(
                "\(Self.mock)/oauth/token", "grant_type=refresh_token&client_id=app&client_secret=no&refresh_token=x")
            #expect(wrong.status == 401)
        }
    }

    @Test("a person's approval becomes a code that works once")
    func authorize() async throws {
        try await RunningSimulator.with { simulator async throws in
            let query = "response_type=code&client_id=app&redirect_uri=http%3A%2F%2Flocalhost%2Fback&state=st"
            let page = try await simulator.get("\(Self.mock)/oauth/authorize?\(query)")
            #expect(page.text.contains("@acme"))
            let approved = try await simulator.get("\(Self.mock)/oauth/authorize?\(query)&approve=u2")
            #expect(approved.status == 302)
            let location = try #require(approved.header("Location"))
            #expect(location.hasPrefix("http://localhost/back?code="))
            #expect(location.hasSuffix("&state=st"))
            let code = try #require(FormFields(parsing: String(location.split(separator: "?")[1]))["code"])
            let exchange =
                "grant_type=authorization_code&client_id=app&client_secret=s&redirect_uri=http%3A%2F%2Flocalhost%2Fback&code=\(code)"
            let granted = try await simulator.form("\(Self.mock)/oauth/token", exchange)
            let token = try #require(granted.json["access_token"]?.string)
            #expect(try await simulator.get("\(Self.mock)/me", token: token).json["id"]?.string == "u2")
            #expect(try await simulator.form("\(Self.mock)/oauth/token", exchange).status == 400)
        }
    }

    @Test("the same content twice within a day is refused")
    func duplicateContent() async throws {
        try await RunningSimulator.with { simulator async throws in
            #expect(try await simulator.post("\(Self.mock)/posts", ["text": "Same"], token: "m1").status == 201)
            let second = try await simulator.post("\(Self.mock)/posts", ["text": " same "], token: "m1")
            #expect(second.status == 409)
            #expect(try await simulator.count("duplicates") == 1)
            try await simulator.setClock("2026-03-03T09:00:01Z")
            #expect(try await simulator.post("\(Self.mock)/posts", ["text": "Same"], token: "m1").status == 201)
        }
    }

    @Test("a limit that is used up is a 429 with its headers, until the window is over")
    func limits() async throws {
        try await RunningSimulator.with { simulator async throws in
            for number in 0..<50 {
                #expect(
                    try await simulator.post("\(Self.mock)/posts", ["text": .string("n\(number)")], token: "m1").status
                        == 201)
            }
            let refused = try await simulator.post("\(Self.mock)/posts", ["text": "more"], token: "m1")
            #expect(refused.status == 429)
            #expect(refused.header("Retry-After") == "3600")
            #expect(refused.header("X-RateLimit-Remaining") == "0")
            #expect(refused.header("X-RateLimit-Reset") == "1772445600")
            #expect(try await simulator.post("\(Self.mock)/posts", ["text": "other"], token: "m2").status == 201)
            try await simulator.setClock("2026-03-02T10:00:00Z")
            #expect(try await simulator.post("\(Self.mock)/posts", ["text": "more"], token: "m1").status == 201)
            #expect(try await simulator.count("duplicates") == 0)
        }
    }

    @Test("lists are paged without gaps")
    func paging() async throws {
        try await RunningSimulator.with { simulator async throws in
            for number in 0..<7 {
                _ = try await simulator.post("\(Self.mock)/posts", ["text": .string("n\(number)")], token: "m1")
            }
            var texts: [String] = []
            var cursor: String? = ""
            while let current = cursor {
                let page = try await simulator.get(
                    "\(Self.mock)/posts?limit=3" + (current.isEmpty ? "" : "&cursor=\(current)"), token: "m1")
                texts += page.json["posts"]?.array?.compactMap { $0["text"]?.string } ?? []
                cursor = page.json["next_cursor"]?.string
            }
            #expect(texts == (0..<7).reversed().map { "n\($0)" })
            #expect(try await simulator.get("\(Self.mock)/posts?limit=0", token: "m1").status == 400)
            #expect(try await simulator.get("\(Self.mock)/posts?foo=1", token: "m1").status == 400)
        }
    }

    @Test("an image goes up, is shown with its post, and stays the account's own")
    func image() async throws {
        try await RunningSimulator.with { simulator async throws in
            let up = try await simulator.send(
                "POST", "\(Self.mock)/media", token: "m1", headers: [("Content-Type", "image/png")],
                body: RunningSimulator.png)
            #expect(up.status == 201)
            let id = try #require(up.json["id"]?.string)
            let body: JSONValue = ["text": "Look", "media_ids": [.string(id)], "alt_texts": ["A dot"]]
            #expect(try await simulator.post("\(Self.mock)/posts", body, token: "m2").status == 400)
            #expect(try await simulator.post("\(Self.mock)/posts", body, token: "m1").status == 201)
            #expect(try await simulator.get("/_media/\(id)").body == RunningSimulator.png)
            let page = try await simulator.get("/")
            #expect(page.text.contains("/_media/\(id)"))
            #expect(page.text.contains("alt=\"A dot\""))
            let wrong = try await simulator.send(
                "POST", "\(Self.mock)/media", token: "m1", headers: [("Content-Type", "image/jpeg")],
                body: RunningSimulator.png)
            #expect(wrong.status == 400)
        }
    }

    @Test("a video becomes visible after its processing, without another call")
    func video() async throws {
        try await RunningSimulator.with { simulator async throws in
            let up = try await simulator.send(
                "POST", "\(Self.mock)/media", token: "m1", headers: [("Content-Type", "video/mp4")],
                body: RunningSimulator.video)
            let made = try await simulator.post(
                "\(Self.mock)/posts",
                ["text": "Clip", "format": "reel", "media_ids": [.string(up.json["id"]?.string ?? "")]],
                token: "m1")
            #expect(made.status == 202)
            #expect(made.json["check_after_seconds"]?.integer == 11)
            let id = try #require(made.json["processing_id"]?.string)
            #expect(
                try await simulator.get("\(Self.mock)/processing/\(id)", token: "m1").json["status"]?.string
                    == "processing")
            #expect(try await simulator.get("\(Self.mock)/posts", token: "m1").json["posts"]?.array?.isEmpty == true)
            try await simulator.setClock("2026-03-02T09:00:11Z")
            let done = try await simulator.get("\(Self.mock)/processing/\(id)", token: "m1")
            #expect(done.json["status"]?.string == "published")
            let post = try #require(done.json["post"]?["id"]?.string)
            #expect(try await simulator.get("\(Self.mock)/posts/\(post)", token: "m1").json["format"]?.string == "reel")
            #expect(try await simulator.count("effects") == 1)
        }
    }

    @Test("a broken video fails, and a failure that was read proves that nothing is visible")
    func brokenVideo() async throws {
        try await RunningSimulator.with { simulator async throws in
            let up = try await simulator.send(
                "POST", "\(Self.mock)/media", token: "m1", headers: [("Content-Type", "video/mp4")],
                body: RunningSimulator.video + Array("mock:fail".utf8))
            let body: JSONValue = [
                "text": "Clip [ph:v]", "format": "video", "media_ids": [.string(up.json["id"]?.string ?? "")],
            ]
            let made = try await simulator.post("\(Self.mock)/posts", body, token: "m1")
            let id = try #require(made.json["processing_id"]?.string)
            try await simulator.setClock("2026-03-02T09:01:00Z")
            let failed = try await simulator.get("\(Self.mock)/processing/\(id)", token: "m1")
            #expect(failed.json["status"]?.string == "failed")
            #expect(try await simulator.post("\(Self.mock)/posts", ["text": "Clip [ph:v]"], token: "m1").status == 201)
            #expect(try await simulator.count("duplicates") == 0)
            #expect(try await simulator.count("effects") == 1)
        }
    }

    @Test("comments are written once, listed and counted")
    func comments() async throws {
        try await RunningSimulator.with { simulator async throws in
            let made = try await simulator.post("\(Self.mock)/posts", ["text": "Hello"], token: "m1")
            let path = "\(Self.mock)/posts/\(made.json["id"]?.string ?? "")/comments"
            #expect(try await simulator.post(path, ["text": "First!"], token: "m1").status == 201)
            #expect(try await simulator.post(path, ["text": "first!"], token: "m1").status == 409)
            #expect(try await simulator.post(path, ["text": "first!"], token: "m2").status == 201)
            let list = try await simulator.get(path, token: "m1").json["comments"]?.array
            #expect(list?.map { $0["own"]?.bool } == [false, true])
            let metrics = try await simulator.get(
                "\(Self.mock)/metrics?post_ids=\(made.json["id"]?.string ?? "")", token: "m1")
            #expect(metrics.json["metrics"]?.array?.first?["values"]?["comments"]?.integer == 2)
        }
    }

    @Test("metrics grow, and one bad id does not spoil the rest")
    func metrics() async throws {
        try await RunningSimulator.with { simulator async throws in
            let made = try await simulator.post("\(Self.mock)/posts", ["text": "Hello"], token: "m1")
            let id = try #require(made.json["id"]?.string)
            try await simulator.setClock("2026-03-02T11:00:00Z")
            let path = "\(Self.mock)/metrics?post_ids=\(id),p_none"
            let early = try await simulator.get(path, token: "m1").json["metrics"]?.array
            try await simulator.setClock("2026-03-09T11:00:00Z")
            let late = try await simulator.get(path, token: "m1").json["metrics"]?.array
            let views = try [early, late].map { try #require($0?.first?["values"]?["views"]?.integer) }
            #expect(views[0] > 0 && views[1] > views[0])
            #expect(early?.last?["error"]?["code"]?.string == "not_found")
            #expect(early?.first?["values"]?["clicks"] == nil)
            #expect(
                try await simulator.get(path, token: "m2").json["metrics"]?.array?.first?["error"]?["code"]?.string
                    == "forbidden")
            #expect(
                try await simulator.get("\(Self.mock)/me/metrics", token: "m1").json["followers"]?.integer ?? 0 >= 5000)
        }
    }

    @Test("an idempotency key gives the first answer again, when keys are on")
    func idempotency() async throws {
        var configuration = SimulatorConfiguration()
        configuration.idempotencyKeys = true
        try await RunningSimulator.with(configuration) { simulator async throws in
            let key = [("Idempotency-Key", "k1")]
            let first = try await simulator.post("\(Self.mock)/posts", ["text": "Once"], token: "m1", headers: key)
            let second = try await simulator.post("\(Self.mock)/posts", ["text": "Once"], token: "m1", headers: key)
            #expect(second.status == 201)
            #expect(second.body == first.body)
            #expect(second.header("Idempotent-Replay") == "true")
            let other = try await simulator.post("\(Self.mock)/posts", ["text": "Twice"], token: "m1", headers: key)
            #expect(other.json["error"]?["code"]?.string == "idempotency_conflict")
            #expect(try await simulator.count("effects") == 1)
            #expect(try await simulator.count("harmless_repeats") == 1)
        }
    }
}
