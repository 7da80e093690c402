// SPDX-License-Identifier: MIT

/// The endpoints of Graph that the simulator serves, by method, kind of node and connection.
enum GraphEndpoint: String, Sendable {
    case readPerson = "GET /{user}"
    case accounts = "GET /{user}/accounts"
    case adAccounts = "GET /{user}/adaccounts"
    case permissions = "GET /{user}/permissions"
    case revoke = "DELETE /{user}/permissions"

    case readPage = "GET /{page}"
    case feed = "GET /{page}/feed"
    case pagePosts = "GET /{page}/posts"
    case publishedPosts = "GET /{page}/published_posts"
    case scheduledPosts = "GET /{page}/scheduled_posts"
    case publishPost = "POST /{page}/feed"
    case photos = "GET /{page}/photos"
    case publishPhoto = "POST /{page}/photos"
    case videos = "GET /{page}/videos"
    case publishVideo = "POST /{page}/videos"
    case reels = "GET /{page}/video_reels"
    case publishReel = "POST /{page}/video_reels"
    case stories = "GET /{page}/stories"
    case publishPhotoStory = "POST /{page}/photo_stories"
    case publishVideoStory = "POST /{page}/video_stories"
    case pageInsights = "GET /{page}/insights"
    case subscriptions = "GET /{page}/subscribed_apps"
    case subscribe = "POST /{page}/subscribed_apps"
    case unsubscribe = "DELETE /{page}/subscribed_apps"

    case readPost = "GET /{post}"
    case editPost = "POST /{post}"
    case deletePost = "DELETE /{post}"
    case attachments = "GET /{post}/attachments"
    case postInsights = "GET /{post}/insights"
    case reactions = "GET /{post}/reactions"
    case likePost = "POST /{post}/likes"
    case unlikePost = "DELETE /{post}/likes"
    case postComments = "GET /{post}/comments"
    case commentPost = "POST /{post}/comments"
    case readPhoto = "GET /{photo}"
    case deletePhoto = "DELETE /{photo}"
    case photoComments = "GET /{photo}/comments"
    case commentPhoto = "POST /{photo}/comments"
    case readVideo = "GET /{video}"
    case deleteVideo = "DELETE /{video}"
    case videoComments = "GET /{video}/comments"
    case commentVideo = "POST /{video}/comments"
    case readComment = "GET /{comment}"
    case editComment = "POST /{comment}"
    case deleteComment = "DELETE /{comment}"
    case replies = "GET /{comment}/comments"
    case reply = "POST /{comment}/comments"
    case likeComment = "POST /{comment}/likes"
    case unlikeComment = "DELETE /{comment}/likes"

    case readInstagramUser = "GET /{ig-user}"
    case media = "GET /{ig-user}/media"
    case createContainer = "POST /{ig-user}/media"
    case publishContainer = "POST /{ig-user}/media_publish"
    case publishingLimit = "GET /{ig-user}/content_publishing_limit"
    case instagramStories = "GET /{ig-user}/stories"
    case instagramInsights = "GET /{ig-user}/insights"
    case instagramSubscribe = "POST /{ig-user}/subscribed_apps"
    case readContainer = "GET /{ig-container}"
    case readMedia = "GET /{ig-media}"
    case editMedia = "POST /{ig-media}"
    case deleteMedia = "DELETE /{ig-media}"
    case children = "GET /{ig-media}/children"
    case collaborators = "GET /{ig-media}/collaborators"
    case mediaInsights = "GET /{ig-media}/insights"
    case mediaComments = "GET /{ig-media}/comments"
    case commentMedia = "POST /{ig-media}/comments"
    case readInstagramComment = "GET /{ig-comment}"
    case hideInstagramComment = "POST /{ig-comment}"
    case deleteInstagramComment = "DELETE /{ig-comment}"
    case instagramReplies = "GET /{ig-comment}/replies"
    case instagramReply = "POST /{ig-comment}/replies"

    case readAdAccount = "GET /{ad-account}"
    case minimumBudgets = "GET /{ad-account}/minimum_budgets"
    case adAccountInsights = "GET /{ad-account}/insights"
    case campaigns = "GET /{ad-account}/campaigns"
    case createCampaign = "POST /{ad-account}/campaigns"
    case adSets = "GET /{ad-account}/adsets"
    case createAdSet = "POST /{ad-account}/adsets"
    case adCreatives = "GET /{ad-account}/adcreatives"
    case createAdCreative = "POST /{ad-account}/adcreatives"
    case ads = "GET /{ad-account}/ads"
    case createAd = "POST /{ad-account}/ads"
    case readCampaign = "GET /{campaign}"
    case editCampaign = "POST /{campaign}"
    case deleteCampaign = "DELETE /{campaign}"
    case campaignAdSets = "GET /{campaign}/adsets"
    case campaignAds = "GET /{campaign}/ads"
    case campaignInsights = "GET /{campaign}/insights"
    case readAdSet = "GET /{ad-set}"
    case editAdSet = "POST /{ad-set}"
    case deleteAdSet = "DELETE /{ad-set}"
    case adSetAds = "GET /{ad-set}/ads"
    case adSetInsights = "GET /{ad-set}/insights"
    case readAd = "GET /{ad}"
    case editAd = "POST /{ad}"
    case deleteAd = "DELETE /{ad}"
    case adInsights = "GET /{ad}/insights"
    case readAdCreative = "GET /{ad-creative}"
    case editAdCreative = "POST /{ad-creative}"
    case deleteAdCreative = "DELETE /{ad-creative}"

