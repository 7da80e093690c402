// SPDX-License-Identifier: MIT

/// What the Marketing API shows.
extension World {
    /// An ad account with the fields that were asked for.
    func graphShow(_ account: SimulatedAdAccount, _ fields: [GraphField], _ now: WorldTime) -> JSONValue {
        var object: JSONObject = ["id": .string(account.key.externalID)]
        for name in fields.isEmpty ? ["account_id"] : fields.map(\.name) {
            switch name {
            case "account_id": object[name] = .string(account.key.id)
            case "name": object[name] = .string(account.name)
            case "currency": object[name] = .string(account.currency)
            case "timezone_name": object[name] = .string(account.timeZone)
            case "timezone_offset_hours_utc":
                object[name] = .double(Double(LocalWeek.secondsFromGMT(at: now, in: account.timeZone)) / 3600)
            case "account_status": object[name] = 1
            case "disable_reason": object[name] = 0
            case "min_daily_budget": object[name] = JSONValue(account.minimumDaily)
            case "funding_source":
                object[name] = account.isFunded(at: now) ? .string(self.adID(account.serial)) : nil
            case "amount_spent":
                let spent = self.adObjects(.campaign, of: account.key).reduce(0) {
                    $0 + self.adSpend(of: $1, at: now).total
                }
                object[name] = .string(String(spent))
            case "balance", "spend_cap": object[name] = "0"
            case "default_dsa_beneficiary": object[name] = account.beneficiary.map { .string($0) }
            case "default_dsa_payor": object[name] = account.payor.map { .string($0) }
            case "created_time": object[name] = .string(account.createdAt.graph)
            case "user_tasks": object[name] = ["DRAFT", "ANALYZE", "ADVERTISE", "MANAGE"]
            default: break
            }
        }
        return .object(object)
    }

    /// A campaign, an ad set, an ad or a creative with the fields that were asked for.
    func graphShow(_ object: SimulatedAdObject, _ fields: [GraphField], _ now: WorldTime) -> JSONValue {
        var shown: JSONObject = ["id": .string(object.id)]
        let settings = object.parameters
        for field in fields where field.name != "id" {
            shown[field.name] = self.graphValue(field, of: object, settings, now)
        }
        return .object(shown)
    }

    private func graphValue(
        _ field: GraphField, of object: SimulatedAdObject, _ settings: JSONObject, _ now: WorldTime
    ) -> JSONValue? {
        let state = object.state
        switch field.name {
        case "account_id": return .string(object.account.id)
        case "name": return .string(object.name)
        case "created_time": return .string(object.createdAt.graph)
        case "updated_time": return .string(object.updatedAt.graph)
        case "status", "configured_status": return .string(state.status.rawValue.uppercased())
        case "effective_status": return .string(self.effectiveStatus(of: object, at: now))
        case "daily_budget", "lifetime_budget":
            let amount = field.name == "daily_budget" ? state.daily : state.lifetime
            if object.level == .campaign, amount == nil { return nil }
            return .string(String(amount ?? 0))
        case "budget_remaining":
            guard let budget = state.lifetime ?? state.daily else { return "0" }
            let spent = state.lifetime == nil ? 0 : self.adSpend(of: object, at: now).total
            return .string(String(max(0, budget - spent)))
        case "start_time": return state.startsAt.map { .string($0.graph) }
        case "end_time", "stop_time": return state.endsAt.map { .string($0.graph) }
        case "buying_type": return "AUCTION"
        case "campaign_id": return self.adCampaign(of: object).map { .string($0.id) }
        case "adset_id": return object.level == .ad ? object.parentID.map { .string($0) } : nil
        case "campaign", "adset":
            let parent =
                field.name == "campaign" ? self.adCampaign(of: object) : object.parentID.flatMap { self.adObjects[$0] }
            return parent.map { self.graphShow($0, field.children, now) }
        case "creative":
            guard let id = settings["creative"]?["creative_id"]?.string, let creative = self.adObjects[id] else {
                return nil
            }
            return self.graphShow(creative, field.children, now)
        case "issues_info": return self.issues(of: object, at: now)
        case "ad_review_feedback":
            guard object.isRefused, object.reviewedAt.map({ $0 <= now }) ?? false else { return nil }
            return ["global": ["Unacceptable Business Practices": "The ad does not follow the advertising standards."]]
        case "effective_object_story_id", "object_story_id":
            guard let post = object.postID.flatMap({ self.posts[$0] }), post.account.platform == .facebook else {
                return nil
            }
            return .string(post.id)
        case "effective_instagram_media_id", "source_instagram_media_id":
            guard let post = object.postID.flatMap({ self.posts[$0] }), post.account.platform == .instagram else {
                return nil
            }
            return .string(post.id)
        default: return settings[field.name]
        }
    }

    /// How an object stands when all above it counts too.
    func effectiveStatus(of object: SimulatedAdObject, at now: WorldTime) -> String {
        let own = object.state.status
        guard own != .deleted, own != .archived else { return own.rawValue.uppercased() }
        let campaign = object.level == .campaign ? nil : self.adCampaign(of: object)
        let above = campaign?.state.status ?? .active
        switch object.level {
        case .campaign, .creative, .criterion: return own.rawValue.uppercased()
        case .group: return own == .active && above != .active ? "CAMPAIGN_PAUSED" : own.rawValue.uppercased()
        case .ad: break
        }
        let isReviewed = object.reviewedAt.map { $0 <= now } ?? false
        if object.isRefused, isReviewed { return "DISAPPROVED" }
        if self.issues(of: object, at: now) != nil { return "WITH_ISSUES" }
        let group = object.parentID.flatMap { self.adObjects[$0] }
        if own == .paused { return "PAUSED" }
        if above != .active { return "CAMPAIGN_PAUSED" }
        if group?.state.status != .active { return "ADSET_PAUSED" }
        if !isReviewed { return "PENDING_REVIEW" }
        let isFunded = self.adAccounts[object.account]?.isFunded(at: now) ?? true
        return isFunded ? "ACTIVE" : "PENDING_BILLING_INFO"
    }

    /// What is wrong with an ad: its post is gone.
    private func issues(of object: SimulatedAdObject, at now: WorldTime) -> JSONValue? {
        guard object.level == .ad, let post = object.postID.flatMap({ self.posts[$0] }), !post.isLive(at: now) else {
            return nil
        }
        return [
            [
                "level": "AD", "error_code": 1_487_472, "error_type": "HARD_ERROR",
                "error_summary": "The post is not available",
                "error_message": "The post of this ad was deleted or cannot be seen.",
            ]
        ]
    }
}
