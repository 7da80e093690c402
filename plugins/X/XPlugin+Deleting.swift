// SPDX-License-Identifier: MIT

import HTTPTypes
public import PluginKit

extension XPlugin: Deleting {
    /// Deletes a post.
    public func delete(_ post: RemotePost, _ access: AccountAccess) async throws(PluginError) {
        let head = HTTPRequest(
            .delete, host: Self.host, path: "/2/tweets/\(FormEncoding.encode(post.id))",
            bearer: access.tokens.accessToken)
        do {
            _ = try await self.client.reply(
                HTTPCall(head, endpoint: XEndpoint.delete.rawValue), secrets: access.secrets)
        } catch  where error.httpStatus == 404 {
            return  // What is not there counts as deleted.
        }
    }
}
