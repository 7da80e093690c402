// SPDX-License-Identifier: MIT

/// The endpoints of X that the simulator serves, with their limits (15 minutes, per user).
enum XEndpoint: String, Sendable {
    case createPost = "POST /2/tweets"
    case deletePost = "DELETE /2/tweets/{id}"
    case posts = "GET /2/tweets"
    case post = "GET /2/tweets/{id}"
    case me = "GET /2/users/me"
    case user = "GET /2/users/{id}"
    case userPosts = "GET /2/users/{id}/tweets"
    case initialize = "POST /2/media/upload/initialize"
    case append = "POST /2/media/upload/{id}/append"
    case finalize = "POST /2/media/upload/{id}/finalize"
    case upload = "POST /2/media/upload"
    case uploadStatus = "GET /2/media/upload"
    case metadata = "POST /2/media/metadata"

    /// Finds the endpoint of a request; the parts are those of its path.
    init?(method: String, parts: [String]) {
        guard parts.first == "2", parts.count >= 2 else { return nil }
        let shape = parts.dropFirst().enumerated().map { index, part in
            let isID =
                index == 1 && part != "me" && part != "upload" && part != "metadata"
                || index == 2 && parts[1] == "media" && XSchema.isID(part)
            return isID ? "{id}" : part
        }
        self.init(rawValue: "\(method) /2/\(shape.joined(separator: "/"))")
    }

    /// Whether another method of the same path is served.
    static func serves(anyMethodOf parts: [String]) -> Bool {
        ["GET", "POST", "DELETE"].contains { XEndpoint(method: $0, parts: parts) != nil }
    }

    var limit: RateLimiter.Limit {
        let requests =
            switch self {
            case .createPost: 100
            case .deletePost: 50
            case .posts: 5000
            case .post, .userPosts, .user: 900
            case .me: 75
            case .initialize, .append, .finalize, .upload: 1875
            case .uploadStatus: 1000
            case .metadata: 500
            }
        return RateLimiter.Limit(requests: requests, seconds: 900)
    }

    /// The additional limit of 24 hours, which the user and the app each have.
    var dailyLimit: RateLimiter.Limit? {
        switch self {
        case .createPost: RateLimiter.Limit(requests: 10_000, seconds: 86_400)
        case .initialize, .append, .finalize, .upload: RateLimiter.Limit(requests: 180_000, seconds: 86_400)
        default: nil
        }
    }

    /// The scopes that a token needs.
    var scopes: [String] {
        switch self {
        case .createPost, .deletePost: ["tweet.read", "tweet.write", "users.read"]
        case .posts, .post, .userPosts, .me, .user: ["tweet.read", "users.read"]
        case .initialize, .append, .finalize, .upload, .uploadStatus, .metadata: ["media.write"]
        }
    }
}
