// SPDX-License-Identifier: MIT

extension World {
    /// A campaign as the platform shows it.
    func mockFull(_ campaign: SimulatedCampaign, _ now: WorldTime) -> JSONValue {
        let status = campaign.status(at: now)
        let results = campaign.results(at: now, seed: self.options.seed)
        // The text was checked when it came in.
        let audience = campaign.audience.flatMap { try? JSONParser.parse($0.utf8) }
        return [
            "id": .string(campaign.id), "name": .string(campaign.name), "post_id": .string(campaign.postID),
            "objective": .string(campaign.objective), "status": .string(status.rawValue),
            "budget": [
                "amount_minor": JSONValue(campaign.budget.amountMinor), "currency": .string(campaign.budget.currency),
                "kind": campaign.budget.isDaily ? "daily" : "lifetime",
            ],
            "audience": audience, "call_to_action": campaign.callToAction.map { .string($0) },
            "starts_at": .string(campaign.startsAt.iso8601), "ends_at": .string(campaign.endsAt.iso8601),
            "created_at": .string(campaign.createdAt.iso8601),
            "activated_at": campaign.activatedAt.map { .string($0.iso8601) },
            "stopped_at": campaign.stoppedAt.map { .string($0.iso8601) },
            "rejection_reason": status == .rejected ? "The promotion does not follow the rules for advertising." : nil,
            "spend": [
                "amount_minor": JSONValue(campaign.spend(at: now)), "currency": .string(campaign.budget.currency),
            ],
            "results": [
                "impressions": JSONValue(results.impressions), "reach": JSONValue(results.reach),
                "engagements": JSONValue(results.engagements), "clicks": JSONValue(results.clicks),
                "follows": JSONValue(results.follows),
            ],
        ]
    }

    private func ownCampaign(_ id: String, _ account: SimulatedAccount) throws(MockRefusal) -> SimulatedCampaign {
        guard let campaign = self.campaigns[id] else { throw MockRefusal.notFound("campaign") }
        guard campaign.account == account.key else { throw MockRefusal.forbidden }
        return campaign
    }

    mutating func mockActivate(
        _ call: inout Call, _ account: SimulatedAccount, _ id: String
    ) throws(MockRefusal) -> SimulatedResponse {
        try call.allowQuery()
        var campaign = try self.ownCampaign(id, account)
        call.remoteID = id
        switch campaign.status(at: call.now) {
        case .inReview, .active: call.isHarmlessRepeat = true
        case .paused:
            campaign.activatedAt = call.now
            self.campaigns[id] = campaign
            self.record(.campaign(campaign))
            call.tookEffect = true
        case .completed, .stopped, .rejected:
            throw MockRefusal(status: 409, code: "conflict", message: "The campaign is over; it cannot be activated.")
        }
        return .json(self.mockFull(campaign, call.now))
    }

    mutating func mockStop(
        _ call: Call, _ account: SimulatedAccount, _ id: String
    ) throws(MockRefusal) -> SimulatedResponse {
        try call.allowQuery()
        var campaign = try self.ownCampaign(id, account)
        switch campaign.status(at: call.now) {
        case .completed, .stopped, .rejected: break
        case .paused, .inReview, .active:
            campaign.stoppedAt = call.now
            self.campaigns[id] = campaign
            self.record(.campaign(campaign))
        }
        return .json(self.mockFull(campaign, call.now))
    }

    mutating func mockCampaign(
        _ call: inout Call, _ account: SimulatedAccount, _ id: String
    ) throws(MockRefusal) -> SimulatedResponse {
        try call.allowQuery()
        let campaign = try self.ownCampaign(id, account)
        if campaign.activatedAt == nil {
            call.read = self.ledger.observe(
                platform: "mock", account: account.key.externalID, isLeaving: call.isLeaving
            ) { $0.kind == .activation && $0.marker == campaign.marker }
        }
        return .json(self.mockFull(campaign, call.now))
    }

    mutating func mockCampaigns(_ call: inout Call, _ account: SimulatedAccount) throws(MockRefusal)
        -> SimulatedResponse
    {
        try call.allowQuery("name", "limit", "cursor")
        let limit = try call.queryInteger("limit", 1...100, default: 25)
        let cursor = try call.queryCursor()
        let name = call.request.query["name"]
        let all = self.campaignsByAccount[account.key, default: []].reversed().compactMap { self.campaigns[$0] }
            .filter { $0.serial < cursor ?? .max && (name == nil || $0.name == name) }
        let page = Array(all.prefix(limit))
        let hasMore = all.count > limit
        let lowest = hasMore ? page.last?.serial ?? 0 : 0
        let shown = Set(page.map(\.marker))
        let idle = Set(page.filter { $0.activatedAt == nil }.map(\.marker))
        let wanted = name.map { Marker(text: $0) }
        call.read = self.ledger.observe(
            platform: "mock", account: account.key.externalID, isLeaving: call.isLeaving
        ) { attempt in
            switch attempt.kind {
            case .activation: return idle.contains(attempt.marker)
            case .campaign:
                return (wanted == nil || attempt.marker == wanted) && !shown.contains(attempt.marker)
                    && attempt.position >= lowest && attempt.position < cursor ?? .max
            case .post, .comment, .adGroup, .ad: return false
            }
        }
        let next = hasMore ? page.last.map { "c" + String($0.serial, radix: 36) } : nil
        return .json(
            [
                "campaigns": .array(page.map { self.mockFull($0, call.now) }), "next_cursor": next.map { .string($0) },
            ])
    }
}
