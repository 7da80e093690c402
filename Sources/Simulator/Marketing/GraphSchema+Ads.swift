// SPDX-License-Identifier: MIT

/// Campaigns, ad sets, ads and what they show. Lists also take `filtering`, which the documentation has.
extension GraphSchema {
    /// Making a campaign.
    static let postCampaigns = GraphSchema(
        """
        adlabels:list<Object> bid_strategy:bidStrategy budget_schedule_specs:list<Object> buying_type:string
        daily_budget:uint execution_options:list<{include_recommendations|validate_only}>
        frequency_control_specs:list<Object> is_adset_budget_sharing_enabled:bool
        is_budget_schedule_enabled:bool is_direct_send_campaign:bool is_message_campaign:bool
        is_meta_moment_maker_enabled:bool is_pca_unified:bool is_reels_trending_ads_enabled:bool
        is_skadnetwork_attribution:bool iterative_split_test_configs:list<Object> lifetime_budget:uint
        name:string objective:objective pacing_type:list<string> promoted_object:Object
        smart_promotion_type:{GUIDED_CREATION|SMART_APP_PROMOTION} source_campaign_id:string
        special_ad_categories*:list<adCategory> special_ad_category_country:list<countryCode> spend_cap:uint
        start_time:datetime status:adStatus stop_time:datetime topline_id:string
        """)

    /// Changing a campaign.
    static let editCampaign = GraphSchema(
        """
        adlabels:list<Object> adset_bid_amounts:map adset_budgets:list<map> bid_strategy:bidStrategy
        budget_rebalance_flag:bool budget_schedule_specs:list<Object> daily_budget:uint
        execution_options:list<{include_recommendations|validate_only}> frequency_control_specs:list<Object>
        is_adset_budget_sharing_enabled:bool is_budget_schedule_enabled:bool is_direct_send_campaign:bool
        is_message_campaign:bool is_meta_moment_maker_enabled:bool is_pca_unified:bool
        is_reels_trending_ads_enabled:bool is_skadnetwork_attribution:bool
        iterative_split_test_configs:list<Object> lifetime_budget:uint migrate_to_advantage_plus:bool
        name:string objective:objective pacing_type:list<string> promoted_object:Object
        smart_promotion_type:{GUIDED_CREATION|SMART_APP_PROMOTION} special_ad_categories:list<adCategory>
        special_ad_category:adCategory special_ad_category_country:list<countryCode> spend_cap:uint
        start_time:datetime status:adStatus stop_time:datetime
        """)

    /// Making an ad set.
    static let postAdSets = GraphSchema(
        """
        ad_set_goal:map adlabels:list<Object> adset_schedule:list<Object> attribution_count_type:string
        attribution_spec:list<map> automatic_manual_state:{AUTOMATIC|MANUAL|UNSET} bid_adjustments:Object
        bid_amount:int bid_constraints:map bid_strategy:bidStrategy billing_event:billingEvent
        budget_schedule_specs:list<Object> budget_source:{NONE|RMN} budget_split_set_id:string
        campaign_attribution:Object campaign_id:string campaign_spec:Object creative_sequence:list<string>
        creative_sequence_repetition_pattern:{FULL_SEQUENCE|LAST_AD} daily_budget:uint daily_imps:uint
        daily_min_spend_target:uint daily_spend_cap:uint destination_type:destination dsa_beneficiary:string
        dsa_payor:string end_time:datetime execution_options:list<{include_recommendations|validate_only}>
        existing_customer_budget_percentage:uint frequency_control_specs:list<Object>
        full_funnel_exploration_mode:{EXTENDED_EXPLORATION|LIMITED_EXPLORATION|NONE_EXPLORATION}
        is_ba_skip_delayed_eligible:bool is_budget_schedule_enabled:bool is_dc_follow_optimized:bool
        is_dynamic_creative:bool is_incremental_attribution_enabled:bool is_sac_cfca_terms_certified:bool
        is_sequenced_conversion_creation:bool lifetime_budget:uint lifetime_imps:uint
        lifetime_min_spend_target:uint lifetime_spend_cap:uint line_number:uint
        live_video_ad_campaign_config:Object max_budget_spend_percentage:uint meta_moment_maker_spec:map
        min_budget_spend_percentage:uint multi_event_conversion_attribution_window_seconds:uint
        multi_optimization_goal_weight:{BALANCED|PREFER_EVENT|PREFER_INSTALL|UNDEFINED} name*:string
        optimization_goal:adGoal optimization_sub_event:subEvent pacing_type:list<string>
        placement_soft_opt_out:Object promoted_object:Object rb_prediction_id:string
        regional_regulated_categories:list<{0|1|2|3|4|5|6|7|8|9|10|11|12|13|14}>
        regional_regulation_identities:map relative_value:float rf_prediction_id:string
        source_adset_id:string start_time:datetime status:adStatus targeting:map
        time_based_ad_rotation_id_blocks:list<list<uint>> time_based_ad_rotation_intervals:list<uint>
        time_start:datetime time_stop:datetime topline_id:string trending_topics_spec:map
        tune_for_category:adCategory value_rule_set_id:string value_rules_applied:bool
        """)

