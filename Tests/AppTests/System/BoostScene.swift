// SPDX-License-Identifier: MIT

import AsyncHTTPClient
import Domain
import Foundation
import NIOCore
import NIOHTTP1
import PluginKit
import Testing

@testable import App

/// Accounts and ad accounts of one platform in the simulator, and a boost on them.
struct BoostScene: Sendable {
    var access: AccountAccess
    var terms: BoostTerms
    /// The call that makes the campaign.
    var campaigns: String
    /// What a day may cost at most, in cents.
    var mostOfDay: Int64

    private static let advertiser = "7000000000000000001"
    private static let media = "17841400000000001"
    private static let personal = TokenSet(accessToken: Secret("u1"), extra: ["token_type": Secret("user")])
    private static let signed = TokenSet(
        accessToken: Secret("x-1"),
        extra: [
            "oauth1_consumer_key": Secret("ck-ads"), "oauth1_consumer_secret": Secret("cs-ads"),
            "oauth1_token": Secret("1001-ads"), "oauth1_token_secret": Secret("ts-ads"),
        ])

    /// Accounts with posts from before, and ad accounts that may promote them.
    static func open(_ agency: SimulatedAgency) async throws {
        func account(_ platform: String, _ id: String, _ token: String, page: String? = nil) -> SimulatorAdmin.Account {
            SimulatorAdmin.Account(
                platform: platform, externalID: id, handle: "acme", name: "Acme", accessToken: token, followers: 5000,
                timeZone: "Europe/Berlin", page: page, history: 2)
        }
        try await agency.admin.add(
            app:
                #"[{"platform":"x","client_id":"app","client_secret":"s","consumer_key":"ck-ads","consumer_secret":"cs-ads"}]"#
        )
        try await agency.admin.add(accounts: [
            account("facebook", "101", "EAApage1"), account("instagram", Self.media, "EAAinsta1", page: "101"),
            account("x", "1001", "x-1"), account("tiktok", "open1", "tt-1"),
        ])
        try await agency.admin.add(
            people:
                #"[{"external_id":"900","name":"Ann","pages":["101"],"access_token":"u1","ad_accounts":[{"id":"555","currency":"EUR"}]}]"#
        )
        var request = HTTPClientRequest(url: "\(agency.origin)/_admin/ad_accounts")
        request.method = .POST
        request.headers = ["Content-Type": "application/json"]
        request.body = .bytes(
            ByteBuffer(
                string: """
                    [{"platform":"facebook","id":"555","currency":"EUR","time_zone":"Europe/Berlin","people":["900"]},
                     {"platform":"x","id":"18ce54d4x5t","currency":"EUR","time_zone":"Europe/Berlin","users":["1001"],
                      "tokens":[{"access_token":"1001-ads","secret":"ts-ads","consumer_key":"ck-ads","user":"1001"}]},
                     {"platform":"tiktok","id":"\(Self.advertiser)","currency":"EUR","time_zone":"Europe/Berlin",
                      "identities":["open1"],"tokens":[{"access_token":"b1"}]}]
                    """))
        let reply = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        #expect(reply.status == .ok || reply.status == .created, "\(reply.status)")
    }

    private init(
        _ account: String, _ tokens: TokenSet, _ adAccount: String, _ objective: String, _ campaigns: String,
        places: [String] = [], mostOfDay: Int64 = 2000
    ) {
        let now = Date.now
        self.access = AccountAccess(account: AccountID(), externalID: account, tokens: tokens)
        self.terms = BoostTerms(
            objective: objective,
            audience: Audience(
                minimumAge: 25, maximumAge: places.isEmpty ? 49 : 54, countries: places.isEmpty ? ["US"] : [],
                places: places),
            budget: Money(minorUnits: 2000, currency: .eur), budgetKind: .daily, startsAt: now,
            endsAt: now.addingTimeInterval(5 * 86_400),
            adAccount: AdAccountReference(externalID: adAccount, currency: .eur, timeZone: "Europe/Berlin"))
        self.campaigns = campaigns
        self.mostOfDay = mostOfDay
    }

    static var facebook: BoostScene {
        BoostScene("101", Self.personal, "555", "engagement", "*/act_555/campaigns", mostOfDay: 3500)
    }
    static var instagram: BoostScene {
        BoostScene(Self.media, Self.personal, "555", "engagement", "*/act_555/campaigns", mostOfDay: 3500)
    }
    static var x: BoostScene { BoostScene("1001", Self.signed, "18ce54d4x5t", "engagement", "*/campaigns") }
    static var tiktok: BoostScene {
        BoostScene(
            "open1", TokenSet(accessToken: Secret("tt-1"), extra: ["business_token": Secret("b1")]), Self.advertiser,
            "video_views", "*/campaign/create/", places: ["6252001"])
    }

    /// The newest publication from before, to be boosted under a name of its own.
    func request(_ operation: String, of plugin: some HistoryListing) async throws -> BoostRequest {
        let since = Date.now.addingTimeInterval(-30 * 86_400)
        let history = try await plugin.history(HistoryRequest(access: self.access, since: since, limit: 10))
        let post = try #require(history.posts.first)
        return BoostRequest(
            access: self.access, post: post.remote, format: post.format, terms: self.terms, operation: operation)
    }
}
