// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PluginKit
import Publishing

/// A platform in a run with boosts: what an account of it needs to publish and to boost, and what a boost looks like there.
struct BoostChaosPlatform: Sendable {
    /// The platform.
    var name: String
    /// What it can be asked for; boosts take turns.
    var objectives: [String]
    /// Whom boosts are shown to.
    var audience = Audience(countries: ["DE"])
    /// The smallest budget of a day, in minor units.
    var leastOfDay: Int64 = 100
    /// What is published to be boosted.
    var format: ChaosFormat

    static let mock = BoostChaosPlatform(
        name: "mock", objectives: ["reach", "engagement"], audience: Audience(), leastOfDay: 1,
        format: ChaosFormat(platform: "mock", name: "text"))
    static let facebook = BoostChaosPlatform(
        name: "facebook", objectives: ["reach", "engagement"], format: ChaosFormat(platform: "facebook", name: "text"))
    static let instagram = BoostChaosPlatform(
        name: "instagram", objectives: ["reach", "engagement"],
        format: ChaosFormat(platform: "instagram", name: "image", media: [.picture]))
    static let x = BoostChaosPlatform(
        name: "x", objectives: ["reach", "engagement"], format: ChaosFormat(platform: "x", name: "text"))
    static let tiktok = BoostChaosPlatform(
        name: "tiktok", objectives: ["reach", "video_views"],
        // A place by its GeoNames identity: TikTok knows no countries by code.
        audience: Audience(places: ["6252001"]), leastOfDay: 2_000,
        format: ChaosFormat(
            platform: "tiktok", name: "video", media: [.film],
            settings: ["tiktok.privacy_level": "PUBLIC_TO_EVERYONE"]))

    static let all = [Self.mock, .facebook, .instagram, .x, .tiktok]

    /// A platform by its name.
    static func named(_ name: String) -> BoostChaosPlatform? { Self.all.first { $0.name == name } }
}

/// One account of a run with boosts, with everything that the pretend platform knows of it.
struct BoostChaosAccount: Sendable {
    let platform: BoostChaosPlatform
    let number: Int

    /// Its slug, and its handle on the platform.
    var slug: String { "chaos\(self.number)" }
    /// The slug of the ad account that pays for its boosts.
    var adSlug: String { "ads-\(self.number)" }
    /// Its identity on the platform.
    var externalID: String {
        ["mock", "tiktok"].contains(self.platform.name) ? self.slug : String(900_000_000 + self.number)
    }
    /// The ad account's identity on the platform.
    var adAccount: String {
        switch self.platform.name {
        case "x": "18ce54d4" + String(self.number, radix: 36)
        case "tiktok": String(7_000_000_000_000_000_000 + self.number)
        default: String(500_000 + self.number)
        }
    }
    /// The zone of the ad account's day; the client's months are Berlin's.
    var timeZone: String { ["Europe/Berlin", "America/New_York", "Asia/Tokyo"][self.number / 2 % 3] }
    /// The Page of an Instagram account.
    private var page: String? { self.platform.name == "instagram" ? String(700_000_000 + self.number) : nil }
    private var token: String { "EAA-chaos-\(self.number)" }
    private var adToken: String { "ads-\(self.number)" }
    private var isMeta: Bool { ["facebook", "instagram"].contains(self.platform.name) }

    /// What is told to the simulator: the account, and before it the Page of an Instagram account.
    var accounts: [SimulatorAdmin.Account] {
        func account(_ platform: String, _ id: String, _ token: String, page: String? = nil) -> SimulatorAdmin.Account {
            SimulatorAdmin.Account(
                platform: platform, externalID: id, handle: self.slug, name: "Chaos \(self.number)", accessToken: token,
                followers: 50_000, timeZone: "Europe/Berlin", page: page)
        }
        let own = account(self.platform.name, self.externalID, self.token, page: self.page)
        return (self.page.map { [account("facebook", $0, "EAA-page-\(self.number)")] } ?? []) + [own]
    }

    /// The person on Facebook who manages its Page and ad account, as JSON.
    var person: String? {
        guard self.isMeta else { return nil }
        return """
            {"external_id":"\(8_000 + self.number)","name":"Ann \(self.number)","pages":["\(self.page ?? self.externalID)"],
             "access_token":"\(self.adToken)"}
            """
    }

    /// Its ad account, as JSON; the mock platform has none.
    var advertiser: String? {
        let common = #""currency":"EUR","time_zone":"\#(self.timeZone)""#
        switch self.platform.name {
        case "facebook", "instagram":
            return #"{"platform":"facebook","id":"\#(self.adAccount)",\#(common),"people":["\#(8_000 + self.number)"]}"#
        case "x":
            return """
                {"platform":"x","id":"\(self.adAccount)",\(common),"users":["\(self.externalID)"],
                 "tokens":[{"access_token":"\(self.adToken)","secret":"secret-\(self.number)",
                            "consumer_key":"\(Self.consumerKey)","user":"\(self.externalID)"}]}
                """
        case "tiktok":
            return """
                {"platform":"tiktok","id":"\(self.adAccount)",\(common),"identities":["\(self.externalID)"],
                 "tokens":[{"access_token":"\(self.adToken)"}]}
                """
        default: return nil
        }
    }

    /// The app through which boosts on X are asked for, as JSON.
    static let app = """
        [{"platform":"x","client_id":"chaos","client_secret":"s","consumer_key":"\(Self.consumerKey)",
          "consumer_secret":"\(Self.consumerSecret)"}]
        """
    private static let consumerKey = "chaos-consumer"
    private static let consumerSecret = "chaos-consumer-secret"

    /// The tokens with which it is connected: those that boosts need are in them.
    var tokens: TokenSet {
        switch self.platform.name {
        case "facebook", "instagram":
            TokenSet(accessToken: Secret(self.adToken), extra: ["token_type": Secret("user")])
        case "x":
            TokenSet(
                accessToken: Secret(self.token),
                extra: [
                    "oauth1_consumer_key": Secret(Self.consumerKey),
                    "oauth1_consumer_secret": Secret(Self.consumerSecret),
                    "oauth1_token": Secret(self.adToken),
                    "oauth1_token_secret": Secret("secret-\(self.number)"),
                ])
        case "tiktok": TokenSet(accessToken: Secret(self.token), extra: ["business_token": Secret(self.adToken)])
        default: TokenSet(accessToken: Secret(self.token))
        }
    }
}
