// SPDX-License-Identifier: MIT

import HTTPTypes

/// TikTok: routes, tokens, limits.
extension World {
    /// What a person would see if this request worked.
    func tikTokEffect(_ call: Call) -> Call.Effect? {
        if call.request.host == Platform.tikTokBusinessHost { return self.tikTokBusinessEffect(call) }
        if call.request.host == "open-upload.tiktokapis.com" { return self.tikTokUploadEffect(call) }
        let body = (try? JSONParser.parse(call.request.body)) ?? .null
        switch TikTokEndpoint(call.request) {
        case .videoInit where body["source_info"]?["source"] == "PULL_FROM_URL":
            return self.tikTokPullEffect(call, body, body["post_info"]?["title"]?.string ?? "")
        case .contentInit where body["post_mode"] == "DIRECT_POST":
            let info = body["post_info"]
            let text = [info?["title"]?.string, info?["description"]?.string].compactMap { $0 }
            return self.tikTokPullEffect(call, body, text.joined(separator: "\n"))
        default: return nil
        }
    }

    private func tikTokPullEffect(_ call: Call, _ body: JSONValue, _ text: String) -> Call.Effect {
        let files = Self.tikTokURLs(body).compactMap { GraphFile(call.request.fetched[$0]) }
        let hasToken = Marker.token(in: Array(text.utf8)) != nil
        let token = hasToken ? nil : files.lazy.compactMap(\.token).first
        let isPublic = body["post_info"]?["privacy_level"] == "PUBLIC_TO_EVERYONE"
        return Call.Effect(
            kind: .post, endpoint: "\(call.request.method) \(call.request.path)",
            marker: token.map { Marker(text: "[\($0)]") }
                ?? Marker(text: text, context: files.map(\.digest).joined(separator: ",")),
            listing: isPublic ? "videos" : "private")
    }

    /// The addresses that a request names.
    static func tikTokURLs(_ body: JSONValue) -> [String] {
        let source = body["source_info"]
        guard source?["source"] == "PULL_FROM_URL" else { return [] }
        return source?["photo_images"]?.strings ?? source?["video_url"]?.string.map { [$0] } ?? []
    }

    /// The addresses that a request wants fetched.
    func tikTokAddresses(_ request: SimulatedRequest, _ caller: Caller) -> [(url: String, limit: Int)] {
        guard caller.account != nil, !caller.isTokenDead, let endpoint = TikTokEndpoint(request),
            [.videoInit, .inboxInit, .contentInit].contains(endpoint),
            let body = try? JSONParser.parse(request.body)
        else { return [] }
        let limit = endpoint == .contentInit ? 40_000_000 : 4_294_967_296
        return Self.tikTokURLs(body).filter(Self.isPullable).map { ($0, limit) }
    }

    /// Whether TikTok would fetch from an address; the machine itself stands for an address of `https`.
    static func isPullable(_ url: String) -> Bool {
        guard let address = WebAddress(url) else { return false }
        return address.scheme == "https" || address.isLoopback
    }

    /// TikTok's answer.
    mutating func tikTokAnswer(_ call: inout Call) -> SimulatedResponse {
        if call.request.host == Platform.tikTokBusinessHost { return self.tikTokBusinessAnswer(&call) }
        do {
            return try self.tikTokResult(&call)
        } catch let refusal {
            return refusal.response(logID: call.request.id)
        }
    }

    private mutating func tikTokResult(_ call: inout Call) throws(TikTokRefusal) -> SimulatedResponse {
        switch call.request.host {
        case "open-upload.tiktokapis.com": return self.tikTokUpload(&call)
        case "www.tiktok.com": return self.tikTokWebsite(call)
        default: break
        }
        if call.request.path.hasPrefix("/v2/oauth/") { return try self.tikTokOAuth(call) }
        guard let endpoint = TikTokEndpoint(call.request) else { throw TikTokRefusal.notFound }
        guard let account = call.account, !call.isTokenDead else { throw TikTokRefusal.badToken }
        let limit = RateLimiter.Limit(requests: endpoint.limit, seconds: 60).scaled(by: self.options.rateScale)
        let key = "tiktok|\(endpoint.rawValue)|\(account.key.externalID)"
        guard self.limiter.take(key, limit, now: call.now).isAllowed else { throw TikTokRefusal.tooFast }
        if let scope = endpoint.scope, !account.scopes.contains(scope) { throw TikTokRefusal.needs(scope) }
        let body = try Self.tikTokBody(call, endpoint)
        switch endpoint {
        case .creatorInfo: return try self.tikTokCreatorInfo(call, account)
        case .videoInit, .inboxInit: return try self.tikTokVideoInit(&call, account, body, endpoint)
        case .contentInit: return try self.tikTokContentInit(&call, account, body)
        case .status: return try self.tikTokStatus(&call, account, body)
        case .cancel: return try self.tikTokCancel(call, account, body)
        case .videoList: return try self.tikTokVideoList(&call, account, body)
        case .videoQuery: return try self.tikTokVideoQuery(call, account, body)
        case .userInfo: return try self.tikTokUserInfo(call, account)
        }
    }

    private static func tikTokBody(_ call: Call, _ endpoint: TikTokEndpoint) throws(TikTokRefusal) -> JSONValue {
        let takesFields = [.videoList, .videoQuery, .userInfo].contains(endpoint)
        if let unknown = call.request.query.names.first(where: { !takesFields || $0 != "fields" }) {
            throw TikTokRefusal.invalid("The query parameter \(unknown) is not known.")
        }
        if endpoint == .userInfo { return .null }
        let isOptional = endpoint == .creatorInfo || endpoint == .videoList
        if isOptional, call.request.body.isEmpty { return .object([:]) }
        guard call.request.contentType == "application/json" else {
            throw TikTokRefusal.invalid("The Content-Type must be application/json; charset=UTF-8.")
        }
        let body: JSONValue
        do {
            body = try JSONParser.parse(call.request.body)
        } catch {
            throw TikTokRefusal.invalid("The body is not JSON: \(error.message) at byte \(error.offset).")
        }
        let problems = endpoint.schema.problems(of: body)
        guard problems.isEmpty else { throw TikTokRefusal.invalid(problems.joined(separator: "; ")) }
        return body
    }

    /// A good answer in TikTok's envelope.
    static func tikTokData(_ data: JSONValue, _ call: Call) -> SimulatedResponse {
        .json(["data": data, "error": ["code": "ok", "message": "", "log_id": .string(call.request.id)]])
    }

    /// An injected answer as TikTok would give it.
    func tikTokFault(_ status: Int, _ call: Call) -> SimulatedResponse {
        if call.request.host == Platform.tikTokBusinessHost { return self.tikTokBusinessFault(status, call) }
        if call.request.host == "open-upload.tiktokapis.com" {
            var response = SimulatedResponse(status: status)
            if let publish = self.tikTokPublish(of: call.request), publish.received > 0 {
                response.set("Content-Range", "bytes 0-\(publish.received - 1)/\(publish.size)")
            }
            return response
        }
        let isFlat = call.request.path.hasPrefix("/v2/oauth/")
        var refusal =
            switch status {
            case 401: TikTokRefusal.badToken
            case 403: TikTokRefusal.tooManyPosts
            case 429: TikTokRefusal.tooFast
            case 500...:
                TikTokRefusal(status: status, code: "internal_error", message: "Something is wrong. Try again.")
            default: isFlat ? TikTokRefusal.oauth("invalid_grant", "The grant is not valid.") : .invalid("Refused.")
            }
        refusal.status = status
        refusal.isFlat = isFlat
        return refusal.response(logID: call.request.id)
    }
}
