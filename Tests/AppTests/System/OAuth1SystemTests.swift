// SPDX-License-Identifier: MIT

import Foundation
import PQClient
import PluginHost
import PluginKit
import Subprocess
import TestSupport
import Testing
import XPlugin

@testable import App

/// The built program and X's plugin sign by OAuth 1.0a; the simulator verifies by its own code.
@Suite("OAuth 1.0a", .postgresSchema, .timeLimit(.minutes(10)))
struct OAuth1SystemTests {
    private static let app = """
        {"platform":"x","client_id":"agency","client_secret":"app-secret","consumer_key":"ck 1","consumer_secret":"c+s/1"}
        """

    /// Agrees as somebody; gives the number that the page shows.
    private static func agree(_ browser: Browser, _ page: String, as account: String) async throws -> String {
        let shown = try await browser.open("\(page)&approve=\(account)").text
        let number = try #require(shown.firstMatch(of: /<code>([0-9]+)<\/code>/))
        return String(number.output.1)
    }

    private static func with(
        _ body: @escaping @Sendable (SimulatedAgency, Browser, String) async throws -> Void
    ) async throws {
        try await SimulatedAgency.with { agency in
            try await agency.admin.add(app: Self.app)
            try await agency.connect("x")
            try await agency.admin.add(accounts: [
                SimulatorAdmin.Account(
                    platform: "x", externalID: "8", handle: "other", name: "Other", accessToken: "x-8", followers: 1,
                    timeZone: "Europe/Berlin")
            ])
            let file = try agency.file("consumer.json", #"{"consumer_key":"ck 1","consumer_secret":"c+s/1"}"#)
            try await Browser.with { browser in try await body(agency, browser, file) }
        }
    }

    @Test("the owner reads a number out, and the grant holds both credentials; the old ones still work")
    func number() async throws {
        try await Self.with { agency, browser, file in
            let answer = try await agency.dialogue(["account", "authorize", "acme/x", "--consumer-file", file]) {
                page in
                try await Self.agree(browser, page, as: "7")
            }
            #expect(answer.code == 0, "\(answer.messages)")
            #expect(!answer.messages.contains("c+s/1") && !answer.data.contains("c+s/1"))
            #expect(
                try await agency.count("SELECT count(*) FROM access_grant WHERE version = 2 AND state = 'active'") == 1)
            // Both are asked about: the check fails where they are not one user's.
            let check = try #require(try await agency.json("account", "check", "acme/x") as? [String: Any])
            #expect(check["problem"] is NSNull, "\(check)")
            let calls =
                try JSONSerialization.jsonObject(with: await agency.admin.calls(query: "platform=x")) as? [String: Any]
            let me = (calls?["entries"] as? [[String: Any]])?.filter {
                ($0["endpoint"] as? String)?.contains("users/me") == true
            }
            // One by the bearer token when it was connected, two now.
            #expect(me?.count == 3 && me?.allSatisfy { $0["account"] as? String == "7" } == true)
            let stored = try await agency.everything()
            #expect(!stored.contains("ck 1") && !stored.contains("c+s"))
        }
    }

