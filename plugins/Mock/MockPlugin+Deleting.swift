// SPDX-License-Identifier: MIT

import HTTPTypes
public import PluginKit

extension MockPlugin: Deleting {
    /// Deletes a post or, for an identity that begins with `c_`, a comment.
    public func delete(_ post: RemotePost, _ access: AccountAccess) async throws(PluginError) {
        let path = post.id.hasPrefix("c_") ? "/comments/\(post.id)" : "/posts/\(post.id)"
        let call = HTTPCall(MockClient.request(.delete, path, access), endpoint: MockBucket.read)
        do {
            _ = try await self.client.call(MockIgnored.self, call, secrets: access.secrets)
        } catch  where error.httpStatus == 404 {
            return  // What is not there counts as deleted.
        }
    }
}
