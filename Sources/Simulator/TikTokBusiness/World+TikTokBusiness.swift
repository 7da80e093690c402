// SPDX-License-Identifier: MIT

/// TikTok's API for Business: tokens, routes, what may be asked twice.
extension World {
    /// Who sends a request, and about which ad account.
    func tikTokBusinessCaller(_ request: SimulatedRequest) -> Caller {
        let id =
            request.method == "GET"
            ? request.query["advertiser_id"] : (try? JSONParser.parse(request.body))?["advertiser_id"]?.string
        let token = self.tikTokBusinessTokens[request.header("Access-Token") ?? ""]
        return Caller(
            platform: .tiktok, account: nil, adAccount: id.flatMap { self.adAccount(.tiktok, $0) },
            isTokenDead: token?.isDead ?? false)
    }

    /// Lets the token of a request die now.
    mutating func killTikTokBusinessToken(_ request: SimulatedRequest) {
        guard var token = self.tikTokBusinessTokens[request.header("Access-Token") ?? ""] else { return }
        token.isDead = true
        self.tikTokBusinessTokens[token.text] = token
        self.record(.tikTokBusinessToken(token))
    }

    /// What a person would pay for if this request worked.
    func tikTokBusinessEffect(_ call: Call) -> Call.Effect? {
        guard let endpoint = TikTokBusinessEndpoint(call.request), call.request.method == "POST",
            let level = endpoint.level, let kind = level.effectKind
        else { return nil }
        // What cannot be read still counts, without a name.
        let body = (try? JSONParser.parse(call.request.body)) ?? .null
        func made(_ name: String, parent: String?) -> Call.Effect {
            Call.Effect(
                kind: kind, endpoint: endpoint.rawValue, marker: Marker(text: name, context: parent ?? ""),
                listing: parent, name: name)
        }
        switch endpoint {
        case .createCampaign: return made(body["campaign_name"]?.string ?? "", parent: nil)
        case .createAdGroup: return made(body["adgroup_name"]?.string ?? "", parent: body["campaign_id"]?.string)
        case .createAd:
            let names = body["creatives"]?.array?.map { $0["ad_name"]?.string ?? $0["tiktok_item_id"]?.string ?? "" }
            return made(names?.joined(separator: ",") ?? "", parent: body["adgroup_id"]?.string)
        case .campaignStatus, .adGroupStatus, .adStatus:
            guard body["operation_status"] == "ENABLE",
                let object = body["\(level.tikTok)_ids"]?.strings?.first.flatMap({ self.adObjects[$0] })
            else { return nil }
            return object.activation(endpoint.rawValue)
        default: return nil
        }
    }

    mutating func tikTokBusinessAnswer(_ call: inout Call) -> SimulatedResponse {
        do {
            return try self.tikTokBusinessResult(&call)
        } catch let refusal {
            return refusal.response(call.request.id)
        }
    }

    private mutating func tikTokBusinessResult(
        _ call: inout Call
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        guard let endpoint = TikTokBusinessEndpoint(call.request) else { throw TikTokBusinessRefusal.noRoute }
        let arguments = try self.arguments(call, endpoint)
        if endpoint == .token { return try self.tikTokBusinessExchange(call, arguments) }
        guard let text = call.request.header("Access-Token") else { throw TikTokBusinessRefusal.noToken }
        guard let token = self.tikTokBusinessTokens[text], !token.isDead, !call.isTokenDead else {
            throw TikTokBusinessRefusal.badToken
        }
        // How many are allowed is not in the contract sheet; ten a second and token is what TikTok's basic level has.
        let limit = RateLimiter.Limit(requests: 600, seconds: 60).scaled(by: self.options.rateScale)
        guard self.limiter.take("tiktok business|\(text)", limit, now: call.now).isAllowed else {
            throw TikTokBusinessRefusal.tooFast
        }
        if let scope = endpoint.scope, !token.scopes.contains(scope) { throw TikTokBusinessRefusal.needs(scope) }
        switch endpoint {
        case .advertisers: return try self.tikTokAdvertisers(call, arguments, token)
        case .advertiserInfo: return try self.tikTokAdvertiserInfo(call, arguments, token)
        default: break
        }
        guard let account = call.adAccount, token.advertisers.contains(account.key.id) else {
            throw TikTokBusinessRefusal.noPermission
        }
        let request = TikTokBusinessRequest(endpoint: endpoint, arguments: arguments, account: account)
        return try self.once(&call, request) { world, call throws(TikTokBusinessRefusal) in
            try world.tikTokBusinessRoute(&call, request)
        }
    }

