// SPDX-License-Identifier: MIT

import MetaGraph
public import PluginKit

extension FacebookPlugin: Deleting {
    /// Deletes a post; one that is not there counts as deleted.
    public func delete(_ post: RemotePost, _ access: AccountAccess) async throws(PluginError) {
        try await self.asPage(access) { caller throws(PluginError) in
            try await self.client.delete(post.id, as: caller, endpoint: FacebookEndpoint.delete)
        }
    }
}
