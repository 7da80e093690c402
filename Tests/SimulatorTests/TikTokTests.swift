// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("TikTok over HTTP")
struct TikTokTests {
    private static let api = RunningSimulator.tikTok

    private static func initialize(
        _ simulator: RunningSimulator, _ source: JSONValue, title: String = "Clip [ph:t]",
        privacy: String = "PUBLIC_TO_EVERYONE", token: String = "t1"
    ) async throws -> RunningSimulator.Answer {
        try await simulator.post(
            "\(self.api)/post/publish/video/init/",
            [
                "post_info": ["privacy_level": .string(privacy), "title": .string(title), "disable_duet": false],
                "source_info": source,
            ], token: token)
    }

    private static func upload(size: Int, chunk: Int, count: Int) -> JSONValue {
        [
            "source": "FILE_UPLOAD", "video_size": JSONValue(size), "chunk_size": JSONValue(chunk),
            "total_chunk_count": JSONValue(count),
        ]
    }

    private static func put(
        _ simulator: RunningSimulator, _ url: String, _ bytes: ArraySlice<UInt8>, at first: Int, of total: Int,
        headers: [(String, String)] = []
    ) async throws -> RunningSimulator.Answer {
        try await simulator.send(
            "PUT", RunningSimulator.path(of: url),
            headers: [
                ("Content-Type", "video/mp4"),
                ("Content-Range", "bytes \(first)-\(first + bytes.count - 1)/\(total)"),
            ] + headers, body: Array(bytes))
    }

    private static func status(_ simulator: RunningSimulator, _ id: String) async throws -> JSONValue? {
        try await simulator.post(
            "\(self.api)/post/publish/status/fetch/", ["publish_id": .string(id)], token: "t1"
        ).json["data"]
    }

