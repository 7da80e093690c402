// SPDX-License-Identifier: MIT

import Testing

@testable import Simulator

@Suite("Facebook videos, reels, stories and insights over HTTP")
struct FacebookVideoTests {
    private static let graph = RunningSimulator.graph

    private static func send(
        _ simulator: RunningSimulator, _ url: String, _ bytes: ArraySlice<UInt8>, offset: Int, size: Int,
        scheme: String = "OAuth", token: String = "f1"
    ) async throws -> RunningSimulator.Answer {
        try await simulator.send(
            "POST", RunningSimulator.path(of: url),
            headers: [
                ("Authorization", "\(scheme) \(token)"), ("offset", String(offset)), ("file_size", String(size)),
            ], body: Array(bytes))
    }

    @Test("a video by address is processed for a while, then it is a post")
    func video() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let url = try await simulator.file(RunningSimulator.video, "video/mp4")
            let made = try await simulator.graph("/101/videos", [("file_url", url), ("description", "Film [ph:v]")])
            let id = try #require(made.json["id"]?.string)
            let path = "\(Self.graph)/\(id)?fields=status,permalink_url,post_id"
            let before = try await simulator.get(path, token: "f1").json
            #expect(before["status"]?["video_status"]?.string == "processing")
            let list = try await simulator.get("\(Self.graph)/101/videos", token: "f1").json["data"]?.array
            #expect(list?.map { $0["id"]?.string } == [id])
            try await simulator.setClock("2026-03-02T09:01:00Z")
            let after = try await simulator.get(path, token: "f1").json
            #expect(after["status"]?["video_status"]?.string == "ready")
            let post = try #require(after["post_id"]?.string)
            let shown = try await simulator.get("\(Self.graph)/101_\(post)?fields=message", token: "f1")
            #expect(shown.json["message"]?.string == "Film [ph:v]")
            let missing = "http://127.0.0.1:\(simulator.port)/_media/none"
            #expect(try await simulator.graph("/101/videos", [("file_url", missing)]).code == [389, nil])
            let picture = try await simulator.file(RunningSimulator.png, "image/png")
            #expect(try await simulator.graph("/101/videos", [("file_url", picture)]).code == [352, nil])
            #expect(try await simulator.graph("/101/videos", [("description", "x")]).code == [100, nil])
        }
    }

    @Test("a resumable video goes by start, transfer in order and finish")
    func resumable() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let bytes = RunningSimulator.video + [UInt8](repeating: 3, count: 5_000_100)
            let start = try await simulator.graph(
                "/101/videos", [("upload_phase", "start"), ("file_size", String(bytes.count))])
            let session = try #require(start.json["upload_session_id"]?.string)
            let end = try #require(start.json["end_offset"]?.string.flatMap { Int($0) })
            func chunk(_ range: Range<Int>, at offset: Int) async throws -> RunningSimulator.Answer {
                try await simulator.upload(
                    "/101/videos", Array(bytes[range]), name: "video_file_chunk",
                    [
                        ("upload_phase", "transfer"), ("upload_session_id", session), ("start_offset", String(offset)),
                    ])
            }
            let finish = [("upload_phase", "finish"), ("upload_session_id", session), ("description", "R [ph:w]")]
            #expect(try await simulator.graph("/101/videos", finish).code == [6000, nil])
            #expect(try await chunk(end..<bytes.count, at: end).code == [6001, nil])
            #expect(try await chunk(0..<end, at: 0).json["start_offset"]?.string == String(end))
            let last = try await chunk(end..<bytes.count, at: end)
            #expect(last.json["start_offset"]?.string == last.json["end_offset"]?.string)
            #expect(try await simulator.graph("/101/videos", finish).json["success"] == true)
            #expect(try await simulator.count("effects") == 1)
            #expect(try await simulator.count("duplicates") == 0)
        }
    }

    @Test("a reel is started, uploaded in parts with OAuth, finished once and published after processing")
    func reel() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let start = try await simulator.graph("/101/video_reels", [("upload_phase", "start")])
            let id = try #require(start.json["video_id"]?.string)
            let url = try #require(start.json["upload_url"]?.string)
            #expect(url.hasPrefix("https://rupload.facebook.com/"))
            let bytes = RunningSimulator.video
            let finish = [
                ("upload_phase", "finish"), ("video_id", id), ("video_state", "PUBLISHED"),
                ("description", "Reel [ph:reel]"),
            ]
            #expect(try await simulator.graph("/101/video_reels", finish).code == [6000, nil])
            let bearer = try await Self.send(
                simulator, url, bytes[...], offset: 0, size: bytes.count, scheme: "Bearer")
            #expect(bearer.status == 401 && bearer.json["debug_info"]?["retriable"] == false)
            let part = try await Self.send(simulator, url, bytes[..<8], offset: 0, size: bytes.count)
            #expect(part.json["debug_info"]?["retriable"] == true)
            let status = "\(Self.graph)/\(id)?fields=status,post_id"
            let phase = try await simulator.get(status, token: "f1").json["status"]?["uploading_phase"]
            #expect(phase?["bytes_transfered"]?.integer == 8)
            let wrong = try await Self.send(simulator, url, bytes[...], offset: 0, size: bytes.count)
            #expect(wrong.json["debug_info"]?["type"]?.string == "OffsetInvalidError")
            let rest = try await Self.send(simulator, url, bytes[8...], offset: 8, size: bytes.count)
            #expect(rest.json["success"] == true)
            let done = try await simulator.graph("/101/video_reels", finish)
            #expect(done.json["success"] == true && done.json["id"] == nil && done.json["post_id"] == nil)
            #expect(try await simulator.graph("/101/video_reels", finish).code == [100, nil])
            try await simulator.setClock("2026-03-02T09:01:00Z")
            let after = try await simulator.get(status, token: "f1").json
            #expect(after["status"]?["publishing_phase"]?["publish_status"]?.string == "published")
            #expect(after["post_id"] != nil)
            #expect(try await simulator.count("effects") == 1)
            #expect(try await simulator.count("duplicates") == 0)
            #expect(try await simulator.latest()?["marker"]?.string == "ph:reel")
        }
    }

    @Test("a lost finish is settled by the upload session's status", arguments: ["before", "after"])
    func lostFinish(moment: String) async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let start = try await simulator.graph("/101/video_reels", [("upload_phase", "start")]).json
            let id = start["video_id"]?.string ?? ""
            let file = try await simulator.file(RunningSimulator.video, "video/mp4")
            _ = try await simulator.send(
                "POST", RunningSimulator.path(of: start["upload_url"]?.string ?? ""),
                headers: [("Authorization", "OAuth f1"), ("file_url", file)])
            _ = try await simulator.post(
                "/_admin/faults",
                [
                    "match": ["endpoint": "/v25.0/101/video_reels", "times": 1],
                    "action": ["reset": ["when": .string(moment)]],
                ])
            let finish = [
                ("upload_phase", "finish"), ("video_id", id), ("video_state", "PUBLISHED"), ("description", "[ph:l]"),
            ]
            await #expect(throws: (any Error).self) { try await simulator.graph("/101/video_reels", finish) }
            let status = try await simulator.get("\(Self.graph)/\(id)?fields=status", token: "f1").json["status"]
            let isThere = status?["publishing_phase"]?["publish_status"] != nil || moment == "after"
            #expect(try await simulator.count("effects") == (moment == "after" ? 1 : 0))
            if moment == "before" {
                #expect(isThere == false)
                #expect(try await simulator.graph("/101/video_reels", finish).json["success"] == true)
            }
            #expect(try await simulator.count("effects") == 1)
            #expect(try await simulator.count("duplicates") == 0)
        }
    }

    @Test("the thirty-first reel of a day is refused")
    func reelLimit() async throws {
        var configuration = SimulatorConfiguration()
        configuration.rateScale = 1.0 / 30
        try await RunningSimulator.withPlatforms(configuration) { simulator async throws in
            var answers: [RunningSimulator.Answer] = []
            let file = try await simulator.file(RunningSimulator.video, "video/mp4")
            for number in 0..<2 {
                let start = try await simulator.graph("/101/video_reels", [("upload_phase", "start")]).json
                _ = try await simulator.send(
                    "POST", RunningSimulator.path(of: start["upload_url"]?.string ?? ""),
                    headers: [("Authorization", "OAuth f1"), ("file_url", file)])
                answers.append(
                    try await simulator.graph(
                        "/101/video_reels",
                        [
                            ("upload_phase", "finish"), ("video_id", start["video_id"]?.string ?? ""),
                            ("video_state", "PUBLISHED"), ("description", "n\(number)"),
                        ]))
            }
            #expect(answers.map(\.status) == [200, 400])
            #expect(answers.last?.code == [613, nil])
        }
    }

    @Test("stories of photos and videos are listed for a day, and take what nothing else used")
    func stories() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let photo = try await simulator.upload(
                "/101/photos", RunningSimulator.jpeg(width: 1080, height: 1920, "[ph:s1]"), [("published", "false")])
            let id = photo.json["id"]?.string ?? ""
            let made = try await simulator.graph("/101/photo_stories", [("photo_id", id)])
            #expect(made.json["success"] == true && made.json["post_id"] != nil)
            #expect(try await simulator.latest()?["marker"]?.string == "ph:s1")
            #expect(try await simulator.graph("/101/photo_stories", [("photo_id", id)]).code == [100, 1_366_051])
            let start = try await simulator.graph("/101/video_stories", [("upload_phase", "start")]).json
            let file = try await simulator.file(RunningSimulator.video, "video/mp4")
            let uploaded = try await simulator.send(
                "POST", RunningSimulator.path(of: start["upload_url"]?.string ?? ""),
                headers: [("Authorization", "OAuth f1"), ("file_url", file)])
            #expect(uploaded.json["success"] == true)
            let video = try await simulator.graph(
                "/101/video_stories", [("upload_phase", "finish"), ("video_id", start["video_id"]?.string ?? "")])
            #expect(video.json["post_id"] != nil)
            try await simulator.setClock("2026-03-02T09:01:00Z")
            let list = try await simulator.get("\(Self.graph)/101/stories", token: "f1").json["data"]?.array
            #expect(list?.map { $0["media_type"]?.string } == ["video", "photo"])
            let feed = try await simulator.get("\(Self.graph)/101/feed", token: "f1").json["data"]?.array
            #expect(feed?.isEmpty == true)
            try await simulator.setClock("2026-03-03T10:00:00Z")
            #expect(
                try await simulator.get("\(Self.graph)/101/stories", token: "f1").json["data"]?.array?.isEmpty == true)
        }
    }

    @Test("insights of posts and Pages: living names only, whole days, empty for small Pages")
    func insights() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let post = try await simulator.graph("/101/feed", [("message", "Hi")]).json["id"]?.string ?? ""
            let small = try await simulator.graph("/102/feed", [("message", "Hi")], token: "f2").json["id"]?.string
            try await simulator.setClock("2026-03-05T12:00:00Z")
            let metrics = "post_media_view,post_reactions_by_type_total"
            let answer = try await simulator.get(
                "\(Self.graph)/\(post)/insights?metric=\(metrics)&period=lifetime", token: "f1")
            let data = try #require(answer.json["data"]?.array)
            #expect(data.map { $0["name"]?.string } == ["post_media_view", "post_reactions_by_type_total"])
            let views = try #require(data.first?["values"]?.array?.first?["value"]?.integer)
            #expect(views > 100)
            #expect(data.last?["values"]?.array?.first?["value"]?["like"] != nil)
            let nested = try await simulator.get(
                "\(Self.graph)/101/feed?fields=id,insights.metric(post_media_view)", token: "f1")
            let inside = nested.json["data"]?.array?.first?["insights"]?["data"]?.array?.first
            #expect(inside?["values"]?.array?.first?["value"]?.integer == views)
            for dead in ["post_impressions", "post_engaged_users"] {
                let refused = try await simulator.get("\(Self.graph)/\(post)/insights?metric=\(dead)", token: "f1")
                #expect(refused.code == [100, nil])
            }
            let nothing = try await simulator.get("\(Self.graph)/\(post)/insights", token: "f1")
            #expect(nothing.code == [3001, 1_504_028])
            let empty = try await simulator.get(
                "\(Self.graph)/\(small ?? "")/insights?metric=post_media_view", token: "f2")
            #expect(empty.json["data"]?.array?.isEmpty == true)
            let days = try await simulator.get(
                "\(Self.graph)/101/insights?metric=page_media_view,page_follows&period=day&since=2026-03-02T00:00:00Z&until=2026-03-05T12:00:00Z",
                token: "f1")
            let values = try #require(days.json["data"]?.array?.first?["values"]?.array)
            #expect(values.contains { $0["end_time"]?.string == "2026-03-03T08:00:00+0000" })
            #expect(values.reduce(0) { $0 + ($1["value"]?.integer ?? 0) } <= views)
            let long = "\(Self.graph)/101/insights?metric=page_follows&since=2025-10-01T00:00:00Z"
            #expect(try await simulator.get(long, token: "f1").code == [100, nil])
        }
    }
}
