// SPDX-License-Identifier: MIT

// As the SDK specification lists them, see ``GraphSchema``.
extension GraphSchema {
    /// `POST /{page}/videos`.
    static let postVideos = GraphSchema(
        """
        ad_breaks:list application_id:string asked_fun_fact_prompt_id:uint
        audio_story_wave_animation_handle:string backdated_post:list call_to_action:Object
        composer_entry_picker:string composer_entry_point:string composer_entry_time:uint
        composer_session_events_log:string composer_session_id:string composer_source_surface:string
        composer_type:string container_type:string content_category:contentCategory content_tags:list<string>
        creative_tools:string crossposted_video_id:string custom_labels:list<string> description:string
        direct_share_status:uint edit_description_spec:map embeddable:bool end_offset:uint expiration:Object
        fbuploader_video_file_chunk:string feed_targeting:Object file_size:uint file_url:string
        fisheye_video_cropped:bool formatting:{MARKDOWN|PLAINTEXT} fov:uint front_z_rotation:float
        fun_fact_prompt_id:string fun_fact_toastee_id:uint guide:list<list<uint>> guide_enabled:bool
        initial_heading:uint initial_pitch:uint instant_game_entry_point_data:string is_ai_generated:bool
        is_boost_intended:bool is_explicit_share:bool is_group_linking_post:bool is_partnership_ad:bool
        is_voice_clip:bool location_source_id:string manual_privacy:bool multilingual_data:list<Object>
        no_story:bool og_action_type_id:string og_icon_id:string og_object_id:string og_phrase:string
        og_suggestion_mechanism:string original_fov:uint
        original_projection_type:{cubemap|equirectangular|half_equirectangular} partnership_ad_ad_code:string
        publish_event_id:uint published:bool reference_only:bool referenced_sticker_id:string
        replace_video_id:string scheduled_publish_time:uint secret:bool selected_audio_spec:map
        slideshow_spec:map social_actions:bool source:string source_instagram_media_id:string
        specified_dialect:string spherical:bool sponsor_id:string sponsor_relationship:uint start_offset:uint
        swap_mode:{replace} targeting:Object text_format_metadata:string thumb:file
        time_since_original_post:uint title:string transcode_setting_properties:string
        universal_video_id:string unpublished_content_type:contentType
        upload_phase:{cancel|finish|start|transfer} upload_session_id:string upload_setting_properties:string
        video_asset_id:string video_file_chunk:string video_id_original:string video_start_time_ms:uint
        waterfall_id:string
        """)

    /// `POST /{page}/video_reels`.
    static let postReels = GraphSchema(
        """
        description:string feed_targeting:Object is_ai_generated:bool place:string
        scheduled_publish_time:datetime targeting:Object title:string upload_phase*:{FINISH|START}
        video_id:string video_state:{DRAFT|PUBLISHED|SCHEDULED}
        """)

    /// `POST /{page}/video_stories`.
    static let postVideoStories = GraphSchema(
        """
        description:string feed_targeting:Object is_ai_generated:bool place:string
        scheduled_publish_time:datetime targeting:Object title:string upload_phase*:{FINISH|START}
        video_id:string video_state:{DRAFT|PUBLISHED|SCHEDULED}
        """)

    /// `POST /{page}/photo_stories`.
    static let postPhotoStories = GraphSchema(
        """
        photo_id:string
        """)
}
