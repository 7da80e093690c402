// SPDX-License-Identifier: MIT

extension World {
    /// A campaign or a line item by its id.
    func xAdsOne(
        _ call: Call, _ request: XAdsRequest, _ level: SimulatedAdObject.Level
    ) throws(XAdsRefusal) -> SimulatedResponse {
        guard let object = self.adObject(.x, level, request.id), object.account == request.account.key,
            object.state.status != .deleted || request.arguments.flag("with_deleted")
        else { throw XAdsRefusal.notFound(level == .campaign ? "campaign_id" : "line_item_id", request.id) }
        return Self.xAdsData(self.xAdsShow(object, call.now), request.arguments)
    }

    /// Campaigns, line items, promoted posts or criteria; oldest first unless `sort_by` says otherwise.
    mutating func xAdsList(_ call: inout Call, _ request: XAdsRequest) throws(XAdsRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        let level: SimulatedAdObject.Level =
            switch request.endpoint {
            case .campaigns: .campaign
            case .lineItems: .group
            case .promotedPosts: .ad
            default: .criterion
            }
        let (isDescending, key) = try Self.order(arguments)
        let own = arguments.ids(level.xIDs)
        let parents = level == .campaign ? nil : arguments.ids(level == .group ? "campaign_ids" : "line_item_ids")
        let wanted = arguments.text("q")?.lowercased()
        let funding = arguments.ids("funding_instrument_ids")
        var found = self.adObjects(level, of: request.account.key).reversed().filter { object in
            guard object.hiddenUntil.map({ $0 <= call.now }) ?? true,
                object.state.status != .deleted || arguments.flag("with_deleted"),
                own?.contains(object.id) ?? true, wanted.map(object.name.lowercased().contains) ?? true,
                funding?.contains(Self.xAdsFundingID(request.account)) ?? true
            else { return false }
            let isDraft = object.parameters["entity_status"] == "DRAFT" && object.state.status == .paused
            return (!isDraft || arguments.flag("with_draft"))
                && parents.map { object.parentID.map($0.contains) ?? false } ?? true
        }
        if key == "updated_at" { found.sort { ($0.updatedAt, $0.serial) < ($1.updatedAt, $1.serial) } }
        if isDescending { found.reverse() }
        let page = try XAdsPage(found, arguments) { $0.id }
        if own == nil, key == "created_at", let kind = level.effectKind {
            let shown = Set(page.entries.map(\.marker))
            let after = arguments.text("cursor").flatMap { self.adObjects[$0]?.serial }
            let last = page.next.flatMap { self.adObjects[$0]?.serial }
            // From which serial to which the page reaches; its ends are open where the list's are.
            let lowest = (isDescending ? last : after) ?? 0
            let highest = (isDescending ? after : last) ?? .max
            call.read = self.ledger.observe(platform: "x", account: call.owner, isLeaving: call.isLeaving) { attempt in
                attempt.kind == kind && (lowest...highest).contains(attempt.position)
                    && (wanted.map { (attempt.name ?? "").lowercased().contains($0) } ?? true)
                    && (parents.map { attempt.listing.map($0.contains) ?? false } ?? true)
                    && !shown.contains(attempt.marker)
            }
        }
        return page.response(arguments) { self.xAdsShow($0, call.now) }
    }

    private static func order(_ arguments: XAdsArguments) throws(XAdsRefusal) -> (isDescending: Bool, key: String) {
        guard let text = arguments.text("sort_by") else { return (false, "created_at") }
        let parts = text.split(separator: "-").map(String.init)
        guard parts.count == 2, ["created_at", "updated_at"].contains(parts[0]), ["asc", "desc"].contains(parts[1])
        else { throw XAdsRefusal.invalid("sort_by", "sort_by is created_at or updated_at, with -asc or -desc") }
        return (parts[1] == "desc", parts[0])
    }

    // MARK: Statistics

    /// `stats/accounts/:id`: whole hours, at most seven days, at most twenty ids; the end is not included.
    func xAdsStats(_ call: Call, _ request: XAdsRequest) throws(XAdsRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        guard let start = try arguments.time("start_time"), let end = try arguments.time("end_time") else {
            throw XAdsRefusal.missing("start_time")
        }
        for (name, time) in [("start_time", start), ("end_time", end)] where time.milliseconds % 3_600_000 != 0 {
            throw XAdsRefusal.invalid(name, "\(name) must be a whole hour")
        }
        guard start < end, end - start <= 7 * 86_400 else {
            throw XAdsRefusal.invalid("end_time", "The time is above 0 and at most 7 days")
        }
        let ids = arguments.ids("entity_ids") ?? []
        guard (1...20).contains(ids.count) else {
            throw XAdsRefusal.invalid("entity_ids", "entity_ids has 1 to 20 ids")
        }
        let cuts = try self.cuts(request, start, end)
        var data: [JSONValue] = []
        for id in ids {
            let ads = try self.statAds(request, id)
            data.append([
                "id": .string(id),
                "id_data": [["segment": .null, "metrics": self.metrics(ads, request, cuts, call.now)]],
            ])
        }
        return .json([
            "data_type": "stats", "time_series_length": JSONValue(cuts.count - 1), "data": .array(data),
            "request": ["params": .object(arguments.object)],
        ])
    }

