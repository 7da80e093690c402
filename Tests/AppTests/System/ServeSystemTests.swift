// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import Subprocess
import TestSupport
import Testing

@testable import App

/// The built program hands out what platforms fetch.
@Suite("serve", .postgresSchema, .timeLimit(.minutes(10)))
struct ServeSystemTests {
    private static let instagram = "17841400000000001"

    /// The beginning of a JPEG of 1080 × 1080, which is all that the simulator looks at.
    private static func picture(_ words: String) -> Data {
        let head: [UInt8] = [
            0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8, 4, 56, 4, 56, 1, 1, 0x11, 0,
        ]
        return Data(head) + Data(words.utf8)
    }

    private static func open(_ agency: SimulatedAgency) async throws {
        try await agency.admin.add(accounts: [
            SimulatorAdmin.Account(
                platform: "instagram", externalID: Self.instagram, handle: "acme", name: "Acme",
                accessToken: "EAAinsta1", followers: 5000, timeZone: "Europe/Berlin")
        ])
        let file = try agency.file("instagram.json", #"{"access_token":"EAAinsta1"}"#)
        try await agency.run(
            "account", "connect", "--client", "acme", "--platform", "instagram", "--credential-file", file)
        for name in ["a", "b"] {
            try Self.picture(name).write(to: agency.folder.appendingPathComponent("\(name).jpg"))
        }
    }

    private static func plan(_ agency: SimulatedAgency, _ words: [String]) async throws -> SimulatedAgency.Answer {
        try await agency.answer(
            ["post", "create", "--client", "acme", "--account", "instagram", "--now"] + words)
    }

    @Test("pictures that a worker publishes on Instagram are fetched from serve, which then ends with 0 on SIGTERM")
    func pictures() async throws {
        let port = try FreePort.any()
        try await SimulatedAgency.with(environment: ["POSTHORN_PUBLIC_URL": "http://127.0.0.1:\(port)/p/"]) { agency in
            try await Self.open(agency)
            let status = try await agency.serve(port: port) {
                try await agency.setRate(60)
                for words in [
                    ["--text", "One", "--media", "a.jpg", "--alt", "A"],
                    ["--text", "Two", "--media", "a.jpg", "--media", "b.jpg"],
                    ["--text", "", "--media", "b.jpg", "--format", "story"],
                ] {
                    let answer = try await Self.plan(agency, words)
                    try #require(answer.code == 0, "\(words): \(answer.messages)")
                }
                try await agency.until {
                    try await agency.work()
                    return try await agency.count(
                        "SELECT count(*) FROM target WHERE state NOT IN ('published', 'failed')") == 0
                }
                #expect(try await agency.count("SELECT count(*) FROM target WHERE state = 'published'") == 3)
                #expect(try await agency.admin.ledgerSummary().duplicates == 0)
            }
            #expect(status == .exited(0))
        }
    }

    @Test("without a public address serve says so, and a post that needs one is refused when it is planned")
    func noAddress() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.open(agency)
            let serve = try await agency.answer(["serve", "--port", "0", "--admin-address", "127.0.0.1:0"])
            #expect(serve.code == 78 && serve.messages.contains("POSTHORN_PUBLIC_URL"))
            let post = try await Self.plan(agency, ["--text", "One", "--media", "a.jpg"])
            #expect(post.code == 65 && post.messages.contains("POSTHORN_PUBLIC_URL"), "\(post.messages)")
            #expect(try await agency.count("SELECT count(*) FROM target") == 0)
        }
    }
}
