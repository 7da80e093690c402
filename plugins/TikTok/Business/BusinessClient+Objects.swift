// SPDX-License-Identifier: MIT

import PluginKit

/// What ads are made of, from the top.
enum BusinessLevel: String, Sendable {
    case campaign
    case adGroup = "adgroup"
    case ad

    /// What is asked of each.
    var fields: [String] {
        switch self {
        case .campaign: ["campaign_id", "campaign_name", "operation_status", "secondary_status"]
        case .adGroup: ["adgroup_id", "adgroup_name", "operation_status", "secondary_status"]
        case .ad: ["ad_id", "ad_name", "operation_status", "secondary_status"]
        }
    }

    func id(_ item: BusinessItem) -> String? {
        switch self {
        case .campaign: item.campaign_id?.text
        case .adGroup: item.adgroup_id?.text
        case .ad: item.ad_id?.text
        }
    }

    func name(_ item: BusinessItem) -> String? {
        switch self {
        case .campaign: item.campaign_name
        case .adGroup: item.adgroup_name
        case .ad: item.ad_name
        }
    }

    func id(_ made: BusinessMade) -> String? {
        switch self {
        case .campaign: made.campaign_id?.text
        case .adGroup: made.adgroup_id?.text
        case .ad: made.ad_ids?.first?.text
        }
    }
}

extension BusinessClient {
    /// Lists what a filter leaves.
    func items(_ level: BusinessLevel, _ filter: some Encodable) async throws(PluginError) -> [BusinessItem] {
        try await self.list(
            BusinessItem.self, "\(level.rawValue)/get/",
            [
                "advertiser_id": self.advertiser, "filtering": Self.text(filter), "fields": Self.text(level.fields),
            ])
    }

    /// Looks for something by its name, which a filter compares loosely; of several the oldest, by the smallest number.
    func named(
        _ name: String, _ level: BusinessLevel, _ filter: some Encodable
    ) async throws(PluginError) -> String? {
        try await self.items(level, filter).filter { level.name($0) == name }.compactMap { level.id($0) }
            .min { ($0.count, $0) < ($1.count, $1) }
    }

    /// Makes something that delivers nothing by itself; that its name exists already is the answer to an earlier try.
    func make(
        _ level: BusinessLevel, _ body: some Encodable, _ name: String, _ filter: some Encodable
    ) async throws(PluginError) -> String {
        let made: BusinessMade
        do {
            made = try await self.post(
                BusinessMade.self, "\(level.rawValue)/create/", body, endpoint: BusinessEndpoint.create)
        } catch  where error.platformCode == "40002" {
            guard let known = try await self.named(name, level, filter) else { throw error }
            return known
        }
        guard let id = level.id(made) else { throw PluginError(.retryAfter, "TikTok does not say what it made.") }
        return id
    }

    /// Switches a campaign on or off; repeating is harmless.
    func switchCampaign(_ id: String, to status: String, permit: SendPermit? = nil) async throws(PluginError) {
        _ = try await self.post(
            BusinessDone.self, "campaign/status/update/",
            BusinessSwitch(advertiser_id: self.advertiser, campaign_ids: [id], operation_status: status),
            endpoint: BusinessEndpoint.status, permit: permit)
    }

    /// The campaign as TikTok shows it; `nil` when it does not.
    func campaign(_ id: String) async throws(PluginError) -> BusinessItem? {
        try await self.items(.campaign, ["campaign_ids": [id]]).first { $0.campaign_id?.text == id }
    }

    /// Checks that the ad account is what we take it for, currency and zone, and may spend.
    func checkAdvertiser() async throws(PluginError) {
        let query: FormFields = [
            "advertiser_ids": Self.text([self.advertiser]), "fields": Self.text(BusinessAdvertiser.fields),
        ]
        let found = try await self.get(BusinessAdvertiser.List.self, "advertiser/info/", query).list.first
        let agreed = self.adAccount.currency.rawValue
        if let currency = found?.currency, currency != agreed {
            throw PluginError(
                .permanent, "The ad account is billed in \(currency), the budget is in \(agreed).",
                nextAction: "Correct the ad account's currency and plan the boost again.", field: "budget")
        }
        try self.adAccount.checkZone(of: found?.timezone)
        // The word is that of TikTok's libraries (?).
        if let status = found?.status, status != "STATUS_ENABLE" {
            throw PluginError(
                .needsHuman, "TikTok does not let the ad account spend (\(status)).",
                nextAction: "Settle what the Ads Manager shows for the ad account, then start the boost again.")
        }
    }

    /// Whose post it is: as the credential says, or the only linked account whose posts may be shown.
    func identity(_ access: AccountAccess) async throws(PluginError) -> BusinessIdentity {
        let extra = access.tokens.extra
        let type = extra[BusinessIdentity.typeField]?.revealed ?? BusinessIdentity.own
        let center = extra[BusinessIdentity.centerField]?.revealed
        guard BusinessIdentity.types.contains(type) else {
            throw PluginError(
                .permanent, "There is no identity of this type.",
                nextAction: "Use one of \(BusinessIdentity.types.joined(separator: ", ")) in the credential.")
        }
        if let id = extra[BusinessIdentity.idField]?.revealed {
            return BusinessIdentity(identity_id: id, identity_type: type, identity_authorized_bc_id: center)
        }
        var query: FormFields = ["advertiser_id": self.advertiser, "identity_type": type]
        query.append("identity_authorized_bc_id", center)
        let all = try await self.list(BusinessIdentity.self, "identity/get/", query)
        let usable = all.filter { $0.can_pull_video != false }
        guard let only = usable.first, usable.count == 1 else {
            throw PluginError(
                .permanent, "The ad account may show posts of \(usable.count) accounts of this type.",
                nextAction:
                    "Link the account in TikTok's Ads Manager, or say which it is with \"identity_id\" in the credential."
            )
        }
        return BusinessIdentity(
            identity_id: only.identity_id, identity_type: only.identity_type,
            identity_authorized_bc_id: only.identity_authorized_bc_id ?? center)
    }
}
