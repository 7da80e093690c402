// SPDX-License-Identifier: MIT

/// Campaigns, ad groups and ads of TikTok.
extension World {
    private mutating func make(
        _ call: Call, _ level: SimulatedAdObject.Level, _ request: TikTokBusinessRequest, parent: String?, name: String,
        _ settings: JSONObject, _ state: SimulatedAdObject.State
    ) -> SimulatedAdObject {
        let serial = self.nextSerial()
        var object = SimulatedAdObject(
            id: self.tikTokAdID(serial), serial: serial, account: request.account.key, level: level, parentID: parent,
            name: name, marker: call.effect?.marker ?? Marker(text: name, context: parent ?? ""),
            settings: String(decoding: JSONValue.object(settings).encoded, as: UTF8.self), states: [state],
            createdAt: call.now, updatedAt: call.now)
        object.hiddenUntil = call.hiddenSeconds.map { call.now + $0 }
        return object
    }

    /// Without a status it is on.
    private static func status(_ object: JSONObject) throws(TikTokBusinessRefusal) -> SimulatedAdObject.Status {
        switch object["operation_status"]?.string {
        case nil, "ENABLE": return .active
        case "DISABLE": return .paused
        default: throw TikTokBusinessRefusal.invalid("operation_status: ENABLE or DISABLE.")
        }
    }

    private func object(
        _ level: SimulatedAdObject.Level, _ id: String, _ request: TikTokBusinessRequest
    ) throws(TikTokBusinessRefusal) -> SimulatedAdObject {
        guard let object = self.adObject(.tiktok, level, id), object.account == request.account.key,
            object.state.status != .deleted
        else { throw TikTokBusinessRefusal.notFound("The \(level.tikTok) \(id)") }
        return object
    }

    /// A name of 1 to 512 characters that no other object beside it has.
    private func checkedName(
        _ name: String, _ level: SimulatedAdObject.Level, among others: [SimulatedAdObject]
    ) throws(TikTokBusinessRefusal) {
        guard (1...512).contains(name.count) else {
            throw TikTokBusinessRefusal.invalid("\(level.tikTok)_name: From 1 to 512 characters.")
        }
        guard !others.contains(where: { $0.name == name && $0.state.status != .deleted }) else {
            throw TikTokBusinessRefusal.invalid("\(level.tikTok)_name: The name already exists.")
        }
    }

    mutating func tikTokCreateCampaign(
        _ call: inout Call, _ request: TikTokBusinessRequest
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        let name = arguments.text("campaign_name") ?? ""
        try self.checkedName(name, .campaign, among: self.adObjects(.campaign, of: request.account.key))
        guard ["REACH", "VIDEO_VIEWS", "TRAFFIC", "ENGAGEMENT"].contains(arguments.text("objective_type")) else {
            throw TikTokBusinessRefusal.invalid("objective_type: REACH, VIDEO_VIEWS, TRAFFIC or ENGAGEMENT.")
        }
        let budget = try Self.budget(arguments, request.account, allowsInfinite: true)
        let campaign = self.make(
            call, .campaign, request, parent: nil, name: name, arguments.object,
            .init(
                at: call.now, status: try Self.status(arguments.object), daily: budget.daily, lifetime: budget.total))
        return self.finish(&call, campaign)
    }

    private static func budget(
        _ arguments: TikTokBusinessArguments, _ account: SimulatedAdAccount, allowsInfinite: Bool
    ) throws(TikTokBusinessRefusal) -> (daily: Int?, total: Int?) {
        let amount = try arguments.amount("budget", in: account.currency)
        switch arguments.text("budget_mode") {
        case "BUDGET_MODE_INFINITE" where allowsInfinite, nil where allowsInfinite:
            guard amount == nil else {
                throw TikTokBusinessRefusal.invalid("budget: BUDGET_MODE_INFINITE has no budget.")
            }
            return (nil, nil)
        case "BUDGET_MODE_DAY":
            guard let amount else { throw TikTokBusinessRefusal.missing("budget") }
            return (amount, nil)
        case "BUDGET_MODE_TOTAL":
            guard let amount else { throw TikTokBusinessRefusal.missing("budget") }
            return (nil, amount)
        default: throw TikTokBusinessRefusal.invalid("budget_mode: It is not one that can be used here.")
        }
    }

    private mutating func finish(_ call: inout Call, _ object: SimulatedAdObject) -> SimulatedResponse {
        self.store(object)
        call.tookEffect = call.effect != nil
        call.remoteID = object.id
        return Self.tikTokBusinessData(self.tikTokShow(object, call.now), call)
    }

