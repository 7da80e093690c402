// SPDX-License-Identifier: MIT

/// X Ads: access, limits, routes.
extension World {
    /// The ad account that a path is about.
    func xAdAccount(of request: SimulatedRequest) -> SimulatedAdAccount? {
        guard request.host == Platform.xAdsHost else { return nil }
        let parts = request.segments
        guard let index = parts.firstIndex(of: "accounts"), index + 1 < parts.count else { return nil }
        return self.adAccount(.x, parts[index + 1])
    }

    /// An id of X Ads: a few letters and digits.
    func xAdsID(_ serial: Int) -> String {
        let check = Int(stableHash("x ads", String(self.options.seed), String(serial)) % 31)
        return String(2_176_782_336 + serial * 31 + check, radix: 36)
    }

    /// What a person would pay for if this request worked.
    func xAdsEffect(_ call: Call) -> Call.Effect? {
        guard let endpoint = XAdsEndpoint(call.request) else { return nil }
        let form = FormFields(parsing: String(decoding: call.request.body, as: UTF8.self))
        func text(_ name: String) -> String? { call.request.query[name] ?? form[name] }
        func made(_ kind: EffectKind, _ name: String, parent: String?) -> Call.Effect {
            Call.Effect(
                kind: kind, endpoint: endpoint.rawValue, marker: Marker(text: name, context: parent ?? ""),
                listing: parent, name: name)
        }
        switch endpoint {
        case .createCampaign: return made(.campaign, text("name") ?? "", parent: nil)
        case .createLineItem: return made(.adGroup, text("name") ?? "", parent: text("campaign_id"))
        case .promote: return made(.ad, text("tweet_ids") ?? "", parent: text("line_item_id"))
        case .editCampaign, .editLineItem:
            guard text("entity_status") == "ACTIVE",
                let object = call.request.segments.last.flatMap({ self.adObjects[$0] })
            else { return nil }
            return object.activation(endpoint.rawValue)
        default: return nil
        }
    }

    /// The answer of X Ads.
    mutating func xAdsAnswer(_ call: inout Call) -> SimulatedResponse {
        guard let endpoint = XAdsEndpoint(call.request) else { return XAdsRefusal.noRoute.response }
        guard World.isSigned(call.request), let user = call.account, !call.isTokenDead else {
            return XAdsRefusal.unauthorized.response
        }
        let limits = self.xAdsCount(endpoint, call, counts: true)
        var response: SimulatedResponse
        if limits.contains(where: { !$0.verdict.isAllowed }) {
            response = XAdsRefusal.tooFast.response
        } else {
            do {
                response = try self.xAdsResult(&call, endpoint, user)
            } catch let refusal {
                response = refusal.response
            }
        }
        Self.add(limits, to: &response)
        return response
    }

    private mutating func xAdsCount(_ endpoint: XAdsEndpoint, _ call: Call, counts: Bool) -> [XLimit] {
        let (name, limit) = endpoint.limit
        let header = call.adAccount == nil ? "x-rate-limit" : "x-account-rate-limit"
        let key = "x ads|\(name)|\(call.owner)"
        let scaled = limit.scaled(by: self.options.rateScale)
        let verdict =
            counts
            ? self.limiter.take(key, scaled, now: call.now) : self.limiter.peek(key, scaled, now: call.now)
        return [XLimit(header: header, verdict: verdict)]
    }

