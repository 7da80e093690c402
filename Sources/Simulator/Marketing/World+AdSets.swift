// SPDX-License-Identifier: MIT

extension World {
    mutating func createAdSet(
        _ call: inout Call, _ request: GraphRequest, _ account: SimulatedAdAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        for name in ["name", "campaign_id", "billing_event", "optimization_goal", "targeting"]
        where arguments.value(name) == nil { throw GraphRefusal.missing(name) }
        guard let campaign = arguments.text("campaign_id").flatMap({ self.adObject(.meta, .campaign, $0) }),
            campaign.account == account.key, campaign.state.status != .deleted
        else { throw GraphRefusal.unusable("campaign_id", "there is no such campaign in the ad account") }
        let startsAt = Self.start(arguments) ?? call.now
        let endsAt = Self.end(arguments)
        if let endsAt, endsAt <= call.now || endsAt <= startsAt { throw GraphRefusal.endInThePast }
        let days = endsAt.map { max(1, Int((($0 - startsAt) / 86_400).rounded(.up))) }
        let budget = try Self.budget(arguments, account, days: days)
        let ofCampaign = campaign.state
        if ofCampaign.daily != nil || ofCampaign.lifetime != nil {
            if budget != nil { throw GraphRefusal.budgetOnTwoLevels }
        } else {
            guard let budget else { throw GraphRefusal.missing("daily_budget") }
            if budget.lifetime != nil, endsAt == nil { throw GraphRefusal.missing("end_time") }
            try Self.checkBid(arguments)
        }
        let targeting = try self.checkedTargeting(arguments, account)
        try self.checkPromoted(arguments, call)
        let state = SimulatedAdObject.State(
            at: call.now, status: try Self.newStatus(arguments), daily: budget?.daily, lifetime: budget?.lifetime,
            dailyCap: arguments.integer("daily_spend_cap"), lifetimeCap: arguments.integer("lifetime_spend_cap"),
            startsAt: startsAt, endsAt: endsAt)
        var adSet = self.makeAdObject(call, .group, account, parent: campaign.id, arguments, state)
        adSet.merge(["targeting": targeting])
        return self.finish(&call, request, adSet)
    }

    private static func start(_ arguments: GraphArguments) -> WorldTime? {
        arguments.time("start_time") ?? arguments.time("time_start")
    }

    /// The end; 0 stands for none.
    private static func end(_ arguments: GraphArguments) -> WorldTime? {
        (arguments.time("end_time") ?? arguments.time("time_stop")).flatMap { $0.milliseconds == 0 ? nil : $0 }
    }

    private static func checkBid(_ arguments: GraphArguments) throws(GraphRefusal) {
        guard let strategy = arguments.text("bid_strategy") else {
            // The real one asks only some accounts for it.
            if arguments.integer("bid_amount") == nil { throw GraphRefusal.noBidStrategy }
            return
        }
        if ["COST_CAP", "LOWEST_COST_WITH_BID_CAP"].contains(strategy), arguments.integer("bid_amount") == nil {
            throw GraphRefusal.missing("bid_amount")
        }
    }

    /// The Page that an ad set is for is one that the person may advertise for.
    private func checkPromoted(_ arguments: GraphArguments, _ call: Call) throws(GraphRefusal) {
        guard let value = arguments.value("promoted_object") else { return }
        guard let object = value.object else { throw GraphRefusal.unusable("promoted_object", "it must be an object") }
        if let page = object["page_id"]?.string ?? object["page_id"]?.integer.map(String.init) {
            guard self.mayPromote(page, call) else { throw GraphRefusal.noRole }
        }
    }

    /// Whether the person behind a token has a task on a Page.
    func mayPromote(_ page: String, _ call: Call) -> Bool {
        call.bearer?.token.person.flatMap { self.people[$0] }?.pages.contains(page) ?? false
    }