    mutating func tikTokEditCampaign(
        _ call: Call, _ request: TikTokBusinessRequest
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        var campaign = try self.object(.campaign, arguments.text("campaign_id") ?? "", request)
        if let name = arguments.text("campaign_name"), name != campaign.name {
            try self.checkedName(name, .campaign, among: self.adObjects(.campaign, of: request.account.key))
            campaign.name = name
        }
        if let amount = try arguments.amount("budget", in: request.account.currency) {
            let state = campaign.state
            guard state.daily != nil || state.lifetime != nil else {
                throw TikTokBusinessRefusal.invalid("budget: The campaign has none.")
            }
            if state.lifetime != nil, amount < self.adSpend(of: campaign, at: call.now).total {
                throw TikTokBusinessRefusal.invalid("budget: It is below what is spent already.")
            }
            campaign.change(at: call.now) { state in
                if state.daily != nil { state.daily = amount } else { state.lifetime = amount }
            }
        }
        campaign.merge(arguments.object)
        self.store(campaign)
        return Self.tikTokBusinessData(self.tikTokShow(campaign, call.now), call)
    }

    mutating func tikTokCreateAdGroup(
        _ call: inout Call, _ request: TikTokBusinessRequest
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        let campaign = try self.object(.campaign, arguments.text("campaign_id") ?? "", request)
        let name = arguments.text("adgroup_name") ?? ""
        try self.checkedName(name, .group, among: self.adChildren(.group, of: campaign.id))
        let schedule = try Self.schedule(arguments, call.now)
        let budget = try Self.budget(arguments, request.account, allowsInfinite: false)
        try Self.checkMinimum(budget, schedule, request.account)
        try Self.checkGoal(arguments)
        try Self.checkAudience(arguments)
        let group = self.make(
            call, .group, request, parent: campaign.id, name: name, arguments.object,
            .init(
                at: call.now, status: try Self.status(arguments.object), daily: budget.daily, lifetime: budget.total,
                startsAt: schedule.start, endsAt: schedule.end))
        return self.finish(&call, group)
    }

    private static func schedule(
        _ arguments: TikTokBusinessArguments, _ now: WorldTime
    ) throws(TikTokBusinessRefusal) -> (start: WorldTime, end: WorldTime?) {
        guard let start = try arguments.time("schedule_start_time") else { throw .missing("schedule_start_time") }
        let end = try arguments.time("schedule_end_time")
        switch arguments.text("schedule_type") {
        case "SCHEDULE_FROM_NOW":
            guard arguments.text("budget_mode") != "BUDGET_MODE_TOTAL" else {
                throw TikTokBusinessRefusal.invalid("schedule_type: BUDGET_MODE_TOTAL needs SCHEDULE_START_END.")
            }
            return (start, nil)
        case "SCHEDULE_START_END":
            guard let end else { throw TikTokBusinessRefusal.missing("schedule_end_time") }
            guard end > start, end > now else {
                throw TikTokBusinessRefusal.invalid("schedule_end_time: After the start, and in the future.")
            }
            return (start, end)
        default: throw TikTokBusinessRefusal.invalid("schedule_type: SCHEDULE_FROM_NOW or SCHEDULE_START_END.")
        }
    }

    private static func checkMinimum(
        _ budget: (daily: Int?, total: Int?), _ schedule: (start: WorldTime, end: WorldTime?),
        _ account: SimulatedAdAccount
    ) throws(TikTokBusinessRefusal) {
        let days = schedule.end.map { max(1, Int((($0 - schedule.start) / 86_400).rounded(.up))) } ?? 1
        let least = account.minimumDaily * (budget.total == nil ? 1 : days)
        guard budget.daily ?? budget.total ?? 0 >= least else {
            throw TikTokBusinessRefusal.invalid(
                "budget: It must be at least \(AdNetwork.tiktok.decimal(least, of: account.currency)) \(account.currency)."
            )
        }
    }

    private static func checkGoal(_ arguments: TikTokBusinessArguments) throws(TikTokBusinessRefusal) {
        let goal = arguments.text("optimization_goal") ?? ""
        let pairs = ["REACH": "CPM", "ENGAGED_VIEW": "CPV", "CLICK": "CPC", "FOLLOWERS": "OCPM"]
        guard let event = pairs[goal] else {
            throw TikTokBusinessRefusal.invalid(
                goal == "VIDEO_VIEW"
                    ? "optimization_goal: VIDEO_VIEW is deprecated; use ENGAGED_VIEW."
                    : "optimization_goal: \(goal) is not supported.")
        }
        guard arguments.text("billing_event") == event else {
            throw TikTokBusinessRefusal.invalid("billing_event: \(goal) is billed as \(event).")
        }
        if goal == "REACH" {
            for name in ["frequency", "frequency_schedule"] where arguments.value(name) == nil { throw .missing(name) }
        }
        switch arguments.text("bid_type") {
        case "BID_TYPE_NO_BID", nil: break
        case "BID_TYPE_CUSTOM":
            guard arguments.value("bid_price") != nil else { throw TikTokBusinessRefusal.missing("bid_price") }
        default: throw TikTokBusinessRefusal.invalid("bid_type: BID_TYPE_NO_BID or BID_TYPE_CUSTOM.")
        }
        guard ["PACING_MODE_SMOOTH", "PACING_MODE_FAST"].contains(arguments.text("pacing")) else {
            throw TikTokBusinessRefusal.invalid("pacing: PACING_MODE_SMOOTH or PACING_MODE_FAST.")
        }
    }

