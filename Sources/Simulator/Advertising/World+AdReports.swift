// SPDX-License-Identifier: MIT

extension World {
    /// Which ad accounts a reader asks for.
    private func adAccounts(_ query: FormFields) throws(SimulatorError) -> [AdAccountKey] {
        let network = query["platform"].flatMap { Platform(rawValue: $0) }.flatMap { AdNetwork($0) }
        guard query["platform"] == nil || network != nil else {
            throw SimulatorError(.invalidInput, "platform must be facebook, x or tiktok.")
        }
        return self.adAccountOrder.filter { key in
            (network == nil || key.network == network)
                && (query["account"].map { $0 == key.id || $0 == key.externalID } ?? true)
        }
    }

    /// Every ad object with its state and what it spent, oldest first.
    func adReport(_ query: FormFields, _ now: WorldTime) throws(SimulatorError) -> JSONValue {
        var reports: [JSONValue] = []
        for campaign in try self.adAccounts(query).flatMap({ self.adObjects(.campaign, of: $0).reversed() }) {
            let spend = self.adSpend(of: campaign, at: now)
            let groups = self.adChildren(.group, of: campaign.id).flatMap { [$0] + self.adChildren(.ad, of: $0.id) }
            let delivering = self.delivery(of: campaign)?.delivering(at: now) ?? []
            let running = Set(delivering.flatMap(\.ads).map(\.object.id))
            for object in [campaign] + groups {
                let ads = self.ads(of: object).map(\.id)
                let isDelivering = ads.contains(where: running.contains)
                reports.append(self.report(object, spend.days(of: ads), isDelivering: isDelivering))
            }
        }
        return ["world_now": .string(now.iso8601), "objects": .array(reports)]
    }

    private func report(_ object: SimulatedAdObject, _ days: [Int64: Int], isDelivering: Bool) -> JSONValue {
        let state = object.state
        let review: String? =
            object.level == .ad ? (object.isRefused ? "refused" : "approved") : nil
        return [
            "platform": .string(object.account.network.platform.rawValue),
            "account": .string(object.account.externalID), "level": .string(object.level.rawValue),
            "id": .string(object.id), "parent": object.parentID.map { .string($0) }, "name": .string(object.name),
            "marker": .string(object.marker.value), "status": .string(state.status.rawValue),
            "delivering": .bool(isDelivering), "daily_budget": state.daily.map { JSONValue($0) },
            "lifetime_budget": state.lifetime.map { JSONValue($0) },
            "starts_at": state.startsAt.map { .string($0.iso8601) },
            "ends_at": state.endsAt.map { .string($0.iso8601) }, "review": review.map { .string($0) },
            "reviewed_at": object.reviewedAt.map { .string($0.iso8601) }, "post": object.postID.map { .string($0) },
            "spend": JSONValue(days.values.reduce(0, +)), "days": Self.list(days),
            "created_at": .string(object.createdAt.iso8601),
            "updated_at": .string(object.updatedAt.iso8601),
        ]
    }

    /// What each ad account spent, by day of its own zone, and in all.
    func adSpendReport(_ query: FormFields, _ now: WorldTime) throws(SimulatorError) -> JSONValue {
        var reports: [JSONValue] = []
        for account in try self.adAccounts(query).compactMap({ self.adAccounts[$0] }) {
            var days: [Int64: Int] = [:]
            for campaign in self.adObjects(.campaign, of: account.key) {
                for spend in self.adSpend(of: campaign, at: now).ads.values { days.merge(spend, uniquingKeysWith: +) }
            }
            reports.append(self.report(account, days))
        }
        return ["world_now": .string(now.iso8601), "accounts": .array(reports)]
    }

    private func report(_ account: SimulatedAdAccount, _ days: [Int64: Int]) -> JSONValue {
        [
            "platform": .string(account.key.network.platform.rawValue), "account": .string(account.key.externalID),
            "name": .string(account.name), "currency": .string(account.currency),
            "units_in_one": JSONValue(account.key.network.units(of: account.currency)),
            "time_zone": .string(account.timeZone), "spend": JSONValue(days.values.reduce(0, +)),
            "days": Self.list(days),
        ]
    }

    private static func list(_ days: [Int64: Int]) -> JSONValue {
        .array(
            days.sorted { $0.key < $1.key }.map {
                ["date": .string(LocalDay.text($0.key)), "spend": JSONValue($0.value)]
            })
    }
}
