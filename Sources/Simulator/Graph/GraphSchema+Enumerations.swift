// SPDX-License-Identifier: MIT

extension GraphSchema {
    /// The enumerations that are too long for a table, by the names the tables give them.
    static let enumerations = Self.pageEnumerations.merging(Self.adEnumerations) { $1 }
        .merging(XAdsEndpoint.enumerations) { $1 }

    private static let pageEnumerations: [String: [String]] = [
        "contentType": [
            "ADS_POST", "DRAFT", "INLINE_CREATED", "PUBLISHED", "PUBLISH_PENDING", "REVIEWABLE_BRANDED_CONTENT",
            "SCHEDULED", "SCHEDULED_RECURRING",
        ],
        "contentCategory": [
            "BEAUTY_FASHION", "BUSINESS", "CARS_TRUCKS", "COMEDY", "CUTE_ANIMALS", "ENTERTAINMENT", "FAMILY",
            "FOOD_HEALTH", "HOME", "LIFESTYLE", "MUSIC", "NEWS", "OTHER", "POLITICS", "SCIENCE", "SPORTS",
            "TECHNOLOGY", "VIDEO_GAMING",
        ],
        "commentPrivacy": [
            "DECLINED_BY_ADMIN_ASSISTANT", "DEFAULT_PRIVACY", "FRIENDS_AND_POST_OWNER", "FRIENDS_ONLY",
            "GRAPHQL_MULTIPLE_VALUE_HACK_DO_NOT_USE", "OWNER_OR_COMMENTER", "PENDING_APPROVAL",
            "REMOVED_BY_ADMIN_ASSISTANT", "SIDE_CONVERSATION", "SIDE_CONVERSATION_AND_POST_OWNER", "SPOTLIGHT_TAB",
        ],
        "datePreset": [
            "data_maximum", "last_14d", "last_28d", "last_30d", "last_3d", "last_7d", "last_90d", "last_month",
            "last_quarter", "last_week_mon_sun", "last_week_sun_sat", "last_year", "maximum", "this_month",
            "this_quarter", "this_week_mon_today", "this_week_sun_today", "this_year", "today", "yesterday",
        ],
        "callsite": [
            "ADS_MANAGER_L1_EDITOR_DYNAMIC_ADS_WITH_EXISTING_POST", "PA_HUB_CATALOG_INGESTION_CREATOR_ASSET",
        ],
    ]
}
