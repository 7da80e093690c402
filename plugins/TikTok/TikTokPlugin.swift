// SPDX-License-Identifier: MIT

public import PluginKit

/// TikTok's creators, through its open API: films and photos, metrics, tokens.
///
/// Every post is known by a `publish_id` and decided by its status. A film is uploaded in chunks, and nobody can see it before the last one
/// has arrived; photos, and films on wish, are fetched by TikTok from a public address of this installation. Limits, errors and names are
/// those of the platform's documents of November 2026; what those leave open is marked (?) where it matters.
public struct TikTokPlugin: CompiledPlugin {
    let context: PluginContext

    var clock: WorldClock { self.context.clock }
    var client: TikTokClient { TikTokClient(self.context) }

    /// Makes the plugin; no I/O.
    public init(context: PluginContext) { self.context = context }
}

/// The endpoints, by the names that limits are counted under.
enum TikTokEndpoint {
    static let creator = "POST creator_info/query"
    /// Opens an upload; nothing of it is visible.
    static let open = "POST video/init"
    static let chunk = "PUT upload_url"
    /// The step that becomes visible: the last chunk of an upload, or the call that lets TikTok fetch.
    static let publish = "publish"
    static let status = "POST status/fetch"
    static let videos = "POST video/query"
    static let list = "POST video/list"
    static let user = "GET user/info"
    static let token = "POST oauth/token"
}
