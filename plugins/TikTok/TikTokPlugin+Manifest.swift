// SPDX-License-Identifier: MIT

public import PluginKit

extension TikTokPlugin {
    static let host = "open.tiktokapis.com"
    /// Where uploads go: the address comes with each answer, and these hosts are known (?).
    static let uploadHosts = [
        "open-upload.tiktokapis.com", "upload.us.tiktokapis.com", "open-upload.us.tiktokapis.com",
        "open-upload-i18n.tiktokapis.com", "open-upload-sg.tiktokapis.com",
    ]
    static let videoTypes = ["video/mp4", "video/quicktime", "video/webm"]
    static let photoTypes = ["image/jpeg", "image/webp"]
    static let titleLength = 90

    private static let minute = Duration.seconds(60)
    private static let videoLimits = Dictionary(uniqueKeysWithValues: videoTypes.map { ($0, Int64(4_000_000_000)) })
    private static let photoLimits = Dictionary(uniqueKeysWithValues: photoTypes.map { ($0, Int64(20_000_000)) })
    // The creator's own maximum may be shorter: TikTok is asked for it before each post.
    private static let videoRule = MediaRule(
        types: videoTypes, duration: .zero...minute * 10, width: 360...4096, height: 360...4096, frameRate: 23...60)
    // "1080p" says nothing of the longer side (?).
    private static let photoRule = MediaRule(types: photoTypes, shortSide: 1...1080)
    private static let switches = ["true", "false"]

    /// What the plugin is and can do.
    public static let manifest = PluginManifest(
        id: "tiktok", name: "TikTok", apiVersion: "v2", hosts: [host, BusinessClient.host] + uploadHosts,
        capabilities: [.publish, .resume, .reconcile, .boost, .metrics, .connect, .inspect, .history, .webhooks],
        formats: [
            FormatLimits(
                format: .video, textLength: 2200, textUnit: "UTF-16 units", media: 1...1, mediaTypes: videoLimits,
                altTextLength: 1000, mediaRules: [videoRule]),
            FormatLimits(
                format: .image, textLength: 4000, textUnit: "UTF-16 units", media: 1...1, mediaTypes: photoLimits,
                altTextLength: 1000, mediaRules: [photoRule]),
            FormatLimits(
                format: .carousel, textLength: 4000, textUnit: "UTF-16 units", media: 2...35, mediaTypes: photoLimits,
                altTextLength: 1000, mediaRules: [photoRule]),
        ],
        limitsReadOn: "2026-11-20",
        scopes: ["user.info.basic", "user.info.stats", "video.publish", "video.list"],
        rateBuckets: [
            // TikTok's 20 a minute, less the 6 of opening: what TikTok fetches asks out of those. A call is debited to one bucket, so that no
            // question can be counted in both.
            RateBucket(
                endpoint: TikTokEndpoint.creator, scope: .account, calls: 14, window: minute,
                callers: .init(sometimes: [.publish])),
            // Acts of publishing, of uploads and of what TikTok fetches alike; not the last chunk of an upload, which is none.
            RateBucket(
                endpoint: TikTokEndpoint.open, scope: .account, calls: 6, window: minute,
                callers: .init(sometimes: [.publish])),
            // "About 15" a creator and day (?); TikTok's own word comes on top.
            RateBucket(
                endpoint: TikTokEndpoint.publish, scope: .account, calls: 15, window: .seconds(86_400), counts: .posts,
                callers: .init(always: [.publish])),
            RateBucket(
                endpoint: TikTokEndpoint.status, scope: .account, calls: 30, window: minute,
                callers: .init(sometimes: [.publish, .resume, .reconcile])),
            // Who shares the 600 of the Display API is not said (?): taken as the app's.
            RateBucket(
                endpoint: TikTokEndpoint.videos, scope: .app, calls: 600, window: minute,
                callers: .init(sometimes: [.metrics])),
            RateBucket(
                endpoint: TikTokEndpoint.list, scope: .app, calls: 600, window: minute,
                callers: .init(always: [.history], sometimes: [.reconcile])),
            RateBucket(
                endpoint: TikTokEndpoint.user, scope: .app, calls: 600, window: minute,
                callers: .init(sometimes: [.metrics, .connect, .accounts, .inspect])),
        ],
        tokens: TokenLife(accessToken: .seconds(7200), refreshRotates: true),
        boost: BusinessTerms.limits,
        metrics: [
            MetricDefinition(.views, field: "view_count", "Plays"),
            MetricDefinition(.likes, field: "like_count", "Likes"),
            MetricDefinition(.comments, field: "comment_count", "Comments"),
            MetricDefinition(.shares, field: "share_count", "Shares"),
            MetricDefinition(.followers, field: "follower_count", "Followers of the account"),
        ],
        metricAges: PluginManifest.usualMetricAges,
        metricsBatch: metricsBatch,
        credentialFields: [
            CredentialField("access_token", isRequired: true, "A creator's token with the scopes above"),
            CredentialField("refresh_token", isRequired: false, "The token that renews it; each works once"),
            CredentialField(
                "expires_at", isRequired: false, "When the access token ends, ISO 8601; it lives two hours"),
            CredentialField(
                refreshEndField, isRequired: false, "When the refresh token ends, ISO 8601; it lives 180 days"),
            CredentialField("scope", isRequired: false, "What the token allows, separated by commas"),
            CredentialField(
                BusinessClient.tokenField, isRequired: false,
                "For boosts: the long-lived token of TikTok's API for Business, for the ad account"),
            CredentialField(
                BusinessIdentity.typeField, isRequired: false,
                "For boosts: TT_USER (unless given: the account is linked to the ad account), BC_AUTH_TT or AUTH_CODE"),
            CredentialField(
                BusinessIdentity.idField, isRequired: false,
                "For boosts: which identity, where the ad account has several, or a creator gave a code"),
            CredentialField(
                BusinessIdentity.centerField, isRequired: false,
                "For boosts with BC_AUTH_TT: the Business Center that the account is authorized in"),
        ],
        // A post that TikTok fetches proves absent after an hour; looks at twice this distance must last that long.
        listingLag: .seconds(180),
        settings: [
            Setting(
                TikTokSettings.privacy, values: TikTokSettings.privacyLevels,
                "Who may see it; has to be said, and TikTok allows an account only some of these"),
            Setting("disable_comment", values: switches, "Whether nobody may comment"),
            Setting("disable_duet", values: switches, "Whether nobody may make a duet of a film"),
            Setting("disable_stitch", values: switches, "Whether nobody may stitch a film"),
            Setting(
                TikTokSettings.brandContent, values: switches, "Says that it is a paid partnership for a third party"),
            Setting("brand_organic_toggle", values: switches, "Says that it promotes the creator's own business"),
            Setting("is_aigc", values: switches, "Says that it is made with AI"),
            Setting(TikTokSettings.transfer, values: ["upload", "pull"], "How a film gets there; upload unless set"),
            Setting(TikTokSettings.coverTime, "The cover of a film, in milliseconds from its start"),
            Setting(TikTokSettings.coverIndex, "Which photo is the cover, counted from 0"),
            Setting("auto_add_music", values: switches, "Whether TikTok adds music to photos"),
            Setting(TikTokSettings.title, "The title of photos; the text is their description"),
        ],
        app: AppTerms(
            needsSecret: true,
            unaudited: "publishes to private accounts alone, as SELF_ONLY, and for 5 of them in 24 hours")
    )
}
