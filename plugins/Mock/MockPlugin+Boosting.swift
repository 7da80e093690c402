// SPDX-License-Identifier: MIT

import Foundation
public import PluginKit

/// The body of a new campaign.
private struct MockNewCampaign: Encodable, Sendable {
    struct Budget: Codable, Sendable {
        var amountMinor: Int64
        var currency: String
        var kind: String
    }
    struct Target: Encodable, Sendable {
        var ageMin: Int?
        var ageMax: Int?
        var genders: [String]?
        var countries: [String]?
        var interests: [String]?
        var customAudienceIds: [String]?
    }
    var name: String
    var postId: String
    var objective: String
    var budget: Budget
    var audience: Target
    var startsAt: Date
    var endsAt: Date
}

/// A campaign as the platform shows it.
private struct MockCampaign: Decodable {
    struct Amount: Decodable {
        var amountMinor: Int64
        var currency: String
    }
    var id: String
    var status: String
    var activatedAt: Date?
    var spend: Amount?
    var results: [String: Int64]?

    var boost: RemoteBoost {
        let state: RemoteBoost.State =
            switch self.status {
            case "in_review": .inReview
            case "active": .running
            case "completed": .completed
            case "stopped": .stopped
            case "rejected": .rejected
            default: .paused
            }
        let spend = self.spend.flatMap { amount in
            Currency(rawValue: amount.currency).map { Money(minorUnits: amount.amountMinor, currency: $0) }
        }
        let names: [String: MetricName] = [
            "impressions": .views, "reach": .reach, "engagements": .engagements, "clicks": .clicks, "follows": .follows,
        ]
        let results = (self.results ?? [:]).compactMap { entry in names[entry.key].map { ($0, entry.value) } }
        return RemoteBoost(id: self.id, state: state, spend: spend, results: Dictionary(uniqueKeysWithValues: results))
    }
}

/// A page of campaigns.
private struct MockCampaignPage: Decodable { var campaigns: [MockCampaign] }

extension MockPlugin: Boosting {
    /// The platform takes every currency in minor units, and has neither buttons nor legal categories.
    public func validate(_ terms: BoostTerms) -> [ValidationIssue] { [] }

    /// Makes a paused campaign, unless one of this name is there, and activates it through the fence.
    public func startBoost(
        _ request: BoostRequest, _ context: any EffectContext
    ) async throws(PluginError) -> RemoteBoost {
        var state = try MockState(context.checkpoint)
        let id: String
        if let known = state.campaign {
            id = known
        } else {
            id = try await self.campaign(for: request)
            state.campaign = id
            try await context.save(state.saved())
        }
        let active = try await context.send(part: 0, endpoint: MockBucket.boost) { permit throws(PluginError) in
            let campaign = try await self.client.post(
                MockCampaign.self, "/campaigns/\(id)/activate", nil, endpoint: MockBucket.boost, creates: true,
                permit: permit,
                request.access)
            return RemotePost(id: campaign.id, publishedAt: campaign.activatedAt)
        }
        return RemoteBoost(id: active.id, state: .inReview)
    }

    /// Reads how a campaign stands and what it spent.
    public func boostStatus(_ boost: StartedBoost) async throws(PluginError) -> RemoteBoost {
        try await self.client.get(MockCampaign.self, "/campaigns/\(boost.id)", boost.access).boost
    }

    /// Stops a campaign for good; repeating is harmless.
    public func stopBoost(_ boost: StartedBoost) async throws(PluginError) {
        _ = try await self.client.post(
            MockCampaign.self, "/campaigns/\(boost.id)/stop", nil, endpoint: MockBucket.boost, creates: false,
            boost.access)
    }

    /// Looks whether the campaign has left the paused state.
    public func findBoost(
        _ request: BoostRequest, checkpoint: PluginState?
    ) async throws(PluginError) -> Finding {
        let found: MockCampaign?
        if let id = try MockState(checkpoint).campaign {
            found = try await self.client.get(MockCampaign.self, "/campaigns/\(id)", request.access)
        } else {
            found = try await self.named(request)
        }
        guard let campaign = found, campaign.boost.state != .paused else { return .absent }
        guard campaign.boost.state != .stopped || campaign.activatedAt != nil else { return .absent }
        return .found(RemotePost(id: campaign.id, publishedAt: campaign.activatedAt))
    }

    private func named(_ request: BoostRequest) async throws(PluginError) -> MockCampaign? {
        let query: FormFields = ["name": request.operation, "limit": "100"]
        // The oldest, should there ever be two: it is the one that an earlier try went on with.
        return try await self.client.get(MockCampaignPage.self, "/campaigns", query: query, request.access).campaigns
            .last
    }

    private func campaign(for request: BoostRequest) async throws(PluginError) -> String {
        if let known = try await self.named(request) { return known.id }
        let terms = request.terms
        let audience = terms.audience
        func list(_ values: [String]) -> [String]? { values.isEmpty ? nil : values }
        let body = MockNewCampaign(
            name: request.operation, postId: request.post.id, objective: terms.objective,
            budget: MockNewCampaign.Budget(
                amountMinor: terms.budget.minorUnits, currency: terms.budget.currency.rawValue,
                kind: terms.budgetKind.rawValue),
            audience: MockNewCampaign.Target(
                ageMin: audience.minimumAge, ageMax: audience.maximumAge, genders: list(audience.genders),
                countries: list(audience.countries), interests: list(audience.interests),
                customAudienceIds: list(audience.customAudiences)),
            startsAt: max(terms.startsAt, self.clock.now()), endsAt: terms.endsAt)
        // Paused, and found again by its name: a lost answer needs no person.
        return try await self.client.post(
            MockCampaign.self, "/campaigns", body, endpoint: MockBucket.boost, creates: false, request.access
        ).id
    }
}