    private mutating func xAdsResult(
        _ call: inout Call, _ endpoint: XAdsEndpoint, _ user: SimulatedAccount
    ) throws(XAdsRefusal) -> SimulatedResponse {
        let key = World.oauthFields(call.request.header("Authorization") ?? "")?["oauth_consumer_key"]
        let app = self.apps.values.first { $0.platform == .x && $0.consumerKey == key }
        guard app?.mayAdvertise ?? true else { throw XAdsRefusal.appNotAllowed }
        let arguments = try XAdsArguments(call.request, endpoint.schema)
        let parts = call.request.segments
        switch endpoint {
        case .accounts: return try self.xAdsAccounts(arguments, user)
        case .locations: return try Self.xAdsLocations(arguments)
        default: break
        }
        guard let account = call.adAccount, account.members.contains(user.key.externalID) else {
            throw XAdsRefusal.notFound(
                "account_id", parts.first { $0 != "12" && $0 != "accounts" && $0 != "stats" } ?? "")
        }
        let request = XAdsRequest(endpoint: endpoint, arguments: arguments, account: account, id: parts.last ?? "")
        switch endpoint {
        case .account: return Self.xAdsData(self.xAdsShow(account), arguments)
        case .userAccess:
            return Self.xAdsData(
                ["user_id": .string(user.key.externalID), "permissions": ["ACCOUNT_ADMIN"]], arguments)
        case .features: return Self.xAdsData([], arguments)
        case .fundingInstruments: return try Self.xAdsFunding(request, isFunded: account.isFunded(at: call.now))
        case .promotableUsers: return try self.xAdsUsers(request)
        case .campaigns, .lineItems, .promotedPosts, .criteria: return try self.xAdsList(&call, request)
        case .campaign: return try self.xAdsOne(call, request, .campaign)
        case .lineItem: return try self.xAdsOne(call, request, .group)
        case .createCampaign: return try self.xAdsCreateCampaign(&call, request)
        case .createLineItem: return try self.xAdsCreateLineItem(&call, request)
        case .createCriterion: return try self.xAdsTarget(call, request)
        case .promote: return try self.xAdsPromote(&call, request)
        case .editCampaign: return try self.xAdsEdit(&call, request, .campaign)
        case .editLineItem: return try self.xAdsEdit(&call, request, .group)
        case .deleteCampaign: return try self.xAdsDelete(call, request, .campaign)
        case .deleteLineItem: return try self.xAdsDelete(call, request, .group)
        case .deletePromotedPost: return try self.xAdsDelete(call, request, .ad)
        case .deleteCriterion: return try self.xAdsDelete(call, request, .criterion)
        case .stats: return try self.xAdsStats(call, request)
        case .accounts, .locations: throw XAdsRefusal.noRoute
        }
    }

    /// A good answer: the data, and the request as it was understood.
    static func xAdsData(
        _ data: JSONValue, _ arguments: XAdsArguments, status: Int = 200, total: Int? = nil
    ) -> SimulatedResponse {
        .json(
            [
                "request": ["params": .object(arguments.object)], "data": data,
                "total_count": total.map { JSONValue($0) },
            ], status: status)
    }

    /// An injected answer as X Ads would give it.
    func xAdsFault(_ status: Int, _ call: Call, retryAfter: Double?) -> SimulatedResponse {
        let refusal =
            switch status {
            case 401: XAdsRefusal.unauthorized
            case 403: XAdsRefusal.appNotAllowed
            case 404: XAdsRefusal.notFound("id", call.request.segments.last ?? "")
            case 423:
                XAdsRefusal(
                    status: 423, code: "LOCK_ACQUISITION_TIMEOUT",
                    message: "A lock on the account could not be had in time")
            case 429: XAdsRefusal.tooFast
            case 503: XAdsRefusal(status: 503, code: "SERVICE_UNAVAILABLE", message: "The service is unavailable")
            case 500...: XAdsRefusal(status: status, code: "INTERNAL_ERROR", message: "An internal error occurred")
            default: XAdsRefusal(status: status, code: "INVALID_PARAMETER", message: "The request was refused")
            }
        var response = refusal.response
        if status == 429 {
            let header = call.adAccount == nil ? "x-rate-limit" : "x-account-rate-limit"
            response.set("\(header)-limit", "450")
            response.set("\(header)-remaining", "0")
            response.set("\(header)-reset", String((call.now + (retryAfter ?? 60)).epochSecondsRoundedUp))
        }
        if status == 503 { response.set("retry-after", String(Int(retryAfter ?? 60))) }
        return response
    }
}

/// A request to X Ads, checked.
struct XAdsRequest: Sendable {
    var endpoint: XAdsEndpoint
    var arguments: XAdsArguments
    var account: SimulatedAdAccount
    /// The last part of the path.
    var id: String
}