    init?(method: String, node: GraphNode, edge: String) {
        self.init(rawValue: "\(method) /{\(node.kind)}\(edge.isEmpty ? "" : "/" + edge)")
    }

    /// Whether another method of the same connection is served.
    static func serves(node: GraphNode, edge: String) -> Bool {
        ["GET", "POST", "DELETE"].contains { GraphEndpoint(method: $0, node: node, edge: edge) != nil }
    }

    /// Whether it is about what only a Page token may see or do.
    var needsPageToken: Bool {
        switch self {
        case .feed, .pagePosts, .publishedPosts, .scheduledPosts, .publishPost, .photos, .publishPhoto, .videos,
            .publishVideo, .reels, .publishReel, .stories, .publishPhotoStory, .publishVideoStory, .pageInsights,
            .editPost, .deletePost, .postInsights, .likePost, .unlikePost, .commentPost, .deletePhoto,
            .commentPhoto, .deleteVideo, .commentVideo, .editComment, .deleteComment, .reply, .likeComment,
            .unlikeComment, .subscriptions, .subscribe, .unsubscribe:
            true
        default: false
        }
    }

    /// The permissions that a token needs.
    var scopes: [String] {
        switch self {
        case .readPerson, .permissions, .revoke, .readPage: []
        case .accounts: ["pages_show_list"]
        case .adAccounts: ["ads_read"]
        case .readAdAccount, .minimumBudgets, .adAccountInsights, .campaigns, .createCampaign, .adSets, .createAdSet,
            .adCreatives, .createAdCreative, .ads, .createAd, .readCampaign, .editCampaign, .deleteCampaign,
            .campaignAdSets, .campaignAds, .campaignInsights, .readAdSet, .editAdSet, .deleteAdSet, .adSetAds,
            .adSetInsights, .readAd, .editAd, .deleteAd, .adInsights, .readAdCreative, .editAdCreative,
            .deleteAdCreative:
            // Which of its two permissions will do depends on the method; see `authorizeAds`.
            []
        case .feed, .pagePosts, .publishedPosts, .scheduledPosts, .photos, .videos, .reels, .stories, .readPost,
            .attachments, .reactions, .readPhoto, .readVideo, .postComments, .photoComments, .videoComments,
            .readComment, .replies:
            ["pages_read_engagement"]
        case .publishPost, .publishPhoto, .publishVideo, .publishReel, .publishPhotoStory, .publishVideoStory,
            .editPost, .deletePost, .deletePhoto, .deleteVideo:
            ["pages_read_engagement", "pages_manage_posts"]
        case .pageInsights, .postInsights: ["pages_read_engagement", "read_insights"]
        case .subscriptions, .subscribe, .unsubscribe: ["pages_manage_metadata"]
        case .instagramSubscribe: ["instagram_basic", "instagram_manage_comments"]
        case .commentPost, .commentPhoto, .commentVideo, .reply, .editComment, .deleteComment, .likePost, .unlikePost,
            .likeComment, .unlikeComment:
            ["pages_read_engagement", "pages_manage_engagement"]
        case .readInstagramUser, .media, .instagramStories, .readMedia, .children, .collaborators, .mediaComments,
            .readInstagramComment, .instagramReplies:
            ["instagram_basic"]
        case .createContainer, .publishContainer, .publishingLimit, .readContainer, .editMedia, .deleteMedia:
            ["instagram_basic", "instagram_content_publish"]
        case .instagramInsights, .mediaInsights: ["instagram_basic", "instagram_manage_insights"]
        case .commentMedia, .hideInstagramComment, .deleteInstagramComment, .instagramReply:
            ["instagram_basic", "instagram_manage_comments"]
        }
    }

