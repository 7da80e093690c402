// SPDX-License-Identifier: MIT

/// What ad accounts and what is in them are read with. Lists also take `filtering`, which the documentation has.
extension GraphSchema {
    /// Campaigns of an ad account.
    static let readCampaigns = GraphSchema(
        """
        date_preset:datePreset effective_status:list<effectiveStatus> filtering:list<Object>
        is_completed:bool time_range:map
        """)

    /// Ad sets of an ad account.
    static let readAdSets = GraphSchema(
        """
        date_preset:datePreset effective_status:list<effectiveStatus> filtering:list<Object>
        is_completed:bool time_range:map updated_since:int
        """)

    /// Ads of an ad account.
    static let readAds = GraphSchema(
        """
        date_preset:datePreset effective_status:list<string> filtering:list<Object> time_range:map
        updated_since:int
        """)

    /// The lowest budgets.
    static let readMinimumBudgets = GraphSchema(
        """
        bid_amount:int
        """)

    /// A campaign.
    static let readCampaign = GraphSchema(
        """
        am_call_tags:map date_preset:datePreset from_adtable:bool time_range:map
        """)

    /// An ad set.
    static let readAdSet = GraphSchema(
        """
        am_call_tags:map date_preset:datePreset from_adtable:bool time_range:map
        """)

    /// An ad.
    static let readAd = GraphSchema(
        """
        am_call_tags:map date_preset:datePreset from_adtable:bool review_feedback_breakdown:bool
        time_range:map
        """)

    /// What an ad shows.
    static let readAdCreative = GraphSchema(
        """
        thumbnail_height:uint thumbnail_width:uint
        """)

    /// What was spent, and what it brought.
    static let readAdInsights = GraphSchema(
        """
        action_attribution_windows:list<attribution> action_breakdowns:list<actionBreakdown>
        action_report_time:{conversion|impression|lifetime|mixed} breakdowns:list<breakdown>
        cpas_only:string date_preset:datePreset default_summary:bool export_columns:list<string>
        export_format:string export_name:string filtering:list<Object> graph_cache:bool
        level:{account|ad|adset|campaign} limit:int product_id_limit:int sort:list<string>
        summary:list<string> summary_action_breakdowns:list<actionBreakdown> time_increment:string
        time_range:map time_ranges:list<map> use_account_attribution_setting:bool
        use_unified_attribution_setting:bool
        """)

    /// Ad sets of a campaign.
    static let campaignAdSets = GraphSchema(
        """
        date_preset:datePreset effective_status:list<effectiveStatus> filtering:list<Object>
        is_completed:bool time_range:map
        """)

    /// Ads of a campaign.
    static let campaignAds = GraphSchema(
        """
        date_preset:datePreset effective_status:list<string> filtering:list<Object> time_range:map
        updated_since:int
        """)

    /// Ads of an ad set.
    static let adSetAds = GraphSchema(
        """
        date_preset:datePreset effective_status:list<string> filtering:list<Object> time_range:map
        updated_since:int
        """)
}
