// SPDX-License-Identifier: MIT

import MetaGraph
public import PluginKit

/// Instagram's professional accounts, through Graph: pictures, carousels, reels and stories, first comments, metrics, tokens.
///
/// Everything is a container first, which Instagram fills and checks, and is published by its identity. Pictures are fetched by Instagram
/// from a public address of this installation; films are uploaded. Limits, errors and names are those of the platform's documents of
/// November 2026; what those leave open is marked (?) where it matters.
public struct InstagramPlugin: CompiledPlugin {
    let context: PluginContext
    /// Which metrics Graph takes today; learnt once per process.
    let insights = GraphInsights()

    var clock: WorldClock { self.context.clock }

    /// Makes the plugin; no I/O.
    public init(context: PluginContext) { self.context = context }

    /// The client for an account: each login has a host of its own.
    func client(_ tokens: TokenSet) -> GraphClient {
        GraphClient(self.context, host: tokens.isInstagramLogin ? Graph.instagramHost : Graph.host)
    }
}

extension TokenSet {
    /// The name of the field that says which login the token is from.
    static let loginField = "login"

    /// Whether the token is from Instagram's own login rather than Facebook's.
    var isInstagramLogin: Bool { self.extra[Self.loginField]?.revealed == "instagram" }
}

/// The endpoints, by the names that limits are counted under.
enum InstagramEndpoint {
    static let containers = "POST /{ig}/media"
    static let publish = "POST /{ig}/media_publish"
    static let upload = "POST uri"
    static let status = "GET /{container}"
    static let quota = "GET /{ig}/content_publishing_limit"
    static let comments = "POST /{media}/comments"
    static let read = "GET /{media}"
    static let list = "GET /{ig}/media"
    static let insights = "GET /{media}/insights"
    static let accounts = "GET /me/accounts"
    static let token = "GET /refresh_access_token"
}
