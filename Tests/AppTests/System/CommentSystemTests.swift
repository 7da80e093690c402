// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PQClient
import PluginKit
import Subprocess
import TestSupport
import Testing

@testable import App

/// What people write under posts: told by a signed webhook, read from the platform, listed by a command.
@Suite("Comments", .postgresSchema, .timeLimit(.minutes(10)))
struct CommentSystemTests {
    /// One of the platforms that tell of comments.
    struct Scene: Sendable, CustomTestStringConvertible {
        var platform: String
        var account: String
        /// What the platform delivers for a comment, a post and the account, at a second since 1970.
        var delivery: @Sendable (_ comment: String, _ post: String, _ second: Int) -> String
        var testDescription: String { self.platform }
    }

    static let scenes = [
        Scene(platform: "facebook", account: "101") { comment, post, second in
            #"{"object":"page","entry":[{"id":"101","time":\#(second),"changes":[{"field":"feed","value":{"item":"comment","verb":"add","post_id":"\#(post)","comment_id":"\#(comment)","message":"forged words"}}]}]}"#
        },
        Scene(platform: "instagram", account: "17841400000000001") { comment, post, second in
            #"{"object":"instagram","entry":[{"id":"17841400000000001","time":\#(second),"changes":[{"field":"comments","value":{"id":"\#(comment)","text":"forged words","media":{"id":"\#(post)"}}}]}]}"#
        },
    ]

    private static func open(_ agency: SimulatedAgency, _ scene: Scene) async throws -> String {
        try await agency.admin.add(accounts: [
            SimulatorAdmin.Account(
                platform: scene.platform, externalID: scene.account, handle: "acme", name: "Acme", accessToken: "EAA1",
                followers: 5000, timeZone: "Europe/Berlin", history: 2)
        ])
        let file = try agency.file("token.json", #"{"access_token":"EAA1"}"#)
        try await agency.run(
            "account", "connect", "--client", "acme", "--platform", scene.platform, "--credential-file", file)
        try await agency.work()
        let found = try #require(
            try await agency.json("post", "list", "--account", "acme/\(scene.platform)", "--found")
                as? [[String: Any]])
        return try #require(found.first?["id"] as? String)
    }

    private static func deliver(_ body: String, to url: String) async throws -> HTTPResponseStatus {
        let signature = WebhookSignature.sign(Array(body.utf8), secret: Secret("app-secret"))
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = ["Content-Type": "application/json", "X-Hub-Signature-256": "sha256=\(signature)"]
        request.body = .bytes(ByteBuffer(string: body))
        return try await HTTPClient.shared.execute(request, timeout: .seconds(60)).status
    }

    private static func comments(_ agency: SimulatedAgency, _ publication: String) async throws -> [[String: String]] {
        let rows = try #require(try await agency.json("post", "comments", publication) as? [[String: Any]])
        return rows.map { row in row.compactMapValues { $0 as? String } }
    }

    @Test(
        "a signed delivery makes a job that reads the comment; twice is once; one that is taken back is gone",
        arguments: scenes)
    func comment(_ scene: Scene) async throws {
        let port = Int(try TestPort.next())
        let public_ = "http://127.0.0.1:\(port)"
        let name = scene.platform.uppercased()
        try await SimulatedAgency.with(
            environment: [
                "POSTHORN_PUBLIC_URL": public_, "POSTHORN_PLATFORM_\(name)_CLIENT_ID": "app",
                "POSTHORN_PLATFORM_\(name)_CLIENT_SECRET": "app-secret",
            ]
        ) { agency in
            let publication = try await Self.open(agency, scene)
            let posts = try #require(
                try JSONSerialization.jsonObject(with: try await agency.admin.posts(limit: 1)) as? [String: Any])
            let listed = try #require((posts["posts"] as? [[String: Any]])?.first?["id"] as? String)
            let ids = try await agency.admin.add(
                comments: #"[{"post":"\#(listed)","text":"schön","author":"Ann","author_id":"77"}]"#)
            let id = try #require(ids.first)
            let now = Int(Date.now.timeIntervalSince1970)
            let status = try await agency.serve(port: port) { _ in
                let address = "\(public_)/webhooks/\(scene.platform)"
                for _ in 0..<2 {
                    #expect(try await Self.deliver(scene.delivery(id, listed, now), to: address) == .ok)
                }
                #expect(
                    try await agency.count(
                        "SELECT count(*) FROM (SELECT FROM job_ready WHERE kind = 'fetch-comment' UNION ALL SELECT FROM job_scheduled WHERE kind = 'fetch-comment') AS job"
                    ) == 1)
                // The first answer is lost: the reading is tried again.
                try await agency.admin.add(
                    faults:
                        #"{"match":{"method":"GET","endpoint":"*/\#(id)","times":1},"action":{"reset":{"when":"before"}}}"#
                )
                try await agency.setRate(3_600)
                try await agency.until {
                    try await agency.work()
                    return try await Self.comments(agency, publication).first?["state"] == "visible"
                }
                let rows = try await Self.comments(agency, publication)
                #expect(rows.map { $0["id"] } == [id] && rows.map { $0["text"] } == ["schön"], "\(rows)")
                #expect(rows.map { $0["author"] } == ["Ann"] && rows.map { $0["author_id"] } == ["77"], "\(rows)")
                #expect(rows.first?["written_at"] != nil)

                try await agency.admin.remove(comment: id)
                #expect(try await Self.deliver(scene.delivery(id, listed, now + 1), to: address) == .ok)
                try await agency.until {
                    try await agency.work()
                    return try await Self.comments(agency, publication).first?["state"] == "gone"
                }
                let gone = try await Self.comments(agency, publication)
                #expect(gone.count == 1 && gone.first?["text"] == nil && gone.first?["author"] == nil, "\(gone)")
            }
            #expect(status == .exited(0))
        }
    }
}
