// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// A post as the mock platform lists it.
struct MockPost: Decodable {
    struct Media: Decodable {
        var id: String
        var contentType: String
    }
    var id: String
    var url: String?
    var text: String?
    var createdAt: Date
    var format: String?
    var media: [Media]?
    var replyTo: String?
    var link: String?

    var remote: RemotePost { RemotePost(id: self.id, url: self.url, publishedAt: self.createdAt) }
}

/// A page of posts.
struct MockPostPage: Decodable {
    var posts: [MockPost]
    var nextCursor: String?
}

/// The answer to a new post: visible at once (201), or accepted and worked on (202).
struct MockCreated: Decodable {
    var id: String?
    var url: String?
    var createdAt: Date?
    var processingId: String?
    var checkAfterSeconds: Double?
}

/// How far the platform is with a film.
struct MockProcessing: Decodable {
    struct Failure: Decodable {
        var code: String
        var message: String
    }
    struct Published: Decodable {
        var id: String
        var url: String?
        var createdAt: Date?
    }
    var id: String
    var status: String
    var text: String?
    var createdAt: Date?
    var checkAfterSeconds: Double?
    var post: Published?
    var error: Failure?
}

/// A page of films that are worked on.
struct MockProcessingPage: Decodable {
    var processing: [MockProcessing]
    var nextCursor: String?
}

/// A comment.
struct MockComment: Decodable {
    var id: String
    var text: String
    var createdAt: Date
    var own: Bool?
}

/// A page of comments.
struct MockCommentPage: Decodable {
    var comments: [MockComment]
    var nextCursor: String?
}

/// An uploaded file.
struct MockMedia: Decodable { var id: String }

/// An answer that nobody reads.
struct MockIgnored: Decodable {}

/// The body of a new post.
struct MockNewPost: Encodable, Sendable {
    var text: String?
    var mediaIds: [String]?
    var altTexts: [String?]?
    var replyTo: String?
    var link: String?
    var format: String
}

/// The body of a new comment.
struct MockNewComment: Encodable, Sendable { var text: String }
