// SPDX-License-Identifier: MIT

public import PluginKit

extension XPlugin {
    static let host = "api.x.com"
    static let imageTypes = ["image/jpeg", "image/png", "image/webp"]
    static let gifType = "image/gif"
    static let videoTypes = ["video/mp4", "video/quicktime"]

    // The documents say MB without saying which; these are taken either way.
    private static let imageLimits: [String: Int64] = [
        "image/jpeg": 5_000_000, "image/png": 5_000_000, "image/webp": 5_000_000,
    ]
    private static let oneImageLimits = imageLimits.merging([gifType: 15_000_000]) { $1 }
    private static let videoLimits: [String: Int64] = ["video/mp4": 512_000_000, "video/quicktime": 512_000_000]
    private static let videoRule = MediaRule(types: videoTypes, duration: .milliseconds(500)...(.seconds(140)))
    private static let quarter = Duration.seconds(900)
    private static let day = Duration.seconds(86_400)
    private static let readOn = "2026-11-20"

    /// What the plugin is and can do.
    public static let manifest = PluginManifest(
        id: "x", name: "X", apiVersion: "2", hosts: [host, XAdsClient.host],
        capabilities: [
            .publish, .resume, .reconcile, .boost, .metrics, .connect, .delete, .history, .webhooks, .oauth1,
        ],
        formats: [
            FormatLimits(format: .text, textLength: WeightedLength.maximum, textUnit: "weighted"),
            FormatLimits(
                format: .image, textLength: WeightedLength.maximum, textUnit: "weighted", media: 1...4,
                mediaTypes: oneImageLimits,
                altTextLength: 1000),
            FormatLimits(
                format: .carousel, textLength: WeightedLength.maximum, textUnit: "weighted", media: 2...4,
                mediaTypes: imageLimits,
                altTextLength: 1000),
            FormatLimits(
                format: .video, textLength: WeightedLength.maximum, textUnit: "weighted", media: 1...1,
                mediaTypes: videoLimits,
                altTextLength: 1000, mediaRules: [videoRule]),
            FormatLimits(
                format: .thread, textLength: WeightedLength.maximum, textUnit: "weighted", parts: 1...25, media: 0...4,
                mediaTypes: oneImageLimits.merging(videoLimits) { $1 }, altTextLength: 1000, mediaRules: [videoRule]),
        ],
        limitsReadOn: readOn,
        scopes: ["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"],
        // Those of calls with a user's token; what X allows an app's own token is another limit, which we do not use.
        rateBuckets: [
            RateBucket(
                endpoint: XEndpoint.create.rawValue, scope: .account, calls: 100, window: quarter,
                callers: .init(always: [.publish])),
            RateBucket(
                endpoint: XEndpoint.create.rawValue, scope: .app, calls: 10_000, window: day,
                callers: .init(always: [.publish])),
            RateBucket(
                endpoint: XEndpoint.delete.rawValue, scope: .account, calls: 50, window: quarter,
                callers: .init(always: [.delete])),
            RateBucket(
                endpoint: XEndpoint.lookup.rawValue, scope: .account, calls: 5000, window: quarter,
                callers: .init(sometimes: [.metrics])),
            RateBucket(
                endpoint: XEndpoint.userPosts.rawValue, scope: .account, calls: 900, window: quarter,
                callers: .init(always: [.history], sometimes: [.reconcile])),
            RateBucket(
                endpoint: XEndpoint.upload.rawValue, scope: .account, calls: 1875, window: quarter,
                callers: .init(sometimes: [.publish, .resume])),
            RateBucket(
                endpoint: XEndpoint.upload.rawValue, scope: .app, calls: 180_000, window: day,
                callers: .init(sometimes: [.publish, .resume])),
            RateBucket(
                endpoint: XEndpoint.uploadStatus.rawValue, scope: .account, calls: 1000, window: quarter,
                callers: .init(sometimes: [.publish, .resume])),
            RateBucket(
                endpoint: XEndpoint.uploadMetadata.rawValue, scope: .account, calls: 500, window: quarter,
                callers: .init(sometimes: [.publish, .resume])),
            RateBucket(
                endpoint: XEndpoint.me.rawValue, scope: .account, calls: 75, window: quarter,
                callers: .init(sometimes: [.metrics, .connect, .accounts, .inspect, .oauth1])),
            // Whether making and switching share one limit is not said (?): each is held to it.
            RateBucket(
                endpoint: XAdsEndpoint.write, scope: .account, calls: 450, window: .seconds(60),
                callers: .init(sometimes: [.boost])),
            RateBucket(
                endpoint: XAdsEndpoint.campaign, scope: .account, calls: 450, window: .seconds(60),
                callers: .init(sometimes: [.boost])),
            RateBucket(
                endpoint: XAdsEndpoint.stats, scope: .account, calls: 250, window: quarter,
                callers: .init(sometimes: [.boost])),
        ],
        tokens: TokenLife(accessToken: .seconds(7200), refreshRotates: true),
        // No floor of budgets and no overspend of a day is in the documents (?).
        boost: BoostLimits(
            objectives: XObjective.all.map(\.word), minimumBudgetMinorUnits: 100,
            tokenFields: ["oauth1_token"] + TokenSet.oauth1Fields.filter { $0 != "oauth1_token" }),
        metrics: [
            MetricDefinition(.views, field: "public_metrics.impression_count", "Times it was shown"),
            MetricDefinition(.likes, field: "public_metrics.like_count", "Likes"),
            MetricDefinition(.comments, field: "public_metrics.reply_count", "Replies"),
            MetricDefinition(.shares, field: "public_metrics.repost_count + quote_count", "Reposts and quotes"),
            MetricDefinition(.saves, field: "public_metrics.bookmark_count", "Bookmarks"),
            MetricDefinition(
                .clicks, field: "non_public_metrics.url_link_clicks", "Clicks on links; own posts of the last 30 days"),
            MetricDefinition(
                .profileVisits, field: "non_public_metrics.user_profile_clicks",
                "Clicks on the profile; own posts of the last 30 days"),
            MetricDefinition(
                .engagements, field: "non_public_metrics.engagements", "All engagements; own posts of the last 30 days"),
            MetricDefinition(.videoViews, field: "media.public_metrics.view_count", "Plays of the film"),
            MetricDefinition(.followers, field: "user.public_metrics.followers_count", "Followers of the account"),
        ],
        // The private numbers end 30 days after a post appeared; the last reading is at least half a day before.
        metricAges: PluginManifest.usualMetricAges,
        metricsBatch: 100,
        credentialFields: [
            CredentialField("access_token", isRequired: true, "An OAuth 2.0 user token with the scopes above"),
            CredentialField(
                "refresh_token", isRequired: false, "The token that renews it (scope offline.access); each works once"),
            CredentialField(
                "expires_at", isRequired: false, "When the access token ends, ISO 8601; it lives two hours"),
            CredentialField("scope", isRequired: false, "What the token allows, separated by spaces"),
            CredentialField(
                "oauth1_consumer_key", isRequired: false,
                "OAuth 1.0a, which ads need besides: the app's consumer key; all four fields or none"),
            CredentialField("oauth1_consumer_secret", isRequired: false, "OAuth 1.0a: the app's consumer secret"),
            CredentialField("oauth1_token", isRequired: false, "OAuth 1.0a: the user's access token; it does not end"),
            CredentialField("oauth1_token_secret", isRequired: false, "OAuth 1.0a: the access token's secret"),
        ],
        listingLag: .seconds(15),
        settings: [
            Setting(
                "reply_settings", values: ["following", "mentionedUsers", "subscribers", "verified"],
                "Who may reply; everybody unless set"),
            Setting("made_with_ai", values: ["true", "false"], "Marks the media as made with AI"),
            Setting("paid_partnership", values: ["true", "false"], "Marks the post as a paid partnership"),
            Setting(
                XSettings.poll, makesAnother: true,
                "A poll under the words: 2 to 4 answers of up to 25 characters, as Yes|No|Perhaps"),
            Setting(XSettings.pollMinutes, "How long the poll runs, 5 to 10080 minutes; a day unless set"),
            Setting(
                XSettings.replyTo, makesAnother: true,
                "The post that it answers, by number or address; the author must have mentioned the account, or be it"),
        ],
        costs: [
            CallCost("post", microdollars: 15_000, readOn: readOn),
            CallCost("post with a URL", microdollars: 200_000, readOn: readOn),
            CallCost("read of a post", microdollars: 5000, readOn: readOn),
            CallCost("read of an own post", microdollars: 1000, readOn: readOn),
            // That reading costs is documented, the price of a person is not (?).
            CallCost("read of the account", microdollars: nil, readOn: readOn),
        ],
        // By the words, for a time that is not documented (?).
        refusesDuplicates: true
    )
}

/// The endpoints that X counts separately.
enum XEndpoint: String, Sendable {
    case create = "POST /2/tweets"
    case delete = "DELETE /2/tweets/:id"
    case lookup = "GET /2/tweets"
    case userPosts = "GET /2/users/:id/tweets"
    case me = "GET /2/users/me"
    case upload = "POST /2/media/upload"
    case uploadStatus = "GET /2/media/upload"
    case uploadMetadata = "POST /2/media/metadata"
    case token = "POST /2/oauth2/token"
}
