// SPDX-License-Identifier: MIT

public import Domain
public import Foundation

/// A post of an account as its platform lists it, whoever made it.
public struct FoundPost: Sendable, Hashable {
    /// What exists, with the address where a person sees it.
    public var remote: RemotePost
    /// When it appeared.
    public var publishedAt: Date
    /// Its words, where the platform gives them.
    public var text: String?
    /// Its shape; `nil` where the platform does not say.
    public var format: PostFormat?
    /// Further identities under which the same thing may be known, say that of its film.
    public var otherIDs: [String]

    /// Makes a description.
    public init(
        _ remote: RemotePost, publishedAt: Date, text: String? = nil, format: PostFormat? = nil,
        otherIDs: [String] = []
    ) {
        self.remote = remote
        self.publishedAt = publishedAt
        self.text = text
        self.format = format
        self.otherIDs = otherIDs
    }

    /// Every identity under which it may be known.
    public var ids: [String] { [self.remote.id] + self.otherIDs }
}

/// A request for a page of an account's past.
public struct HistoryRequest: Sendable {
    /// Whose.
    public var access: AccountAccess
    /// How far back, where the platform can be told.
    public var since: Date
    /// Where the page begins; `nil` for the first one.
    public var cursor: String?
    /// How many posts are wanted; a page may hold fewer, or more.
    public var limit: Int
    /// What Posthorn published on the account since, by the identities that it knows.
    public var own: [RemotePost]

    /// Makes a request.
    public init(access: AccountAccess, since: Date, cursor: String? = nil, limit: Int, own: [RemotePost] = []) {
        self.access = access
        self.since = since
        self.cursor = cursor
        self.limit = limit
        self.own = own
    }
}

/// A page of an account's past.
public struct HistoryPage: Sendable {
    /// The posts, newest first.
    public var posts: [FoundPost]
    /// Where the next page begins; `nil` on the last one.
    public var next: String?

    /// Makes a page.
    public init(posts: [FoundPost], next: String? = nil) {
        self.posts = posts
        self.next = next
    }
}

/// A plugin that can list what an account posted before.
public protocol HistoryListing: PlatformPlugin {
    /// Lists a page of the account's own posts, newest first: neither shares of others' posts, nor answers to others, nor what disappears.
    ///
    /// One page is one call, so that a cut is never more than a page behind.
    func history(_ request: HistoryRequest) async throws(PluginError) -> HistoryPage
}