    /// Whom it is for, checked; with what it becomes when something is left out.
    private func checkedTargeting(
        _ arguments: GraphArguments, _ account: SimulatedAdAccount
    ) throws(GraphRefusal) -> JSONValue {
        guard var targeting = arguments.value("targeting")?.object else { throw GraphRefusal.missing("targeting") }
        if let unknown = targeting.keys.first(where: { !GraphFieldNames.targeting.contains($0) }) {
            throw GraphRefusal.unusable("targeting", "\(unknown) is not known")
        }
        guard let places = targeting["geo_locations"]?.object, !places.members.isEmpty else {
            throw GraphRefusal.unusable("targeting", "geo_locations is required")
        }
        if places.keys.contains("location_types") {
            throw GraphRefusal.unusable("targeting", "geo_locations.location_types must not be sent")
        }
        if let unknown = places.keys.first(where: { !GraphFieldNames.geoLocation.contains($0) }) {
            throw GraphRefusal.unusable("targeting", "geo_locations.\(unknown) is not known")
        }
        try Self.checkAges(targeting)
        // Left out, age and interests are only suggestions.
        var automation = targeting["targeting_automation"]?.object ?? JSONObject()
        if automation["advantage_audience"] == nil { automation["advantage_audience"] = 1 }
        guard [0, 1].contains(automation["advantage_audience"]?.integer ?? -1) else {
            throw GraphRefusal.unusable("targeting", "targeting_automation.advantage_audience is 0 or 1")
        }
        targeting["targeting_automation"] = .object(automation)
        if Self.isInUnion(places) {
            guard arguments.text("dsa_payor") ?? account.payor != nil else {
                throw GraphRefusal.ad(3_858_079, "Say who pays for the ad.", field: "dsa_payor")
            }
            guard arguments.text("dsa_beneficiary") ?? account.beneficiary != nil else {
                throw GraphRefusal.ad(3_858_081, "Say who benefits from the ad.", field: "dsa_beneficiary")
            }
        }
        return .object(targeting)
    }

    private static func checkAges(_ targeting: JSONObject) throws(GraphRefusal) {
        let lowest = targeting["age_min"].map { $0.integer ?? 0 } ?? 18
        let highest = targeting["age_max"].map { $0.integer ?? 0 } ?? 65
        guard (13...65).contains(lowest), (lowest...65).contains(highest) else {
            throw GraphRefusal.unusable("targeting", "ages are from 13 to 65")
        }
        let genders = targeting["genders"]?.array ?? []
        guard genders.allSatisfy({ [1, 2].contains($0.integer ?? 0) }) else {
            throw GraphRefusal.unusable("targeting", "genders are 1 and 2")
        }
    }

    /// Members of the European Union, where an ad says who pays and who benefits.
    private static let union: Set<String> = [
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU",
        "LV",
        "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    ]

    private static func isInUnion(_ places: JSONObject) -> Bool {
        let groups = places["country_groups"]?.strings ?? []
        if !groups.allSatisfy({ ["asia", "latin_america", "north_america", "africa"].contains($0) }) { return true }
        var countries = places["countries"]?.strings ?? []
        for member in places.members {
            countries += member.value.array?.compactMap { $0["country"]?.string } ?? []
        }
        return countries.contains(where: Self.union.contains)
    }

    mutating func editAdSet(
        _ call: inout Call, _ request: GraphRequest, _ account: SimulatedAdAccount, _ adSet: SimulatedAdObject
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        let endsAt = Self.end(arguments)
        if let endsAt, endsAt <= call.now { throw GraphRefusal.endInThePast }
        var changed = adSet
        try self.changeBudget(call, arguments, account, &changed, end: endsAt)
        if arguments.value("targeting") != nil {
            changed.merge(["targeting": try self.checkedTargeting(arguments, account)])
        }
        try self.checkPromoted(arguments, call)
        changed.change(at: call.now) { state in
            state.startsAt = Self.start(arguments) ?? state.startsAt
            state.endsAt = endsAt ?? state.endsAt
            state.dailyCap = arguments.integer("daily_spend_cap") ?? state.dailyCap
            state.lifetimeCap = arguments.integer("lifetime_spend_cap") ?? state.lifetimeCap
        }
        return try self.finishChange(&call, request, changed)
    }
}
