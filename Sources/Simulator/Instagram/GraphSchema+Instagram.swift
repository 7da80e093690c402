// SPDX-License-Identifier: MIT

// As the SDK specification and the v26 SDK list them, see ``GraphSchema``.
extension GraphSchema {
    /// `POST /{ig-user}/media`.
    static let postContainer = GraphSchema(
        """
        alt_text:string audio_configuration:string audio_name:string branded_content_sponsor_ids:list<uint>
        caption:string children:list<string> collaborators:list<string> cover_url:string
        cross_post_to_threads:bool image_url:string is_ai_generated:bool is_carousel_item:bool
        is_comment_prompt_used:bool is_paid_partnership:bool is_poll_duration_extended:bool location_id:string
        media_type:string poll_attachment:string product_tags:list<map> share_to_feed:bool show_ig_link:bool
        thumb_offset:string title:string trial_params:map upload_type:string user_tags:list<map>
        video_url:string
        """)

    /// `POST /{ig-user}/media_publish`.
    static let publishContainer = GraphSchema(
        """
        creation_id*:uint
        """)

    /// `GET /{ig-user}/content_publishing_limit`.
    static let readPublishingLimit = GraphSchema(
        """
        since:datetime
        """)

    /// `GET /{ig-user}/insights`.
    static let readInstagramInsights = GraphSchema(
        """
        breakdown:list<{age|city|contact_button_type|country|follow_type|gender|media_product_type}>
        metric*:list<string> metric_type:{default|time_series|total_value}
        period*:list<{day|days_28|lifetime|month|total_over_range|week}> since:datetime
        timeframe:{last_14_days|last_30_days|last_90_days|prev_month|this_month|this_week} until:datetime
        """)

    /// `GET /{ig-user}/media`.
    static let readMedia = GraphSchema(
        """
        since:datetime until:datetime
        """)

    /// `POST /{ig-user}/mentions`.
    static let postMention = GraphSchema(
        """
        comment_id:string media_id*:string message*:string
        """)

    /// `GET /{ig-user}`.
    static let readInstagramUser = GraphSchema(
        """
        adgroup_id:string
        """)

    /// `GET /{ig-media}`.
    static let readInstagramMedia = GraphSchema(
        """
        ad_account_id:uint boostable_media_callsite:callsite business_id:string primary_fb_page_id:string
        primary_ig_user_id:string secondary_fb_page_id:string secondary_ig_user_id:string
        """)

    /// `POST /{ig-media}`.
    static let editInstagramMedia = GraphSchema(
        """
        comment_enabled*:bool status:string
        """)

    /// `GET /{ig-media}/insights`.
    static let readMediaInsights = GraphSchema(
        """
        breakdown:list<{action_type|follow_type|story_navigation_action_type|surface_type}>
        metric*:list<string> period:list<{day|days_28|lifetime|month|total_over_range|week}>
        """)

    /// `POST /{ig-media}/comments`.
    static let commentInstagramMedia = GraphSchema(
        """
        ad_id:string message:string
        """)

    /// `POST /{ig-comment}`.
    static let editInstagramComment = GraphSchema(
        """
        ad_id:string hide*:bool
        """)

    /// `DELETE /{ig-comment}`.
    static let deleteInstagramComment = GraphSchema(
        """
        ad_id:string
        """)

    /// `POST /{ig-user}/subscribed_apps`, which the documentation has.
    static let subscribeInstagram = GraphSchema(
        """
        subscribed_fields*:list<string>
        """)

    /// `POST /{ig-comment}/replies`.
    static let postReply = GraphSchema(
        """
        message:string
        """)
}
