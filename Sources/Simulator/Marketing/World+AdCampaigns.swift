// SPDX-License-Identifier: MIT

extension World {
    /// What the API calls the states of an object; only two of them can be asked for when it is made.
    ///
    /// Without a status it is active: the sheet does not say, and that is the reading that can cost money.
    static func newStatus(_ arguments: GraphArguments) throws(GraphRefusal) -> SimulatedAdObject.Status {
        switch arguments.text("status") {
        case nil, "ACTIVE": return .active
        case "PAUSED": return .paused
        default: throw GraphRefusal.unusable("status", "a new object is ACTIVE or PAUSED")
        }
    }

    mutating func createCampaign(
        _ call: inout Call, _ request: GraphRequest, _ account: SimulatedAdAccount
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        guard let name = arguments.text("name"), !name.isEmpty else { throw GraphRefusal.missing("name") }
        guard let objective = arguments.text("objective") else { throw GraphRefusal.missing("objective") }
        guard objective.hasPrefix("OUTCOME_") else {
            throw GraphRefusal.unusable("objective", "only the objectives OUTCOME_* can be created")
        }
        guard arguments.text("buying_type") ?? "AUCTION" == "AUCTION" else {
            throw GraphRefusal.unusable("buying_type", "the simulator sells at auction only")
        }
        try Self.checkCategories(arguments)
        let budget = try Self.budget(arguments, account, days: nil)
        if budget == nil, arguments.flag("is_adset_budget_sharing_enabled") == nil {
            var refusal = GraphRefusal.missing("is_adset_budget_sharing_enabled")
            refusal.userMessage = "Say whether ad sets share their budgets, as the campaign has none of its own."
            throw refusal
        }
        if budget?.lifetime != nil, arguments.time("stop_time") == nil {
            throw GraphRefusal.missing("stop_time")
        }
        let endsAt = arguments.time("stop_time")
        if let endsAt, endsAt <= call.now { throw GraphRefusal.endInThePast }
        let state = SimulatedAdObject.State(
            at: call.now, status: try Self.newStatus(arguments), daily: budget?.daily, lifetime: budget?.lifetime,
            lifetimeCap: arguments.integer("spend_cap"), startsAt: arguments.time("start_time"), endsAt: endsAt)
        let campaign = self.makeAdObject(call, .campaign, account, parent: nil, arguments, state)
        return self.finish(&call, request, campaign)
    }

    /// Special categories, and the countries that they need.
    private static func checkCategories(_ arguments: GraphArguments) throws(GraphRefusal) {
        let categories = arguments.texts("special_ad_categories") ?? []
        if categories.contains("CREDIT") {
            throw GraphRefusal.unusable("special_ad_categories", "CREDIT is now FINANCIAL_PRODUCTS_SERVICES")
        }
        guard !categories.contains("NONE") || categories.count == 1 else {
            throw GraphRefusal.unusable("special_ad_categories", "NONE excludes all others")
        }
        let isSpecial = categories.contains { $0 != "NONE" }
        if isSpecial, (arguments.texts("special_ad_category_country") ?? []).isEmpty {
            throw GraphRefusal.ad(
                2_909_034, "Name the countries in which an ad of a special category runs.",
                field: "special_ad_category_country")
        }
    }

    /// A budget as it was asked for; `nil` for none.
    ///
    /// A lifetime budget must be as many of the lowest daily ones as it has days.
    static func budget(
        _ arguments: GraphArguments, _ account: SimulatedAdAccount, days: Int?
    ) throws(GraphRefusal) -> (daily: Int?, lifetime: Int?)? {
        let daily = arguments.integer("daily_budget").flatMap { $0 == 0 ? nil : $0 }
        let lifetime = arguments.integer("lifetime_budget").flatMap { $0 == 0 ? nil : $0 }
        guard daily == nil || lifetime == nil else {
            throw GraphRefusal.unusable("lifetime_budget", "a budget is either daily or lifetime")
        }
        let least = Self.minimumDaily(account, arguments.text("billing_event"))
        func words(_ amount: Int) -> String {
            "\(account.key.network.decimal(amount, of: account.currency)) \(account.currency)"
        }
        if let daily, daily < least { throw GraphRefusal.budgetTooLow(1_885_272, words(least)) }
        if let lifetime, lifetime < least * (days ?? 1) {
            throw GraphRefusal.budgetTooLow(2_446_307, words(least * (days ?? 1)))
        }
        return daily == nil && lifetime == nil ? nil : (daily, lifetime)
    }

