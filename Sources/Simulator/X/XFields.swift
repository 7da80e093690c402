// SPDX-License-Identifier: MIT

/// What an answer about posts is to hold.
struct XFields: Sendable {
    var post: Set<String>
    var user: Set<String>
    var media: Set<String>
    var poll: Set<String>
    var expansions: Set<String>

    /// Reads the parameters; a field or expansion that the contract does not have is refused.
    init(_ call: Call, _ options: World.Options) throws(XRefusal) {
        let isRenamed = options.usesPostFields
        self.post = try call.xList(
            Self.postParameter(options), known: isRenamed ? Self.postFields : Self.tweetFields)
        self.user = try call.xList("user.fields", known: Self.userFields)
        self.media = try call.xList("media.fields", known: Self.mediaFields)
        self.poll = try call.xList(
            "poll.fields", known: ["duration_minutes", "end_datetime", "id", "options", "voting_status"])
        self.expansions = try call.xList(
            "expansions", known: isRenamed ? Self.postExpansions : Self.tweetExpansions)
    }

    /// `tweet.fields` (2.166), or `post.fields` (2.167) when the simulator is told so.
    static func postParameter(_ options: World.Options) -> String {
        options.usesPostFields ? "post.fields" : "tweet.fields"
    }

    /// The parameters that choose what an answer about posts holds.
    static func names(_ options: World.Options) -> [String] {
        [
            self.postParameter(options), "expansions", "media.fields", "poll.fields", "user.fields", "place.fields",
        ]
    }

    private static let bothFields = [
        "article", "attachments", "card_uri", "community_id", "context_annotations", "conversation_id", "created_at",
        "display_text_range", "edit_controls", "entities", "geo", "id", "lang", "matched_media_notes", "media_metadata",
        "non_public_metrics", "note_request_suggestions", "organic_metrics", "paid_partnership", "possibly_sensitive",
        "promoted_metrics", "public_metrics", "reply_settings", "scopes", "source", "suggested_source_links",
        "suggested_source_links_with_counts", "text", "withheld",
    ]
    private static let tweetFields =
        bothFields + ["author_id", "edit_history_tweet_ids", "in_reply_to_user_id", "note_tweet", "referenced_tweets"]
    private static let postFields = bothFields + ["article_title", "note_post"]
    private static let bothExpansions = [
        "article.cover_media", "attachments.media_keys", "attachments.media_source_tweet", "attachments.poll_ids",
        "author_id", "entities.mentions.username", "geo.place_id", "in_reply_to_user_id", "article.media_entities",
    ]
    private static let tweetExpansions =
        bothExpansions + [
            "edit_history_tweet_ids", "entities.note.mentions.username", "referenced_tweets.id",
            "referenced_tweets.id.attachments.media_keys", "referenced_tweets.id.author_id",
        ]
    private static let postExpansions = bothExpansions + ["edit_history_post_ids", "referenced_posts", "username"]
    private static let mediaFields = [
        "alt_text", "duration_ms", "height", "media_key", "non_public_metrics", "organic_metrics", "preview_image_url",
        "promoted_metrics", "public_metrics", "type", "url", "variants", "width",
    ]
    static let userFields = [
        "affiliation", "confirmed_email", "connection_status", "created_at", "description", "entities", "id",
        "is_identity_verified", "location", "most_recent_tweet_id", "name", "parody", "pinned_tweet_id",
        "profile_banner_url", "profile_image_url", "protected", "public_metrics", "receives_your_dm",
        "subscribes_to_you",
        "subscription", "subscription_type", "url", "username", "verified", "verified_followers_count", "verified_type",
        "withheld",
    ]
}
