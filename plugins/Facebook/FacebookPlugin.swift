// SPDX-License-Identifier: MIT

import MetaGraph
public import PluginKit

/// Facebook Pages, through Graph: words, links, photos, films, reels and stories, first comments, metrics, tokens.
///
/// Limits, errors and names are those of the platform's documents of November 2026; ``manifest`` carries the date. What those documents
/// leave open is marked (?) where it matters.
public struct FacebookPlugin: CompiledPlugin {
    let client: GraphClient
    let clock: WorldClock
    /// The tokens of Pages that were asked for with a person's token; a saving only.
    let pages = PageTokens()
    /// Which metrics Graph takes today; learnt once per process.
    let insights = GraphInsights()

    /// Makes the plugin; no I/O.
    public init(context: PluginContext) {
        self.client = GraphClient(context)
        self.clock = context.clock
    }

    /// Runs calls as the Page: everything on a Page wants its own token, never the person's.
    ///
    /// When the Page's token is refused, the person's is asked for it anew. As long as that works, only this Page is lost, and not the grant.
    func asPage<Value: Sendable>(
        _ access: AccountAccess, _ body: (GraphCaller) async throws(PluginError) -> Value
    ) async throws(PluginError) -> Value {
        guard access.tokens.isPersonal else { return try await body(GraphCaller(access)) }
        let caller = try await self.pages.caller(access, self.client)
        do {
            return try await body(caller)
        } catch  where error.code == .reauthorize {
            let renewed = try await self.pages.caller(access, self.client, insteadOf: caller.token)
            guard renewed.token != caller.token else { throw PageTokens.lost(error) }
            do {
                return try await body(renewed)
            } catch  where error.code == .reauthorize {
                throw PageTokens.lost(error)
            }
        }
    }
}

/// The endpoints, by the names that limits are counted under.
enum FacebookEndpoint {
    static let feed = "POST /{page}/feed"
    static let photos = "POST /{page}/photos"
    static let videos = "POST /{page}/videos"
    static let reels = "POST /{page}/video_reels"
    static let reelUpload = "POST /{page}/video_reels start"
    static let photoStories = "POST /{page}/photo_stories"
    static let videoStories = "POST /{page}/video_stories"
    static let upload = "POST upload_url"
    static let comments = "POST /{post}/comments"
    static let delete = "DELETE /{post}"
    static let read = "GET /{node}"
    static let list = "GET /{page}/feed"
    static let insights = "GET /{node}/insights"
    static let accounts = "GET /me/accounts"
}
