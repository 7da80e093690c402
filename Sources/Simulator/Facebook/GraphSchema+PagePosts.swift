// SPDX-License-Identifier: MIT

// Names and types as the SDK specification of April 2026 (v25) and the v26 SDK list them, and what only the documentation
// has. Enumerations that fill more than a line have names; one of 149 values is read as a string.
extension GraphSchema {
    /// `POST /{page}/feed`.
    static let postFeed = GraphSchema(
        """
        actions:Object album_id:string android_key_hash:string application_id:string
        asked_fun_fact_prompt_id:uint asset3d_id:string associated_id:string attach_place_suggestion:bool
        attached_media:list<Object> audience_exp:bool backdated_time:datetime
        backdated_time_granularity:{day|hour|min|month|none|year} breaking_news:bool
        breaking_news_expiration:uint call_to_action:Object caption:string child_attachments:list<Object>
        client_mutation_id:string composer_entry_picker:string composer_entry_point:string
        composer_entry_time:uint composer_session_events_log:string composer_session_id:string
        composer_source_surface:string composer_type:string connection_class:string content_attachment:string
        coordinates:Object cta_link:string cta_type:string description:string direct_share_status:uint
        enforce_link_ownership:bool expanded_height:uint expanded_width:uint feed_targeting:Object
        formatting:{MARKDOWN|PLAINTEXT} fun_fact_prompt_id:string fun_fact_toastee_id:uint height:uint
        home_checkin_city_id:Object image_crops:map implicit_with_tags:list<int>
        instant_game_entry_point_data:string ios_bundle_id:string is_backout_draft:bool is_boost_intended:bool
        is_explicit_location:bool is_explicit_share:bool is_group_linking_post:bool is_photo_container:bool
        link:string location_source_id:string manual_privacy:bool message:string multi_share_end_card:bool
        multi_share_optimized:bool name:string nectar_module:string object_attachment:string
        og_action_type_id:string og_hide_object_attachment:bool og_icon_id:string og_object_id:string
        og_phrase:string og_set_profile_badge:bool og_suggestion_mechanism:string page_recommendation:string
        picture:string place:Object place_attachment_setting:{1|2} place_list:string place_list_data:list
        post_surfaces_blacklist:list<{1|2|3|4|5}> posting_to_redspace:{disabled|enabled} privacy:string
        prompt_id:string prompt_tracking_string:string properties:Object proxied_app_id:string
        publish_event_id:uint published:bool quote:string ref:list<string>
        referenceable_image_ids:list<string> referral_id:string scheduled_publish_time:datetime source:string
        sponsor_id:string sponsor_relationship:uint suggested_place_id:Object tags:list<int>
        target_surface:{STORY|TIMELINE} targeting:Object text_format_metadata:string
        text_format_preset_id:string text_only_place:string thumbnail:file time_since_original_post:uint
        title:string tracking_info:string unpublished_content_type:contentType user_selected_tags:bool
        video_start_time_ms:uint viewer_coordinates:Object width:uint
        """)

    /// `POST /{page}/photos`; `source`, the file, is in the documentation only.
    static let postPhotos = GraphSchema(
        """
        aid:string allow_spherical_photo:bool alt_text_custom:string android_key_hash:string
        application_id:string attempt:uint audience_exp:bool backdated_time:datetime
        backdated_time_granularity:{day|hour|min|month|none|year} caption:string composer_entry_point:string
        composer_session_id:string direct_share_status:uint feed_targeting:Object filter_type:uint
        full_res_is_coming_later:bool initial_view_heading_override_degrees:uint
        initial_view_pitch_override_degrees:uint initial_view_vertical_fov_override_degrees:uint
        ios_bundle_id:string is_explicit_location:bool is_explicit_place:bool location_source_id:string
        manual_privacy:bool message:string name:string nectar_module:string no_story:bool offline_id:uint
        og_action_type_id:string og_icon_id:string og_object_id:string og_phrase:string
        og_set_profile_badge:bool og_suggestion_mechanism:string parent_media_id:uint place:Object
        privacy:string profile_id:int provenance_info:map proxied_app_id:string published:bool qn:string
        scheduled_publish_time:uint source:file spherical_metadata:map sponsor_id:string
        sponsor_relationship:uint tags:list<Object> target_id:int targeting:Object temporary:bool
        time_since_original_post:uint uid:int unpublished_content_type:contentType url:string
        user_selected_tags:bool vault_image_id:string
        """)
}
