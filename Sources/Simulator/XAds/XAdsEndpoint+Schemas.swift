// SPDX-License-Identifier: MIT

/// Parameters of X Ads, as the published reference of version 12 lists them; statistics as the contract sheet has them.
extension XAdsEndpoint {
    static let accountsSchema = GraphSchema(
        """
        account_ids:string count:uint cursor:string q:string sort_by:string with_deleted:bool
        with_total_count:bool
        """)

    static let accountSchema = GraphSchema(
        """
        with_deleted:bool
        """)

    static let campaignsSchema = GraphSchema(
        """
        campaign_ids:string count:uint cursor:string funding_instrument_ids:string q:string sort_by:string
        with_deleted:bool with_draft:bool with_total_count:bool
        """)

    static let campaignSchema = GraphSchema(
        """
        with_deleted:bool
        """)

    static let createCampaignSchema = GraphSchema(
        """
        budget_optimization:{LINE_ITEM} daily_budget_amount_local_micro:uint
        entity_status:{ACTIVE|DRAFT|PAUSED} funding_instrument_id*:string name*:string
        purchase_order_number:string standard_delivery:bool total_budget_amount_local_micro:uint
        """)

    static let editCampaignSchema = GraphSchema(
        """
        budget_optimization:{LINE_ITEM} daily_budget_amount_local_micro:uint entity_status:{ACTIVE|PAUSED}
        name:string purchase_order_number:string standard_delivery:bool total_budget_amount_local_micro:uint
        """)

    static let featuresSchema = GraphSchema(
        """
        feature_keys:list<{REACH_AND_FREQUENCY_ANALYTICS|REACH_FREQUENCY_CAP|WEBSITE_CLICKS_CPM_BILLING}>
        """)

    static let fundingInstrumentsSchema = GraphSchema(
        """
        count:uint cursor:string funding_instrument_ids:string sort_by:string with_deleted:bool
        with_total_count:bool
        """)

    static let lineItemsSchema = GraphSchema(
        """
        campaign_ids:string count:uint cursor:string funding_instrument_ids:string line_item_ids:string
        q:string sort_by:string with_deleted:bool with_draft:bool with_total_count:bool
        """)

    static let lineItemSchema = GraphSchema(
        """
        with_deleted:bool
        """)

    static let createLineItemSchema = GraphSchema(
        """
        advertiser_domain:string advertiser_user_id:string android_app_store_identifier:string
        audience_expansion:{BROAD|DEFINED|EXPANDED} bid_amount_local_micro:uint
        bid_strategy:{AUTO|MAX|TARGET} campaign_id*:string categories:string
        daily_budget_amount_local_micro:uint duration_in_days:uint end_time*:string
        entity_status:{ACTIVE|DRAFT|PAUSED} frequency_cap:uint goal:xGoal ios_app_store_identifier:string
        name:string
        objective*:{APP_ENGAGEMENTS|APP_INSTALLS|REACH|FOLLOWERS|ENGAGEMENTS|VIDEO_VIEWS|PREROLL_VIEWS|WEBSITE_CLICKS}
        pay_by:{APP_CLICK|IMPRESSION|LINK_CLICK} placements*:list<xPlacement> primary_web_event_tag:string
        product_type*:{MEDIA|PROMOTED_ACCOUNT|PROMOTED_TWEETS} standard_delivery:bool start_time*:string
        total_budget_amount_local_micro:uint
        """)

    static let editLineItemSchema = GraphSchema(
        """
        advertiser_domain:string advertiser_user_id:string android_app_store_identifier:string
        audience_expansion:{BROAD|DEFINED|EXPANDED} bid_amount_local_micro:uint
        bid_strategy:{AUTO|MAX|TARGET} categories:string daily_budget_amount_local_micro:uint
        duration_in_days:uint end_time:string entity_status:{ACTIVE|PAUSED} frequency_cap:uint
        goal:xLaterGoal ios_app_store_identifier:string name:string pay_by:{APP_CLICK|IMPRESSION|LINK_CLICK}
        start_time:string total_budget_amount_local_micro:uint
        """)

    static let promotedPostsSchema = GraphSchema(
        """
        count:uint cursor:string line_item_ids:string promoted_tweet_ids:string sort_by:string
        with_deleted:bool with_total_count:bool
        """)

    static let promoteSchema = GraphSchema(
        """
        line_item_id*:string tweet_ids*:string
        """)

    static let promotableUsersSchema = GraphSchema(
        """
        count:uint cursor:string promotable_user_ids:string sort_by:string with_deleted:bool
        with_total_count:bool
        """)

    static let criteriaSchema = GraphSchema(
        """
        count:uint cursor:string lang:string line_item_ids*:string sort_by:string
        targeting_criterion_ids:string with_deleted:bool with_total_count:bool
        """)

    static let createCriterionSchema = GraphSchema(
        """
        line_item_id*:string operator_type*:{EQ|NE|GTE|LT} targeting_type*:string targeting_value*:string
        """)

    static let locationsSchema = GraphSchema(
        """
        count:uint country_code:string cursor:string
        location_type:{COUNTRIES|REGIONS|METROS|CITIES|POSTAL_CODES} q:string
        """)

    static let statsSchema = GraphSchema(
        """
        end_time*:string
        entity*:{ACCOUNT|CAMPAIGN|FUNDING_INSTRUMENT|LINE_ITEM|ORGANIC_TWEET|PROMOTED_TWEET}
        entity_ids*:string granularity*:{DAY|HOUR|TOTAL}
        metric_groups*:list<{BILLING|ENGAGEMENT|MEDIA|MOBILE_CONVERSION|VIDEO|WEB_CONVERSION}>
        placement*:{ALL_ON_TWITTER|PUBLISHER_NETWORK} start_time*:string
        """)
}

extension XAdsEndpoint {
    /// What a line item can be optimised for; the first cannot be changed to.
    private static let goals = [
        "SITE_VISITS", "APP_CLICKS", "APP_INSTALLS", "APP_PURCHASES", "ENGAGEMENT", "FOLLOWERS", "LINK_CLICKS",
        "MAX_REACH", "PREROLL", "PREROLL_STARTS", "REACH_WITH_ENGAGEMENT", "VIDEO_VIEW", "VIEW_3S_100PCT", "VIEW_6S",
        "VIEW_15S", "WEBSITE_CONVERSIONS",
    ]

    /// The enumerations that are too long for a table.
    static let enumerations: [String: [String]] = [
        "xGoal": Self.goals, "xLaterGoal": Array(Self.goals.dropFirst()),
        "xPlacement": [
            "ALL_ON_TWITTER", "PUBLISHER_NETWORK", "TAP_BANNER", "TAP_FULL", "TAP_FULL_LANDSCAPE", "TAP_NATIVE",
            "TAP_MRECT", "TWITTER_PROFILE", "TWITTER_REPLIES", "TWITTER_SEARCH", "TWITTER_TIMELINE",
        ],
    ]
}
