// SPDX-License-Identifier: MIT

// As the SDK specification lists them, see ``GraphSchema``.
extension GraphSchema {
    /// `POST /{post}`.
    static let editPost = GraphSchema(
        """
        attached_media:list<Object> backdated_time:datetime
        backdated_time_granularity:{day|hour|min|month|none|year} composer_session_id:string
        direct_share_status:uint explicitly_added_mentionee_ids:list<uint>
        feed_story_visibility:{hidden|visible} is_explicit_location:bool is_hidden:bool is_pinned:bool
        is_published:bool message:string og_action_type_id:string og_hide_object_attachment:bool
        og_icon_id:string og_object_id:string og_phrase:string og_set_profile_badge:bool
        og_suggestion_mechanism:string place:Object privacy:string product_item:Object
        scheduled_publish_time:uint should_sync_product_edit:bool source_type:string sponsor_id:string
        sponsor_relationship:uint tags:list<int> text_format_preset_id:string
        timeline_visibility:{forced_allow|hidden|normal} tracking:string
        """)

    /// `POST /{post}/comments`, `/{photo}/comments`, `/{video}/comments`, `/{comment}/comments`.
    static let comment = GraphSchema(
        """
        attachment_id:string attachment_share_url:string attachment_url:string comment:string
        comment_privacy_value:commentPrivacy facepile_mentioned_ids:list<string> feedback_source:string
        is_offline:bool message:string nectar_module:string object_id:string parent_comment_id:Object
        post_id:string text:string tracking:string
        """)

    /// `POST /{comment}`.
    static let editComment = GraphSchema(
        """
        attachment_id:string attachment_share_url:string attachment_url:string is_hidden:bool message:string
        """)

    /// `POST` and `DELETE` of `/likes`.
    static let like = GraphSchema(
        """
        attribution_id_v2:string feedback_source:string nectar_module:string tracking:string
        """)

    /// `GET …/comments`.
    static let readComments = GraphSchema(
        """
        filter:{stream|toplevel} live_filter:{filter_low_quality|no_filter}
        order:{chronological|reverse_chronological} since:datetime
        """)

    /// `GET /{post}/reactions`.
    static let readReactions = GraphSchema(
        """
        type:{ANGRY|CARE|FIRE|HAHA|HUNDRED|LIKE|LOVE|NONE|PRIDE|SAD|THANKFUL|WOW}
        """)

    /// `GET /{page}/feed`, `/posts`, `/published_posts`, `/visitor_posts`.
    static let readFeed = GraphSchema(
        """
        include_hidden:bool limit:uint q:string show_expired:bool with:{LOCATION}
        """)

    /// `GET /{page}/photos`.
    static let readPhotos = GraphSchema(
        """
        biz_tag_id:uint business_id:string type:{profile|tagged|uploaded}
        """)

    /// `GET /{page}/videos`.
    static let readVideos = GraphSchema(
        """
        type:{TAGGED|UPLOADED}
        """)

    /// `GET /{page}/video_reels`.
    static let readReels = GraphSchema(
        """
        since:datetime until:datetime
        """)

    /// `GET /{page}/stories`.
    static let readStories = GraphSchema(
        """
        since:datetime status:list<{ARCHIVED|PUBLISHED}> until:datetime
        """)

    /// `GET /{page}/insights`.
    static let readPageInsights = GraphSchema(
        """
        breakdown:list<Object> date_preset:datePreset metric:list<Object>
        period:{day|days_28|lifetime|month|total_over_range|week} show_description_from_api_doc:bool
        since:datetime until:datetime
        """)

    /// `GET /{post}/insights`.
    static let readPostInsights = GraphSchema(
        """
        date_preset:datePreset metric:list<Object> period:{day|days_28|lifetime|month|total_over_range|week}
        since:datetime until:datetime
        """)

    /// `GET /{post}`.
    static let readPost = GraphSchema(
        """
        primary_fb_page_id:string primary_ig_user_id:string
        """)

    /// `GET /{page}`.
    static let readPage = GraphSchema(
        """
        account_linking_token:string
        """)

    /// `GET /me/accounts`.
    static let readAccounts = GraphSchema(
        """
        ad_id:string is_place:bool is_promotable:bool
        """)

    /// `GET /me/permissions`.
    static let readPermissions = GraphSchema(
        """
        permission:string status:{declined|expired|granted}
        """)

    /// `POST /{page}/subscribed_apps`; the 104 names of fields are not checked.
    static let subscribe = GraphSchema(
        """
        subscribed_fields*:list<string>
        """)

    /// `DELETE /me/permissions`.
    static let deletePermissions = GraphSchema(
        """
        permission:string
        """)
}
