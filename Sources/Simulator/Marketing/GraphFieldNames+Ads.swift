// SPDX-License-Identifier: MIT

extension GraphFieldNames {
    /// A campaign.
    static let campaign = Self.names(
        """
        account_id adlabels advantage_state_info bid_strategy boosted_object_id
        brand_lift_studies budget_rebalance_flag budget_remaining buying_type campaign_group_active_time
        can_create_brand_lift_study can_use_spend_cap configured_status created_time daily_budget
        effective_status has_secondary_skadnetwork_reporting id is_adset_budget_sharing_enabled
        is_budget_schedule_enabled is_direct_send_campaign is_message_campaign is_skadnetwork_attribution
        issues_info last_budget_toggling_time lifetime_budget name objective pacing_type primary_attribution
        promoted_object recommendations smart_promotion_type source_campaign source_campaign_id
        source_recommendation_type special_ad_categories special_ad_category special_ad_category_country
        spend_cap start_time status stop_time topline_id updated_time
        """)

    /// An ad set.
    static let adSet = Self.names(
        """
        account_id ad_set_goal adlabels adset_schedule anchor_event_attribution_window_days
        asset_feed_id attribution_count_type attribution_spec automatic_manual_state bid_adjustments
        bid_amount bid_constraints bid_info bid_strategy billing_event brand_safety_config budget_remaining
        campaign campaign_active_time campaign_attribution campaign_id configured_status created_time
        creative_diversity_label creative_diversity_score creative_sequence
        creative_sequence_repetition_pattern daily_budget daily_min_spend_target daily_spend_cap
        destination_type dsa_beneficiary dsa_payor effective_status end_time
        existing_customer_budget_percentage frequency_control_specs full_funnel_exploration_mode id insights
        instagram_user_id is_ba_skip_delayed_eligible is_budget_schedule_enabled is_dc_follow_optimized
        is_dynamic_creative is_incremental_attribution_enabled is_organic_ad_joint_optimized
        is_sequenced_conversion_creation issues_info learning_stage_info lifetime_budget lifetime_imps
        lifetime_min_spend_target lifetime_spend_cap live_video_ad_campaign_config low_creative_reach
        max_budget_spend_percentage meta_moment_maker_spec min_budget_spend_percentage
        multi_event_conversion_attribution_window_seconds multi_optimization_goal_weight name
        optimization_goal optimization_sub_event pacing_type placement_soft_opt_out promoted_object
        recommendations recurring_budget_semantics regional_regulated_categories
        regional_regulation_identities relative_value review_feedback rf_prediction_id source_adset
        source_adset_id special_ad_categories start_time status targeting targeting_optimization_types
        time_based_ad_rotation_id_blocks time_based_ad_rotation_intervals trending_topics_spec updated_time
        use_new_app_click value_rule_set_id value_rules_applied
        """)

    /// An ad.
    static let ad = Self.names(
        """
        account_id ad_active_time ad_review_feedback ad_schedule_end_time ad_schedule_start_time adlabels
        adset adset_id bid_amount bid_info bid_type campaign campaign_id configured_status conversion_domain
        conversion_specs created_time creative creative_asset_groups_spec demolink_hash display_sequence
        effective_status engagement_audience failed_delivery_checks id issues_info
        last_updated_by_app_id name placement preview_shareable_link priority recommendations source_ad
        source_ad_id special_ad_categories status targeting tracking_and_conversion_with_defaults
        tracking_specs updated_time
        """)

    /// What an ad shows.
    static let adCreative = Self.names(
        """
        account_id actor_id ad_disclaimer_spec adlabels applink_treatment asset_feed_spec
        authorization_category auto_update body branded_content branded_content_sponsor_page_id
        bundle_folder_id call_to_action call_to_action_type categorization_criteria category_media_source
        collaborative_ads_lsb_image_bank_id contextual_multi_ads creative_sourcing_spec
        degrees_of_freedom_spec destination_set_id destination_spec dynamic_ad_voice
        effective_authorization_category effective_instagram_media_id effective_object_story_id
        enable_direct_install enable_launch_instant_app existing_post_title facebook_branded_content
        format_transformation_spec id image_crops image_hash image_url instagram_branded_content
        instagram_permalink_url instagram_user_id interactive_components_spec link_deep_link_url
        link_destination_display_url link_og_id link_url marketing_message_structured_spec
        media_sourcing_spec messenger_sponsored_message name object_id object_store_url object_story_id
        object_story_spec object_type object_url omnichannel_link_spec page_welcome_message
        photo_album_source_object_story_id place_page_set_id platform_customizations playable_asset_id
        portrait_customizations product_data product_set_id product_suggestion_settings recommender_settings
        regional_regulation_disclaimer_spec source_facebook_post_id source_instagram_media_id status
        template_url template_url_spec thumbnail_id thumbnail_url title url_tags use_page_actor_override
        video_id
        """)

