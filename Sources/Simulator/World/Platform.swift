// SPDX-License-Identifier: MIT

/// A platform that the simulator pretends to be.
enum Platform: String, Sendable, Codable, CaseIterable {
    case mock
    case x
    case facebook
    case instagram
    case tiktok

    /// The host of the API.
    var apiHost: String {
        switch self {
        case .mock: "mock.posthorn.test"
        case .x: "api.x.com"
        case .facebook, .instagram: "graph.facebook.com"
        case .tiktok: "open.tiktokapis.com"
        }
    }

    /// The name that people know it by.
    var name: String {
        switch self {
        case .mock: "Mock"
        case .x: "X"
        case .facebook: "Facebook"
        case .instagram: "Instagram"
        case .tiktok: "TikTok"
        }
    }

    /// All hosts that are served.
    static let hosts: [(host: String, platform: Platform)] = [
        ("api.x.com", .x), (Self.xAdsHost, .x), (Self.tikTokBusinessHost, .tiktok), ("x.com", .x), ("www.x.com", .x),
        ("graph.facebook.com", .facebook),
        ("graph-video.facebook.com", .facebook), ("rupload.facebook.com", .facebook), ("www.facebook.com", .facebook),
        ("graph.instagram.com", .instagram), ("api.instagram.com", .instagram), ("www.instagram.com", .instagram),
        ("open.tiktokapis.com", .tiktok),
        ("open-upload.tiktokapis.com", .tiktok), ("www.tiktok.com", .tiktok), ("mock.posthorn.test", .mock),
    ]

    /// The X Ads API.
    static let xAdsHost = "ads-api.x.com"
    /// TikTok's API for Business.
    static let tikTokBusinessHost = "business-api.tiktok.com"

    /// The platform that a host belongs to; on the hosts of Graph the node decides between Facebook and Instagram.
    static func serving(_ host: String) -> Platform? { self.hosts.first { $0.host == host }?.platform }

    /// Whether a host takes files of any size, which are not held in memory.
    static func isUpload(_ host: String) -> Bool {
        host == "rupload.facebook.com" || host == "open-upload.tiktokapis.com"
    }

    /// What a grant may allow; an account has all of it unless it was provisioned with less.
    var allScopes: [String] {
        switch self {
        case .mock: ["posts", "metrics", "media", "boosts", "comments"]
        case .x:
            ["tweet.read", "tweet.write", "users.read", "media.write", "tweet.moderate.write", "offline.access"]
        case .facebook: GraphScope.all
        case .instagram: GraphScope.instagram
        case .tiktok: ["user.info.basic", "user.info.stats", "video.publish", "video.upload", "video.list"]
        }
    }
}
