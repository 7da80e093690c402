// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
public import PluginKit

/// A comment as the owner of the media sees it.
private struct InstagramComment: Decodable, Sendable {
    struct Author: Decodable, Sendable {
        var id: GraphID?
        var username: String?
    }
    var id: GraphID
    var text: String?
    var username: String?
    var from: Author?
    var timestamp: Date?
    var parent_id: GraphID?
    var hidden: Bool?
}

extension InstagramPlugin: CommentReading {
    private static let commentFields: FormFields = ["fields": "id,text,username,from,timestamp,parent_id,hidden"]

    /// Reads a comment, with either login.
    public func comment(_ id: String, _ access: AccountAccess) async throws(PluginError) -> RemoteComment? {
        do {
            let comment = try await self.client(access.tokens).get(
                InstagramComment.self, id, Self.commentFields, as: GraphCaller(access),
                endpoint: InstagramEndpoint.read)
            return RemoteComment(
                id: comment.id.text, text: comment.text ?? "", authorID: comment.from?.id?.text,
                authorName: comment.username ?? comment.from?.username, writtenAt: comment.timestamp,
                parentID: comment.parent_id?.text, isHidden: comment.hidden ?? false)
        } catch  where error.isGone {
            return nil
        }
    }
}
