// SPDX-License-Identifier: MIT

/// Parameters of TikTok's API for Business, as its published SDK lists them.
extension TikTokBusinessEndpoint {
    /// Making a campaign.
    static let createCampaignSchema = GraphSchema(
        """
        advertiser_id*:string app_id:string app_promotion_type:string bid_type:string budget:float
        budget_mode:string budget_optimize_on:bool campaign_app_profile_page_state:string
        campaign_name*:string campaign_product_source:string campaign_type:string catalog_enabled:bool
        deep_bid_type:string disable_skan_campaign:bool internal_channel:string
        is_advanced_dedicated_campaign:bool is_search_campaign:bool objective_type*:string
        operation_status:string optimization_goal:string plugin_partner:string po_number:string
        postback_window_mode:string request_id:string rf_campaign_type:string roas_bid:float
        rta_bid_enabled:bool rta_id:string rta_product_selection_enabled:bool sales_destination:string
        special_industries:list<string> virtual_objective_type:string
        """)

    /// Making an ad group.
    static let createAdGroupSchema = GraphSchema(
        """
        actions:list<map> adgroup_app_profile_page_state:string adgroup_name*:string advertiser_id*:string
        age_groups:list<string> app_config:list<map> app_id:string attribution_event_count:string
        audience_ids:list<string> audience_rule:Object audience_type:string automated_keywords_enabled:bool
        bid_display_mode:string bid_price:float bid_type:string billing_event*:string
        blocked_pangle_app_ids:list<string> brand_safety_partner:string brand_safety_type:string
        budget*:float budget_mode*:string campaign_id*:string carrier_ids:list<string>
        catalog_authorized_bc_id:string catalog_id:string category_exclusion_ids:list<string>
        click_attribution_window:string comment_disabled:bool contextual_tag_ids:list<string>
        conversion_bid_price:float creative_material_mode:string custom_conversion_id:string
        dayparting:string deep_bid_type:string deep_cpa_bid:float deep_funnel_event_source:string
        deep_funnel_event_source_id:string deep_funnel_optimization_event:string
        deep_funnel_optimization_status:string device_model_ids:list<string> device_price_ranges:list<int>
        engaged_view_attribution_window:string excluded_audience_ids:list<string>
        excluded_custom_actions:list<map> excluded_pangle_audience_package_ids:list<string> frequency:float
        frequency_schedule:float gender:string household_income:list<string>
        identity_authorized_bc_id:string identity_id:string identity_type:string
        included_custom_actions:list<map> included_pangle_audience_package_ids:list<string>
        interest_category_ids:list<string> interest_keyword_ids:list<string> ios14_targeting:string
        is_hfss:bool is_lhf_compliance:bool isp_ids:list<string> languages:list<string>
        location_ids*:list<string> message_event_set_id:string messaging_app_account_id:string
        messaging_app_type:string min_android_version:string min_ios_version:string
        network_types:list<string> next_day_retention:float operating_systems:list<string>
        operation_status:string optimization_event:string optimization_goal*:string pacing*:string
        phone_number:string phone_region_calling_code:string phone_region_code:string pixel_id:string
        placement_type:string placements:list<string> product_source:string promotion_target_type:string
        promotion_type:string promotion_website_type:string purchase_intention_keyword_ids:list<string>
        request_id:string roas_bid:float saved_audience_id:string schedule_end_time:string
        schedule_start_time*:string schedule_type*:string search_keywords:list<map>
        search_result_enabled:bool secondary_optimization_event:string share_disabled:bool
        shopping_ads_retargeting_actions_days:int shopping_ads_retargeting_custom_audience_relation:string
        shopping_ads_retargeting_type:string shopping_ads_type:string skip_learning_phase:bool
        smart_audience_enabled:bool smart_interest_behavior_enabled:bool spending_power:string
        statistic_type:string store_authorized_bc_id:string store_id:string
        tiktok_subplacements:list<string> vbo_window:string vertical_sensitivity_id:string
        video_download_disabled:bool view_attribution_window:string zipcode_ids:list<string>
        """)

    /// Making ads.
    static let createAdSchema = GraphSchema(
        """
        adgroup_id*:string advertiser_id*:string creatives*:list<map>
        """)

