// SPDX-License-Identifier: MIT

/// An account of one platform.
struct AccountKey: Hashable, Sendable, Codable {
    var platform: Platform
    var externalID: String
}

/// An agency's registration with a platform.
struct SimulatedApp: Sendable, Codable {
    var platform: Platform
    var clientID: String
    /// `nil` for a public client, which has none.
    var clientSecret: String?
    /// X: the app's key and secret for OAuth 1.0a.
    var consumerKey: String?
    var consumerSecret: String?
    /// Whether the platform's rules for self-service apps apply.
    var isSelfServe = true
    /// X: whether it may use the Ads API; `nil` for yes.
    var mayAdvertise: Bool?
    /// TikTok: whether the app passed its audit; without, posts are for the creator alone.
    var isAudited: Bool?
    /// TikTok: beginnings of the addresses that the app has proven to own; `nil` for all.
    var ownedAddresses: [String]?
}

/// Somebody's identity on a platform, with the one grant that is alive.
struct SimulatedAccount: Sendable, Codable {
    var key: AccountKey
    var handle: String
    var name: String
    var followers: Int
    var timeZone: String
    var audienceSeed: UInt64
    var clientID: String?
    var accessToken: String?
    var refreshToken: String?
    /// `nil`: never.
    var tokenExpiresAt: WorldTime?
    var scopes: [String]
    var isSuspended = false
    /// Whether longer texts are allowed (X Premium).
    var isPremium = false
    var createdAt: WorldTime
    /// Counts the grants given, so that each pair of tokens is new.
    var grants = 0
    /// Instagram: the Facebook Page that the account is linked to.
    var pageID: String?
    /// Instagram: whether its own token is of Instagram Login, for `graph.instagram.com`.
    var usesInstagramLogin: Bool?
    /// Instagram: posts that may be published in 24 hours.
    var publishingQuota: Int?
    /// Graph: the events that the app wants to hear of.
    var subscribedFields: [String]?
    /// TikTok: whether the account is private.
    var isPrivate: Bool?
    /// TikTok: the end of the refresh token's life.
    var refreshExpiresAt: WorldTime?
}

/// A file that was uploaded.
struct SimulatedMedia: Sendable, Codable {
    enum Phase: String, Sendable, Codable {
        case uploading
        case processing
        case ready
        case failed
    }

    var id: String
    var serial: Int
    var account: AccountKey
    var contentType: String
    var size = 0
    /// SHA-256 of the bytes, hexadecimal.
    var digest = ""
    var createdAt: WorldTime
    var altText: String?
    var phase = Phase.ready
    /// When processing ends.
    var readyAt: WorldTime?
    var isBroken = false
    var isUsed = false
    /// X: what the file is for.
    var category: String?
    var declaredSize: Int?
    var segments: [Int] = []
    /// Graph: what the file is for.
    var purpose: String?
    /// Graph: bytes that have arrived so far.
    var received: Int?
    /// Graph: the post that shows it.
    var postID: String?
    var deletedAt: WorldTime?
    /// The token `[ph:…]` that the file itself carries.
    var token: String?

    var isVideo: Bool { self.contentType.hasPrefix("video/") }
    var key: String { "\(self.isVideo ? 7 : self.contentType == "image/gif" ? 16 : 3)_\(self.id)" }
}

/// What was published, or is about to be.
struct SimulatedPost: Sendable, Codable {
    struct ShortenedLink: Sendable, Codable, Equatable {
        var short: String
        var expanded: String
    }

    struct Poll: Sendable, Codable {
        var options: [String]
        var minutes: Int
    }

    var id: String
    var serial: Int
    var account: AccountKey
    var marker: Marker
    /// The text as it was sent.
    var text: String
    var format: String
    var mediaIDs: [String] = []
    var altTexts: [String?] = []
    var replyTo: String?
    var quoteOf: String?
    var link: String?
    var poll: Poll?
    var links: [ShortenedLink] = []
    /// The text as X returns it; made once, with the post.
    var shownText: String?
    /// What the duplicate check compares; absent for replies.
    var duplicateKey: String?
    var createdAt: WorldTime
    /// When people see it; later than `createdAt` for what is processed first.
    var visibleAt: WorldTime
    /// Missing from lists until then.
    var hiddenUntil: WorldTime?
    var deletedAt: WorldTime?
    /// The processing that leads to it.
    var processingID: String?
    var processingFails = false
    var hasImage = false
    var hasVideo = false
    var settings: [String: String] = [:]
    /// Whether only the account itself sees it.
    var isPrivate: Bool?
    var editedText: String?

    /// The text as it stands.
    var currentText: String { self.editedText ?? self.text }

    /// Whether anybody can see it.
    func isLive(at now: WorldTime) -> Bool { !self.processingFails && self.visibleAt <= now && self.deletedAt == nil }

    /// Whether a list shows it.
    func isListed(at now: WorldTime) -> Bool { self.isLive(at: now) && (self.hiddenUntil ?? now) <= now }
}

/// A remark under a post.
struct SimulatedComment: Sendable, Codable {
    var id: String
    var serial: Int
    var postID: String
    /// The account that wrote it, or that owns the post when somebody else did.
    var account: AccountKey
    var text: String
    var createdAt: WorldTime
    var deletedAt: WorldTime?
    /// Who wrote it, when it is not the account.
    var author: CommentAuthor?
    /// The remark that it answers.
    var parentID: String?
    var isHidden: Bool?
    /// Whether the account that owns the post likes it.
    var isLiked: Bool?
}

/// A person of the pretend world who writes remarks.
struct CommentAuthor: Sendable, Codable {
    var id: String
    var name: String
}
