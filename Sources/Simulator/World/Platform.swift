// SPDX-License-Identifier: MIT

/// A platform that the simulator pretends to be.
enum Platform: String, Sendable, Codable, CaseIterable {
    case mock
    case x

    /// The host of the API.
    var apiHost: String { self == .mock ? "mock.posthorn.test" : "api.x.com" }

    /// The platform that a host belongs to.
    static func serving(_ host: String) -> Platform? {
        switch host {
        case "mock.posthorn.test": .mock
        case "api.x.com", "x.com", "www.x.com": .x
        default: nil
        }
    }

    /// What a grant may allow; an account has all of it unless it was provisioned with less.
    var allScopes: [String] {
        switch self {
        case .mock: ["posts", "metrics", "media", "boosts", "comments"]
        case .x:
            ["tweet.read", "tweet.write", "users.read", "media.write", "tweet.moderate.write", "offline.access"]
        }
    }
}