    /// One of the ads that are made.
    static let creativeSchema = GraphSchema(
        """
        ad_format:string ad_name:string ad_text:string ad_texts:list<string> aigc_disclosure_type:string
        app_name:string auto_disclaimer_types:list<string> auto_message_id:string avatar_icon_web_uri:string
        brand_safety_postbid_partner:string brand_safety_vast_url:string call_to_action:string
        call_to_action_id:string card_id:string carousel_image_index:int catalog_id:string
        click_tracking_url:string cpp_url:string creative_authorized:bool creative_type:string
        dark_post_status:string deeplink:string deeplink_format_type:string deeplink_type:string
        deeplink_utm_params:list<map> disclaimer_clickable_texts:list<map> disclaimer_text:map
        disclaimer_type:string display_name:string dynamic_destination:string dynamic_format:string
        end_card_cta:string fallback_type:string identity_authorized_bc_id:string identity_id:string
        identity_type:string image_ids:list<string> impression_tracking_url:string
        instant_product_page_used:bool item_duet_status:string item_group_ids:list<string>
        item_stitch_status:string landing_page_url:string music_id:string operation_status:string
        page_id:int page_image_index:int phone_number:string phone_region_calling_code:string
        phone_region_code:string playable_url:string product_display_field_list:list<string>
        product_set_id:string product_specific_type:string promotional_music_disabled:bool
        schedule_id:string shopping_ads_deeplink_type:string shopping_ads_fallback_type:string
        shopping_ads_video_package_id:string showcase_products:list<map> sku_ids:list<string>
        tiktok_item_id:string tiktok_page_category:string tracking_app_id:string
        tracking_message_event_set_id:string tracking_offline_event_set_ids:list<string>
        tracking_pixel_id:int utm_params:list<map> vehicle_ids:list<string> vertical_video_strategy:string
        video_id:string video_view_tracking_url:string viewability_postbid_partner:string
        viewability_vast_url:string
        """)

    /// Turning campaigns on or off.
    static let campaignStatusSchema = GraphSchema(
        """
        advertiser_id*:string campaign_ids*:list<string> operation_status*:string
        postback_window_mode:string
        """)

    /// Turning ad groups on or off.
    static let adGroupStatusSchema = GraphSchema(
        """
        adgroup_ids*:list<string> advertiser_id*:string allow_partial_success:bool operation_status*:string
        """)

    /// Turning ads on or off.
    static let adStatusSchema = GraphSchema(
        """
        aco_ad_ids:list<string> ad_ids:list<string> advertiser_id*:string operation_status*:string
        """)

    /// Campaigns of an ad account.
    static let campaignsSchema = GraphSchema(
        """
        advertiser_id*:string exclude_field_types_in_response:list<string> fields:list<string> filtering:map
        page:int page_size:int
        """)

    /// Ad groups of an ad account.
    static let adGroupsSchema = GraphSchema(
        """
        advertiser_id*:string exclude_field_types_in_response:list<string> fields:list<string> filtering:map
        page:int page_size:int
        """)

    /// Ads of an ad account.
    static let adsSchema = GraphSchema(
        """
        advertiser_id*:string exclude_field_types_in_response:list<string> fields:list<string> filtering:map
        page:int page_size:int
        """)

    /// Accounts whose videos may be promoted.
    static let identitiesSchema = GraphSchema(
        """
        advertiser_id*:string identity_authorized_bc_id:string identity_type:string page:int page_size:int
        """)

    /// A video of such an account.
    static let identityVideoSchema = GraphSchema(
        """
        advertiser_id*:string identity_authorized_bc_id:string identity_id*:string identity_type*:string
        item_id*:string
        """)

    /// What was spent, and what it brought.
    static let reportSchema = GraphSchema(
        """
        advertiser_id:string advertiser_ids:list<string> bc_id:string data_level:string
        dimensions:list<string> enable_total_metrics:bool end_date:string filtering:list<Object>
        metrics:list<string> multi_adv_report_in_utc_time:bool order_field:string order_type:string page:int
        page_size:int query_lifetime:bool query_mode:string report_type*:string service_type:string
        start_date:string
        """)

    /// A code for a token.
    static let tokenSchema = GraphSchema(
        """
        app_id*:string auth_code*:string secret*:string
        """)

    /// The ad accounts of a token.
    static let advertisersSchema = GraphSchema(
        """
        app_id*:string secret*:string
        """)

    /// What the contract sheet says of the rest.
    static let advertiserInfoSchema = GraphSchema("advertiser_ids*:list<string> fields:list<string>")
    static let authorizeVideoSchema = GraphSchema("advertiser_id*:string auth_code*:string")
    static let videosSchema = GraphSchema("advertiser_id*:string page:int page_size:int")
    static let editCampaignSchema = GraphSchema(
        "advertiser_id*:string budget:float campaign_id*:string campaign_name:string")
}
