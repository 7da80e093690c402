// SPDX-License-Identifier: MIT

extension GraphFieldNames {
    /// An Instagram account; `user_id` and `account_type` are of Instagram Login.
    static let instagramUser = Self.names(
        """
        account_type biography business_discovery collaborative_media_search content_publishing_limit
        followers_count follows_count has_profile_pic id ig_id insights is_published legacy_instagram_user_id
        media media_count mentioned_comment mentioned_media mini_shop_storefront name owner_business
        profile_picture_url shopping_product_tag_eligibility shopping_review_status stories user_id username
        website
        """)

    /// What is on Instagram.
    static let instagramMedia = Self.names(
        """
        alt_text audio_id boost_ads_list boost_eligibility_info caption children collaborators comments
        comments_count copyright_check_information current_live_viewer_count has_poll has_slider id ig_id
        ingest_first_video_received_time ingest_is_ready_to_start ingest_key ingest_last_heartbeat_time
        ingest_state ingest_url ingest_video_height ingest_video_width insights is_ai_generated
        is_comment_enabled is_shared_to_feed legacy_instagram_media_id like_count live_reactions live_status
        media_audio_type media_product_type media_type media_url owner permalink reposts_count saved_count
        shares_count shortcode thumbnail_url timestamp total_comments_count total_like_count total_views_count
        username video_title view_count
        """)

    /// A comment on Instagram.
    static let instagramComment = Self.names(
        """
        from hidden id legacy_instagram_comment_id like_count media parent_id replies text timestamp user
        username
        """)

    /// A container.
    static let container = Self.names(
        """
        copyright_check_status id status status_code video_status
        """)

    /// The publishing limit.
    static let publishingLimit = Self.names(
        """
        config quota_usage
        """)
}
