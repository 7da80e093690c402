// SPDX-License-Identifier: MIT

public import Foundation

/// What somebody wrote under a post.
public struct RemoteComment: Sendable, Hashable {
    /// The platform's identity of it.
    public var id: String
    /// The words; empty for a picture alone.
    public var text: String
    /// The platform's identity of who wrote it, when the platform said.
    public var authorID: String?
    /// The name or handle of who wrote it, when the platform said.
    public var authorName: String?
    /// When it was written, when the platform said.
    public var writtenAt: Date?
    /// The comment that it answers.
    public var parentID: String?
    /// Whether it is hidden from others.
    public var isHidden: Bool

    /// Makes a description.
    public init(
        id: String, text: String, authorID: String? = nil, authorName: String? = nil, writtenAt: Date? = nil,
        parentID: String? = nil, isHidden: Bool = false
    ) {
        self.id = id
        self.text = text
        self.authorID = authorID
        self.authorName = authorName
        self.writtenAt = writtenAt
        self.parentID = parentID
        self.isHidden = isHidden
    }
}

/// A plugin that can read a comment of which its platform told.
public protocol CommentReading: PlatformPlugin {
    /// Reads one comment.
    ///
    /// - Returns: `nil` when the platform says that it is no longer there, or may not be seen.
    func comment(_ id: String, _ access: AccountAccess) async throws(PluginError) -> RemoteComment?
}
