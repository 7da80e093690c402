// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("Instagram over HTTP")
struct InstagramTests {
    private static let graph = RunningSimulator.graph
    private static let user = "/\(RunningSimulator.instagramID)"

    private static func container(
        _ simulator: RunningSimulator, _ fields: [(String, String)]
    ) async throws -> RunningSimulator.Answer {
        try await simulator.graph("\(self.user)/media", fields, token: "i1")
    }

    private static func publish(_ simulator: RunningSimulator, _ id: String) async throws -> RunningSimulator.Answer {
        try await simulator.graph("\(self.user)/media_publish", [("creation_id", id)], token: "i1")
    }

    private static func status(_ simulator: RunningSimulator, _ id: String) async throws -> JSONValue {
        try await simulator.get("\(self.graph)/\(id)?fields=status_code,status", token: "i1").json
    }

    @Test("an image goes by container, status and publication, and reads back with its caption and alt text")
    func image() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let url = try await simulator.file(RunningSimulator.jpeg())
            let made = try await Self.container(
                simulator,
                [
                    ("image_url", url), ("caption", "Sun [ph:i]"), ("alt_text", "A beach"),
                    ("collaborators", #"["friend"]"#),
                ])
            let id = try #require(made.json["id"]?.string)
            #expect(try await simulator.count("attempts") == 0)
            #expect(try await Self.status(simulator, id)["status_code"]?.string == "FINISHED")
            let done = try await Self.publish(simulator, id)
            let media = try #require(done.json["id"]?.string)
            let entry = try await simulator.latest()
            #expect(entry?["platform"]?.string == "instagram" && entry?["marker"]?.string == "ph:i")
            #expect(entry?["account"]?.string == RunningSimulator.instagramID)
            let fields = "caption,alt_text,media_type,media_product_type,permalink,timestamp,username"
            let shown = try await simulator.get("\(Self.graph)/\(media)?fields=\(fields)", token: "i1").json
            #expect(shown["caption"]?.string == "Sun [ph:i]" && shown["alt_text"]?.string == "A beach")
            #expect(shown["media_type"]?.string == "IMAGE" && shown["media_product_type"]?.string == "FEED")
            let page = try await simulator.get(RunningSimulator.path(of: shown["permalink"]?.string ?? ""))
            #expect(page.status == 200 && page.text.contains("Sun"))
            let friends = try await simulator.get("\(Self.graph)/\(media)/collaborators", token: "i1").json
            #expect(friends["data"]?.array?.first?["username"]?.string == "friend")
            #expect(try await Self.status(simulator, id)["status_code"]?.string == "PUBLISHED")
            #expect(try await Self.publish(simulator, id).code == [9007, 2_207_027])
            let list = try await simulator.get(
                "\(Self.graph)\(Self.user)/media?fields=id,caption&limit=25", token: "f1")
            #expect(list.json["data"]?.array?.map { $0["id"]?.string } == [media])
            #expect(try await simulator.count("effects") == 1)
            #expect(try await simulator.count("duplicates") == 0)
        }
    }

    @Test("a reel takes time, is refused before and reads back as a video")
    func reel() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let url = try await simulator.file(RunningSimulator.video, "video/mp4")
            let made = try await Self.container(
                simulator,
                [("media_type", "REELS"), ("video_url", url), ("caption", "[ph:r]"), ("share_to_feed", "true")])
            let id = try #require(made.json["id"]?.string)
            #expect(try await Self.status(simulator, id)["status_code"]?.string == "IN_PROGRESS")
            #expect(try await Self.publish(simulator, id).code == [9007, 2_207_027])
            try await simulator.setClock("2026-03-02T09:01:00Z")
            let media = try await Self.publish(simulator, id).json["id"]?.string ?? ""
            let shown = try await simulator.get(
                "\(Self.graph)/\(media)?fields=media_type,media_product_type", token: "i1"
            ).json
            #expect(shown["media_type"]?.string == "VIDEO" && shown["media_product_type"]?.string == "REELS")
            #expect(try await simulator.count("duplicates") == 0)
        }
    }

    @Test("a reel is uploaded in parts to the address that came with the container")
    func upload() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let made = try await Self.container(
                simulator, [("media_type", "REELS"), ("upload_type", "resumable"), ("caption", "[ph:u]")])
            let id = made.json["id"]?.string ?? ""
            let uri = try #require(made.json["uri"]?.string)
            let bytes = RunningSimulator.video
            for (offset, part) in [(0, bytes[..<10]), (10, bytes[10...])] {
                let answer = try await simulator.send(
                    "POST", RunningSimulator.path(of: uri),
                    headers: [
                        ("Authorization", "OAuth i1"), ("offset", String(offset)), ("file_size", String(bytes.count)),
                    ], body: Array(part))
                #expect((answer.json["success"] == true) == (offset > 0))
            }
            try await simulator.setClock("2026-03-02T09:01:00Z")
            #expect(try await Self.status(simulator, id)["status_code"]?.string == "FINISHED")
            #expect(try await Self.publish(simulator, id).status == 200)
        }
    }

    @Test("a carousel mixes finished items and counts once")
    func carousel() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let image = try await simulator.file(RunningSimulator.jpeg())
            let video = try await simulator.file(RunningSimulator.video, "video/mp4")
            let first = try await Self.container(simulator, [("image_url", image), ("is_carousel_item", "true")])
            let second = try await Self.container(
                simulator, [("media_type", "VIDEO"), ("video_url", video), ("is_carousel_item", "true")])
            let ids = [first, second].map { $0.json["id"]?.string ?? "" }
            let carousel = [
                ("media_type", "CAROUSEL"), ("children", ids.joined(separator: ",")), ("caption", "[ph:c]"),
            ]
            #expect(try await Self.container(simulator, carousel).code == [9007, 2_207_027])
            try await simulator.setClock("2026-03-02T09:01:00Z")
            let made = try await Self.container(simulator, carousel)
            let media = try await Self.publish(simulator, made.json["id"]?.string ?? "").json["id"]?.string ?? ""
            let shown = try await simulator.get(
                "\(Self.graph)/\(media)?fields=media_type,children%7Bmedia_type%7D", token: "i1"
            ).json
            #expect(shown["media_type"]?.string == "CAROUSEL_ALBUM")
            #expect(
                shown["children"]?["data"]?.array?.map { $0["media_type"]?.string } == ["IMAGE", "VIDEO"])
            let limit = try await simulator.get(
                "\(Self.graph)\(Self.user)/content_publishing_limit?fields=quota_usage,config", token: "i1"
            ).json["data"]?.array?.first
            #expect(limit?["quota_usage"]?.integer == 1 && limit?["config"]?["quota_total"]?.integer == 50)
            let single = [("media_type", "CAROUSEL"), ("children", ids[0])]
            #expect(try await Self.container(simulator, single).code == [100, 2_207_028])
        }
    }

    @Test("stories are in their own list and known by what their file carries")
    func story() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let url = try await simulator.file(RunningSimulator.jpeg(width: 1080, height: 1920, "[ph:s]"))
            let made = try await Self.container(simulator, [("media_type", "STORIES"), ("image_url", url)])
            _ = try await Self.publish(simulator, made.json["id"]?.string ?? "")
            #expect(try await simulator.latest()?["marker"]?.string == "ph:s")
            let stories = try await simulator.get("\(Self.graph)\(Self.user)/stories", token: "i1").json
            let media = try await simulator.get("\(Self.graph)\(Self.user)/media", token: "i1").json
            #expect(stories["data"]?.array?.count == 1 && media["data"]?.array?.isEmpty == true)
            let id = stories["data"]?.array?.first?["id"]?.string ?? ""
            let early = try await simulator.get("\(Self.graph)/\(id)/insights?metric=views", token: "i1")
            #expect(early.code == [10, nil])
            try await simulator.setClock("2026-03-02T15:00:00Z")
            let later = try await simulator.get("\(Self.graph)/\(id)/insights?metric=views,replies", token: "i1")
            #expect(later.json["data"]?.array?.first?["values"]?.array?.first?["value"]?.integer ?? 0 > 5)
        }
    }

    @Test(
        "what does not go together is refused with its subcode",
        arguments: [
            ("image_url=FILE&caption=a&media_type=PHOTO", [100, 2_207_023]), ("video_url=FILE", [100, 2_207_023]),
            ("media_type=VIDEO&video_url=FILE", [100, 2_207_023]), ("caption=a", [100, nil]),
            ("image_url=FILE&is_carousel_item=true&caption=a", [100, nil]),
            ("media_type=STORIES&image_url=FILE&caption=a", [100, nil]),
            ("image_url=FILE&children=1,2", [100, nil]), ("image_url=FILE&thumb_offset=1", [100, nil]),
            ("media_type=REELS&video_url=FILE&thumb_offset=999999999", [1, 2_207_057]),
            ("image_url=FILE&collaborators=a,b,c,d", [100, nil]), ("image_url=FILE&title2=x", [100, nil]),
            ("image_url=FILE&is_carousel_item=perhaps", [100, nil]),
            ("image_url=FILE&user_tags=[{\"username\":\"a\"}]", [100, 2_207_035]),
            ("image_url=NOWHERE", [9004, 2_207_052]), ("image_url=REDIRECT", [9004, 2_207_052]),
            ("image_url=PNG", [36_001, 2_207_005]), ("image_url=WIDE", [36_003, 2_207_009]),
            ("image_url=VIDEO", [9004, 2_207_052]), ("image_url=FILE&caption=LONG", [36_004, 2_207_010]),
            ("media_type=REELS&upload_type=chunked", [100, nil]),
        ] as [(String, [Int?])])
    func refused(body: String, code: [Int?]) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let origin = "http://127.0.0.1:\(simulator.port)"
            let redirect = "/mock.posthorn.test/v1/oauth/authorize?response_type=code%26client_id=app%26state=x"
            var text = body.replacing("LONG", with: String(repeating: "x", count: 2201))
            text = text.replacing("NOWHERE", with: origin + "/_media/none")
            text = text.replacing(
                "REDIRECT", with: origin + redirect + "%26redirect_uri=http://a.test%26approve=acme")
            if text.contains("FILE") {
                text = text.replacing("FILE", with: try await simulator.file(RunningSimulator.jpeg()))
            }
            if text.hasSuffix("PNG") {
                text = text.replacing("PNG", with: try await simulator.file(RunningSimulator.png, "image/png"))
            }
            if text.hasSuffix("WIDE") {
                let wide = try await simulator.file(RunningSimulator.jpeg(width: 1000, height: 500))
                text = text.replacing("WIDE", with: wide)
            }
            if text.hasSuffix("=VIDEO") {
                text = text.replacing("VIDEO", with: try await simulator.file(RunningSimulator.video, "video/mp4"))
            }
            let answer = try await simulator.send(
                "POST", "\(Self.graph)\(Self.user)/media", token: "i1", headers: RunningSimulator.form,
                body: Array(text.utf8))
            #expect(answer.status == 400)
            #expect(answer.code == code)
        }
    }

    @Test("a video that cannot be fetched or read ends as an ERROR with its subcode, and containers expire")
    func failures() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let nowhere = "http://127.0.0.1:\(simulator.port)/_media/none"
            let lost = try await Self.container(simulator, [("media_type", "REELS"), ("video_url", nowhere)])
            let bad = try await simulator.file(RunningSimulator.video + Array("mock:fail".utf8), "video/mp4")
            let broken = try await Self.container(simulator, [("media_type", "REELS"), ("video_url", bad)])
            let url = try await simulator.file(RunningSimulator.jpeg())
            let old = try await Self.container(simulator, [("image_url", url)])
            let ids = [lost, broken, old].map { $0.json["id"]?.string ?? "" }
            #expect(try await Self.status(simulator, ids[0])["status_code"]?.string == "IN_PROGRESS")
            try await simulator.setClock("2026-03-02T09:01:00Z")
            for (id, subcode) in [(ids[0], "2207052"), (ids[1], "2207026")] {
                let status = try await Self.status(simulator, id)
                #expect(status["status_code"]?.string == "ERROR")
                #expect(status["status"]?.string?.hasSuffix(subcode) == true)
                #expect(try await Self.publish(simulator, id).code == [9007, 2_207_027])
            }
            try await simulator.setClock("2026-03-03T09:01:00Z")
            #expect(try await Self.status(simulator, ids[2])["status_code"]?.string == "EXPIRED")
            #expect(try await Self.publish(simulator, ids[2]).code == [24, 2_207_008])
            #expect(try await Self.publish(simulator, "1").code == [24, 2_207_006])
            #expect(try await simulator.count("effects") == 0)
        }
    }

    @Test("the publishing limit is the account's own and rolls over 24 hours")
    func quota() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            _ = try await simulator.post(
                "/_admin/accounts",
                [
                    "platform": "instagram", "external_id": .string(RunningSimulator.instagramID),
                    "access_token": "i1", "page": "101", "publishing_quota": 1,
                ])
            func post(_ name: String) async throws -> RunningSimulator.Answer {
                let url = try await simulator.file(RunningSimulator.jpeg(width: 1080, height: 1080, name))
                let made = try await Self.container(simulator, [("image_url", url), ("caption", name)])
                return try await Self.publish(simulator, made.json["id"]?.string ?? "")
            }
            #expect(try await post("one").status == 200)
            #expect(try await post("two").code == [9, 2_207_042])
            try await simulator.setClock("2026-03-03T09:00:01Z")
            #expect(try await post("three").status == 200)
        }
    }

    @Test("an unclear publication is settled by the container's status", arguments: ["before", "after"])
    func unclear(moment: String) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let url = try await simulator.file(RunningSimulator.jpeg())
            let made = try await Self.container(simulator, [("image_url", url), ("caption", "[ph:x]")])
            let id = made.json["id"]?.string ?? ""
            _ = try await simulator.post(
                "/_admin/faults",
                [
                    "match": ["platform": "instagram", "endpoint": "*/media_publish", "times": 1],
                    "action": ["reset": ["when": .string(moment)]],
                ])
            await #expect(throws: (any Error).self) { try await Self.publish(simulator, id) }
            let status = try await Self.status(simulator, id)["status_code"]?.string
            #expect(status == (moment == "before" ? "FINISHED" : "PUBLISHED"))
            if moment == "before" {
                // What the status proves also holds for a new container with the same caption.
                let again = try await Self.container(simulator, [("image_url", url), ("caption", "[ph:x]")])
                #expect(try await Self.publish(simulator, again.json["id"]?.string ?? "").status == 200)
            }
            #expect(try await simulator.count("effects") == 1)
            #expect(try await simulator.count("duplicates") == 0)
        }
    }

    @Test("comments, replies, hiding and switching off; the first comment is in the ledger")
    func comments() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let url = try await simulator.file(RunningSimulator.jpeg())
            let made = try await Self.container(simulator, [("image_url", url)])
            let media = try await Self.publish(simulator, made.json["id"]?.string ?? "").json["id"]?.string ?? ""
            let comment = try await simulator.graph("/\(media)/comments", [("message", "Hi [ph:fc]")], token: "i1")
            let id = try #require(comment.json["id"]?.string)
            #expect(try await simulator.latest()?["marker"]?.string == "ph:fc")
            _ = try await simulator.graph("/\(id)/replies", [("message", "Back")], token: "i1")
            let list = try await simulator.get(
                "\(Self.graph)/\(media)/comments?fields=text,username,replies%7Btext%7D", token: "i1"
            ).json["data"]?.array
            #expect(list?.count == 1 && list?.first?["username"]?.string == "acme")
            #expect(list?.first?["replies"]?["data"]?.array?.first?["text"]?.string == "Back")
            let hidden = try await simulator.send("POST", "\(Self.graph)/\(id)?hide=true", token: "i1")
            #expect(hidden.json["success"] == true)
            _ = try await simulator.send("POST", "\(Self.graph)/\(media)?comment_enabled=false", token: "i1")
            #expect(try await simulator.graph("/\(media)/comments", [("message", "x")], token: "i1").status == 400)
        }
    }

    @Test("metrics are those of the product, saves are called saved, and one wrong name fails all")
    func insights() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let url = try await simulator.file(RunningSimulator.jpeg())
            let made = try await Self.container(simulator, [("image_url", url)])
            let media = try await Self.publish(simulator, made.json["id"]?.string ?? "").json["id"]?.string ?? ""
            try await simulator.setClock("2026-03-05T09:00:00Z")
            let path = "\(Self.graph)/\(media)/insights?metric="
            let answer = try await simulator.get(path + "views,reach,saved,total_interactions", token: "i1").json
            #expect(answer["data"]?.array?.count == 4)
            #expect(answer["data"]?.array?.first?["values"]?.array?.first?["value"]?.integer ?? 0 > 100)
            for wrong in ["views,saves", "impressions", "plays", "ig_reels_avg_watch_time"] {
                #expect(try await simulator.get(path + wrong, token: "i1").code == [100, nil])
            }
            #expect(try await simulator.get(path + "views&since=1", token: "i1").code == [100, nil])
            #expect(try await simulator.get(path + "views&breakdown=action_type", token: "i1").code == [1, nil])
            let account = "\(Self.graph)\(Self.user)/insights?period=day&metric="
            let total = try await simulator.get(
                account + "views,saves&metric_type=total_value&since=2026-03-01T00:00:00Z&until=2026-03-05T08:00:00Z",
                token: "i1"
            ).json["data"]?.array
            #expect(total?.first?["total_value"]?["value"]?.integer ?? 0 > 100)
            #expect(total?.first?["values"] == nil)
            #expect(try await simulator.get(account + "views", token: "i1").code == [100, nil])
            let reach = try await simulator.get(account + "reach&since=2026-03-02T00:00:00Z", token: "i1").json
            #expect(reach["data"]?.array?.first?["values"]?.array?.count == 4)
            let long = account + "reach&since=2026-01-01T00:00:00Z"
            #expect(try await simulator.get(long, token: "i1").code == [100, nil])
        }
    }

    @Test("tokens of Instagram Login work on their own host, are exchanged and refreshed after a day")
    func instagramLogin() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let host = "/graph.instagram.com/v25.0"
            let me = try await simulator.get("\(host)/me?fields=user_id,username", token: "i2")
            #expect(me.json["user_id"]?.string == "17841400000000002")
            #expect(try await simulator.get("\(Self.graph)/17841400000000002", token: "i2").code == [190, nil])
            #expect(try await simulator.get("\(host)/me", token: "i1").code == [190, nil])
            let long = try await simulator.get(
                "/graph.instagram.com/access_token?grant_type=ig_exchange_token&client_secret=s&access_token=i2")
            #expect(long.json["expires_in"]?.integer == 5_184_000)
            let token = try #require(long.json["access_token"]?.string)
            let refresh =
                "/graph.instagram.com/refresh_access_token?grant_type=ig_refresh_token&access_token=\(token)"
            #expect(try await simulator.get(refresh).code == [100, nil])
            try await simulator.setClock("2026-03-03T09:00:01Z")
            #expect(try await simulator.get("\(host)/me", token: "i2").code == [190, 463])
            let fresh = try await simulator.get(refresh).json["access_token"]?.string ?? ""
            #expect(fresh != token)
            let url = try await simulator.file(RunningSimulator.jpeg())
            let made = try await simulator.post(
                "\(host)/17841400000000002/media", ["image_url": .string(url), "caption": "[ph:il]"], token: fresh)
            let done = try await simulator.post(
                "\(host)/17841400000000002/media_publish", ["creation_id": .string(made.json["id"]?.string ?? "")],
                token: fresh)
            let media = done.json["id"]?.string ?? ""
            #expect(try await simulator.get("\(host)/\(media)?fields=media_product_type", token: fresh).status == 400)
            let reel = try await simulator.post(
                "\(host)/17841400000000002/media", ["media_type": "REELS", "upload_type": "resumable"], token: fresh)
            let bytes = RunningSimulator.video
            let sent = try await simulator.send(
                "POST", RunningSimulator.path(of: reel.json["uri"]?.string ?? ""),
                headers: [
                    ("Authorization", "OAuth \(fresh)"), ("offset", "0"), ("file_size", String(bytes.count)),
                ], body: bytes)
            #expect(sent.json["success"] == true)
        }
    }

    @Test("files of the pretended world are fetched where their host is served")
    func hosts() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let url = try await simulator.file(RunningSimulator.jpeg())
            let path = url.split(separator: "/").suffix(2).joined(separator: "/")
            let pretended = "https://media.agency.test/\(path)"
            #expect(try await Self.container(simulator, [("image_url", pretended)]).code == [9004, 2_207_052])
            let origin = "http://127.0.0.1:\(simulator.port)"
            let added = try await simulator.post(
                "/_admin/hosts", ["host": "media.agency.test", "origin": .string(origin)])
            #expect(added.status == 201)
            #expect(try await Self.container(simulator, [("image_url", pretended)]).status == 200)
            #expect(try await simulator.post("/_admin/hosts", ["host": "a.test", "origin": "x"]).status == 400)
        }
    }
}
