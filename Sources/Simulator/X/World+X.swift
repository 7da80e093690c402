// SPDX-License-Identifier: MIT

/// X: routes, authentication, limits.
extension World {
    /// What a person would see if this request worked.
    func xEffect(_ call: Call) -> Call.Effect? {
        if call.request.host == Platform.xAdsHost { return self.xAdsEffect(call) }
        guard call.request.host == Platform.x.apiHost,
            XEndpoint(method: call.request.method, parts: call.request.segments) == .createPost
        else { return nil }
        // What cannot be read still counts, without a token.
        let body = (try? JSONParser.parse(call.request.body)) ?? .null
        let media = body["media"]?["media_ids"]?.strings ?? []
        let digests = media.map { self.media[$0]?.digest ?? $0 }.joined(separator: ",")
        let parent = body["reply"]?["in_reply_to_tweet_id"]?.string
        return Call.Effect(
            kind: .post, endpoint: XEndpoint.createPost.rawValue,
            marker: Marker(text: body["text"]?.string ?? "", context: "\(parent ?? "")|\(digests)"),
            isReply: parent != nil)
    }

    /// X's answer.
    mutating func xAnswer(_ call: inout Call) -> SimulatedResponse {
        if call.request.host == Platform.xAdsHost { return self.xAdsAnswer(&call) }
        var response: SimulatedResponse
        do {
            response = try self.xResult(&call)
        } catch let refusal {
            response = refusal.response
        }
        response.set("x-transaction-id", call.request.id)
        return response
    }

    private mutating func xResult(_ call: inout Call) throws(XRefusal) -> SimulatedResponse {
        let parts = call.request.segments
        guard call.request.host == Platform.x.apiHost else { return self.xWebsite(call, parts) }
        if parts.count == 3, parts[0] == "2", parts[1] == "oauth2" { return try self.xOAuth(&call, parts[2]) }
        if parts.count == 2, parts[0] == "oauth" { return try self.xOAuth1(call, parts[1]) }
        guard let endpoint = XEndpoint(method: call.request.method, parts: parts) else {
            if XEndpoint.serves(anyMethodOf: parts) {
                throw XRefusal.problem(405, "Method Not Allowed", "Method Not Allowed")
            }
            throw XRefusal.problem(404, "Not Found", "Not Found")
        }
        guard let account = call.account, !call.isTokenDead else { throw XRefusal.unauthorized }
        var response: SimulatedResponse
        let limits = self.xCount(endpoint, account, call)
        if limits.contains(where: { !$0.verdict.isAllowed }) {
            response = XRefusal.problem(429, "Too Many Requests", "Too Many Requests").response
        } else {
            do {
                response = try self.xChecked(&call, endpoint, account, parts)
            } catch let refusal {
                response = refusal.response
            }
        }
        Self.add(limits, to: &response)
        return response
    }

    private mutating func xChecked(
        _ call: inout Call, _ endpoint: XEndpoint, _ account: SimulatedAccount, _ parts: [String]
    ) throws(XRefusal) -> SimulatedResponse {
        if account.isSuspended {
            throw XRefusal.typed(
                403, "user-suspended", "Forbidden",
                "Your account is suspended and is not permitted to access this feature.")
        }
        guard endpoint.scopes.allSatisfy(account.scopes.contains) else {
            throw XRefusal.forbidden("You are not permitted to perform this action.")
        }
        switch endpoint {
        case .createPost: return try self.xPublish(&call, account)
        case .deletePost: return try self.xDelete(call, account, parts[2])
        case .posts: return try self.xPosts(call, account)
        case .post: return try self.xPost(call, account, parts[2])
        case .me: return try self.xUser(call, account)
        case .user: return try self.xUser(call, id: parts[2])
        case .userPosts: return try self.xTimeline(&call, account, parts[2])
        case .initialize: return try self.xInitialize(&call, account)
        case .append: return try self.xAppend(&call, account, parts[3])
        case .finalize: return try self.xFinalize(call, account, parts[3])
        case .upload: return try self.xOneShot(&call, account)
        case .uploadStatus: return try self.xUploadStatus(call, account)
        case .metadata: return try self.xMetadata(call, account)
        }
    }

    /// What belongs to the website, not the API: the approval page and the pages of posts.
    private mutating func xWebsite(_ call: Call, _ parts: [String]) -> SimulatedResponse {
        if call.request.method == "GET", parts == ["i", "oauth2", "authorize"] { return self.authorizePage(call, .x) }
        if call.request.method == "GET", parts.count == 3, parts[1] == "status" {
            return self.postPage(call, id: parts[2])
        }
        return .html("<!doctype html><title>Not found</title><p>This page does not exist.", status: 404)
    }
}
