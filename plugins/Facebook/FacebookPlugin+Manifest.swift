// SPDX-License-Identifier: MIT

import MetaGraph
public import PluginKit

extension FacebookPlugin {
    static let imageTypes = ["image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff"]
    static let videoTypes = ["video/mp4", "video/quicktime"]
    /// The most words of a post, in characters.
    static let textLength = 63_206

    // The reference says 10 MB, the Pages guide and real refusals 4 MB: the smaller one holds.
    private static let imageLimits = Dictionary(uniqueKeysWithValues: imageTypes.map { ($0, Int64(4_194_304)) })
    // The documents name no size for films (?); these are what Facebook takes by common knowledge.
    private static let videoLimits = Dictionary(uniqueKeysWithValues: videoTypes.map { ($0, Int64(10_737_418_240)) })
    private static let shortLimits = Dictionary(uniqueKeysWithValues: videoTypes.map { ($0, Int64(1_073_741_824)) })
    // A reel and the film of a story stand upright. Of other films the documents say nothing.
    private static func uprightRule(longest: Duration) -> MediaRule {
        MediaRule(
            types: videoTypes, duration: .seconds(3)...longest, width: 540...Int.max, height: 960...Int.max,
            aspect: 0.5625...0.5625, frameRate: 24...60)
    }
    private static let day = Duration.seconds(86_400)

    /// What the plugin is and can do.
    public static let manifest = PluginManifest(
        id: "facebook", name: "Facebook", apiVersion: Graph.version, hosts: [Graph.host, Graph.uploadHost],
        capabilities: [
            .publish, .resume, .reconcile, .boost, .metrics, .connect, .delete, .accounts, .inspect, .history,
            .webhooks, .comments, .registration,
        ],
        formats: [
            FormatLimits(format: .text, textLength: textLength),
            // The documents name no most of photos (?); ten is what a person can pick in most tools.
            FormatLimits(
                format: .image, textLength: textLength, media: 1...10, mediaTypes: imageLimits, altTextLength: 1000),
            FormatLimits(
                format: .carousel, textLength: textLength, media: 2...10, mediaTypes: imageLimits,
                altTextLength: 1000),
            FormatLimits(
                format: .video, textLength: textLength, media: 1...1, mediaTypes: videoLimits, altTextLength: 1000),
            FormatLimits(
                format: .reel, textLength: textLength, media: 1...1, mediaTypes: shortLimits, altTextLength: 1000,
                mediaRules: [uprightRule(longest: .seconds(90))]),
            FormatLimits(
                format: .story, textLength: 0, media: 1...1, mediaTypes: imageLimits.merging(shortLimits) { $1 },
                altTextLength: 1000, mediaRules: [uprightRule(longest: .seconds(60))]),
        ],
        limitsReadOn: Graph.readOn,
        scopes: [
            "pages_show_list", "pages_read_engagement", "pages_manage_posts", "pages_manage_engagement",
            "pages_read_user_content", "read_insights",
        ],
        rateBuckets: [
            // 4,800 for each engaged user in 24 hours (newer text: in an hour (?)); a Page has at least one. What Meta says in its
            // answers comes on top.
            RateBucket(endpoint: "*", scope: .account, calls: 4800, window: day),
            RateBucket(
                endpoint: FacebookEndpoint.reels, scope: .account, calls: 30, window: day, counts: .posts,
                formats: [.reel],
                callers: .init(always: [.publish])),
        ],
        // A Page's token has no end of its own; a person's lives 60 days.
        tokens: TokenLife(),
        boost: MarketingTerms.limits,
        metrics: [
            MetricDefinition(.views, field: "post_media_view", "Times it was shown, ads included"),
            MetricDefinition(.reach, field: "post_total_media_view_unique", "People who saw it"),
            MetricDefinition(
                .likes, field: "post_reactions_like_total", "Likes; reactions of other kinds are in the raw answer"),
            MetricDefinition(.comments, field: "comments.summary.total_count", "Comments and replies"),
            MetricDefinition(.shares, field: "shares.count", "Shares"),
            MetricDefinition(.clicks, field: "post_clicks", "Clicks anywhere in the post"),
            MetricDefinition(.videoViews, field: "post_video_views", "Plays of three seconds or more"),
            MetricDefinition(
                .engagements, field: "reactions + comments + shares + clicks",
                "Their sum, when Facebook gives all four; of the Page: page_post_engagements of the last settled day"),
            MetricDefinition(
                .follows, field: "page_daily_follows_unique", "People who followed the Page on the last settled day"),
            MetricDefinition(.followers, field: "followers_count", "Followers of the Page"),
        ],
        metricAges: PluginManifest.usualMetricAges,
        metricsBatch: batch,
        credentialFields: [
            CredentialField(
                "access_token", isRequired: true,
                "The Page's own token, or with token_type user a person's or system user's token"),
            CredentialField(kindField, isRequired: false, "page (unless given), or user"),
            CredentialField("page_id", isRequired: false, "Which Page, when a user's token opens several"),
            CredentialField("expires_at", isRequired: false, "When a user's token ends, ISO 8601; it lives 60 days"),
            CredentialField("scope", isRequired: false, "What the token allows, separated by commas"),
        ],
        // A new post may lag behind in the Page's own list (?).
        listingLag: .seconds(30),
        settings: [Setting("title", "The title of a film or reel")],
        sharesTokensWith: ["instagram"],
        app: GraphLogin.terms
    )

    private static let kindField = TokenSet.kindField
}