    @Test("who agrees as somebody else, or reads a wrong number out, changes nothing")
    func refusals() async throws {
        try await Self.with { agency, browser, file in
            let words = ["account", "authorize", "acme/x", "--consumer-file", file]
            let other = try await agency.dialogue(words) { try await Self.agree(browser, $0, as: "8") }
            #expect(other.code == 73 && other.messages.contains("(8)"), "\(other.messages)")
            let wrong = try await agency.dialogue(words) { page in
                _ = try await Self.agree(browser, page, as: "7")
                return "1"
            }
            #expect(wrong.code == 1, "\(wrong.messages)")
            let stranger = try agency.file("stranger.json", #"{"consumer_key":"ck 1","consumer_secret":"guess"}"#)
            let refused = try await agency.dialogue(["account", "authorize", "acme/x", "--consumer-file", stranger]) {
                _ in ""
            }
            #expect(refused.code == 1 && !refused.messages.contains("guess"), "\(refused.messages)")
            let none = try await agency.answer([
                "account", "authorize", "acme/x", "--consumer-file", agency.file("no.json", "{}"),
            ])
            #expect(none.code == 65, "\(none.messages)")
            #expect(try await agency.count("SELECT count(*) FROM access_grant WHERE version = 1") == 1)
        }
    }

    @Test(
        "by a link the owner agrees on the platform's page and comes back; nothing is kept of the way but the credential"
    )
    func link() async throws {
        let port = Int(try TestPort.next())
        try await SimulatedAgency.with(environment: ["POSTHORN_PUBLIC_URL": "http://127.0.0.1:\(port)/p"]) { agency in
            try await agency.admin.add(app: Self.app)
            try await agency.connect("x")
            try await agency.admin.add(accounts: [
                SimulatorAdmin.Account(
                    platform: "x", externalID: "8", handle: "other", name: "Other", accessToken: "x-8", followers: 1,
                    timeZone: "Europe/Berlin")
            ])
            let file = try agency.file("consumer.json", #"{"consumer_key":"ck 1","consumer_secret":"c+s/1"}"#)
            let status = try await agency.serve(port: port) { _ in
                try await Browser.with { browser in
                    let made = try #require(
                        try await agency.json(
                            "account", "authorize", "acme/x", "--consumer-file", file, "--link", "--expires", "2d")
                            as? [String: Any])
                    let link = try #require(made["url"] as? String)
                    #expect(try await !agency.everything().contains("c+s"))
                    let page = try await browser.open(link)
                    #expect(page.status == 200 && page.text.contains("Continue to X"), "\(page.text)")
                    let declined = try await browser.open(try await browser.answer(link, "decline=1"))
                    #expect(declined.status == 403, "\(declined.text)")
                    let other = try await browser.open(try await browser.answer(link, "approve=8"))
                    #expect(other.status == 409 && other.text.contains("@other"), "\(other.text)")
                    #expect(try await agency.count("SELECT count(*) FROM access_grant WHERE version = 1") == 1)
                    let forged = try await browser.answer(
                        link, "approve=7"
                    ).replacing(/oauth_verifier=[0-9]+/, with: "oauth_verifier=1")
                    #expect(try await browser.open(forged).status >= 400)
                    let callback = try await browser.answer(link, "approve=7")
                    let waiting = "SELECT count(*) FROM connect_link WHERE sealed IS NOT NULL" as Statement
                    #expect(try await agency.count(waiting) == 1)
                    let done = try await browser.open(callback)
                    #expect(done.status == 200 && done.text.contains("Connected"), "\(done.text)")
                    #expect(try await browser.open(callback).status == 410)
                    #expect(try await browser.open(link, form: [:]).status == 410)
                }
            }
            #expect(status == .exited(0))
            #expect(
                try await agency.count("SELECT count(*) FROM access_grant WHERE version = 2 AND state = 'active'") == 1)
            #expect(
                try await agency.count(
                    """
                    SELECT count(*) FROM connect_link
                    WHERE used_at IS NOT NULL AND sealed IS NULL AND consumer_sealed IS NULL AND account_id IS NOT NULL
                    """) == 1)
            // Both credentials are asked about: the check fails where they are not one user's.
            let check = try #require(try await agency.json("account", "check", "acme/x") as? [String: Any])
            #expect(check["problem"] is NSNull, "\(check)")
            let log = try String(contentsOf: agency.log("serve"), encoding: .utf8)
            #expect(!log.contains("c+s/1") && !log.contains("oauth_token"))
            let stranger = try agency.file("stranger.json", #"{"consumer_key":"ck 1","consumer_secret":"guess"}"#)
            let none = try await agency.answer([
                "account", "authorize", "acme/x", "--consumer-file", stranger, "--link", "--expires", "0s",
            ])
            #expect(none.code == 64, "\(none.messages)")
        }
    }

    @Test("a credential file may hold both; of two users it is refused, and so is a part of one")
    func file() async throws {
        try await Self.with { agency, browser, _ in
            let http = PlatformHTTPClient(
                PlatformHTTPConfiguration(origin: PlatformOrigin(agency.origin), userAgent: "test"))
            let plugin = XPlugin(context: PluginContext(http: http.transport(for: XPlugin.manifest)))
            var credentials: [String: OAuth1Credential] = [:]
            do {
                let consumer = OAuth1Credential(consumerKey: "ck 1", consumerSecret: Secret("c+s/1"))
                for user in ["7", "8"] {
                    let request = try await plugin.requestToken(consumer, callback: nil)
                    let page = PlatformOrigin(agency.origin)?.serve(request.page) ?? request.page
                    let number = try await Self.agree(browser, page.absoluteString, as: user)
                    let granted = try await plugin.accessToken(request, verifier: number)
                    #expect(granted.account.externalID == user)
                    credentials[user] = granted.credential
                    // A number works once.
                    await #expect(throws: PluginError.self) {
                        _ = try await plugin.accessToken(request, verifier: number)
                    }
                }
            } catch {
                try await http.shutdown()
                throw error
            }
            try await http.shutdown()
            for (user, code) in [("7", Int32(0)), ("8", 1)] {
                let credential = try #require(credentials[user])
                let fields = [
                    "access_token": "x-1", "refresh_token": "x-r1", "oauth1_consumer_key": "ck 1",
                    "oauth1_consumer_secret": "c+s/1", "oauth1_token": credential.token,
                    "oauth1_token_secret": credential.tokenSecret?.revealed,
                ]
                let file = try agency.file(
                    "both.json", String(decoding: JSONEncoder().encode(fields.compactMapValues(\.self)), as: UTF8.self))
                let answer = try await agency.answer([
                    "account", "connect", "--client", "acme", "--platform", "x", "--credential-file", file,
                    "--backfill",
                    "none",
                ])
                #expect(answer.code == code, "\(answer.messages)")
                if code != 0 { #expect(answer.messages.contains("@other")) }
            }
            let part = try agency.file("part.json", #"{"access_token":"x-1","oauth1_token":"t"}"#)
            let answer = try await agency.answer([
                "account", "connect", "--client", "acme", "--platform", "x", "--credential-file", part,
            ])
            #expect(answer.code == 1 && answer.messages.contains("oauth1_token_secret"), "\(answer.messages)")
        }
    }
}