    private func arguments(
        _ call: Call, _ endpoint: TikTokBusinessEndpoint
    ) throws(TikTokBusinessRefusal) -> TikTokBusinessArguments {
        try TikTokBusinessArguments(call.request, endpoint.schema)
    }

    private mutating func tikTokBusinessRoute(
        _ call: inout Call, _ request: TikTokBusinessRequest
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        switch request.endpoint {
        case .identities: return try self.tikTokIdentities(call, request)
        case .identityVideo: return try self.tikTokIdentityVideo(call, request)
        case .authorizeVideo: return try self.tikTokAuthorizeVideo(call, request)
        case .authorizedVideo, .authorizedVideos: return try self.tikTokAuthorizedVideos(call, request)
        case .createCampaign: return try self.tikTokCreateCampaign(&call, request)
        case .editCampaign: return try self.tikTokEditCampaign(call, request)
        case .createAdGroup: return try self.tikTokCreateAdGroup(&call, request)
        case .createAd: return try self.tikTokCreateAd(&call, request)
        case .campaigns, .adGroups, .ads: return try self.tikTokAdList(&call, request)
        case .campaignStatus, .adGroupStatus, .adStatus: return try self.tikTokSetStatus(&call, request)
        case .report: return try self.tikTokReport(call, request)
        case .token, .advertisers, .advertiserInfo: throw TikTokBusinessRefusal.noRoute
        }
    }

    /// Carries a request out unless one with the same `request_id` was in the last ten seconds; then its answer comes again.
    private mutating func once(
        _ call: inout Call, _ request: TikTokBusinessRequest,
        _ body: (inout World, inout Call) throws(TikTokBusinessRefusal) -> SimulatedResponse
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        guard let id = request.arguments.text("request_id") else { return try body(&self, &call) }
        guard Int64(id) != nil else {
            throw TikTokBusinessRefusal.invalid("request_id: Not a 64-bit integer as a string.")
        }
        let key = "tiktok|\(request.endpoint.rawValue)|\(request.account.key.id)|\(id)"
        if let earlier = self.idempotentAnswers[key], call.now - earlier.at <= 10 {
            call.isHarmlessRepeat = true
            return earlier.response
        }
        let response = try body(&self, &call)
        self.idempotentAnswers[key] = IdempotentAnswer(
            fingerprint: call.fingerprint, response: response, at: call.now)
        return response
    }

    /// A good answer in the envelope.
    static func tikTokBusinessData(_ data: JSONValue, _ call: Call, code: Int = 0) -> SimulatedResponse {
        .json([
            "code": JSONValue(code), "message": .string(code == 0 ? "OK" : "Partial success"),
            "request_id": .string(call.request.id), "data": data,
        ])
    }

    /// An injected answer as the API for Business would give it: HTTP 200 for all but server errors.
    func tikTokBusinessFault(_ status: Int, _ call: Call) -> SimulatedResponse {
        var refusal =
            switch status {
            case 401: TikTokBusinessRefusal.badToken
            case 403: TikTokBusinessRefusal.noPermission
            case 404: TikTokBusinessRefusal.notFound("The object")
            case 429: TikTokBusinessRefusal.tooFast
            case 500...: TikTokBusinessRefusal(code: 50_000, message: "System error.")
            default: TikTokBusinessRefusal.invalid("The request was refused.")
            }
        if status >= 500 { refusal.status = status }
        return refusal.response(call.request.id)
    }
}

/// A request to the API for Business, checked.
struct TikTokBusinessRequest: Sendable {
    var endpoint: TikTokBusinessEndpoint
    var arguments: TikTokBusinessArguments
    var account: SimulatedAdAccount
}

/// One page of a list.
struct TikTokBusinessPage<Element> {
    var entries: [Element]
    private var info: JSONValue

    /// Cuts the page that was asked for out of a list.
    ///
    /// - Throws: ``TikTokBusinessRefusal`` 40002 for a page below 1 or more than 1000 entries.
    init(_ all: [Element], _ arguments: TikTokBusinessArguments) throws(TikTokBusinessRefusal) {
        let number = arguments.integer("page") ?? 1
        let size = arguments.integer("page_size") ?? 10
        guard number >= 1, (1...1000).contains(size) else {
            throw TikTokBusinessRefusal.invalid("page_size: From 1 to 1000; page: from 1.")
        }
        self.entries = Array(all.dropFirst((number - 1) * size).prefix(size))
        self.info = [
            "page": JSONValue(number), "page_size": JSONValue(size), "total_number": JSONValue(all.count),
            "total_page": JSONValue((all.count + size - 1) / size),
        ]
    }

    func data(_ name: String = "list", _ show: (Element) -> JSONValue) -> JSONValue {
        .object([name: .array(self.entries.map(show)), "page_info": self.info])
    }
}
