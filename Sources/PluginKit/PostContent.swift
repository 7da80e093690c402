// SPDX-License-Identifier: MIT

public import Domain

/// One file of a post.
public struct MediaItem: Sendable, Hashable, Codable {
    /// SHA-256 of the bytes, in hexadecimal.
    public var hash: String
    /// The MIME type, found by looking at the bytes.
    public var type: String
    /// The size in bytes.
    public var byteCount: Int64
    /// Where this process can read it; empty in a draft that is only checked.
    public var path: String
    /// A description for people who do not see it.
    public var altText: String?
    /// What is known of its inside; `nil` when nobody could look.
    public var facts: MediaFacts?

    /// Makes an item.
    public init(
        hash: String, type: String, byteCount: Int64, path: String = "", altText: String? = nil,
        facts: MediaFacts? = nil
    ) {
        self.facts = facts
        self.hash = hash
        self.type = type
        self.byteCount = byteCount
        self.path = path
        self.altText = altText
    }
}

/// One visible piece of a post: a thread has several, everything else has one.
public struct PostPart: Sendable, Hashable, Codable {
    /// The words.
    public var text: String
    /// The files, in order.
    public var media: [MediaItem]

    /// Makes a part.
    public init(text: String, media: [MediaItem] = []) {
        self.text = text
        self.media = media
    }
}

/// What one account is to publish: a target's variant of a post.
public struct PostContent: Sendable, Hashable, Codable {
    /// The shape.
    public var format: PostFormat
    /// The pieces, at least one.
    public var parts: [PostPart]
    /// A link that the platform shows as a card, where it can.
    public var link: String?
    /// A comment by the account right under the post, where the platform can.
    public var firstComment: String?
    /// The platform's own settings by the names of the manifest's schema.
    public var settings: [String: String]

    /// Makes content.
    public init(
        format: PostFormat, parts: [PostPart], link: String? = nil, firstComment: String? = nil,
        settings: [String: String] = [:]
    ) {
        self.format = format
        self.parts = parts
        self.link = link
        self.firstComment = firstComment
        self.settings = settings
    }
}

/// Something about content that the platform would refuse or that a person should know.
public struct ValidationIssue: Sendable, Hashable, Codable {
    /// How bad it is.
    public enum Severity: String, Sendable, Hashable, Codable {
        /// The post cannot be planned.
        case error
        /// The post can be planned; somebody should look.
        case warning
    }

    /// How bad it is.
    public var severity: Severity
    /// Where it is: `text`, `media[1]`, `parts[2].text`, `settings.privacy_level`.
    public var field: String
    /// What is wrong and what would be right, in one sentence.
    public var message: String

    /// Makes an issue.
    public init(_ severity: Severity, field: String, _ message: String) {
        self.severity = severity
        self.field = field
        self.message = message
    }
}
