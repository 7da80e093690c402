// SPDX-License-Identifier: MIT

import MetaGraph
public import PluginKit

extension InstagramPlugin {
    static let imageType = "image/jpeg"
    static let videoTypes = ["video/mp4", "video/quicktime"]
    static let captionLength = 2200

    private static let day = Duration.seconds(86_400)
    private static let imageLimits: [String: Int64] = [imageType: 8_388_608]
    private static let reelLimits = Dictionary(uniqueKeysWithValues: videoTypes.map { ($0, Int64(314_572_800)) })
    private static let storyLimits = Dictionary(uniqueKeysWithValues: videoTypes.map { ($0, Int64(104_857_600)) })

    // Instagram brings a picture to 320 to 1440 pixels of width by itself; another shape it refuses (36003).
    private static let pictureRule = MediaRule(
        types: [imageType], width: 320...1440, aspect: 0.8...1.91, isScaled: true)
    private static let storyPictureRule = MediaRule(types: [imageType], width: 320...1440, isScaled: true)
    private static func filmRule(longest: Duration) -> MediaRule {
        MediaRule(
            types: videoTypes, duration: .seconds(3)...longest, width: 1...1920, frameRate: 23...60,
            videoCodecs: ["h264", "hevc"], audioCodecs: ["aac"])
    }

    private static let facebookScopes = [
        "instagram_basic", "instagram_content_publish", "instagram_manage_comments", "instagram_manage_insights",
        "pages_show_list", "pages_read_engagement",
    ]

    /// What the plugin is and can do.
    public static let manifest = PluginManifest(
        id: "instagram", name: "Instagram", apiVersion: Graph.version,
        hosts: [Graph.host, Graph.instagramHost, Graph.instagramLoginHost, Graph.uploadHost],
        capabilities: [
            .publish, .resume, .reconcile, .boost, .metrics, .connect, .accounts, .inspect, .history, .webhooks,
            .comments, .registration,
        ],
        formats: [
            FormatLimits(
                format: .image, textLength: captionLength, media: 1...1, mediaTypes: imageLimits,
                altTextLength: 1000, mediaRules: [pictureRule]),
            FormatLimits(
                format: .carousel, textLength: captionLength, media: 2...10,
                mediaTypes: imageLimits.merging(reelLimits) { $1 }, altTextLength: 1000,
                mediaRules: [pictureRule, filmRule(longest: .seconds(900))]),
            FormatLimits(
                format: .reel, textLength: captionLength, media: 1...1, mediaTypes: reelLimits, altTextLength: 1000,
                mediaRules: [filmRule(longest: .seconds(900))]),
            FormatLimits(
                format: .story, textLength: 0, media: 1...1, mediaTypes: imageLimits.merging(storyLimits) { $1 },
                altTextLength: 1000, mediaRules: [storyPictureRule, filmRule(longest: .seconds(60))]),
        ],
        limitsReadOn: Graph.readOn,
        scopes: facebookScopes,
        rateBuckets: [
            // 4,800 for each impression in 24 hours; what Meta says in its answers comes on top.
            RateBucket(endpoint: "*", scope: .account, calls: 4800, window: day),
            RateBucket(
                endpoint: InstagramEndpoint.containers, scope: .account, calls: 400, window: day,
                callers: .init(always: [.publish])),
            // The documents say 25, 50 and 100 (?): this is the most; the account's own number is asked for before each post.
            RateBucket(
                endpoint: InstagramEndpoint.publish, scope: .account, calls: 100, window: day, counts: .posts,
                callers: .init(always: [.publish])),
        ],
        // A token that has ended cannot be renewed: Instagram's own are renewed a week before.
        tokens: TokenLife(accessToken: .seconds(5_184_000), renewBefore: .seconds(604_800)),
        boost: MarketingTerms.limits,
        metrics: [
            MetricDefinition(.views, field: "views", "Times it was shown or played"),
            MetricDefinition(.reach, field: "reach", "Accounts that saw it"),
            MetricDefinition(.likes, field: "likes", "Likes, without those of ads; none for stories"),
            MetricDefinition(.comments, field: "comments / replies", "Comments; for stories: replies"),
            MetricDefinition(.shares, field: "shares", "Shares"),
            MetricDefinition(.saves, field: "saved / saves", "Saves; none for stories"),
            MetricDefinition(
                .engagements, field: "total_interactions", "All interactions, less those that were undone"),
            MetricDefinition(.follows, field: "follows", "New followers from it; pictures, carousels and stories"),
            MetricDefinition(
                .profileVisits, field: "profile_visits", "Visits of the profile; pictures, carousels and stories"),
            MetricDefinition(
                .clicks, field: "profile_activity / profile_links_taps",
                "Taps on the profile's buttons and links after seeing it; pictures and carousels"),
            MetricDefinition(
                .watchTimeMilliseconds, field: "ig_reels_video_view_total_time", "Time that reels were watched"),
            MetricDefinition(.followers, field: "followers_count", "Followers of the account"),
        ],
        metricAges: PluginManifest.usualMetricAges,
        metricsBatch: GraphClient.batchSize,
        credentialFields: [
            CredentialField(
                "access_token", isRequired: true, "A Page's, user's or system user's token, or Instagram's own"),
            CredentialField(TokenSet.loginField, isRequired: false, "facebook (unless given), or instagram"),
            CredentialField("account_id", isRequired: false, "Which account, when a user's token opens several"),
            CredentialField(
                "refresh_token", isRequired: false, "With login instagram: the access token again; it renews itself"),
            CredentialField("expires_at", isRequired: false, "When the token ends, ISO 8601; a user's lives 60 days"),
            CredentialField("scope", isRequired: false, "What the token allows, separated by commas"),
        ],
        listingLag: .seconds(30),
        settings: [
            Setting("collaborators", "Up to three user names, separated by commas, who are asked to co-publish"),
            Setting("location_id", "The Page of a place"),
            Setting("user_tags", "Who is in the picture: name@0.5,0.8 for each, separated by spaces"),
            Setting("share_to_feed", values: ["true", "false"], "Whether a reel is in the feed too"),
            Setting("thumb_offset", "The cover of a reel, in milliseconds from its start"),
            Setting("cover_url", "The cover of a reel, a public http or https address of a JPEG"),
            Setting("audio_name", "The name of a reel's own sound"),
            Setting("trial", values: ["MANUAL", "SS_PERFORMANCE"], "A trial reel, and how it becomes a real one"),
            Setting("is_ai_generated", values: ["true", "false"], "Says that the media is made with AI"),
        ],
        logins: [
            PluginManifest.Login("facebook", scopes: facebookScopes),
            PluginManifest.Login(InstagramOwnLogin.name, scopes: InstagramOwnLogin.scopes),
        ],
        sharesTokensWith: ["facebook"],
        app: GraphLogin.terms
    )
}
