// SPDX-License-Identifier: MIT

import Foundation
import MetaGraph
public import PluginKit

/// A comment as the Page sees it.
private struct FacebookComment: Decodable, Sendable {
    struct Author: Decodable, Sendable {
        var id: GraphID?
        var name: String?
    }
    struct Parent: Decodable, Sendable { var id: GraphID? }
    var id: GraphID
    var message: String?
    var from: Author?
    var created_time: Date?
    var parent: Parent?
    var is_hidden: Bool?
}

extension FacebookPlugin: CommentReading {
    private static let commentFields: FormFields = ["fields": "id,message,from,created_time,parent,is_hidden"]

    /// Reads a comment; who wrote it is not said without `pages_read_user_content`.
    public func comment(_ id: String, _ access: AccountAccess) async throws(PluginError) -> RemoteComment? {
        do {
            let comment = try await self.asPage(access) { caller throws(PluginError) in
                try await self.client.get(
                    FacebookComment.self, id, Self.commentFields, as: caller, endpoint: FacebookEndpoint.read)
            }
            return RemoteComment(
                id: comment.id.text, text: comment.message ?? "", authorID: comment.from?.id?.text,
                authorName: comment.from?.name, writtenAt: comment.created_time, parentID: comment.parent?.id?.text,
                isHidden: comment.is_hidden ?? false)
        } catch  where error.isGone {
            return nil
        }
    }
}