    /// The lowest daily budget of a class of billing, in the account's units.
    static func minimumDaily(_ account: SimulatedAdAccount, _ event: String?) -> Int {
        switch event {
        case nil, "IMPRESSIONS", "NONE", "THRUPLAY": account.minimumDaily
        case "APP_INSTALLS", "OFFER_CLAIMS", "PURCHASE": account.minimumDaily * 40
        default: account.minimumDaily * 5
        }
    }

    /// `/minimum_budgets`: the account's own currency.
    static func minimumBudgets(_ account: SimulatedAdAccount) -> JSONValue {
        [
            "currency": .string(account.currency), "min_daily_budget_imp": JSONValue(account.minimumDaily),
            "min_daily_budget_high_freq": JSONValue(Self.minimumDaily(account, "CLICKS")),
            "min_daily_budget_low_freq": JSONValue(Self.minimumDaily(account, "OFFER_CLAIMS")),
            "min_daily_budget_video_views": JSONValue(Self.minimumDaily(account, "THRUPLAY")),
        ]
    }

    mutating func editCampaign(
        _ call: inout Call, _ request: GraphRequest, _ campaign: SimulatedAdObject
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        guard let account = call.adAccount else { throw GraphRefusal.noAdAccess }
        if let objective = arguments.text("objective"), objective != campaign.parameters["objective"]?.string {
            throw GraphRefusal.unusable("objective", "it stays as it was created")
        }
        try Self.checkCategories(arguments)
        var changed = campaign
        if let stop = arguments.time("stop_time"), stop <= call.now { throw GraphRefusal.endInThePast }
        try self.changeBudget(call, arguments, account, &changed, end: arguments.time("stop_time"))
        changed.change(at: call.now) { state in
            state.lifetimeCap = arguments.integer("spend_cap") ?? state.lifetimeCap
            state.startsAt = arguments.time("start_time") ?? state.startsAt
            state.endsAt = arguments.time("stop_time") ?? state.endsAt
        }
        return try self.finishChange(&call, request, changed)
    }

    /// Changes a budget: of the same kind, not below the minimum or what is spent, four times an hour.
    func changeBudget(
        _ call: Call, _ arguments: GraphArguments, _ account: SimulatedAdAccount, _ object: inout SimulatedAdObject,
        end: WorldTime?
    ) throws(GraphRefusal) {
        guard let budget = try Self.budget(arguments, account, days: nil) else { return }
        let state = object.state
        guard state.daily != nil || state.lifetime != nil else { throw GraphRefusal.budgetOnTwoLevels }
        guard (budget.daily == nil) == (state.daily == nil) else {
            throw GraphRefusal.unusable("daily_budget", "a daily budget stays daily, a lifetime one lifetime")
        }
        guard budget.daily != state.daily || budget.lifetime != state.lifetime else { return }
        if let lifetime = budget.lifetime, lifetime < self.adSpend(of: object, at: call.now).total {
            throw GraphRefusal.budgetTooLow(1_885_650, "what is spent already")
        }
        object.budgetChanges.removeAll { call.now - $0 >= 3600 }
        guard object.budgetChanges.count < 4 else { throw GraphRefusal.tooManyBudgetChanges }
        object.budgetChanges.append(call.now)
        object.change(at: call.now) { (state: inout SimulatedAdObject.State) in
            state.daily = budget.daily
            state.lifetime = budget.lifetime
        }
    }

    /// Applies what all levels have, and stores it.
    mutating func finishChange(
        _ call: inout Call, _ request: GraphRequest, _ object: SimulatedAdObject
    ) throws(GraphRefusal) -> SimulatedResponse {
        var object = object
        let arguments = request.arguments
        let status: SimulatedAdObject.Status? =
            switch arguments.text("status") {
            case "ACTIVE": .active
            case "PAUSED": .paused
            case "ARCHIVED": .archived
            case "DELETED": .deleted
            default: nil
            }
        let before = object.state.status
        if let status {
            guard before != .deleted, before != .archived || status == .deleted || status == .archived else {
                throw GraphRefusal.unusable("status", "what is archived or deleted stays so")
            }
            object.change(at: call.now) { $0.status = status }
        }
        guard !Self.validatesOnly(arguments.value("execution_options")) else { return .json(["success": true]) }
        if let name = arguments.text("name") { object.name = name }
        object.merge(arguments.object)
        self.store(object)
        if call.effect != nil {
            call.tookEffect = before != .active
            call.isHarmlessRepeat = before == .active
            call.remoteID = object.id
        }
        return .json(["success": true])
    }
}