    /// Changing an ad set.
    static let editAdSet = GraphSchema(
        """
        account_id:string ad_set_goal:map adlabels:list<Object> adset_schedule:list<Object>
        attribution_spec:list<map> automatic_manual_state:{AUTOMATIC|MANUAL|UNSET} bid_adjustments:Object
        bid_amount:int bid_constraints:map bid_strategy:bidStrategy billing_event:billingEvent
        budget_schedule_specs:list<Object> campaign_attribution:Object campaign_spec:Object
        creative_sequence:list<string> creative_sequence_repetition_pattern:{FULL_SEQUENCE|LAST_AD}
        daily_budget:uint daily_imps:uint daily_min_spend_target:uint daily_spend_cap:uint
        destination_type:destination dsa_beneficiary:string dsa_payor:string end_time:datetime
        execution_options:list<{include_recommendations|validate_only}>
        existing_customer_budget_percentage:uint frequency_control_specs:list<Object>
        full_funnel_exploration_mode:{EXTENDED_EXPLORATION|LIMITED_EXPLORATION|NONE_EXPLORATION}
        is_ba_skip_delayed_eligible:bool is_budget_schedule_enabled:bool is_dc_follow_optimized:bool
        is_incremental_attribution_enabled:bool is_sac_cfca_terms_certified:bool
        is_sequenced_conversion_creation:bool lifetime_budget:uint lifetime_imps:uint
        lifetime_min_spend_target:uint lifetime_spend_cap:uint live_video_ad_campaign_config:Object
        max_budget_spend_percentage:uint meta_moment_maker_spec:map min_budget_spend_percentage:uint
        multi_event_conversion_attribution_window_seconds:uint
        multi_optimization_goal_weight:{BALANCED|PREFER_EVENT|PREFER_INSTALL|UNDEFINED} name:string
        optimization_goal:adGoal optimization_sub_event:subEvent pacing_type:list<string>
        placement_soft_opt_out:Object promoted_object:Object rb_prediction_id:string
        regional_regulated_categories:list<{0|1|2|3|4|5|6|7|8|9|10|11|12|13|14}>
        regional_regulation_identities:map relative_value:float rf_prediction_id:string start_time:datetime
        status:adStatus targeting:map time_based_ad_rotation_id_blocks:list<list<uint>>
        time_based_ad_rotation_intervals:list<uint> time_start:datetime time_stop:datetime
        trending_topics_spec:map tune_for_category:adCategory value_rule_set_id:string
        value_rules_applied:bool
        """)

    /// Making what an ad shows.
    static let postAdCreatives = GraphSchema(
        """
        actor_id:uint ad_disclaimer_spec:map adlabels:list<Object>
        applink_treatment:{automatic|deeplink_with_appstore_fallback|deeplink_with_web_fallback|web_only}
        asset_feed_spec:Object
        authorization_category:{NONE|POLITICAL|POLITICAL_WITH_DIGITALLY_CREATED_MEDIA} body:string
        branded_content:map branded_content_sponsor_page_id:string bundle_folder_id:string
        call_to_action:Object categorization_criteria:{brand|category|product_type}
        category_media_source:{CATEGORY|MIXED|PRODUCTS_COLLAGE|PRODUCTS_SLIDESHOW} contextual_multi_ads:map
        creative_sourcing_spec:map degrees_of_freedom_spec:map destination_set_id:string
        destination_spec:map dynamic_ad_voice:{DYNAMIC|STORY_OWNER} enable_launch_instant_app:bool
        execution_options:list<{validate_only}> existing_post_title:string facebook_branded_content:map
        format_transformation_spec:list<map> generative_asset_spec:map image_crops:map image_file:string
        image_hash:string image_url:string instagram_branded_content:map instagram_permalink_url:string
        instagram_user_id:string interactive_components_spec:map is_dco_internal:bool link_og_id:string
        link_url:string marketing_message_structured_spec:map media_optimization_spec:map
        media_sourcing_spec:map name:string object_id:uint object_story_id:string object_story_spec:map
        object_type:string object_url:string omnichannel_link_spec:map page_welcome_message:string
        place_page_set_id:string platform_customizations:Object playable_asset_id:string
        portrait_customizations:map product_set_id:string product_suggestion_settings:map
        recommender_settings:map regional_regulation_disclaimer_spec:map source_facebook_post_id:string
        source_instagram_media_id:string template_url:string template_url_spec:string thumbnail_url:string
        title:string url_tags:string use_page_actor_override:bool wamo_whatsapp_identity_spec:map
        """)

    /// Changing what an ad shows.
    static let editAdCreative = GraphSchema(
        """
        account_id:string adlabels:list<Object> name:string status:{ACTIVE|DELETED|IN_PROCESS|WITH_ISSUES}
        """)

    /// Making an ad.
    static let postAds = GraphSchema(
        """
        ad_schedule_end_time:datetime ad_schedule_start_time:datetime adlabels:list<Object> adset_id:uint
        adset_spec:map audience_id:string bid_amount:int conversion_domain:string creative*:map
        creative_asset_groups_spec:Object creative_audience_pairing_persona:map
        creative_automation_spec:Object dataset_split_specs:list<map> display_sequence:uint
        draft_adgroup_id:string engagement_audience:bool
        execution_options:list<{include_recommendations|synchronous_ad_review|validate_only}>
        include_demolink_hashes:bool name*:string priority:uint source_ad_id:string status:adStatus
        tracking_specs:Object
        """)

    /// Changing an ad.
    static let editAd = GraphSchema(
        """
        ad_schedule_end_time:datetime ad_schedule_start_time:datetime adlabels:list<Object> adset_spec:map
        audience_id:string bid_amount:int conversion_domain:string creative:map
        creative_asset_groups_spec:Object creative_audience_pairing_persona:map
        creative_automation_spec:Object display_sequence:uint draft_adgroup_id:string
        engagement_audience:bool
        execution_options:list<{include_recommendations|synchronous_ad_review|validate_only}>
        include_demolink_hashes:bool name:string priority:uint status:adStatus tracking_specs:Object
        """)
}
