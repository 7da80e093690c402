// SPDX-License-Identifier: MIT

extension World {
    /// An object as `campaign/get`, `adgroup/get` and `ad/get` show it.
    func tikTokShow(_ object: SimulatedAdObject, _ now: WorldTime) -> JSONValue {
        let currency = self.adAccounts[object.account]?.currency ?? "USD"
        let kind = object.level.tikTok
        var shown = object.parameters
        for name in ["request_id", "advertiser_id", "creatives"] { shown[name] = nil }
        shown["advertiser_id"] = .string(object.account.id)
        shown["\(kind)_id"] = .string(object.id)
        shown["\(kind)_name"] = .string(object.name)
        if object.level != .campaign {
            shown["campaign_id"] = self.adCampaign(of: object).map { .string($0.id) }
        }
        if object.level == .ad { shown["adgroup_id"] = object.parentID.map { .string($0) } }
        let state = object.state
        shown["operation_status"] = state.status == .active ? "ENABLE" : "DISABLE"
        shown["secondary_status"] = .string(self.tikTokStatus(object, now))
        shown["create_time"] = .string(object.createdAt.tikTok)
        shown["modify_time"] = .string(object.updatedAt.tikTok)
        if object.level != .ad {
            let units = AdNetwork.tiktok.units(of: currency)
            let amount = state.daily ?? state.lifetime ?? 0
            shown["budget"] = amount % units == 0 ? JSONValue(amount / units) : .double(Double(amount) / Double(units))
            shown["budget_mode"] =
                state.daily != nil
                ? "BUDGET_MODE_DAY" : state.lifetime != nil ? "BUDGET_MODE_TOTAL" : "BUDGET_MODE_INFINITE"
        }
        return .object(shown)
    }

    /// How an object stands when all above it counts too.
    private func tikTokStatus(_ object: SimulatedAdObject, _ now: WorldTime) -> String {
        let prefix = object.level == .campaign ? "CAMPAIGN" : object.level == .group ? "ADGROUP" : "AD"
        let state = object.state
        if state.status == .deleted { return "\(prefix)_STATUS_DELETE" }
        if object.level == .campaign {
            return state.status == .active ? "CAMPAIGN_STATUS_ENABLE" : "CAMPAIGN_STATUS_DISABLE"
        }
        if state.status != .active { return "\(prefix)_STATUS_DISABLE" }
        if self.adCampaign(of: object)?.state.status != .active { return "\(prefix)_STATUS_CAMPAIGN_DISABLE" }
        let group = object.level == .group ? object : object.parentID.flatMap { self.adObjects[$0] }
        if object.level == .ad {
            if group?.state.status != .active { return "AD_STATUS_ADGROUP_DISABLE" }
            guard object.reviewedAt.map({ $0 <= now }) ?? false else { return "AD_STATUS_AUDIT" }
            if object.isRefused { return "AD_STATUS_AUDIT_DENY" }
            let isLive = object.postID.flatMap { self.posts[$0] }?.isLive(at: now) ?? false
            if !isLive || object.promotedUntil.map({ $0 <= now }) ?? false {
                return "AD_STATUS_MUSIC_AUTHORIZATION_MISSING"
            }
        }
        if let end = group?.state.endsAt, end <= now { return "\(prefix)_STATUS_DONE" }
        if let start = group?.state.startsAt, start > now { return "\(prefix)_STATUS_NOT_START" }
        if self.adAccounts[object.account]?.isFunded(at: now) == false { return "\(prefix)_STATUS_BALANCE_EXCEED" }
        return "\(prefix)_STATUS_DELIVERY_OK"
    }

    /// `campaign/get`, `adgroup/get` and `ad/get`, newest first, without what is deleted.
    mutating func tikTokAdList(
        _ call: inout Call, _ request: TikTokBusinessRequest
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        guard let level = request.endpoint.level else { throw TikTokBusinessRefusal.noRoute }
        let filter = request.arguments.value("filtering")?.object ?? JSONObject()
        let name = "\(level.tikTok)_name"
        let known = [
            "campaign_ids", "adgroup_ids", "ad_ids", name, "objective_type", "primary_status", "secondary_status",
        ]
        if let unknown = filter.keys.first(where: { !known.contains($0) }) {
            throw TikTokBusinessRefusal.invalid("filtering: \(unknown) is not known.")
        }
        let wanted = filter[name]?.string
        let showsDeleted = filter["primary_status"] == "STATUS_ALL" || filter["primary_status"] == "STATUS_DELETE"
        let found = self.adObjects(level, of: request.account.key).filter { object in
            guard object.hiddenUntil.map({ $0 <= call.now }) ?? true, showsDeleted || object.state.status != .deleted,
                filter["primary_status"] != "STATUS_DELETE" || object.state.status == .deleted,
                wanted.map(object.name.contains) ?? true,
                filter["objective_type"].map({ $0 == object.parameters["objective_type"] }) ?? true,
                filter["secondary_status"].map({ $0.string == self.tikTokStatus(object, call.now) }) ?? true
            else { return false }
            let group = level == .group ? object.id : level == .ad ? object.parentID : nil
            return [
                ("campaign_ids", self.adCampaign(of: object)?.id), ("adgroup_ids", group),
                ("ad_ids", level == .ad ? object.id : nil),
            ].allSatisfy { key, id in filter[key]?.strings.map { ids in id.map(ids.contains) ?? false } ?? true }
        }
        let page = try TikTokBusinessPage(found, request.arguments)
        self.observeTikTokAds(&call, level, filter, found, page.entries, wanted)
        let fields = request.arguments.texts("fields")
        let data = page.data { object in
            let shown = self.tikTokShow(object, call.now)
            guard let fields else { return shown }
            return .object(fields.reduce(into: JSONObject()) { $0[$1] = shown[$1] })
        }
        return Self.tikTokBusinessData(data, call)
    }

    /// Tells the ledger what a list proves: of what is named, and of the parent that is named.
    private mutating func observeTikTokAds(
        _ call: inout Call, _ level: SimulatedAdObject.Level, _ filter: JSONObject, _ found: [SimulatedAdObject],
        _ page: [SimulatedAdObject], _ wanted: String?
    ) {
        let parentKey = level == .group ? "campaign_ids" : level == .ad ? "adgroup_ids" : ""
        let named = ["\(level.tikTok)_name", parentKey, "primary_status"]
        guard let kind = level.effectKind, filter.keys.allSatisfy(named.contains) else { return }
        let parents = filter[parentKey]?.strings
        let shown = Set(page.map(\.marker))
        // Pages have numbers here: what comes before and after this one is not covered.
        let above = found.first?.id == page.first?.id ? Int.max : page.first?.serial ?? 0
        let lowest = found.last?.id == page.last?.id ? 0 : page.last?.serial ?? 0
        call.read = self.ledger.observe(platform: "tiktok", account: call.owner, isLeaving: call.isLeaving) { attempt in
            attempt.kind == kind && attempt.position >= lowest && attempt.position <= above
                && (wanted.map { (attempt.name ?? "").contains($0) } ?? true)
                && (parents.map { attempt.listing.map($0.contains) ?? false } ?? true)
                && !shown.contains(attempt.marker)
        }
    }
}
