// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import Subprocess
import TestSupport
import Testing

@testable import App

/// Every format of Facebook, Instagram and TikTok through worker processes, compared with what the platform then holds; X has its own suite.
@Suite("Every format, as the platform holds it", .postgresSchema, .timeLimit(.minutes(10)))
struct HeldFormatTests {
    private static let jpeg = "image/jpeg"
    private static let mp4 = "video/mp4"

    /// The beginning of a JPEG of 1080 × 1080, which is all that the simulator looks at.
    private static func picture(_ words: String) -> Data {
        let head: [UInt8] = [
            0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8, 4, 56, 4, 56, 1, 1, 0x11, 0,
        ]
        return Data(head) + Data(words.utf8)
    }
    private static func film(_ words: String) -> Data {
        Data([0, 0, 0, 0x20]) + Data("ftypisom".utf8) + Data(String(repeating: words, count: 100_000).utf8)
    }

    /// Plans posts of a connected account, works until all are published, and compares; `serve` hands files out meanwhile.
    private static func publish(
        on platform: String, _ posts: [(words: [String], held: HeldPost)]
    ) async throws {
        let port = Int(try TestPort.next())
        try await SimulatedAgency.with(environment: ["POSTHORN_PUBLIC_URL": "http://127.0.0.1:\(port)/p/"]) { agency in
            try await agency.admin.add(accounts: [
                SimulatorAdmin.Account(
                    platform: platform, externalID: "101", handle: "acme", name: "Acme", accessToken: "EAA-acme",
                    followers: 5000, timeZone: "Europe/Berlin")
            ])
            let file = try agency.file("token.json", #"{"access_token":"EAA-acme"}"#)
            try await agency.run(
                "account", "connect", "--client", "acme", "--platform", platform, "--external-id", "101",
                "--credential-file", file, "--backfill", "none")
            for name in ["a", "b", "c"] {
                try Self.picture(name).write(to: agency.folder.appendingPathComponent("\(name).jpg"))
                try Self.film(name).write(to: agency.folder.appendingPathComponent("\(name).mp4"))
            }
            let status = try await agency.serve(port: port) { _ in
                try await agency.setRate(60)
                for (words, _) in posts {
                    let answer = try await agency.answer(
                        ["post", "create", "--client", "acme", "--account", platform, "--now"] + words)
                    try #require(answer.code == 0, "\(words): \(answer.messages)")
                }
                try await agency.until {
                    try await agency.work()
                    return try await agency.count(
                        "SELECT count(*) FROM target WHERE state NOT IN ('published', 'failed')") == 0
                }
                #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'published'") == posts.count)
            }
            #expect(status == .exited(0))
            try await agency.expectHeld(posts.map(\.held), on: platform)
            try await agency.expectSound()
        }
    }

    @Test("Facebook: each of eight formats, with words, files, alternative texts, link and first comment")
    func facebook() async throws {
        try await Self.publish(
            on: "facebook",
            [
                (["--text", "Words"], HeldPost(endpoint: "POST /{page}/feed", format: "text", text: "Words")),
                (
                    ["--text", "Read", "--link", "https://example.com/a"],
                    HeldPost(
                        endpoint: "POST /{page}/feed", format: "link", text: "Read", link: "https://example.com/a")
                ),
                (
                    ["--text", "One", "--media", "a.jpg", "--alt", "A horn", "--first-comment", "Commented"],
                    HeldPost(
                        endpoint: "POST /{page}/feed", format: "image", text: "One", files: [Self.jpeg],
                        altTexts: ["A horn"], comments: ["Commented"])
                ),
                (
                    ["--text", "Two", "--media", "a.jpg", "--alt", "A", "--media", "b.jpg", "--alt", "B"],
                    HeldPost(
                        endpoint: "POST /{page}/feed", format: "image", text: "Two", files: [Self.jpeg, Self.jpeg],
                        altTexts: ["A", "B"])
                ),
                (
                    ["--text", "Film", "--media", "a.mp4"],
                    HeldPost(endpoint: "POST /{page}/videos", format: "video", text: "Film", files: [Self.mp4])
                ),
                (
                    ["--text", "Reel", "--media", "b.mp4", "--format", "reel"],
                    HeldPost(endpoint: "POST /{page}/video_reels", format: "reel", text: "Reel", files: [Self.mp4])
                ),
                (
                    ["--text", "", "--media", "c.jpg", "--format", "story"],
                    HeldPost(endpoint: "POST /{page}/photo_stories", format: "story", text: "", files: [Self.jpeg])
                ),
                (
                    ["--text", "", "--media", "c.mp4", "--format", "story"],
                    HeldPost(endpoint: "POST /{page}/video_stories", format: "story", text: "", files: [Self.mp4])
                ),
            ])
    }

    @Test(
        "Instagram: image, carousels, reels and stories, with alternative texts, people, place, settings and first comment"
    )
    func instagram() async throws {
        let publish = "POST /{ig-user}/media_publish"
        try await Self.publish(
            on: "instagram",
            [
                (
                    [
                        "--text", "One", "--media", "a.jpg", "--alt", "A horn", "--first-comment", "Commented",
                        "--set", "instagram.collaborators=anna,@ben", "--set", "instagram.user_tags=anna@0.5,0.25",
                        "--set", "instagram.location_id=110774245616525", "--set", "instagram.is_ai_generated=true",
                    ],
                    HeldPost(
                        endpoint: publish, format: "image", text: "One", files: [Self.jpeg], altTexts: ["A horn"],
                        settings: [
                            "collaborators": "anna,ben", "location_id": "110774245616525", "is_ai_generated": "true",
                            "user_tags": #"[{"username":"anna","x":0.5,"y":0.25}]"#,
                        ], comments: ["Commented"])
                ),
                (
                    [
                        "--text", "Two", "--media", "a.jpg", "--alt", "A", "--media", "b.jpg", "--alt", "B",
                        "--set", "instagram.user_tags=anna@0.5,0.25", "--set", "instagram.collaborators=anna",
                    ],
                    HeldPost(
                        endpoint: publish, format: "carousel", text: "Two", files: [Self.jpeg, Self.jpeg],
                        altTexts: ["A", "B"],
                        settings: [
                            "collaborators": "anna", "user_tags": #"[{"username":"anna","x":0.5,"y":0.25}]"#,
                        ])
                ),
                (
                    ["--text", "Mixed", "--media", "a.jpg", "--media", "a.mp4", "--media", "b.jpg"],
                    HeldPost(
                        endpoint: publish, format: "carousel", text: "Mixed", files: [Self.jpeg, Self.mp4, Self.jpeg])
                ),
                (
                    [
                        "--text", "Reel", "--media", "b.mp4", "--first-comment", "Heard",
                        "--set", "instagram.thumb_offset=1500", "--set", "instagram.audio_name=Fanfare",
                        "--set", "instagram.share_to_feed=false",
                    ],
                    HeldPost(
                        endpoint: publish, format: "reel", text: "Reel", files: [Self.mp4],
                        settings: ["thumb_offset": "1500", "audio_name": "Fanfare", "share_to_feed": "false"],
                        comments: ["Heard"])
                ),
                (
                    ["--text", "Trial", "--media", "c.mp4", "--set", "instagram.trial=MANUAL"],
                    HeldPost(
                        endpoint: publish, format: "reel", text: "Trial", files: [Self.mp4],
                        settings: ["trial_params": #"{"graduation_strategy":"MANUAL"}"#])
                ),
                (
                    ["--text", "", "--media", "c.jpg", "--format", "story"],
                    HeldPost(endpoint: publish, format: "story", text: "", files: [Self.jpeg])
                ),
                (
                    ["--text", "", "--media", "a.mp4", "--format", "story"],
                    HeldPost(endpoint: publish, format: "story", text: "", files: [Self.mp4])
                ),
            ])
    }

    @Test("TikTok: films by upload and by address, a photo and several, with privacy and disclosures")
    func tiktok() async throws {
        func set(_ settings: KeyValuePairs<String, String>) -> [String] {
            settings.flatMap { ["--set", "tiktok.\($0.key)=\($0.value)"] }
        }
        let all = "PUBLIC_TO_EVERYONE"
        try await Self.publish(
            on: "tiktok",
            [
                (
                    ["--text", "Upload", "--media", "a.mp4"]
                        + set([
                            "privacy_level": all, "disable_comment": "true", "disable_duet": "true",
                            "brand_organic_toggle": "true", "is_aigc": "true", "video_cover_timestamp_ms": "1000",
                        ]),
                    HeldPost(
                        endpoint: "PUT /video/", format: "video", text: "Upload", files: [Self.mp4],
                        settings: [
                            "source": "FILE_UPLOAD", "privacy_level": all, "disable_comment": "true",
                            "disable_duet": "true", "brand_organic_toggle": "true", "is_aigc": "true",
                            "video_cover_timestamp_ms": "1000",
                        ])
                ),
                (
                    ["--text", "Pulled", "--media", "b.mp4"]
                        + set(["privacy_level": all, "transfer": "pull", "brand_content_toggle": "true"]),
                    HeldPost(
                        endpoint: "POST /v2/post/publish/video/init/", format: "video", text: "Pulled",
                        files: [Self.mp4],
                        settings: ["source": "PULL_FROM_URL", "privacy_level": all, "brand_content_toggle": "true"])
                ),
                (
                    ["--text", "Photo", "--media", "a.jpg"]
                        + set(["privacy_level": "SELF_ONLY", "title": "Title", "is_aigc": "true"]),
                    HeldPost(
                        endpoint: "POST /v2/post/publish/content/init/", format: "image", text: "Title\nPhoto",
                        files: [Self.jpeg],
                        settings: [
                            "source": "PULL_FROM_URL", "privacy_level": "SELF_ONLY", "is_aigc": "true",
                            "photo_cover_index": "0",
                        ])
                ),
                (
                    ["--text", "Photos", "--media", "a.jpg", "--media", "b.jpg"]
                        + set(["privacy_level": all, "photo_cover_index": "1", "auto_add_music": "true"]),
                    HeldPost(
                        endpoint: "POST /v2/post/publish/content/init/", format: "carousel", text: "Photos",
                        files: [Self.jpeg, Self.jpeg],
                        settings: [
                            "source": "PULL_FROM_URL", "privacy_level": all, "photo_cover_index": "1",
                            "auto_add_music": "true",
                        ])
                ),
            ])
    }
}
