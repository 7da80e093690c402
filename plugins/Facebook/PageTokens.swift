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

    /// A list that is being read.
    private struct Reading: Sendable {
        /// Which list it is, in the order of their beginnings.
        let number: Int
        let task: Task<Result<[String: Secret], PluginError>, Never>
    }
    private struct State {
        var known: [Key: Secret] = [:]
        /// The lists that are being read, by the person's token.
        var reading: [Secret: Reading] = [:]
        /// How many lists were begun.
        var begun = 0
    }

    private let state = Mutex(State())

    /// The Page as a caller.
    ///
    /// - Parameters:
    ///   - access: The person's or system user's.
    ///   - client: The client.
    ///   - refused: The Page's token that was refused; the list is read anew unless somebody did meanwhile.
    /// - Returns: The Page.
    /// - Throws: What the list throws; `reauthorize` that spares the grant when the list came and has no token for the Page.
    func caller(
        _ access: AccountAccess, _ client: GraphClient, insteadOf refused: Secret? = nil
    ) async throws(PluginError) -> GraphCaller {
        let key = Key(page: access.externalID, token: access.tokens.accessToken)
        let (known, begun) = self.state.withLock { state -> (Secret?, Int) in
            if let refused, state.known[key] == refused { state.known[key] = nil }
            return (state.known[key], state.begun)
        }
        if let known { return GraphCaller(token: known, hidden: access.secrets) }
        var reading = self.learn(access, client)
        if let refused, reading.number <= begun {
            // It may have begun before the refusal: that it has the same token, or none, proves nothing.
            if case .success(let tokens) = await reading.task.value, let token = tokens[access.externalID],
                token != refused
            {
                return GraphCaller(token: token, hidden: access.secrets)
            }
            reading = self.learn(access, client)
        }
        guard let token = try await reading.task.value.get()[access.externalID] else { throw Self.lost(nil) }
        return GraphCaller(token: token, hidden: access.secrets)
    }

    /// The Page is no longer the person's, whose own token works.
    static func lost(_ refusal: PluginError?) -> PluginError {
        let said = refusal.map { ": \($0.message)" } ?? ""
        var error = refusal ?? PluginError(.reauthorize, "")
        error.message = "Facebook no longer gives the Page to the token that it was connected with\(said)"
        error.nextAction =
            "Give whoever the token is from a role on the Page again, then connect it again: posthorn account connect."
        error.sparesGrant = true
        return error
    }

    /// Reads the tokens of all Pages of a person, once for all who ask at the same time: the next Page needs no question.
    private func learn(_ access: AccountAccess, _ client: GraphClient) -> Reading {
        let person = access.tokens.accessToken
        return self.state.withLock { state -> Reading in
            if let reading = state.reading[person] { return reading }
            state.begun += 1
            // Awaited by everybody who asks for one of these Pages; a task of its own, because the first of them may be cancelled.
            let reading = Reading(number: state.begun, task: Task { await self.read(access, client) })
            state.reading[person] = reading
            return reading
        }
    }

    private func read(_ access: AccountAccess, _ client: GraphClient) async -> Result<[String: Secret], PluginError> {
        let person = access.tokens.accessToken
        let result: Result<[String: Secret], PluginError>
        do {
            result = .success(try await Self.list(GraphCaller(access), client))
        } catch {
            result = .failure(error)
        }
        self.state.withLock { state in
            state.reading[person] = nil
            guard case .success(let tokens) = result else { return }
            if state.known.count + tokens.count > Self.most { state.known.removeAll() }
            for (page, token) in tokens { state.known[Key(page: page, token: person)] = token }
        }
        return result
    }

    private static func list(
        _ caller: GraphCaller, _ client: GraphClient
    ) async throws(PluginError) -> [String: Secret] {
        var tokens: [String: Secret] = [:]
        var after: String?
        repeat {
            var query: FormFields = ["fields": "id,access_token", "limit": "100"]
            query.append("after", after)
            let list = try await client.get(
                GraphPage<Page>.self, "me/accounts", query, as: caller, endpoint: FacebookEndpoint.accounts)
            for page in list.data { tokens[page.id.text] = page.access_token.map { Secret($0) } }
            after = list.after
        } while after != nil
        return tokens
    }
}
