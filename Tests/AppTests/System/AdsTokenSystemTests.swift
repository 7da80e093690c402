// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PQClient
import TestSupport
import Testing

@testable import App

/// What ads need of an account, through the built program and the simulator.
@Suite("Tokens for ads", .postgresSchema, .timeLimit(.minutes(10)))
struct AdsTokenSystemTests {
    private static func tell(_ agency: SimulatedAgency, adAccounts json: String) async throws {
        var request = HTTPClientRequest(url: "\(agency.origin)/_admin/ad_accounts")
        request.method = .POST
        request.headers = ["Content-Type": "application/json"]
        request.body = .bytes(ByteBuffer(string: json))
        let reply = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        try #require(reply.status == .created, "\(reply.status)")
    }

    private static func pretend(
        _ agency: SimulatedAgency, _ platform: String, _ account: String, _ token: String
    ) async throws {
        try await agency.admin.add(accounts: [
            SimulatorAdmin.Account(
                platform: platform, externalID: account, handle: "acme", name: "Acme", accessToken: token,
                followers: 5000, timeZone: "Europe/Berlin", history: 2)
        ])
    }

    private static func connect(
        _ agency: SimulatedAgency, _ platform: String, adAccount: String, credential: String
    ) async throws {
        let file = try agency.file("\(platform).json", credential)
        try await agency.run(
            "account", "connect", "--client", "acme", "--platform", platform, "--credential-file", file)
        try await agency.run(
            "account", "add-ad-account", "main", "--client", "acme", "--platform", platform, "--external-id", adAccount,
            "--currency", "EUR", "--tz", "Europe/Berlin")
    }

    @Test("TikTok's token for ads is tried before it is kept, and account check says how boosts stand")
    func tiktok() async throws {
        try await SimulatedAgency.with { agency in
            try await Self.pretend(agency, "tiktok", "open1", "tt-1")
            try await Self.connect(
                agency, "tiktok", adAccount: "7000000000000000001", credential: #"{"access_token":"tt-1"}"#)
            try await Self.tell(
                agency,
                adAccounts:
                    #"[{"platform":"tiktok","id":"7000000000000000001","currency":"EUR","time_zone":"Europe/Berlin","identities":["open1"],"tokens":[{"access_token":"business-token-1"}]}]"#
            )
            let before = try await agency.answer(["account", "check", "acme/tiktok"])
            #expect(before.code == 1 && before.messages.contains("--ads-token-file"), "\(before.messages)")
            let wrong = try agency.file("wrong.txt", "business-token-2\n")
            let refused = try await agency.answer(["account", "authorize", "acme/tiktok", "--ads-token-file", wrong])
            #expect(refused.code == 1 && refused.messages.contains("business token"), "\(refused.messages)")
            #expect(try await agency.answer(["account", "check", "acme/tiktok"]).code == 1, "it was not kept")
            let right = try agency.file("right.txt", "business-token-1\n")
            try await agency.run("account", "authorize", "acme/tiktok", "--ads-token-file", right)
            let check = try #require(try await agency.json("account", "check", "acme/tiktok") as? [String: Any])
            #expect(check["boosts"] as? String == "ready", "\(check)")
            #expect(try await !agency.everything().contains("business-token"), "it is stored sealed alone")
        }
    }

    @Test("a boost that the platform runs without delivering it is said to be idle")
    func idle() async throws {
        try await SimulatedAgency.with { agency in
            try await agency.admin.add(
                app:
                    #"[{"platform":"x","client_id":"app","client_secret":"s","consumer_key":"ck-ads","consumer_secret":"cs-ads"}]"#
            )
            try await Self.pretend(agency, "x", "1001", "x-1")
            func fund(_ isFunded: Bool) async throws {
                try await Self.tell(
                    agency,
                    adAccounts: """
                        [{"platform":"x","id":"18ce54d4x5t","currency":"EUR","time_zone":"Europe/Berlin","users":["1001"],
                          "funded":\(isFunded),
                          "tokens":[{"access_token":"1001-ads","secret":"ts-ads","consumer_key":"ck-ads","user":"1001"}]}]
                        """)
            }
            try await fund(true)
            try await Self.connect(
                agency, "x", adAccount: "18ce54d4x5t",
                credential:
                    #"{"access_token":"x-1","oauth1_consumer_key":"ck-ads","oauth1_consumer_secret":"cs-ads","oauth1_token":"1001-ads","oauth1_token_secret":"ts-ads"}"#
            )
            try await agency.work()
            let found = try #require(
                try await agency.json("post", "list", "--account", "acme/x", "--found") as? [[String: Any]])
            let publication = try #require(found.first?["id"] as? String)
            try await agency.run("budget", "set", "--client", "acme", "--month", "500.00EUR", "--months", "2")
            try await agency.run(
                "boost", "create", "--publication", publication, "--ad-account", "main", "--objective", "engagement",
                "--budget", "20.00", "--daily", "--days", "5")
            try await agency.work()
            try await fund(false)
            for _ in 0..<6 {
                try await agency.advance(6 * 3600 + 60)
                try await agency.work()
            }
            let boosts = try #require(try await agency.json("boost", "list", "--client", "acme") as? [[String: Any]])
            let boost = try #require(boosts.first)
            #expect(boost["state"] as? String == "running" && boost["idle_since"] is String, "\(boost)")
            #expect((boost["remark"] as? String)?.contains("less than a tenth") == true, "\(boost)")
            let said = try await agency.answer(["boost", "show", try #require(boost["id"] as? String)])
            #expect(said.code == 0 && said.messages.contains("less than a tenth"), "\(said.messages)")
        }
    }
}
