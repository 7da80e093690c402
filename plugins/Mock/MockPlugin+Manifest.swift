// SPDX-License-Identifier: MIT

public import PluginKit

extension MockPlugin {
    static let host = "mock.posthorn.test"
    static let imageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"]
    static let videoTypes = ["video/mp4", "video/quicktime"]
    private static let largestFile: Int64 = 20_000_000

    private static func limits(
        _ types: [String]
    ) -> [String: Int64] { Dictionary(uniqueKeysWithValues: types.map { ($0, Self.largestFile) }) }

    /// What the plugin is and can do.
    public static let manifest = PluginManifest(
        id: "mock", name: "Mock", apiVersion: "v1", hosts: [Self.host],
        capabilities: [.publish, .resume, .reconcile, .boost, .metrics, .connect, .delete, .history],
        formats: [
            FormatLimits(format: .text, textLength: 500),
            FormatLimits(
                format: .image, textLength: 500, media: 1...1, mediaTypes: Self.limits(Self.imageTypes),
                altTextLength: 1000),
            FormatLimits(
                format: .carousel, textLength: 500, media: 2...4,
                mediaTypes: Self.limits(Self.imageTypes + Self.videoTypes),
                altTextLength: 1000),
            FormatLimits(
                format: .video, textLength: 500, media: 1...1, mediaTypes: Self.limits(Self.videoTypes),
                altTextLength: 1000),
            FormatLimits(
                format: .reel, textLength: 500, media: 1...1, mediaTypes: Self.limits(Self.videoTypes),
                altTextLength: 1000),
            FormatLimits(
                format: .story, textLength: 500, media: 1...1,
                mediaTypes: Self.limits(Self.imageTypes + Self.videoTypes),
                altTextLength: 1000),
            FormatLimits(
                format: .thread, textLength: 500, parts: 1...25, media: 0...4,
                mediaTypes: Self.limits(Self.imageTypes + Self.videoTypes), altTextLength: 1000),
        ],
        limitsReadOn: "2026-11-21", scopes: ["posts", "metrics", "media", "boosts", "comments"],
        rateBuckets: [
            RateBucket(
                endpoint: MockBucket.publish, scope: .account, calls: 50, window: .seconds(3600),
                callers: .init(always: [.publish])),
            RateBucket(
                endpoint: MockBucket.boost, scope: .account, calls: 60, window: .seconds(3600),
                callers: .init(sometimes: [.boost])),
            RateBucket(
                endpoint: MockBucket.media, scope: .account, calls: 200, window: .seconds(3600),
                callers: .init(sometimes: [.publish])),
            RateBucket(
                endpoint: MockBucket.read, scope: .account, calls: 900, window: .seconds(900),
                callers: .init(
                    always: [.metrics, .reconcile, .history],
                    sometimes: [.resume, .boost, .connect, .accounts, .inspect, .comments, .delete])),
            RateBucket(endpoint: MockBucket.token, scope: .app, calls: 3000, window: .seconds(900)),
        ],
        tokens: TokenLife(accessToken: .seconds(7200), refreshRotates: true),
        boost: BoostLimits(
            objectives: ["engagement", "reach", "traffic", "video_views", "followers"], minimumBudgetMinorUnits: 100,
            needsAdAccount: false,
            audience: [.minimumAge, .maximumAge, .genders, .countries, .interests, .customAudiences],
            settlement: .seconds(3600)),
        metrics: [
            MetricDefinition(.views, field: "views", "How often it was shown"),
            MetricDefinition(.reach, field: "reach", "How many people saw it"),
            MetricDefinition(.likes, field: "likes", "Likes"),
            MetricDefinition(.comments, field: "comments", "Comments"),
            MetricDefinition(.shares, field: "shares", "Shares"),
            MetricDefinition(.saves, field: "saves", "Saves"),
            MetricDefinition(.clicks, field: "clicks", "Clicks on the link; only with a link"),
            MetricDefinition(.profileVisits, field: "profile_visits", "Visits of the profile"),
            MetricDefinition(.follows, field: "follows", "New followers"),
            MetricDefinition(.engagements, field: "engagements", "Likes, comments, shares, saves and clicks together"),
            MetricDefinition(.videoViews, field: "video_views", "Plays; only with a film"),
            MetricDefinition(.watchTimeMilliseconds, field: "watch_time_ms", "Time watched; only with a film"),
            MetricDefinition(.followers, field: "followers", "Followers of the account"),
        ],
        metricsBatch: 100,
        credentialFields: [
            CredentialField("access_token", isRequired: true, "A token of the mock platform, from its authorize page"),
            CredentialField("refresh_token", isRequired: false, "The token that renews it; each works once"),
            CredentialField("expires_at", isRequired: false, "When the access token ends, ISO 8601"),
        ],
        settings: [
            Setting(
                "call_to_action", values: ["learn_more", "shop_now", "sign_up", "contact_us", "book_now"],
                "The button of a boost")
        ]
    )
}

/// The names of the mock platform's rate limits.
enum MockBucket {
    static let publish = "publish"
    static let boost = "boost"
    static let media = "media"
    static let read = "read"
    static let token = "token"
}