    /// The lowest budgets.
    static let minimumBudget = Self.names(
        """
        currency min_daily_budget_high_freq min_daily_budget_imp min_daily_budget_low_freq
        min_daily_budget_video_views
        """)

    /// What was spent, and what it brought.
    static let adInsights = Self.names(
        """
        account_currency account_id account_name action_values actions ad_click_actions ad_id
        ad_impression_actions ad_name adset_end adset_id adset_name adset_start advanced_actions_28d_view
        advanced_reach_1d_lookback advanced_reach_28d_lookback advanced_reach_7d_lookback age_targeting
        anchor_event_attribution_setting anchor_events_performance_indicator attribution_setting auction_bid
        auction_competitiveness auction_max_competitor_bid average_purchases_conversion_value buying_type
        campaign_id campaign_name canvas_avg_view_percent canvas_avg_view_time catalog_segment_actions
        catalog_segment_value catalog_segment_value_mobile_purchase_roas
        catalog_segment_value_omni_purchase_roas catalog_segment_value_website_purchase_roas clicks
        conversion_lead_rate conversion_leads conversion_rate_ranking conversion_values conversions
        converted_product_app_custom_event_fb_mobile_purchase
        converted_product_app_custom_event_fb_mobile_purchase_value converted_product_offline_purchase
        converted_product_offline_purchase_value converted_product_omni_purchase
        converted_product_omni_purchase_values converted_product_quantity converted_product_value
        converted_product_website_pixel_purchase converted_product_website_pixel_purchase_value
        converted_promoted_product_app_custom_event_fb_mobile_purchase
        converted_promoted_product_app_custom_event_fb_mobile_purchase_value
        converted_promoted_product_offline_purchase converted_promoted_product_offline_purchase_value
        converted_promoted_product_omni_purchase converted_promoted_product_omni_purchase_values
        converted_promoted_product_quantity converted_promoted_product_value
        converted_promoted_product_website_pixel_purchase
        converted_promoted_product_website_pixel_purchase_value cost_per_15_sec_video_view
        cost_per_2_sec_continuous_video_view cost_per_action_type cost_per_ad_click cost_per_conversion
        cost_per_conversion_lead cost_per_dda_countby_convs cost_per_estimated_ad_recallers
        cost_per_inline_link_click cost_per_inline_post_engagement cost_per_objective_result
        cost_per_one_thousand_ad_impression cost_per_outbound_click cost_per_result cost_per_thruplay
        cost_per_unique_action_type cost_per_unique_click cost_per_unique_conversion
        cost_per_unique_inline_link_click cost_per_unique_outbound_click cpc cpm cpp created_time
        creative_media_type ctr date_start date_stop dda_countby_convs dda_results engagement_rate_ranking
        estimated_ad_recall_rate estimated_ad_recall_rate_lower_bound estimated_ad_recall_rate_upper_bound
        estimated_ad_recallers estimated_ad_recallers_lower_bound estimated_ad_recallers_upper_bound
        frequency full_view_impressions full_view_reach gender_targeting impressions inline_link_click_ctr
        inline_link_clicks inline_post_engagement instagram_profile_visits
        instagram_upcoming_event_reminders_set instant_experience_clicks_to_open
        instant_experience_clicks_to_start instant_experience_outbound_clicks interactive_component_tap
        labels landing_page_view_actions_per_link_click landing_page_view_per_link_click
        landing_page_view_per_purchase_rate link_clicks_per_results location
        marketing_messages_click_rate_benchmark marketing_messages_cost_per_delivered
        marketing_messages_cost_per_link_btn_click marketing_messages_delivered
        marketing_messages_delivery_rate marketing_messages_link_btn_click
        marketing_messages_link_btn_click_rate marketing_messages_media_view_rate
        marketing_messages_phone_call_btn_click_rate marketing_messages_quick_reply_btn_click
        marketing_messages_quick_reply_btn_click_rate marketing_messages_read marketing_messages_read_rate
        marketing_messages_read_rate_benchmark marketing_messages_sent marketing_messages_spend
        marketing_messages_spend_currency marketing_messages_website_add_to_cart
        marketing_messages_website_initiate_checkout marketing_messages_website_purchase
        marketing_messages_website_purchase_values mobile_app_purchase_roas
        multi_event_conversion_attribution_setting objective objective_result_rate objective_results
        onsite_conversion_messaging_detected_purchase_deduped optimization_goal outbound_clicks
        outbound_clicks_ctr place_page_name product_group_retailer_id product_retailer_id product_views
        purchase_per_landing_page_view purchase_roas purchases_per_link_click
        qualifying_question_qualify_answer_rate quality_ranking reach result_rate
        result_values_performance_indicator results shops_assisted_purchases social_spend spend
        total_card_view total_postbacks total_postbacks_detailed total_postbacks_detailed_v4 unique_actions
        unique_clicks unique_conversions unique_ctr unique_inline_link_click_ctr unique_inline_link_clicks
        unique_link_clicks_ctr unique_outbound_clicks unique_outbound_clicks_ctr
        unique_video_continuous_2_sec_watched_actions unique_video_view_15_sec updated_time
        video_15_sec_watched_actions video_30_sec_watched_actions video_avg_time_watched_actions
        video_continuous_2_sec_watched_actions video_p100_watched_actions video_p25_watched_actions
        video_p50_watched_actions video_p75_watched_actions video_p95_watched_actions video_play_actions
        video_play_curve_actions video_play_retention_0_to_15s_actions
        video_play_retention_20_to_60s_actions video_play_retention_graph_actions
        video_thruplay_watched_actions video_time_watched_actions video_view_per_impression website_ctr
        website_purchase_roas wish_bid
        """)

