// SPDX-License-Identifier: MIT

import Foundation
import HTTPTypes
import NIOCore
import Testing

@testable import Simulator

@Suite("State and uploads of the platforms that fetch")
struct PlatformStateTests {
    @Test("tokens, containers and uploads are kept over a restart")
    func restart() async throws {
        var configuration = SimulatorConfiguration()
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("simulator-\(UUID().uuidString)").path
        configuration.stateFile = path
        defer {
            // What was never made need not be removed.
            try? FileManager.default.removeItem(atPath: path)
            try? FileManager.default.removeItem(atPath: path + ".uploads")
        }
        let (values, continuation) = AsyncStream.makeStream(of: [String].self)
        try await RunningSimulator.withPlatforms(configuration) { simulator async throws in
            let pages = try await simulator.get("\(RunningSimulator.graph)/me/accounts", token: "u1").json
            let token = pages["data"]?.array?.first?["access_token"]?.string ?? ""
            let url = try await simulator.file(RunningSimulator.jpeg())
            let made = try await simulator.graph(
                "/\(RunningSimulator.instagramID)/media", [("image_url", url), ("caption", "[ph:k]")], token: "i1")
            let size = RunningSimulator.video.count
            let publish = try await simulator.post(
                "\(RunningSimulator.tikTok)/post/publish/video/init/",
                [
                    "post_info": ["privacy_level": "SELF_ONLY"],
                    "source_info": [
                        "source": "FILE_UPLOAD", "video_size": JSONValue(size), "chunk_size": JSONValue(size),
                        "total_chunk_count": 1,
                    ],
                ], token: "t1")
            continuation.yield([
                token, made.json["id"]?.string ?? "", publish.json["data"]?["upload_url"]?.string ?? "",
            ])
            continuation.finish()
        }
        var kept: [String] = []
        for await value in values { kept = value }
        let (token, container, upload) = (kept[0], kept[1], kept[2])
        try await RunningSimulator.with(configuration, provisioned: false) { simulator async throws in
            #expect(try await simulator.graph("/101/feed", [("message", "Back")], token: token).status == 200)
            let done = try await simulator.graph(
                "/\(RunningSimulator.instagramID)/media_publish", [("creation_id", container)], token: "i1")
            #expect(done.status == 200)
            let bytes = RunningSimulator.video
            let sent = try await simulator.send(
                "PUT", RunningSimulator.path(of: upload),
                headers: [
                    ("Content-Type", "video/mp4"), ("Content-Range", "bytes 0-\(bytes.count - 1)/\(bytes.count)"),
                ], body: bytes)
            #expect(sent.status == 201)
            #expect(try await simulator.count("effects") == 3)
        }
    }

    @Test("what arrived of an upload that was cut off counts, and the rest may follow")
    func cutOff() throws {
        var world = World(options: World.Options())
        let page = AccountKey(platform: .facebook, externalID: "101")
        let now = WorldTime(milliseconds: 0)
        var account = SimulatedAccount(
            key: page, handle: "acme", name: "Acme", followers: 1, timeZone: "UTC", audienceSeed: 1,
            scopes: GraphScope.all, createdAt: now)
        account.accessToken = "f1"
        world.provision(account)
        let media = world.makeSession(account, "reel", size: nil, now)
        func send(_ bytes: [UInt8], offset: Int, isCutOff: Bool) throws -> String {
            var headers: HTTPFields = [.authorization: "OAuth f1"]
            headers[try #require(HTTPField.Name("offset"))] = String(offset)
            headers[try #require(HTTPField.Name("file_size"))] = "12"
            var request = SimulatedRequest(
                id: "r", method: "POST", target: "/rupload.facebook.com/video-upload/v25.0/\(media.id)",
                headers: headers, body: bytes, realTime: 1)
            request.streamed = StreamedBody(size: bytes.count, digest: "d", isCutOff: isCutOff)
            let reaction = world.handle(request, .facebook, decided: nil)
            guard case .deliver(.answer(let response, _, _, _)) = reaction.step else { return "" }
            return String(decoding: response.body, as: UTF8.self)
        }
        let bytes = Array(RunningSimulator.video.prefix(12))
        #expect(try send(Array(bytes[..<8]), offset: 0, isCutOff: true).contains("PartialRequestError"))
        #expect(world.media[media.id]?.received == 8)
        #expect(try send(Array(bytes[8...]), offset: 8, isCutOff: false).contains("\"success\":true"))
        #expect(world.media[media.id]?.phase == .processing)
    }

    @Test("a body that is streamed is hashed whole and kept in part")
    func streamed() {
        var reader = BodyReader()
        let piece = [UInt8](repeating: 9, count: 1_000_000)
        for _ in 0..<5 { reader.add(.init(bytes: piece)) }
        let summary = reader.summary()
        #expect(summary.size == 5_000_000 && reader.head.count == StreamedBody.headLimit && !summary.isWhole)
        #expect(summary.digest == MediaType.digest([UInt8](repeating: 9, count: 5_000_000)))
    }

    @Test("an app subscribes to a Page and to an Instagram account")
    func subscribe() async throws {
        try await RunningSimulator.withPlatforms { simulator async throws in
            let path = "\(RunningSimulator.graph)/101/subscribed_apps"
            let none = try await simulator.send("POST", path, token: "f1")
            #expect(none.code == [100, nil])
            #expect(
                none.json["error"]?["error_data"]?["blame_field_specs"]?.array?.first?.strings == ["subscribed_fields"])
            #expect(
                try await simulator.send("POST", path + "?subscribed_fields=feed", token: "f1").json["success"] == true)
            let apps = try await simulator.get(path, token: "f1").json["data"]?.array
            #expect(apps?.first?["subscribed_fields"]?.strings == ["feed"])
            _ = try await simulator.send("DELETE", path, token: "f1")
            #expect(try await simulator.get(path, token: "f1").json["data"]?.array?.isEmpty == true)
        }
    }

    @Test(
        "addresses are split as the platforms read them",
        arguments: [
            ("https://Media.Test:8443/a?b=c#d", "media.test:8443", "/a?b=c"), ("http://127.0.0.1", "127.0.0.1", "/"),
            ("ftp://a.test/x", nil, nil), ("https://", nil, nil), ("https://user@a.test/", nil, nil),
            ("a.test", nil, nil),
        ])
    func addresses(text: String, authority: String?, target: String?) {
        let address = WebAddress(text)
        #expect(address?.authority == authority && address?.target == target)
    }

    @Test(
        "fields are read with modifiers and children",
        arguments: [
            "id,comments.summary(true).limit(5){id,message},shares", "insights.metric(a,b).period(lifetime)", "id",
        ])
    func fields(text: String) throws {
        let fields = try GraphFieldParser.parse(text)
        #expect(fields.isEmpty == false)
        #expect(throws: GraphRefusal.self) { try GraphFieldParser.parse(text + ",") }
        #expect(throws: GraphRefusal.self) { try GraphFieldParser.parse(text + "{") }
    }
}
