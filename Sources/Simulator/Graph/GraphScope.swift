// SPDX-License-Identifier: MIT

/// The permissions of Meta's platforms that the simulator knows.
enum GraphScope {
    /// What a Page's grant may allow.
    static let facebook = [
        "public_profile", "pages_show_list", "pages_read_engagement", "pages_manage_posts", "pages_manage_engagement",
        "pages_read_user_content", "read_insights", "pages_manage_metadata", "ads_management", "ads_read",
        "pages_manage_ads", "business_management",
    ]

    /// What a grant for an Instagram account may allow, with Facebook Login.
    static let instagram = [
        "instagram_basic", "instagram_content_publish", "instagram_manage_comments", "instagram_manage_insights",
        "pages_show_list", "pages_read_engagement",
    ]

    /// What a grant of Instagram Login may allow.
    static let instagramLogin = [
        "instagram_business_basic", "instagram_business_content_publish", "instagram_business_manage_comments",
        "instagram_business_manage_insights",
    ]

    /// All that the login page can be asked for.
    static let all = Self.facebook + Self.instagram.filter { !Self.facebook.contains($0) }

    /// The name of an Instagram permission under Instagram Login.
    static func ofInstagramLogin(_ scope: String) -> String {
        scope.replacing("instagram_manage", with: "instagram_business_manage")
            .replacing("instagram_content", with: "instagram_business_content")
            .replacing("instagram_basic", with: "instagram_business_basic")
    }
}