    @Test("a small video goes up in one chunk, is processed, moderated and listed")
    func oneChunk() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let info = try await simulator.send(
                "POST", "\(Self.api)/post/publish/creator_info/query/", token: "t1")
            #expect(info.json["error"]?["code"]?.string == "ok")
            #expect(info.json["data"]?["privacy_level_options"]?.strings?.contains("PUBLIC_TO_EVERYONE") == true)
            #expect(info.json["data"]?["max_video_post_duration_sec"]?.integer == 600)
            let bytes = RunningSimulator.video
            let made = try await Self.initialize(
                simulator, Self.upload(size: bytes.count, chunk: bytes.count, count: 1))
            let id = try #require(made.json["data"]?["publish_id"]?.string)
            let url = try #require(made.json["data"]?["upload_url"]?.string)
            #expect(id.utf8.count <= 64 && url.utf8.count <= 256)
            #expect(try await simulator.count("attempts") == 0)
            #expect(try await Self.status(simulator, id)?["status"]?.string == "PROCESSING_UPLOAD")
            let up = try await Self.put(simulator, url, bytes[...], at: 0, of: bytes.count)
            #expect(up.status == 201 && up.header("Content-Range") == "bytes 0-\(bytes.count - 1)/\(bytes.count)")
            let entry = try await simulator.latest()
            #expect(entry?["platform"]?.string == "tiktok" && entry?["account"]?.string == "open1")
            #expect(entry?["marker"]?.string == "ph:t" && entry?["took_effect"] == true)
            try await simulator.setClock("2026-03-02T09:00:20Z")
            let done = try await Self.status(simulator, id)
            #expect(done?["status"]?.string == "PUBLISH_COMPLETE")
            #expect(done?["publicaly_available_post_id"]?.array?.isEmpty == true)
            try await simulator.setClock("2026-03-02T10:00:00Z")
            let post = try await Self.status(simulator, id)?["publicaly_available_post_id"]?.array?.first?.integer
            #expect(try #require(post) > 1 << 53)
            let list = try await simulator.post(
                "\(Self.api)/video/list/?fields=id,title,create_time,share_url,view_count", ["max_count": 20],
                token: "t1")
            let video = try #require(list.json["data"]?["videos"]?.array?.first)
            #expect(video["id"]?.string == post.map(String.init) && video["title"]?.string == "Clip [ph:t]")
            let page = try await simulator.get(RunningSimulator.path(of: video["share_url"]?.string ?? ""))
            #expect(page.text.contains("Clip"))
            try await simulator.setClock("2026-03-04T09:00:00Z")
            let query = try await simulator.post(
                "\(Self.api)/video/query/?fields=id,view_count,like_count",
                ["filters": ["video_ids": [.string(video["id"]?.string ?? "")]]], token: "t1")
            #expect(query.json["data"]?["videos"]?.array?.first?["view_count"]?.integer ?? 0 > 100)
            #expect(try await simulator.count("duplicates") == 0)
        }
    }

    @Test("chunks go strictly in order, may be sent again, and the last takes the rest")
    func chunks() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let bytes = RunningSimulator.video + [UInt8](repeating: 5, count: 10_000_123)
            let size = bytes.count
            let made = try await Self.initialize(simulator, Self.upload(size: size, chunk: 5_000_000, count: 2))
            let url = try #require(made.json["data"]?["upload_url"]?.string)
            let id = made.json["data"]?["publish_id"]?.string ?? ""
            let first = bytes[..<5_000_000]
            let rest = bytes[5_000_000...]
            let early = try await Self.put(simulator, url, rest, at: 5_000_000, of: size)
            #expect(early.status == 416 && early.header("Content-Range") == "bytes */\(size)")
            #expect(try await Self.put(simulator, url, bytes[..<100], at: 0, of: size).status == 400)
            #expect(try await Self.put(simulator, url, first, at: 0, of: size + 1).status == 400)
            let token = [("Authorization", "Bearer t1")]
            #expect(try await Self.put(simulator, url, first, at: 0, of: size, headers: token).status == 400)
            for _ in 0..<2 {
                let answer = try await Self.put(simulator, url, first, at: 0, of: size)
                #expect(answer.status == 206 && answer.header("Content-Range") == "bytes 0-4999999/\(size)")
            }
            #expect(try await Self.status(simulator, id)?["uploaded_bytes"]?.integer == 5_000_000)
            _ = try await simulator.post(
                "/_admin/faults",
                [
                    "match": ["platform": "tiktok", "method": "PUT", "times": 1],
                    "action": ["status": ["code": 503, "when": "before"]],
                ])
            #expect(try await Self.put(simulator, url, rest, at: 5_000_000, of: size).status == 503)
            #expect(try await Self.put(simulator, url, rest, at: 5_000_000, of: size).status == 201)
            #expect(try await Self.put(simulator, url, rest, at: 5_000_000, of: size).status == 201)
            #expect(try await simulator.count("effects") == 1)
            #expect(try await simulator.count("duplicates") == 0)
            try await simulator.setClock("2026-03-02T11:00:00Z")
            #expect(try await Self.put(simulator, url, rest, at: 5_000_000, of: size).status == 403)
            #expect(try await Self.put(simulator, url + "x", rest, at: 5_000_000, of: size).status == 404)
        }
    }

    @Test(
        "the chunk rules: under 5 MB one chunk, else 5 to 64 MB and the count rounded down",
        arguments: [
            (50_000_123, 10_000_000, 5, true), (64_000_001, 64_000_000, 1, true), (4_000_000, 4_000_000, 1, true),
            (50_000_123, 10_000_000, 6, false), (4_000_000, 2_000_000, 2, false), (10_000_000, 4_000_000, 2, false),
            (200_000_000, 65_000_000, 3, false), (4_000_000, 5_000_000, 1, false),
        ])
    func chunkRules(size: Int, chunk: Int, count: Int, isAllowed: Bool) {
        #expect((TikTokPublish.problem(size: size, chunkSize: chunk, count: count) == nil) == isAllowed)
    }

    @Test("a video by address is pulled; an address that gives none fails later, with its reason")
    func pull() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            func start(_ url: String, _ title: String) async throws -> String {
                let made = try await Self.initialize(
                    simulator, ["source": "PULL_FROM_URL", "video_url": .string(url)], title: title)
                return made.json["data"]?["publish_id"]?.string ?? ""
            }
            let video = try await simulator.file(RunningSimulator.video, "video/mp4")
            let good = try await start(video, "[ph:1]")
            let lost = try await start("http://127.0.0.1:\(simulator.port)/_media/none", "[ph:2]")
            let wrong = try await start(try await simulator.file(RunningSimulator.png, "image/png"), "[ph:3]")
            #expect(try await Self.status(simulator, good)?["status"]?.string == "PROCESSING_DOWNLOAD")
            try await simulator.setClock("2026-03-02T09:01:00Z")
            #expect(try await Self.status(simulator, good)?["status"]?.string == "PUBLISH_COMPLETE")
            #expect(try await Self.status(simulator, lost)?["fail_reason"]?.string == "video_pull_failed")
            #expect(try await Self.status(simulator, wrong)?["fail_reason"]?.string == "file_format_check_failed")
            #expect(try await simulator.count("effects") == 1)
        }
    }

    @Test("photos are pulled, with a title, a description and a cover")
    func photos() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let first = JSONValue.string(try await simulator.file(RunningSimulator.jpeg()))
            let second = JSONValue.string(try await simulator.file(RunningSimulator.jpeg(width: 1080, height: 1920)))
            let large = JSONValue.string(try await simulator.file(RunningSimulator.jpeg(width: 3000, height: 3000)))
            func start(
                _ images: [JSONValue], mode: String = "DIRECT_POST", cover: Int = 0
            ) async throws -> RunningSimulator.Answer {
                try await simulator.post(
                    "\(Self.api)/post/publish/content/init/",
                    [
                        "media_type": "PHOTO", "post_mode": .string(mode),
                        "post_info": [
                            "title": "Two", "description": "More [ph:ph]", "privacy_level": "PUBLIC_TO_EVERYONE",
                            "auto_add_music": true,
                        ],
                        "source_info": [
                            "source": "PULL_FROM_URL", "photo_images": .array(images),
                            "photo_cover_index": JSONValue(cover),
                        ],
                    ], token: "t1")
            }
            let made = try await start([first, second])
            let bad = try await start([large])
            let draft = try await start([first], mode: "MEDIA_UPLOAD")
            #expect(try await start([first], cover: 1).tikTokCode == "invalid_params")
            #expect(try await start([]).tikTokCode == "invalid_params")
            try await simulator.setClock("2026-03-02T09:01:00Z")
            let states = try await [made, bad, draft].asyncMap { answer in
                try await Self.status(simulator, answer.json["data"]?["publish_id"]?.string ?? "")
            }
            #expect(
                states.map { $0?["status"]?.string } == ["PUBLISH_COMPLETE", "FAILED", "SEND_TO_USER_INBOX"])
            #expect(states[1]?["fail_reason"]?.string == "picture_size_check_failed")
            #expect(try await simulator.count("effects") == 1)
        }
    }

    @Test("privacy: only the creator's options, never private for branded content, SELF_ONLY without an audit")
    func privacy() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let source = Self.upload(size: 100, chunk: 100, count: 1)
            let mismatch = try await Self.initialize(simulator, source, token: "t2")
            #expect(mismatch.status == 403 && mismatch.tikTokCode == "privacy_level_option_mismatch")
            let branded = try await simulator.post(
                "\(Self.api)/post/publish/video/init/",
                [
                    "post_info": ["privacy_level": "SELF_ONLY", "brand_content_toggle": true], "source_info": source,
                ], token: "t1")
            #expect(branded.status == 400)
            let none = try await simulator.post(
                "\(Self.api)/post/publish/video/init/", ["post_info": [:], "source_info": source], token: "t1")
            #expect(none.tikTokCode == "invalid_params")
            _ = try await simulator.post(
                "/_admin/apps",
                [
                    "platform": "tiktok", "client_id": "key", "client_secret": "s", "audited": false,
                    "verified_urls": ["https://media.agency.test/"],
                ])
            let unaudited = try await Self.initialize(simulator, source)
            #expect(unaudited.tikTokCode == "unaudited_client_can_only_post_to_private_accounts")
            #expect(try await Self.initialize(simulator, source, privacy: "SELF_ONLY").status == 200)
            let foreign = try await Self.initialize(
                simulator, ["source": "PULL_FROM_URL", "video_url": "https://other.test/v.mp4"], privacy: "SELF_ONLY")
            #expect(foreign.tikTokCode == "url_ownership_unverified")
            let plain = try await Self.initialize(
                simulator, ["source": "PULL_FROM_URL", "video_url": "http://media.agency.test/v"], privacy: "SELF_ONLY")
            #expect(plain.tikTokCode == "invalid_params")
        }
    }

    @Test("a film that is longer than the creator may post fails when TikTok has it", arguments: [600, 601])
    func tooLong(seconds: Int) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            func number(_ value: Int) -> [UInt8] { (0..<4).reversed().map { UInt8(value >> ($0 * 8) & 0xFF) } }
            // A movie header of version 0 in thousandths of a second.
            var bytes = RunningSimulator.video + number(108)
            bytes += Array("mvhd".utf8)
            for value in [0, 1, 1, 1000, seconds * 1000] { bytes += number(value) }
            bytes += [UInt8](repeating: 0, count: 80)
            let film = bytes
            let made = try await Self.initialize(
                simulator, Self.upload(size: film.count, chunk: film.count, count: 1))
            let id = try #require(made.json["data"]?["publish_id"]?.string)
            let url = try #require(made.json["data"]?["upload_url"]?.string)
            #expect(try await Self.put(simulator, url, film[...], at: 0, of: film.count).status == 201)
            try await simulator.setClock("2026-03-02T09:00:20Z")
            let status = try await Self.status(simulator, id)
            #expect(status?["fail_reason"]?.string == (seconds > 600 ? "duration_check_failed" : nil))
            #expect(status?["status"]?.string == (seconds > 600 ? "FAILED" : "PUBLISH_COMPLETE"))
        }
    }

    @Test("a private post has no id in its status and is in no list")
    func privatePost() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let bytes = RunningSimulator.video
            let made = try await Self.initialize(
                simulator, Self.upload(size: bytes.count, chunk: bytes.count, count: 1), privacy: "SELF_ONLY")
            let url = made.json["data"]?["upload_url"]?.string ?? ""
            _ = try await Self.put(simulator, url, bytes[...], at: 0, of: bytes.count)
            try await simulator.setClock("2026-03-02T12:00:00Z")
            let status = try await Self.status(simulator, made.json["data"]?["publish_id"]?.string ?? "")
            #expect(status?["status"]?.string == "PUBLISH_COMPLETE")
            #expect(status?["publicaly_available_post_id"]?.array?.isEmpty == true)
            let list = try await simulator.post("\(Self.api)/video/list/?fields=id", [:], token: "t1")
            #expect(list.json["data"]?["videos"]?.array?.isEmpty == true)
            #expect(try await simulator.get("/?platform=tiktok").text.contains("private"))
        }
    }

    @Test("six videos a minute, fifteen posts a day, then TikTok's own codes")
    func limits() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let bytes = RunningSimulator.video
            let source = Self.upload(size: bytes.count, chunk: bytes.count, count: 1)
            for number in 0..<15 {
                if number % 6 == 0 { try await simulator.setClock("2026-03-02T1\(number / 6):00:00Z") }
                let made = try await Self.initialize(simulator, source, title: "[ph:\(number)]")
                let url = made.json["data"]?["upload_url"]?.string ?? ""
                #expect(try await Self.put(simulator, url, bytes[...], at: 0, of: bytes.count).status == 201)
                if number == 5 {
                    let fast = try await Self.initialize(simulator, source)
                    #expect(fast.status == 429 && fast.tikTokCode == "rate_limit_exceeded")
                }
            }
            let capped = try await Self.initialize(simulator, source)
            #expect(capped.status == 403 && capped.tikTokCode == "spam_risk_too_many_posts")
            let info = try await simulator.post("\(Self.api)/post/publish/creator_info/query/", [:], token: "t1")
            #expect(info.tikTokCode == "spam_risk_too_many_posts")
        }
    }

    @Test("a publish can be cancelled while it is on its way, and belongs to its creator")
    func cancel() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let made = try await Self.initialize(simulator, Self.upload(size: 100, chunk: 100, count: 1))
            let id = JSONValue.string(made.json["data"]?["publish_id"]?.string ?? "")
            let path = "\(Self.api)/post/publish/cancel/"
            let foreign = try await simulator.post(path, ["publish_id": id], token: "t2")
            #expect(foreign.tikTokCode == "token_not_authorized_for_specified_publish_id")
            #expect(try await simulator.post(path, ["publish_id": id], token: "t1").tikTokCode == "ok")
            #expect(
                try await simulator.post(path, ["publish_id": id], token: "t1").tikTokCode == "publish_not_cancellable")
            #expect(try await Self.status(simulator, id.string ?? "")?["fail_reason"]?.string == "publish_cancelled")
            let unknown = try await simulator.post(path, ["publish_id": "none"], token: "t1")
            #expect(unknown.tikTokCode == "invalid_publish_id")
        }
    }

    @Test("approval, exchange and a refresh that rotates; the old refresh token is dead")
    func oauth() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let verifier = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklm"
            let challenge = MediaType.digest(Array(verifier.utf8))
            let dialog =
                "/www.tiktok.com/v2/auth/authorize/?client_key=key&response_type=code&state=x&redirect_uri=https://a.test/cb&scope=user.info.basic,video.publish&code_challenge=\(challenge)&code_challenge_method=S256"
            #expect(try await simulator.get(dialog).text.contains("@acme"))
            #expect(try await simulator.get(dialog.replacing("video.publish", with: "everything")).status == 400)
            let back = try await simulator.get(dialog + "&approve=acme").header("Location") ?? ""
            let code = back.dropFirst("https://a.test/cb?code=".count).prefix { $0 != "&" }
            let app = "client_key=key&client_secret=s"
            let exchange =
                "\(app)&grant_type=authorization_code&code=\(code)&redirect_uri=https://a.test/cb&code_verifier=\(verifier)"
            let path = "\(Self.api)/oauth/token/"
            let token = try await simulator.form(path, exchange).json
            #expect(token["open_id"]?.string == "open1" && token["expires_in"]?.integer == 7200)
            #expect(token["scope"]?.string == "user.info.basic,video.publish")
            #expect(try await simulator.form(path, exchange).json["error"]?.string == "invalid_grant")
            let refresh = "\(app)&grant_type=refresh_token&refresh_token="
            let first = token["refresh_token"]?.string ?? ""
            let second = try await simulator.form(path, refresh + first).json
            #expect(second["refresh_token"]?.string != first)
            let dead = try await simulator.form(path, refresh + first)
            #expect(dead.status == 400 && dead.json["error"]?.string == "invalid_grant")
            let access = second["access_token"]?.string ?? ""
            let list = try await simulator.post("\(Self.api)/video/list/?fields=id", [:], token: access)
            #expect(list.status == 401 && list.tikTokCode == "scope_not_authorized")
            let wrong = try await simulator.form(path, refresh.replacing("=s&", with: "=no&") + first)
            #expect(wrong.json["error"]?.string == "invalid_client")
            try await simulator.setClock("2026-03-02T11:01:00Z")
            let expired = try await simulator.send(
                "POST", "\(Self.api)/post/publish/creator_info/query/", token: access)
            #expect(expired.status == 401 && expired.tikTokCode == "access_token_invalid")
            try await simulator.setClock("2026-09-02T11:01:00Z")
            let late = try await simulator.form(path, refresh + (second["refresh_token"]?.string ?? ""))
            #expect(late.json["error"]?.string == "invalid_grant")
        }
    }

    @Test(
        "unknown and ill-typed members, missing fields and paths without a slash are refused",
        arguments: [
            (#"{"source_info":{"source":"FILE_UPLOAD"},"post_info":{"privacy_level":"SELF_ONLY"}}"#, "invalid_params"),
            (#"{"post_info":{"privacy_level":"SELF_ONLY"}}"#, "invalid_params"),
            (
                #"{"source_info":{"source":"FILE_UPLOAD","video_size":"9","chunk_size":9,"total_chunk_count":1},"post_info":{"privacy_level":"SELF_ONLY"}}"#,
                "invalid_params"
            ), ("{", "invalid_params"),
            (
                #"{"source_info":{"source":"FILE_UPLOAD","video_size":9,"chunk_size":9,"total_chunk_count":1},"post_info":{"privacy_level":"SELF_ONLY","caption":"x"}}"#,
                "invalid_params"
            ),
        ])
    func strict(body: String, code: String) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let answer = try await simulator.send(
                "POST", "\(Self.api)/post/publish/video/init/", token: "t1",
                headers: [("Content-Type", "application/json; charset=UTF-8")], body: Array(body.utf8))
            #expect(answer.status == 400 && answer.tikTokCode == code)
            let slashless = try await simulator.post("\(Self.api)/post/publish/video/init", [:], token: "t1")
            #expect(slashless.status == 404)
            #expect(try await simulator.post("\(Self.api)/video/list/", [:], token: "t1").status == 400)
            #expect(try await simulator.post("\(Self.api)/video/list/?fields=secret", [:], token: "t1").status == 400)
            let info = try await simulator.get("\(Self.api)/user/info/?fields=open_id,follower_count", token: "t1")
            #expect(info.json["data"]?["user"]?["follower_count"]?.integer ?? 0 >= 5000)
        }
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
