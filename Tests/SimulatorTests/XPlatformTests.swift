// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("X over HTTP")
struct XPlatformTests {
    private static let x = RunningSimulator.x

    @Test("a post comes back with t.co links and entities, and can be deleted")
    func publish() async throws {
        try await RunningSimulator.with { simulator async throws in
            let made = try await simulator.post(
                "\(Self.x)/tweets", ["text": "Q&A at https://example.com/page [ph:q]"], token: "x1")
            #expect(made.status == 201)
            #expect(made.header("x-transaction-id")?.count == 16)
            #expect(made.header("x-rate-limit-limit") == "100")
            #expect(made.header("x-rate-limit-remaining") == "99")
            let id = try #require(made.json["data"]?["id"]?.string)
            let text = try #require(made.json["data"]?["text"]?.string)
            #expect(text.hasPrefix("Q&amp;A at https://t.co/"))
            #expect(text.hasSuffix(" [ph:q]"))
            let read = try await simulator.get("\(Self.x)/tweets/\(id)?tweet.fields=entities,author_id", token: "x2")
            #expect(read.json["data"]?["text"]?.string == text)
            #expect(read.json["data"]?["author_id"]?.string == "11")
            let url = read.json["data"]?["entities"]?["urls"]?.array?.first
            #expect(url?["expanded_url"]?.string == "https://example.com/page")
            #expect(try await simulator.send("DELETE", "\(Self.x)/tweets/\(id)", token: "x2").status == 403)
            #expect(
                try await simulator.send("DELETE", "\(Self.x)/tweets/\(id)", token: "x1").json["data"]?["deleted"]
                    == true)
            let gone = try await simulator.get("\(Self.x)/tweets?ids=\(id)", token: "x1")
            #expect(gone.status == 200)
            #expect(gone.json["data"] == nil)
            #expect(gone.json["errors"]?.array?.first?["type"]?.string?.hasSuffix("resource-not-found") == true)
        }
    }

    @Test(
        "what the contract does not allow is a 400 invalid-request",
        arguments: [
            #"{"text":"a","media_ids":["1"]}"#, #"{"text":1}"#, "{}", #"{"text":""}"#,
            #"{"text":"a","media":{"media_ids":["1"]}}"#,
            #"{"text":"a","poll":{"options":["a","b"],"duration_minutes":60},"quote_tweet_id":"1"}"#, "[1]", "{",
            #"{"text":"a","reply":{"in_reply_to_tweet_id":12}}"#,
        ])
    func invalid(body: String) async throws {
        try await RunningSimulator.with { simulator async throws in
            let answer = try await simulator.send(
                "POST", "\(Self.x)/tweets", token: "x1", headers: [("Content-Type", "application/json")],
                body: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.json["type"]?.string == "https://api.x.com/2/problems/invalid-request")
            #expect(answer.json["errors"]?.array?.isEmpty == false)
        }
    }

    @Test("a duplicate, a text too long and two cashtags are 403, each in X's words")
    func forbidden() async throws {
        try await RunningSimulator.with { simulator async throws in
            #expect(try await simulator.post("\(Self.x)/tweets", ["text": "Same"], token: "x1").status == 201)
            let duplicate = try await simulator.post("\(Self.x)/tweets", ["text": "Same"], token: "x1")
            #expect(duplicate.status == 403)
            #expect(duplicate.json["detail"]?.string == "You are not allowed to create a Tweet with duplicate content.")
            let long = String(repeating: "日", count: 141)
            #expect(try await simulator.post("\(Self.x)/tweets", ["text": .string(long)], token: "x1").status == 403)
            #expect(try await simulator.post("\(Self.x)/tweets", ["text": "$AAPL $TSLA"], token: "x1").status == 403)
        }
    }

    @Test("a thread is replies to oneself; replying to others needs a mention")
    func replies() async throws {
        try await RunningSimulator.with { simulator async throws in
            let first = try await simulator.post("\(Self.x)/tweets", ["text": "One"], token: "x1")
            let parent = JSONValue.string(first.json["data"]?["id"]?.string ?? "")
            let reply: JSONValue = ["text": "Two", "reply": ["in_reply_to_tweet_id": parent]]
            #expect(try await simulator.post("\(Self.x)/tweets", reply, token: "x1").status == 201)
            #expect(try await simulator.post("\(Self.x)/tweets", reply, token: "x2").status == 403)
            let call = try await simulator.post("\(Self.x)/tweets", ["text": "Hey @bolt"], token: "x1")
            let summoned: JSONValue = [
                "text": "Yes?", "reply": ["in_reply_to_tweet_id": .string(call.json["data"]?["id"]?.string ?? "")],
            ]
            #expect(try await simulator.post("\(Self.x)/tweets", summoned, token: "x2").status == 201)
            let list = try await simulator.get("\(Self.x)/users/11/tweets?exclude=replies", token: "x1")
            #expect(list.json["data"]?.array?.map { $0["text"]?.string } == ["Hey @bolt", "One"])
        }
    }

    @Test("a poll is shown with its answers where it is asked for")
    func poll() async throws {
        try await RunningSimulator.with { simulator async throws in
            let made = try await simulator.post(
                "\(Self.x)/tweets",
                ["text": "Brass?", "poll": ["options": ["Yes", "No"], "duration_minutes": 60]], token: "x1")
            let id = try #require(made.json["data"]?["id"]?.string)
            let read = try await simulator.get(
                "\(Self.x)/tweets/\(id)?expansions=attachments.poll_ids&poll.fields=duration_minutes,voting_status",
                token: "x1")
            let poll = read.json["includes"]?["polls"]?.array?.first
            #expect(poll?["options"]?.array?.map { $0["label"]?.string } == ["Yes", "No"])
            #expect(poll?["duration_minutes"]?.integer == 60 && poll?["voting_status"]?.string == "open")
            #expect(read.json["data"]?["attachments"]?["poll_ids"]?.array?.first == poll?["id"])
            let plain = try await simulator.get("\(Self.x)/tweets/\(id)", token: "x1")
            #expect(plain.json["data"]?["attachments"] == nil && plain.json["includes"] == nil)
        }
    }

    @Test("a timeline is paged, bounded and newest first")
    func timeline() async throws {
        try await RunningSimulator.with { simulator async throws in
            for number in 0..<12 {
                _ = try await simulator.post("\(Self.x)/tweets", ["text": .string("n\(number)")], token: "x1")
            }
            let first = try await simulator.get("\(Self.x)/users/11/tweets?max_results=5", token: "x1").json
            #expect(first["meta"]?["result_count"]?.integer == 5)
            #expect(first["data"]?.array?.first?["text"]?.string == "n11")
            let token = try #require(first["meta"]?["next_token"]?.string)
            let second = try await simulator.get(
                "\(Self.x)/users/11/tweets?max_results=5&pagination_token=\(token)", token: "x1")
            #expect(second.json["data"]?.array?.first?["text"]?.string == "n6")
            let newest = first["meta"]?["newest_id"]?.string ?? ""
            let none = try await simulator.get("\(Self.x)/users/11/tweets?since_id=\(newest)", token: "x1")
            #expect(none.json["data"] == nil)
            #expect(none.json["meta"]?["result_count"]?.integer == 0)
            #expect(try await simulator.get("\(Self.x)/users/11/tweets?max_results=4", token: "x1").status == 400)
        }
    }

    @Test("private metrics are for the author and for 30 days; the rest of the answer stays whole")
    func metrics() async throws {
        try await RunningSimulator.with { simulator async throws in
            let old =
                try await simulator.post("\(Self.x)/tweets", ["text": "Old"], token: "x1").json["data"]?["id"]?.string
                ?? ""
            try await simulator.setClock("2026-04-02T09:00:00Z")
            let new =
                try await simulator.post("\(Self.x)/tweets", ["text": "New"], token: "x1").json["data"]?["id"]?.string
                ?? ""
            try await simulator.setClock("2026-04-03T09:00:00Z")
            let path =
                "\(Self.x)/tweets?ids=\(old),\(new)&tweet.fields=public_metrics,non_public_metrics,organic_metrics"
            let own = try await simulator.get(path, token: "x1").json
            #expect(own["data"]?.array?.count == 2)
            #expect(own["data"]?.array?.first?["non_public_metrics"] == nil)
            #expect(own["data"]?.array?.last?["non_public_metrics"]?["impression_count"]?.integer ?? 0 > 0)
            #expect(own["data"]?.array?.first?["public_metrics"]?["retweet_count"] != nil)
            #expect(own["errors"]?.array?.count == 2)
            #expect(own["errors"]?.array?.first?["type"]?.string?.hasSuffix("not-authorized-for-field") == true)
            let foreign = try await simulator.get(path, token: "x2").json
            #expect(foreign["data"]?.array?.last?["non_public_metrics"] == nil)
            let me = try await simulator.get("\(Self.x)/users/me?user.fields=public_metrics", token: "x1").json
            #expect(me["data"]?["username"]?.string == "acme")
            #expect(me["data"]?["public_metrics"]?["tweet_count"]?.integer == 2)
        }
    }

    @Test("post.fields is refused unless the simulator was told of it, then tweet.fields is")
    func fieldNames() async throws {
        try await RunningSimulator.with { simulator async throws in
            #expect(try await simulator.get("\(Self.x)/tweets?ids=1&post.fields=created_at", token: "x1").status == 400)
            #expect(
                try await simulator.get("\(Self.x)/tweets?ids=1&tweet.fields=created_at", token: "x1").status == 200)
        }
        var configuration = SimulatorConfiguration()
        configuration.postFields = true
        try await RunningSimulator.with(configuration) { simulator async throws in
            let refused = try await simulator.get("\(Self.x)/tweets?ids=1&tweet.fields=created_at", token: "x1")
            #expect(refused.status == 400)
            #expect(refused.text.contains("tweet.fields"))
            let made = try await simulator.post("\(Self.x)/tweets", ["text": "Hello"], token: "x1")
            let id = made.json["data"]?["id"]?.string ?? ""
            let read = try await simulator.get("\(Self.x)/tweets?ids=\(id)&post.fields=public_metrics", token: "x1")
            #expect(read.json["data"]?.array?.first?["public_metrics"]?["repost_count"] != nil)
        }
    }

    @Test("a picture goes up in segments, gets its alt text and is posted")
    func chunkedUpload() async throws {
        try await RunningSimulator.with { simulator async throws in
            let bytes = RunningSimulator.png + [UInt8](repeating: 7, count: 100)
            let initial = try await simulator.post(
                "\(Self.x)/media/upload/initialize",
                ["media_type": "image/png", "total_bytes": JSONValue(bytes.count), "media_category": "tweet_image"],
                token: "x1")
            #expect(initial.status == 200)
            let id = try #require(initial.json["data"]?["id"]?.string)
            let first = try await Self.append(simulator, id, 0, Array(bytes[..<60]))
            #expect(first.status == 200)
            #expect(try await Self.append(simulator, id, 2, Array(bytes[60...])).status == 400)
            #expect(
                try await simulator.send("POST", "\(Self.x)/media/upload/\(id)/finalize", token: "x1").status == 400)
            #expect(try await Self.append(simulator, id, 1, Array(bytes[60...])).status == 200)
            let final = try await simulator.send("POST", "\(Self.x)/media/upload/\(id)/finalize", token: "x1")
            #expect(final.json["data"]?["size"]?.integer == bytes.count)
            #expect(final.json["data"]?["processing_info"] == nil)
            let alt: JSONValue = ["id": .string(id), "metadata": ["alt_text": ["text": "A dot"]]]
            #expect(try await simulator.post("\(Self.x)/media/metadata", alt, token: "x1").status == 200)
            let post: JSONValue = ["text": "Look", "media": ["media_ids": [.string(id)]]]
            #expect(try await simulator.post("\(Self.x)/tweets", post, token: "x2").status == 400)
            let made = try await simulator.post("\(Self.x)/tweets", post, token: "x1")
            #expect(made.status == 201)
            #expect(made.json["data"]?["text"]?.string?.hasPrefix("Look https://t.co/") == true)
            #expect(try await simulator.get("/_media/\(id)").body == bytes)
        }
    }

    private static func append(
        _ simulator: RunningSimulator, _ id: String, _ index: Int, _ bytes: [UInt8]
    ) async throws -> RunningSimulator.Answer {
        let head =
            "--B\r\nContent-Disposition: form-data; name=\"segment_index\"\r\n\r\n\(index)\r\n"
            + "--B\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        return try await simulator.send(
            "POST", "\(self.x)/media/upload/\(id)/append", token: "x1",
            headers: [("Content-Type", "multipart/form-data; boundary=B")],
            body: Array(head.utf8) + bytes + Array("\r\n--B--\r\n".utf8))
    }

    @Test("a small picture goes up in one call")
    func oneShot() async throws {
        try await RunningSimulator.with { simulator async throws in
            let body: JSONValue = [
                "media": .string(Base64.encode(RunningSimulator.png)), "media_category": "tweet_image",
            ]
            let up = try await simulator.post("\(Self.x)/media/upload", body, token: "x1")
            #expect(up.json["data"]?["media_key"]?.string?.hasPrefix("3_") == true)
            #expect(
                try await simulator.post(
                    "\(Self.x)/media/upload", ["media": "eA==", "media_category": "tweet_image"], token: "x1"
                ).status == 400)
        }
    }

    @Test("a video is processed first, and a broken one fails")
    func video() async throws {
        try await RunningSimulator.with { simulator async throws in
            let bytes = RunningSimulator.video + Array("mock:fail".utf8)
            for broken in [false, true] {
                let content = broken ? bytes : RunningSimulator.video
                let initial = try await simulator.post(
                    "\(Self.x)/media/upload/initialize",
                    [
                        "media_type": "video/mp4", "total_bytes": JSONValue(content.count),
                        "media_category": "tweet_video",
                    ], token: "x1")
                let id = try #require(initial.json["data"]?["id"]?.string)
                _ = try await Self.append(simulator, id, 0, content)
                let final = try await simulator.send("POST", "\(Self.x)/media/upload/\(id)/finalize", token: "x1")
                #expect(final.json["data"]?["processing_info"]?["state"]?.string == "in_progress")
                let post: JSONValue = ["text": "Clip", "media": ["media_ids": [.string(id)]]]
                #expect(try await simulator.post("\(Self.x)/tweets", post, token: "x1").status == 400)
                try await simulator.setClock("2026-03-02T1\(broken ? 1 : 0):00:00Z")
                let status = try await simulator.get(
                    "\(Self.x)/media/upload?command=STATUS&media_id=\(id)", token: "x1")
                #expect(status.json["data"]?["processing_info"]?["state"]?.string == (broken ? "failed" : "succeeded"))
                #expect(try await simulator.post("\(Self.x)/tweets", post, token: "x1").status == (broken ? 400 : 201))
            }
        }
    }

    @Test("OAuth 2 with PKCE: approval, exchange, single-use refresh, revocation")
    func oauth() async throws {
        try await RunningSimulator.with { simulator async throws in
            let basic = [("Authorization", "Basic " + Base64.encode(Array("app:s".utf8)))]
            let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
            let query =
                "response_type=code&client_id=app&redirect_uri=https%3A%2F%2Fa.test%2Fcb&state=s&scope="
                + "tweet.read%20tweet.write%20users.read%20offline.access&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
            let approved = try await simulator.get("/x.com/i/oauth2/authorize?\(query)&approve=12")
            let location = try #require(approved.header("Location"))
            let code = try #require(FormFields(parsing: String(location.split(separator: "?")[1]))["code"])
            let form =
                "grant_type=authorization_code&redirect_uri=https%3A%2F%2Fa.test%2Fcb&code=\(code)&code_verifier="
            #expect(try await simulator.form("\(Self.x)/oauth2/token", form + verifier).status == 401)
            let granted = try await simulator.form("\(Self.x)/oauth2/token", form + verifier, headers: basic)
            #expect(granted.status == 200)
            #expect(granted.json["expires_in"]?.integer == 7200)
            let token = try #require(granted.json["access_token"]?.string)
            let refresh = try #require(granted.json["refresh_token"]?.string)
            #expect(try await simulator.get("\(Self.x)/users/me", token: token).json["data"]?["id"]?.string == "12")
            let noMedia = try await simulator.post(
                "\(Self.x)/media/upload/initialize", ["media_type": "image/png"], token: token)
            #expect(noMedia.status == 403)
            let again = "grant_type=refresh_token&refresh_token=\(refresh)"
            #expect(try await simulator.form("\(Self.x)/oauth2/token", again, headers: basic).status == 200)
            let dead = try await simulator.form("\(Self.x)/oauth2/token", again, headers: basic)
            #expect(dead.status == 400)
            #expect(dead.json["error_description"]?.string == "Value passed for the token was invalid.")
            #expect(try await simulator.get("\(Self.x)/users/me", token: token).status == 401)
            #expect(
                try await simulator.form("\(Self.x)/oauth2/revoke", "token=xr1", headers: basic).json["revoked"] == true
            )
            #expect(try await simulator.get("\(Self.x)/users/me", token: "x1").status == 401)
        }
    }
}
