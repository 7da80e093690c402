// SPDX-License-Identifier: MIT

import MetaGraph
import PluginKit
import Synchronization

extension TokenSet {
    /// The name of the field that says whose the access token is.
    static let kindField = "token_type"

    /// Whether the access token is a person's or a system user's, with which a Page's own token must be asked for.
    var isPersonal: Bool { self.extra[Self.kindField]?.revealed == "user" }
}

/// Asks for the tokens of Pages with a person's token, and keeps them for the life of the process: they do not end by themselves.
final class PageTokens: Sendable {
    private struct Key: Hashable {
        var page: String
        var token: Secret
    }
    private struct Page: Decodable, Sendable {
        var id: GraphID
        var access_token: String?
    }

    /// Beyond this many the memory begins anew.
    private static let most = 4096

    private let known = Mutex<[Key: Secret]>([:])

    /// The Page as a caller.
    func caller(_ access: AccountAccess, _ client: GraphClient) async throws(PluginError) -> GraphCaller {
        let key = Key(page: access.externalID, token: access.tokens.accessToken)
        if let token = self.known.withLock({ $0[key] }) { return GraphCaller(token: token, hidden: access.secrets) }
        try await self.learn(access, client)
        guard let token = self.known.withLock({ $0[key] }) else {
            throw PluginError(
                .needsHuman, "Facebook gives no token for the Page.",
                nextAction: "Give the person or system user a role on the Page, then connect it again.")
        }
        return GraphCaller(token: token, hidden: access.secrets)
    }

    /// Reads the tokens of all Pages of a person: the next Page needs no question.
    private func learn(_ access: AccountAccess, _ client: GraphClient) async throws(PluginError) {
        var after: String?
        repeat {
            var query: FormFields = ["fields": "id,access_token", "limit": "100"]
            query.append("after", after)
            let list = try await client.get(
                GraphPage<Page>.self, "me/accounts", query, as: GraphCaller(access),
                endpoint: FacebookEndpoint.accounts)
            self.known.withLock { known in
                if known.count >= Self.most { known.removeAll() }
                for page in list.data {
                    let key = Key(page: page.id.text, token: access.tokens.accessToken)
                    known[key] = page.access_token.map { Secret($0) }
                }
            }
            after = list.after
        } while after != nil
    }

    /// Forgets a token that was refused.
    func forget(_ access: AccountAccess) {
        let key = Key(page: access.externalID, token: access.tokens.accessToken)
        self.known.withLock { _ = $0.removeValue(forKey: key) }
    }
}