    /// Whom an ad set is for.
    static let targeting = Self.names(
        """
        adgroup_id age_max age_min age_range alternate_auto_targeting_option app_install_state
        audience_network_positions behaviors brand_safety_content_filter_levels catalog_based_targeting
        cities college_years connections contextual_targeting_categories countries country country_groups
        custom_audiences device_platforms direct_install_devices dynamic_audience_ids education_majors
        education_schools education_statuses effective_audience_network_positions effective_device_platforms
        effective_facebook_positions effective_instagram_positions effective_messenger_positions
        effective_publisher_platforms effective_threads_positions effective_whatsapp_positions
        engagement_specs ethnic_affinity exclude_reached_since excluded_brand_safety_content_types
        excluded_connections excluded_custom_audiences excluded_dynamic_audience_ids
        excluded_engagement_specs excluded_geo_locations excluded_mobile_device_model
        excluded_product_audience_specs excluded_publisher_categories excluded_publisher_list_ids
        excluded_user_device exclusions facebook_positions family_statuses fb_deal_id flexible_spec
        friends_of_connections genders generation geo_locations home_ownership home_type home_value
        household_composition income industries instagram_positions install_state_application
        instream_video_skippable_excluded interested_in interests is_whatsapp_destination_ad keywords
        life_events locales messenger_positions moms net_worth office_type place_page_set_ids
        political_views politics product_audience_specs prospecting_audience publisher_platforms radius
        regions relationship_statuses site_category targeting_automation targeting_optimization
        targeting_relaxation_types threads_positions user_adclusters user_age_unknown user_device user_event
        user_os whatsapp_positions wireless_carrier work_employers work_positions zips
        """)

    /// Where they are.
    static let geoLocation = Self.names(
        """
        cities countries country_groups custom_locations electoral_districts geo_markets large_geo_areas
        location_cluster_ids location_types medium_geo_areas metro_areas neighborhoods places
        political_districts regions small_geo_areas subcities subneighborhoods zips
        """)
}