    /// Where the values of a series begin, and where the last one ends.
    private func cuts(
        _ request: XAdsRequest, _ start: WorldTime, _ end: WorldTime
    ) throws(XAdsRefusal) -> [WorldTime] {
        switch request.arguments.text("granularity") {
        case "HOUR":
            return stride(from: start.milliseconds, through: end.milliseconds, by: 3_600_000).map {
                WorldTime(milliseconds: $0)
            }
        case "DAY":
            let zone = request.account.timeZone
            let days = LocalDay.number(of: start, in: zone)...LocalDay.number(of: end, in: zone)
            let midnights = days.map { LocalDay.start(of: $0, in: zone) }
            guard midnights.first == start, midnights.last == end else {
                throw XAdsRefusal.invalid("start_time", "Days begin and end at midnight of the account's time zone")
            }
            return midnights
        default: return [start, end]
        }
    }

    private func statAds(_ request: XAdsRequest, _ id: String) throws(XAdsRefusal) -> [SimulatedAdObject] {
        let level: SimulatedAdObject.Level
        switch request.arguments.text("entity") {
        case "ACCOUNT" where id == request.account.key.id,
            "FUNDING_INSTRUMENT" where id == Self.xAdsFundingID(request.account):
            return self.adObjects(.ad, of: request.account.key)
        case "CAMPAIGN": level = .campaign
        case "LINE_ITEM": level = .group
        case "PROMOTED_TWEET": level = .ad
        default: throw XAdsRefusal.notFound("entity_ids", id)
        }
        guard let object = self.adObject(.x, level, id), object.account == request.account.key else {
            throw XAdsRefusal.notFound("entity_ids", id)
        }
        return self.ads(of: object)
    }

    /// The numbers of each group that was asked for; a name without any number is null.
    private func metrics(
        _ ads: [SimulatedAdObject], _ request: XAdsRequest, _ cuts: [WorldTime], _ now: WorldTime
    ) -> JSONValue {
        let isHere = request.arguments.text("placement") == "ALL_ON_TWITTER"
        let totals = cuts.map { isHere ? self.total(ads, min($0, now)) : (0, AdResults()) }
        let pieces = zip(totals, totals.dropFirst()).map { (spend: $1.0 - $0.0, results: $1.1 - $0.1) }
        var metrics = JSONObject()
        func add(_ name: String, _ value: (AdResults) -> Int) {
            let values = pieces.map { value($0.results) }
            metrics[name] = values.allSatisfy { $0 == 0 } ? .null : .array(values.map { JSONValue($0) })
        }
        let groups = request.arguments.texts("metric_groups") ?? []
        if groups.contains("ENGAGEMENT") {
            add("impressions") { $0.impressions }
            add("engagements") { $0.engagements }
            add("likes") { $0.likes }
            add("retweets") { $0.shares }
            add("replies") { $0.comments }
            add("follows") { $0.follows }
            add("clicks") { $0.clicks }
            add("url_clicks") { $0.linkClicks }
        }
        if groups.contains("BILLING") {
            add("billed_engagements") { $0.engagements }
            let spend = pieces.map(\.spend)
            metrics["billed_charge_local_micro"] =
                spend.allSatisfy { $0 == 0 } ? .null : .array(spend.map { JSONValue($0) })
        }
        if groups.contains("VIDEO") { add("video_total_views") { $0.videoViews } }
        return .object(metrics)
    }

    private func total(_ ads: [SimulatedAdObject], _ time: WorldTime) -> (Int, AdResults) {
        var spent = 0
        var results = AdResults()
        for campaign in Set(ads.compactMap { self.adCampaign(of: $0)?.id }).compactMap({ self.adObjects[$0] }) {
            let spend = self.adSpend(of: campaign, at: time)
            for ad in ads where spend.ads[ad.id] != nil {
                spent += spend.total(of: ad.id)
                results = results + self.adResults(of: ad, spend.days(of: [ad.id]), in: .min ... .max)
            }
        }
        return (spent, results)
    }
}

extension SimulatedAdObject.Level {
    /// The parameter that names objects of it.
    fileprivate var xIDs: String {
        switch self {
        case .campaign: "campaign_ids"
        case .group: "line_item_ids"
        case .ad: "promoted_tweet_ids"
        case .criterion, .creative: "targeting_criterion_ids"
        }
    }
}
