// SPDX-License-Identifier: MIT

public import Foundation

/// The name of a number that a platform reports, from the common schema of the platform sheets.
public struct MetricName: Hashable, Comparable, Sendable, Codable, ExpressibleByStringLiteral, CustomStringConvertible,
    RawRepresentable
{
    /// The name in snake case.
    public var rawValue: String
    /// Wraps a name.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Wraps a literal name.
    public init(stringLiteral value: String) { self.rawValue = value }
    /// The name.
    public var description: String { self.rawValue }
    /// Orders by name.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// How often it was shown or played; not comparable between platforms.
    public static let views: Self = "views"
    /// How many people it reached.
    public static let reach: Self = "reach"
    /// Likes, or all reactions.
    public static let likes: Self = "likes"
    /// Comments and replies.
    public static let comments: Self = "comments"
    /// Shares, reposts and quotes.
    public static let shares: Self = "shares"
    /// Saves and bookmarks.
    public static let saves: Self = "saves"
    /// Clicks on links.
    public static let clicks: Self = "clicks"
    /// Plays of a film.
    public static let videoViews: Self = "video_views"
    /// Time watched, in milliseconds.
    public static let watchTimeMilliseconds: Self = "watch_time_ms"
    /// Visits of the profile.
    public static let profileVisits: Self = "profile_visits"
    /// New followers.
    public static let follows: Self = "follows"
    /// All engagements, as the platform counts them.
    public static let engagements: Self = "engagements"
    /// Followers of the account.
    public static let followers: Self = "followers"

    /// The whole common schema.
    public static let all: [Self] = [
        .views, .reach, .likes, .comments, .shares, .saves, .clicks, .videoViews, .watchTimeMilliseconds,
        .profileVisits, .follows,
        .engagements, .followers,
    ]
}

/// A request for readings of one account.
public struct MetricsRequest: Sendable {
    /// Whose numbers.
    public var access: AccountAccess
    /// The publications to read; empty reads the account itself.
    public var posts: [RemotePost]

    /// Makes a request.
    public init(access: AccountAccess, posts: [RemotePost]) {
        self.access = access
        self.posts = posts
    }
}

/// One reading.
///
/// The numbers of a publication are those of its whole life. Those of an account are of its whole life, too, or of one day, besides
/// the followers, who are those of the moment.
public struct MetricReading: Sendable {
    /// The publication that was read; `nil` for the account.
    public var postID: String?
    /// The numbers that the platform gave; what it did not give is absent, never zero.
    public var values: [MetricName: Int64]
    /// How reactions divide into kinds, by the platform's names of them; `nil` where it has no kinds or gave none.
    public var reactions: [String: Int64]?
    /// The end of the day that the numbers are of; `nil` when they are of the whole life.
    public var dayEnds: Date?
    /// The part of the raw answer that this was read from, as JSON text without secrets.
    public var raw: String
    /// The version of the plugin's mapping.
    public var definition: Int
    /// Whether the platform says that the publication no longer exists.
    public var isGone: Bool

    /// Makes a reading.
    public init(
        postID: String?, values: [MetricName: Int64], reactions: [String: Int64]? = nil, dayEnds: Date? = nil,
        raw: String, definition: Int, isGone: Bool = false
    ) {
        self.postID = postID
        self.values = values
        self.reactions = reactions
        self.dayEnds = dayEnds
        self.raw = raw
        self.definition = definition
        self.isGone = isGone
    }
}

/// A plugin that can read metrics.
public protocol MetricsFetching: PlatformPlugin {
    /// Reads the publications (at most the manifest's batch size) or the account.
    ///
    /// The host gathers what is due of an account. A publication that fails alone is left out or marked as gone; it never fails the others.
    func metrics(_ request: MetricsRequest) async throws(PluginError) -> [MetricReading]
}
