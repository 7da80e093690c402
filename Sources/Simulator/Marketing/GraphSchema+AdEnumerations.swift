// SPDX-License-Identifier: MIT

extension GraphSchema {
    /// The enumerations of ads that are too long for a table.
    static let adEnumerations: [String: [String]] = [
        "objective": [
            "APP_INSTALLS", "BRAND_AWARENESS", "CONVERSIONS", "EVENT_RESPONSES", "LEAD_GENERATION", "LINK_CLICKS",
            "LOCAL_AWARENESS", "MESSAGES", "OFFER_CLAIMS", "OUTCOME_APP_PROMOTION", "OUTCOME_AWARENESS",
            "OUTCOME_ENGAGEMENT", "OUTCOME_LEADS", "OUTCOME_SALES", "OUTCOME_TRAFFIC", "PAGE_LIKES",
            "POST_ENGAGEMENT", "PRODUCT_CATALOG_SALES", "REACH", "STORE_VISITS", "VIDEO_VIEWS",
        ],
        "bidStrategy": [
            "COST_CAP", "LOWEST_COST_WITHOUT_CAP", "LOWEST_COST_WITH_BID_CAP", "LOWEST_COST_WITH_MIN_ROAS",
        ],
        "adStatus": [
            "ACTIVE", "ARCHIVED", "DELETED", "PAUSED",
        ],
        "adCategory": [
            "CREDIT", "EMPLOYMENT", "FINANCIAL_PRODUCTS_SERVICES", "HOUSING", "ISSUES_ELECTIONS_POLITICS", "NONE",
            "ONLINE_GAMBLING_AND_GAMING",
        ],
        "countryCode": [
            "AC", "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AN", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX",
            "AZ", "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS",
            "BT", "BV", "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO",
            "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH",
            "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI",
            "GL", "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU",
            "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH",
            "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU",
            "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR",
            "MS", "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP",
            "NR", "NU", "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW",
            "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK",
            "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ",
            "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA",
            "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "XK", "YE", "YT", "ZA", "ZM", "ZW",
        ],
        "adGoal": [
            "ADVERTISER_SILOED_VALUE", "AD_RECALL_LIFT", "APP_INSTALLS", "APP_INSTALLS_AND_OFFSITE_CONVERSIONS",
            "AUTOMATIC_OBJECTIVE", "CONVERSATIONS", "DERIVED_EVENTS", "ENGAGED_PAGE_VIEWS", "ENGAGED_USERS",
            "EVENT_RESPONSES", "IMPRESSIONS", "IN_APP_VALUE", "LANDING_PAGE_VIEWS", "LEAD_GENERATION",
            "LINK_CLICKS", "MEANINGFUL_CALL_ATTEMPT", "MESSAGING_APPOINTMENT_CONVERSION",
            "MESSAGING_PURCHASE_CONVERSION", "NONE", "OFFSITE_CONVERSIONS", "PAGE_LIKES", "POST_ENGAGEMENT",
            "PROFILE_AND_PAGE_ENGAGEMENT", "PROFILE_VISIT", "QUALITY_CALL", "QUALITY_LEAD", "REACH",
            "REMINDERS_SET", "SUBSCRIBERS", "THRUPLAY", "VALUE", "VISIT_INSTAGRAM_PROFILE",
        ],
        "billingEvent": [
            "APP_INSTALLS", "CLICKS", "IMPRESSIONS", "LINK_CLICKS", "LISTING_INTERACTION", "NONE", "OFFER_CLAIMS",
            "PAGE_LIKES", "POST_ENGAGEMENT", "PURCHASE", "THRUPLAY",
        ],
        "destination": [
            "APP", "APPLINKS_AUTOMATIC", "FACEBOOK", "FACEBOOK_LIVE", "FACEBOOK_PAGE", "IMAGINE",
            "INSTAGRAM_DIRECT", "INSTAGRAM_LIVE", "INSTAGRAM_PROFILE", "INSTAGRAM_PROFILE_AND_FACEBOOK_PAGE",
            "MESSAGING_INSTAGRAM_DIRECT_MESSENGER", "MESSAGING_INSTAGRAM_DIRECT_MESSENGER_WHATSAPP",
            "MESSAGING_INSTAGRAM_DIRECT_WHATSAPP", "MESSAGING_MESSENGER_WHATSAPP", "MESSENGER", "ON_AD", "ON_EVENT",
            "ON_PAGE", "ON_POST", "ON_VIDEO", "SHOP_AUTOMATIC", "WEBSITE", "WHATSAPP",
        ],
        "subEvent": [
            "NONE", "POST_INTERACTION", "TRAVEL_INTENT", "TRAVEL_INTENT_BUCKET_01", "TRAVEL_INTENT_BUCKET_02",
            "TRAVEL_INTENT_BUCKET_03", "TRAVEL_INTENT_BUCKET_04", "TRAVEL_INTENT_BUCKET_05",
            "TRAVEL_INTENT_NO_DESTINATION_INTENT", "TRIP_CONSIDERATION", "VIDEO_SOUND_ON",
        ],
        "effectiveStatus": [
            "ACTIVE", "ADSET_PAUSED", "ARCHIVED", "CAMPAIGN_PAUSED", "DELETED", "DISAPPROVED", "IN_PROCESS",
            "PAUSED", "PENDING_BILLING_INFO", "PENDING_REVIEW", "PREAPPROVED", "WITH_ISSUES",
        ],
        "attribution": [
            "1d_click", "1d_ev", "1d_view", "28d_click", "28d_view", "28d_view_all_conversions",
            "28d_view_first_conversion", "7d_click", "7d_view", "7d_view_all_conversions",
            "7d_view_first_conversion", "dda", "default", "skan_click", "skan_click_second_postback",
            "skan_click_third_postback", "skan_view", "skan_view_second_postback", "skan_view_third_postback",
        ],
        "breakdown": [
            "ad_extension_domain", "ad_extension_url", "ad_format_asset", "age", "app_id", "body_asset",
            "breakdown_ad_objective", "breakdown_reporting_ad_id", "call_to_action_asset",
            "coarse_conversion_value", "comscore_market", "conversion_destination", "country",
            "creative_automation_asset_id", "creative_relaxation_asset_type", "crm_advertiser_l12_territory_ids",
            "crm_advertiser_subvertical_id", "crm_advertiser_vertical_id", "crm_ult_advertiser_id",
            "description_asset", "device_platform", "dma", "fidelity_type", "flexible_format_asset_type",
            "frequency_value", "gen_ai_asset_type", "gender", "hourly_stats_aggregated_by_advertiser_time_zone",
            "hourly_stats_aggregated_by_audience_time_zone", "hsid", "image_asset", "impression_device",
            "impression_view_time_advertiser_hour_v2", "is_auto_advance", "is_conversion_id_modeled",
            "is_rendered_as_delayed_skip_ad", "landing_destination", "link_url_asset",
            "marketing_messages_btn_name", "mdsa_landing_destination", "media_asset_url", "media_creator",
            "media_destination_url", "media_format", "media_origin_url", "media_text_content", "media_type", "mmm",
            "place_page_id", "platform_position", "postback_sequence_index", "product_brand_breakdown",
            "product_category_breakdown", "product_custom_label_0_breakdown", "product_custom_label_1_breakdown",
            "product_custom_label_2_breakdown", "product_custom_label_3_breakdown",
            "product_custom_label_4_breakdown", "product_group_content_id_breakdown", "product_id",
            "publisher_platform", "redownload", "reels_trending_topic", "region", "rta_ugc_topic", "rule_set_id",
            "rule_set_name", "signal_source_bucket", "skan_campaign_id", "skan_conversion_id", "skan_version",
            "sot_attribution_model_type", "sot_attribution_window", "sot_channel", "sot_event_type", "sot_source",
            "standard_event_content_type", "title_asset", "user_persona_id", "user_persona_name", "video_asset",
        ],
        "actionBreakdown": [
            "action_canvas_component_name", "action_carousel_card_id", "action_carousel_card_name",
            "action_destination", "action_device", "action_reaction", "action_target_id", "action_type",
            "action_video_sound", "action_video_type", "conversion_destination", "is_business_ai_assisted",
            "matched_persona_id", "matched_persona_name", "signal_source_bucket", "standard_event_content_type",
        ],
    ]
}
