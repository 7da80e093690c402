// SPDX-License-Identifier: MIT

/// Campaigns, line items, promoted posts and targeting of X Ads.
extension World {
    private mutating func make(
        _ call: Call, _ level: SimulatedAdObject.Level, _ request: XAdsRequest, parent: String?, name: String,
        _ state: SimulatedAdObject.State
    ) -> SimulatedAdObject {
        let serial = self.nextSerial()
        var object = SimulatedAdObject(
            id: self.xAdsID(serial), serial: serial, account: request.account.key, level: level, parentID: parent,
            name: name, marker: call.effect?.marker ?? Marker(text: name, context: parent ?? ""),
            settings: String(decoding: JSONValue.object(request.arguments.object).encoded, as: UTF8.self),
            states: [state], createdAt: call.now, updatedAt: call.now)
        object.hiddenUntil = call.hiddenSeconds.map { call.now + $0 }
        return object
    }

    /// Without a status it is active.
    private static func status(_ arguments: XAdsArguments) -> SimulatedAdObject.Status {
        arguments.text("entity_status") ?? "ACTIVE" == "ACTIVE" ? .active : .paused
    }

    private func object(
        _ level: SimulatedAdObject.Level, _ id: String, _ request: XAdsRequest, name: String
    ) throws(XAdsRefusal) -> SimulatedAdObject {
        guard let object = self.adObject(.x, level, id), object.account == request.account.key,
            object.state.status != .deleted
        else { throw XAdsRefusal.notFound(name, id) }
        return object
    }

    private static func budgets(
        _ arguments: XAdsArguments, over earlier: SimulatedAdObject.State? = nil
    ) throws(XAdsRefusal) -> (daily: Int?, total: Int?) {
        let daily = try arguments.micros("daily_budget_amount_local_micro") ?? earlier?.daily
        let total = try arguments.micros("total_budget_amount_local_micro") ?? earlier?.lifetime
        if let daily, let total, daily > total {
            throw XAdsRefusal.invalid(
                "daily_budget_amount_local_micro", "The daily budget is larger than the total budget")
        }
        return (daily, total)
    }

    mutating func xAdsCreateCampaign(_ call: inout Call, _ request: XAdsRequest) throws(XAdsRefusal)
        -> SimulatedResponse
    {
        let arguments = request.arguments
        let funding = arguments.text("funding_instrument_id") ?? ""
        guard funding == Self.xAdsFundingID(request.account) else {
            throw XAdsRefusal.notFound("funding_instrument_id", funding)
        }
        let name = try Self.name(arguments)
        let budget = try Self.budgets(arguments)
        let status = Self.status(arguments)
        if status == .active { try self.checkActiveCampaigns(request, call.now) }
        let campaign = self.make(
            call, .campaign, request, parent: nil, name: name,
            .init(at: call.now, status: status, daily: budget.daily, lifetime: budget.total))
        return self.finish(&call, request, campaign)
    }

    private static func name(_ arguments: XAdsArguments) throws(XAdsRefusal) -> String {
        let name = arguments.text("name") ?? ""
        guard (1...255).contains(name.count) else {
            throw XAdsRefusal.invalid("name", "A name has 1 to 255 characters")
        }
        return name
    }

    /// At most 200 campaigns that are active and not over.
    private func checkActiveCampaigns(_ request: XAdsRequest, _ now: WorldTime) throws(XAdsRefusal) {
        let active = self.adObjects(.campaign, of: request.account.key).count { campaign in
            guard campaign.state.status == .active else { return false }
            let items = self.adChildren(.group, of: campaign.id)
            return items.isEmpty || items.contains { $0.state.endsAt.map { $0 > now } ?? true }
        }
        guard active < 200 else {
            throw XAdsRefusal.invalid("entity_status", "The account has 200 active campaigns already")
        }
    }

