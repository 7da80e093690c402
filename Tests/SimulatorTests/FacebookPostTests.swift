// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("Facebook posts and photos over HTTP")
struct FacebookPostTests {
    @Test("a text is published, read, listed, edited and deleted, and the ledger has it")
    func text() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let made = try await simulator.graph(
                "/101/feed", [("message", "Hello\r\nyou [ph:a] "), ("fields", "id,permalink_url")])
            #expect(made.status == 200)
            let id = try #require(made.json["id"]?.string)
            #expect(id.hasPrefix("101_"))
            #expect(made.json["permalink_url"]?.string == "https://www.facebook.com/\(id)")
            #expect(made.header("X-Business-Use-Case-Usage")?.contains(#""101":[{"#) == true)
            let entry = try await simulator.latest()
            #expect(entry?["platform"]?.string == "facebook" && entry?["account"]?.string == "101")
            #expect(entry?["marker"]?.string == "ph:a" && entry?["took_effect"] == true)
            #expect(entry?["remote_id"]?.string == id && entry?["endpoint"]?.string == "POST /{page}/feed")
            let read = try await simulator.get(
                "\(RunningSimulator.graph)/\(id)?fields=message,created_time,is_published,promotable_id", token: "f1")
            #expect(read.json["message"]?.string == "Hello\nyou [ph:a]")
            #expect(read.json["created_time"]?.string == "2026-03-02T09:00:00+0000")
            #expect(read.json["is_published"] == true && read.json["promotable_id"]?.string == id)
            #expect(try await simulator.graph("/\(id)", [("message", "Edited")]).json["success"] == true)
            let list = try await simulator.get("\(RunningSimulator.graph)/101/published_posts", token: "f1")
            #expect(list.json["data"]?.array?.map { $0["message"]?.string } == ["Edited"])
            let gone = try await simulator.send("DELETE", "\(RunningSimulator.graph)/\(id)", token: "f1")
            #expect(gone.json["success"] == true)
            let missing = try await simulator.get("\(RunningSimulator.graph)/\(id)", token: "f1")
            #expect(missing.status == 400 && missing.code == [100, 33])
        }
    }

    @Test(
        "parameters, versions and features that do not exist are refused",
        arguments: [
            ("/101/feed", "text=hello", [100, nil]), ("/101/feed", "message=a&published=maybe", [100, nil]),
            ("/101/feed", "message=a&tags=x", [100, nil]), ("/101/feed", "message=a&pretty=1", [100, nil]),
            ("/101/feed", "message=a&debug=all", [100, nil]), ("/101/feed", "message=", [100, nil]),
            ("/101/feed", "message=a&fields=nothing", [100, nil]),
            ("/101/feed", "link=https://www.facebook.com/x", [100, 1_609_008]),
            ("/101/feed", "link=nowhere", [100, 2_061_006]),
            ("/101/feed", "message=a&scheduled_publish_time=1772442300&published=false", [100, nil]),
            ("/101/feed", "message=a&scheduled_publish_time=1772445900", [100, nil]),
            ("/101/feed", "message=a&unpublished_content_type=SOON&published=false", [100, nil]),
            ("/101/photos", "caption=a", [324, nil]), ("/101/photos", "url=http://127.0.0.1:1/x", [324, 2_069_019]),
            ("/999/feed", "message=a", [100, 33]), ("/nobody/feed", "message=a", [803, nil]),
            ("/101/likes", "message=a", [100, nil]),
        ] as [(String, String, [Int?])])
    func refused(path: String, body: String, code: [Int?]) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let answer = try await simulator.send(
                "POST", RunningSimulator.graph + path, token: "f1", headers: RunningSimulator.form,
                body: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.code == code)
            #expect(answer.json["error"]?["fbtrace_id"]?.string?.isEmpty == false)
            #expect(try await simulator.count("effects") == 0)
        }
    }

    @Test("JSON numbers where a text belongs, other versions, ETags and multi-lookups are refused")
    func removed() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let number = try await simulator.post("\(RunningSimulator.graph)/101/feed", ["message": 5], token: "f1")
            #expect(number.code == [100, nil])
            #expect(try await simulator.get("/graph.facebook.com/v19.0/101", token: "f1").code == [2635, nil])
            #expect(try await simulator.get("/graph.facebook.com/101", token: "f1").code == [2635, nil])
            #expect(try await simulator.get("/graph.facebook.com/v26.0/101", token: "f1").status == 200)
            let tagged = try await simulator.send(
                "GET", "\(RunningSimulator.graph)/101", token: "f1", headers: [("If-None-Match", "x")])
            #expect(tagged.code == [100, nil])
            #expect(try await simulator.get("\(RunningSimulator.graph)/101?ids=1,2", token: "f1").code == [100, nil])
        }
    }

    @Test("the same text right after itself is a 506; after another post it is allowed")
    func duplicates() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            _ = try await simulator.graph("/101/feed", [("message", "Same")])
            #expect(try await simulator.graph("/101/feed", [("message", "Same")]).code == [506, 1_455_006])
            _ = try await simulator.graph("/101/feed", [("message", "Other")])
            #expect(try await simulator.graph("/101/feed", [("message", "Same")]).status == 200)
            #expect(try await simulator.graph("/102/feed", [("message", "Same")], token: "f2").status == 200)
        }
    }

    @Test("a scheduled post waits for its time, is in the feed before and counts as one effect")
    func scheduled() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let fields = [
                ("message", "Later"), ("published", "false"), ("scheduled_publish_time", "2026-03-02T10:00:00+0000"),
                ("unpublished_content_type", "SCHEDULED"),
            ]
            let id = try await simulator.graph("/101/feed", fields).json["id"]?.string ?? ""
            #expect(try await simulator.count("effects") == 1)
            let path = "\(RunningSimulator.graph)/\(id)?fields=is_published,scheduled_publish_time"
            let before = try await simulator.get(path, token: "f1").json
            #expect(before["is_published"] == false && before["scheduled_publish_time"]?.integer == 1_772_445_600)
            let feed = try await simulator.get("\(RunningSimulator.graph)/101/feed", token: "f1")
            let published = try await simulator.get("\(RunningSimulator.graph)/101/published_posts", token: "f1")
            #expect(feed.json["data"]?.array?.count == 1 && published.json["data"]?.array?.isEmpty == true)
            try await simulator.setClock("2026-03-02T10:00:01Z")
            #expect(try await simulator.get(path, token: "f1").json["is_published"] == true)
        }
    }

    @Test("a photo by file or address becomes a post that keeps its alt text")
    func photo() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let made = try await simulator.upload(
                "/101/photos", RunningSimulator.jpeg(), [("caption", "Look [ph:p]"), ("alt_text_custom", "A cat")])
            let id = try #require(made.json["id"]?.string)
            let post = try #require(made.json["post_id"]?.string)
            #expect(post.hasPrefix("101_"))
            let shown = try await simulator.get(
                "\(RunningSimulator.graph)/\(id)?fields=alt_text_custom,page_story_id", token: "f1")
            #expect(shown.json["alt_text_custom"]?.string == "A cat")
            #expect(shown.json["page_story_id"]?.string == post)
            let url = try await simulator.file(RunningSimulator.png, "image/png")
            let second = try await simulator.graph("/101/photos", [("url", url), ("caption", "Two [ph:q]")])
            #expect(second.json["post_id"] != nil)
            #expect(try await simulator.count("effects") == 2)
            let page = try await simulator.get("/?platform=facebook")
            #expect(page.text.contains("/_media/\(id)") && page.text.contains("alt=\"A cat\""))
        }
    }

    @Test("several photos are uploaded unpublished, without an effect, then attached once")
    func album() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            var ids: [String] = []
            for number in 0..<2 {
                let made = try await simulator.upload(
                    "/101/photos", RunningSimulator.jpeg(width: 100, height: 100, "n\(number)"),
                    [("published", "false")])
                #expect(made.json["post_id"] == nil)
                ids.append(made.json["id"]?.string ?? "")
            }
            #expect(try await simulator.count("attempts") == 0)
            let list = ids.map { #"{"media_fbid":"\#($0)"}"# }.joined(separator: ",")
            let made = try await simulator.graph(
                "/101/feed", [("message", "Album"), ("attached_media", "[\(list)]")])
            let post = try #require(made.json["id"]?.string)
            let shown = try await simulator.get(
                "\(RunningSimulator.graph)/\(post)?fields=attachments%7Bmedia_type,target%7D", token: "f1")
            let album = shown.json["attachments"]?["data"]?.array?.first
            #expect(album?["subattachments"]?["data"]?.array?.count == 2)
            let again = try await simulator.graph(
                "/101/feed", [("attached_media[0]", #"{"media_fbid":"\#(ids[0])"}"#)])
            #expect(again.code == [100, 1_366_051])
            #expect(try await simulator.count("effects") == 1)
        }
    }

    @Test("unpublished photos are gone after a day, and a photo over 4 MB is refused")
    func photoLimits() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let large = RunningSimulator.jpeg() + [UInt8](repeating: 7, count: 4_000_000)
            #expect(try await simulator.upload("/101/photos", large).code == [100, 1_366_046])
            #expect(try await simulator.upload("/101/photos", Array("text".utf8)).code == [324, 2_069_019])
            let made = try await simulator.upload("/101/photos", RunningSimulator.jpeg(), [("published", "false")])
            let id = made.json["id"]?.string ?? ""
            try await simulator.setClock("2026-03-03T10:00:00Z")
            let late = try await simulator.graph("/101/feed", [("attached_media", #"[{"media_fbid":"\#(id)"}]"#)])
            #expect(late.code == [100, 33])
        }
    }

    @Test(
        "a lost answer is found by reading the feed; without a look, a repeat is a duplicate", arguments: [true, false])
    func reconcile(looks: Bool) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            _ = try await simulator.post(
                "/_admin/faults",
                [
                    "match": ["platform": "facebook", "endpoint": "/v25.0/101/feed", "method": "POST", "times": 1],
                    "action": ["reset": ["when": "before"]],
                ])
            await #expect(throws: (any Error).self) {
                try await simulator.graph("/101/feed", [("message", "Once [ph:r]")])
            }
            if looks {
                let read = try await simulator.get(
                    "\(RunningSimulator.graph)/101/feed?fields=id,message&since=1772441880&limit=100", token: "f1")
                #expect(read.json["data"]?.array?.isEmpty == true)
            }
            #expect(try await simulator.graph("/101/feed", [("message", "Once [ph:r]")]).status == 200)
            #expect(try await simulator.count("duplicates") == (looks ? 0 : 1))
        }
    }

    @Test("comments are written, listed, answered, hidden and deleted")
    func comments() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let post = try await simulator.graph("/101/feed", [("message", "Hi")]).json["id"]?.string ?? ""
            let made = try await simulator.graph("/\(post)/comments", [("message", "First [ph:c]")])
            let comment = try #require(made.json["id"]?.string)
            #expect(try await simulator.latest()?["kind"]?.string == "comment")
            let reply = try await simulator.graph("/\(comment)/comments", [("message", "Second")])
            #expect(reply.status == 200)
            let path =
                "\(RunningSimulator.graph)/\(post)/comments?fields=id,message,parent&filter=stream&order=chronological"
            let list = try await simulator.get(path, token: "f1").json["data"]?.array
            #expect(list?.map { $0["message"]?.string } == ["First [ph:c]", "Second"])
            #expect(list?.last?["parent"]?["id"]?.string == comment)
            #expect(try await simulator.graph("/\(comment)", [("is_hidden", "true")]).json["success"] == true)
            let hidden = try await simulator.get("\(RunningSimulator.graph)/\(comment)?fields=is_hidden", token: "f1")
            #expect(hidden.json["is_hidden"] == true)
            _ = try await simulator.send("DELETE", "\(RunningSimulator.graph)/\(comment)", token: "f1")
            #expect(try await simulator.get(path, token: "f1").json["data"]?.array?.isEmpty == true)
            #expect(try await simulator.graph("/\(post)/comments", [("text", "x")]).code == [100, nil])
        }
    }

    @Test("the feed is paged by cursors and narrowed by since")
    func paging() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            for number in 0..<3 { _ = try await simulator.graph("/101/feed", [("message", "n\(number)")]) }
            let path = "\(RunningSimulator.graph)/101/feed?limit=2"
            let first = try await simulator.get(path, token: "f1").json
            #expect(first["data"]?.array?.map { $0["message"]?.string } == ["n2", "n1"])
            let next = try #require(first["paging"]?["next"]?.string)
            let second = try await simulator.get(RunningSimulator.path(of: next), token: "f1").json
            #expect(second["data"]?.array?.map { $0["message"]?.string } == ["n0"])
            #expect(second["paging"]?["next"] == nil)
            let none = try await simulator.get(path + "&since=1772445600", token: "f1").json
            #expect(none["data"]?.array?.isEmpty == true)
            #expect(try await simulator.get("\(RunningSimulator.graph)/101/feed?limit=101", token: "f1").status == 400)
        }
    }
}