    private static func checkAudience(_ arguments: TikTokBusinessArguments) throws(TikTokBusinessRefusal) {
        guard let places = arguments.texts("location_ids"), !places.isEmpty,
            places.allSatisfy({ Int64($0) != nil })
        else { throw TikTokBusinessRefusal.invalid("location_ids: Ids of places, at least one.") }
        let ages: Set<String> = [
            "AGE_13_17", "AGE_18_24", "AGE_25_34", "AGE_35_44", "AGE_45_54", "AGE_55_100",
        ]
        guard (arguments.texts("age_groups") ?? []).allSatisfy(ages.contains) else {
            throw TikTokBusinessRefusal.invalid("age_groups: One of them is not known.")
        }
        guard ["GENDER_UNLIMITED", "GENDER_MALE", "GENDER_FEMALE", nil].contains(arguments.text("gender")) else {
            throw TikTokBusinessRefusal.invalid("gender: It is not known.")
        }
        if arguments.text("placement_type") ?? "PLACEMENT_TYPE_NORMAL" == "PLACEMENT_TYPE_NORMAL" {
            guard arguments.texts("placements") == ["PLACEMENT_TIKTOK"] else {
                throw TikTokBusinessRefusal.invalid("placements: PLACEMENT_TIKTOK.")
            }
        }
    }

    mutating func tikTokCreateAd(
        _ call: inout Call, _ request: TikTokBusinessRequest
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        let group = try self.object(.group, request.arguments.text("adgroup_id") ?? "", request)
        let creatives = request.arguments.value("creatives")?.array?.compactMap(\.object) ?? []
        guard (1...20).contains(creatives.count) else {
            throw TikTokBusinessRefusal.invalid("creatives: From 1 to 20.")
        }
        var checked: [(settings: JSONObject, post: SimulatedPost, status: SimulatedAdObject.Status)] = []
        for creative in creatives {
            try TikTokBusinessArguments.check(creative, TikTokBusinessEndpoint.creativeSchema)
            guard let item = creative["tiktok_item_id"]?.string else {
                throw TikTokBusinessRefusal.invalid("tiktok_item_id: The simulator promotes what is published already.")
            }
            let post = try self.promotable(
                item, type: creative["identity_type"]?.string ?? "", identity: creative["identity_id"]?.string ?? "",
                request, call)
            let format = post.hasVideo ? "SINGLE_VIDEO" : "CAROUSEL_ADS"
            guard creative["ad_format"]?.string == format else {
                throw TikTokBusinessRefusal.invalid("ad_format: This post is promoted as \(format).")
            }
            checked.append((creative, post, try Self.status(creative)))
        }
        var ids: [String] = []
        for (settings, post, status) in checked {
            let name = settings["ad_name"]?.string ?? post.id
            var ad = self.make(
                call, .ad, request, parent: group.id, name: name, settings, .init(at: call.now, status: status))
            ad.postID = post.id
            ad.promotedUntil = self.promotionEnds(
                post.id, type: settings["identity_type"]?.string ?? "", request.account, call.now)
            ad.reviewedAt = call.now + request.account.reviewSeconds
            ad.isRefused =
                call.isReviewRefused || name.contains("mock:reject") || post.currentText.contains("mock:reject")
            self.store(ad)
            ids.append(ad.id)
        }
        call.tookEffect = true
        call.remoteID = ids.first
        let ads = ids.compactMap { self.adObjects[$0] }.map { self.tikTokShow($0, call.now) }
        return Self.tikTokBusinessData(["ad_ids": JSONValue(ids), "creatives": .array(ads), "need_audit": true], call)
    }

    /// Turns objects on or off, or deletes them: all, or with `allow_partial_success` those that exist.
    mutating func tikTokSetStatus(
        _ call: inout Call, _ request: TikTokBusinessRequest
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        guard let level = request.endpoint.level else { throw TikTokBusinessRefusal.noRoute }
        let name = "\(level.tikTok)_ids"
        guard let ids = request.arguments.texts(name), (1...100).contains(ids.count) else {
            throw TikTokBusinessRefusal.missing(name)
        }
        let status: SimulatedAdObject.Status
        switch request.arguments.text("operation_status") {
        case "ENABLE": status = .active
        case "DISABLE": status = .paused
        case "DELETE": status = .deleted
        default: throw TikTokBusinessRefusal.invalid("operation_status: ENABLE, DISABLE or DELETE.")
        }
        let isPartial = request.arguments.value("allow_partial_success")?.bool ?? false
        var objects: [SimulatedAdObject] = []
        for id in ids {
            do {
                objects.append(try self.object(level, id, request))
            } catch let refusal {
                if !isPartial { throw refusal }
            }
        }
        let wasOn = objects.first?.state.status == .active
        for var object in objects {
            object.change(at: call.now) { $0.status = status }
            self.store(object)
        }
        if call.effect != nil {
            call.tookEffect = !wasOn
            call.isHarmlessRepeat = wasOn
            call.remoteID = objects.first?.id
        }
        return Self.tikTokBusinessData(
            .object([name: JSONValue(objects.map(\.id)), "status": request.arguments.value("operation_status")]), call,
            code: objects.count == ids.count ? 0 : 20_001)
    }
}