    mutating func xAdsCreateLineItem(_ call: inout Call, _ request: XAdsRequest) throws(XAdsRefusal)
        -> SimulatedResponse
    {
        let arguments = request.arguments
        let campaign = try self.object(
            .campaign, arguments.text("campaign_id") ?? "", request, name: "campaign_id")
        guard self.adChildren(.group, of: campaign.id).count(where: { $0.state.status != .deleted }) < 100 else {
            throw XAdsRefusal.invalid("campaign_id", "The campaign has 100 line items already")
        }
        let budget = try Self.budgets(arguments)
        let (start, end) = try Self.schedule(arguments, call.now)
        if ["MAX", "TARGET"].contains(arguments.text("bid_strategy")),
            try arguments.micros("bid_amount_local_micro") == nil
        {
            throw XAdsRefusal.missing("bid_amount_local_micro")
        }
        let item = self.make(
            call, .group, request, parent: campaign.id, name: arguments.text("name") ?? "",
            .init(
                at: call.now, status: Self.status(arguments), daily: budget.daily, lifetime: budget.total,
                startsAt: start, endsAt: end))
        return self.finish(&call, request, item)
    }

    private static func schedule(
        _ arguments: XAdsArguments, _ now: WorldTime, over earlier: SimulatedAdObject.State? = nil
    ) throws(XAdsRefusal) -> (start: WorldTime?, end: WorldTime?) {
        let start = try arguments.time("start_time") ?? earlier?.startsAt
        let given = try arguments.time("end_time")
        let end = given ?? earlier?.endsAt
        if let start, let end, end <= start {
            throw XAdsRefusal.invalid("end_time", "end_time must be after start_time")
        }
        if let given, given <= now { throw XAdsRefusal.invalid("end_time", "end_time must be in the future") }
        return (start, end)
    }

    private mutating func finish(
        _ call: inout Call, _ request: XAdsRequest, _ object: SimulatedAdObject
    ) -> SimulatedResponse {
        self.store(object)
        call.tookEffect = call.effect != nil
        call.remoteID = object.id
        return Self.xAdsData(self.xAdsShow(object, call.now), request.arguments, status: 201)
    }

    /// `PUT` of a campaign or a line item: what is named changes.
    mutating func xAdsEdit(
        _ call: inout Call, _ request: XAdsRequest, _ level: SimulatedAdObject.Level
    ) throws(XAdsRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        var object = try self.object(
            level, request.id, request, name: level == .campaign ? "campaign_id" : "line_item_id")
        let before = object.state
        let budget = try Self.budgets(arguments, over: before)
        if let total = budget.total, total != before.lifetime, total < self.adSpend(of: object, at: call.now).total {
            throw XAdsRefusal.invalid("total_budget_amount_local_micro", "The total budget is below what is spent")
        }
        let (start, end) = level == .group ? try Self.schedule(arguments, call.now, over: before) : (nil, nil)
        let status = arguments.text("entity_status").map { $0 == "ACTIVE" ? SimulatedAdObject.Status.active : .paused }
        if level == .campaign, status == .active, before.status != .active {
            try self.checkActiveCampaigns(request, call.now)
        }
        if arguments.text("name") != nil { object.name = try Self.name(arguments) }
        object.change(at: call.now) { state in
            state.status = status ?? state.status
            state.daily = budget.daily
            state.lifetime = budget.total
            state.startsAt = start ?? state.startsAt
            state.endsAt = end ?? state.endsAt
        }
        object.merge(arguments.object)
        self.store(object)
        if call.effect != nil {
            call.tookEffect = before.status != .active
            call.isHarmlessRepeat = before.status == .active
            call.remoteID = object.id
        }
        return Self.xAdsData(self.xAdsShow(object, call.now), arguments)
    }

    mutating func xAdsDelete(
        _ call: Call, _ request: XAdsRequest, _ level: SimulatedAdObject.Level
    ) throws(XAdsRefusal) -> SimulatedResponse {
        var object = try self.object(level, request.id, request, name: "id")
        object.change(at: call.now) { $0.status = .deleted }
        self.store(object)
        return Self.xAdsData(self.xAdsShow(object, call.now), request.arguments)
    }