    /// The parameters that it takes.
    var schema: GraphSchema {
        switch self {
        case .readAdAccount, .minimumBudgets, .adAccountInsights, .campaigns, .createCampaign, .adSets, .createAdSet,
            .adCreatives, .createAdCreative, .ads, .createAd, .readCampaign, .editCampaign, .deleteCampaign,
            .campaignAdSets, .campaignAds, .campaignInsights, .readAdSet, .editAdSet, .deleteAdSet, .adSetAds,
            .adSetInsights, .readAd, .editAd, .deleteAd, .adInsights, .readAdCreative, .editAdCreative,
            .deleteAdCreative:
            self.adSchema
        case .readPerson, .scheduledPosts, .attachments, .deletePost, .readPhoto, .deletePhoto, .readVideo,
            .deleteVideo, .readComment, .deleteComment, .instagramStories, .readContainer, .deleteMedia, .children,
            .collaborators, .readInstagramComment, .instagramReplies, .adAccounts, .mediaComments, .subscriptions,
            .unsubscribe:
            .none
        case .subscribe: .subscribe
        case .instagramSubscribe: .subscribeInstagram
        case .accounts: .readAccounts
        case .permissions: .readPermissions
        case .revoke: .deletePermissions
        case .readPage: .readPage
        case .feed, .pagePosts, .publishedPosts: .readFeed
        case .publishPost: .postFeed
        case .photos: .readPhotos
        case .publishPhoto: .postPhotos
        case .videos: .readVideos
        case .publishVideo: .postVideos
        case .reels: .readReels
        case .publishReel: .postReels
        case .stories: .readStories
        case .publishPhotoStory: .postPhotoStories
        case .publishVideoStory: .postVideoStories
        case .pageInsights: .readPageInsights
        case .readPost: .readPost
        case .editPost: .editPost
        case .postInsights: .readPostInsights
        case .reactions: .readReactions
        case .likePost, .unlikePost, .likeComment, .unlikeComment: .like
        case .postComments, .photoComments, .videoComments, .replies: .readComments
        case .commentPost, .commentPhoto, .commentVideo, .reply: .comment
        case .editComment: .editComment
        case .readInstagramUser: .readInstagramUser
        case .media: .readMedia
        case .createContainer: .postContainer
        case .publishContainer: .publishContainer
        case .publishingLimit: .readPublishingLimit
        case .instagramInsights: .readInstagramInsights
        case .readMedia: .readInstagramMedia
        case .editMedia: .editInstagramMedia
        case .mediaInsights: .readMediaInsights
        case .commentMedia: .commentInstagramMedia
        case .hideInstagramComment: .editInstagramComment
        case .deleteInstagramComment: .deleteInstagramComment
        case .instagramReply: .postReply
        }
    }

    /// Whether it gives a list.
    var isList: Bool {
        switch self {
        case .accounts, .adAccounts, .permissions, .feed, .pagePosts, .publishedPosts, .scheduledPosts, .photos,
            .videos, .reels, .stories, .attachments, .reactions, .postComments, .photoComments, .videoComments,
            .replies, .media, .instagramStories, .children, .collaborators, .mediaComments, .instagramReplies,
            .subscriptions, .adAccountInsights, .campaigns, .adSets, .adCreatives, .ads, .campaignAdSets, .campaignAds,
            .campaignInsights, .adSetAds, .adSetInsights, .adInsights:
            true
        default: false
        }
    }

    /// The names that `fields` may have.
    var fields: Set<String> {
        switch self {
        case .readAdAccount, .minimumBudgets, .adAccountInsights, .campaigns, .createCampaign, .adSets, .createAdSet,
            .adCreatives, .createAdCreative, .ads, .createAd, .readCampaign, .editCampaign, .deleteCampaign,
            .campaignAdSets, .campaignAds, .campaignInsights, .readAdSet, .editAdSet, .deleteAdSet, .adSetAds,
            .adSetInsights, .readAd, .editAd, .deleteAd, .adInsights, .readAdCreative, .editAdCreative,
            .deleteAdCreative:
            self.adFields
        case .readPerson: GraphFieldNames.user
        case .accounts, .readPage: GraphFieldNames.page.union(["tasks"])
        case .adAccounts: GraphFieldNames.adAccount
        case .permissions, .revoke, .deletePost, .deletePhoto, .deleteVideo, .deleteComment, .deleteMedia,
            .deleteInstagramComment, .likePost, .unlikePost, .likeComment, .unlikeComment, .subscribe, .unsubscribe,
            .instagramSubscribe:
            []
        case .subscriptions: ["id", "name", "subscribed_fields"]
        case .feed, .pagePosts, .publishedPosts, .scheduledPosts, .publishPost, .readPost, .editPost:
            GraphFieldNames.post
        case .photos, .publishPhoto, .readPhoto: GraphFieldNames.photo.union(["post_id"])
        case .videos, .publishVideo, .reels, .publishReel, .publishVideoStory, .readVideo: GraphFieldNames.video
        case .stories, .publishPhotoStory:
            ["post_id", "status", "creation_time", "media_type", "media_id", "url", "success"]
        case .attachments: ["media", "media_type", "target", "title", "type", "url", "description", "subattachments"]
        case .pageInsights, .postInsights, .instagramInsights, .mediaInsights:
            ["name", "period", "values", "title", "description", "id", "total_value"]
        case .reactions: ["id", "name", "type"]
        case .postComments, .photoComments, .videoComments, .replies, .commentPost, .commentPhoto, .commentVideo,
            .reply, .readComment, .editComment:
            GraphFieldNames.comment
        case .readInstagramUser: GraphFieldNames.instagramUser
        case .media, .publishContainer, .instagramStories, .readMedia, .editMedia, .children:
            GraphFieldNames.instagramMedia
        case .collaborators: ["id", "username", "invite_status"]
        case .createContainer: GraphFieldNames.container.union(["uri"])
        case .readContainer: GraphFieldNames.container
        case .publishingLimit: GraphFieldNames.publishingLimit
        case .mediaComments, .commentMedia, .readInstagramComment, .hideInstagramComment, .instagramReplies,
            .instagramReply:
            GraphFieldNames.instagramComment
        }
    }
}