    mutating func xAdsPromote(_ call: inout Call, _ request: XAdsRequest) throws(XAdsRefusal) -> SimulatedResponse {
        let item = try self.object(
            .group, request.arguments.text("line_item_id") ?? "", request, name: "line_item_id")
        let ids = request.arguments.ids("tweet_ids") ?? []
        guard (1...50).contains(ids.count) else {
            throw XAdsRefusal.invalid("tweet_ids", "tweet_ids has 1 to 50 ids")
        }
        let promoted = self.adChildren(.ad, of: item.id).filter { $0.state.status != .deleted }.compactMap(\.postID)
        var posts: [SimulatedPost] = []
        for id in ids {
            guard let post = self.posts[id], post.account.platform == .x, post.isLive(at: call.now),
                request.account.members.contains(post.account.externalID)
            else { throw XAdsRefusal.notFound("tweet_ids", id) }
            guard !promoted.contains(id) else { throw XAdsRefusal.duplicatePost }
            posts.append(post)
        }
        var made: [JSONValue] = []
        for post in posts {
            var ad = self.make(
                call, .ad, request, parent: item.id, name: post.id, .init(at: call.now, status: .active))
            ad.postID = post.id
            ad.reviewedAt = call.now + request.account.reviewSeconds
            ad.isRefused = call.isReviewRefused || post.currentText.contains("mock:reject")
            self.store(ad)
            call.remoteID = ad.id
            made.append(self.xAdsShow(ad, call.now))
        }
        call.tookEffect = true
        return Self.xAdsData(.array(made), request.arguments, status: 201)
    }

    private static let targetingTypes: Set<String> = [
        "AGE", "BROAD_KEYWORD", "CAMPAIGN_ENGAGEMENT", "CONVERSATION", "CUSTOM_AUDIENCE", "CUSTOM_AUDIENCE_EXPANDED",
        "DEVICE", "ENGAGEMENT_TYPE", "EVENT", "EXACT_KEYWORD", "FOLLOWERS_OF_USER", "GENDER", "INTEREST", "LANGUAGE",
        "LOCATION", "NETWORK_OPERATOR", "PHRASE_KEYWORD", "PLATFORM", "PLATFORM_VERSION",
        "SIMILAR_TO_FOLLOWERS_OF_USER",
        "UNORDERED_KEYWORD", "USER_ENGAGEMENT", "WIFI_ONLY",
    ]

    mutating func xAdsTarget(_ call: Call, _ request: XAdsRequest) throws(XAdsRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        let item = try self.object(
            .group, arguments.text("line_item_id") ?? "", request, name: "line_item_id")
        let type = arguments.text("targeting_type") ?? ""
        let value = arguments.text("targeting_value") ?? ""
        guard Self.targetingTypes.contains(type) else {
            throw XAdsRefusal.invalid("targeting_type", "\(type) is not a type of targeting")
        }
        let isKnown =
            switch type {
            case "LOCATION": XAdsLocation.all.contains { $0.id == value }
            case "GENDER": value == "1" || value == "2"
            case "AGE": value.hasPrefix("AGE_") && (value.contains("_TO_") || value.hasPrefix("AGE_OVER_"))
            default: true
            }
        guard isKnown else { throw XAdsRefusal.invalid("targeting_value", "\(value) is no value of \(type)") }
        let isThere = self.adChildren(.criterion, of: item.id).contains {
            $0.state.status != .deleted && $0.name == "\(type)=\(value)"
        }
        guard !isThere else {
            throw XAdsRefusal.invalid("targeting_value", "The line item has this criterion already")
        }
        let criterion = self.make(
            call, .criterion, request, parent: item.id, name: "\(type)=\(value)", .init(at: call.now, status: .active))
        self.store(criterion)
        return Self.xAdsData(self.xAdsShow(criterion, call.now), arguments, status: 201)
    }
}
