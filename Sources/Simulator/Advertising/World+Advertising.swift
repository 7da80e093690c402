// SPDX-License-Identifier: MIT

/// Ad accounts, what is in them, and what it spends.
extension World {
    /// Puts an ad account into every index, or replaces it.
    mutating func store(_ account: SimulatedAdAccount) {
        if self.adAccounts[account.key] == nil { self.adAccountOrder.append(account.key) }
        self.adAccounts[account.key] = account
        self.record(.adAccount(account))
    }

    /// Puts an ad object into every index, or replaces it.
    mutating func store(_ object: SimulatedAdObject) {
        if self.adObjects[object.id] == nil {
            self.adObjectsByAccount[object.account, default: [:]][object.level, default: []].append(object.id)
            if let parent = object.parentID { self.adObjectsByParent[parent, default: []].append(object.id) }
            if object.level == .ad, let post = object.postID { self.adsByPost[post, default: []].append(object.id) }
        }
        self.adObjects[object.id] = object
        self.record(.adObject(object))
    }

    /// An ad account of a network by its id, with or without `act_`.
    func adAccount(_ network: AdNetwork, _ id: String) -> SimulatedAdAccount? {
        let id = network == .meta && id.hasPrefix("act_") ? String(id.dropFirst(4)) : id
        return self.adAccounts[AdAccountKey(network: network, id: id)]
    }

    /// An ad object of a network and level.
    func adObject(_ network: AdNetwork, _ level: SimulatedAdObject.Level, _ id: String) -> SimulatedAdObject? {
        guard let object = self.adObjects[id], object.account.network == network, object.level == level else {
            return nil
        }
        return object
    }

    /// Objects of a level in an ad account, newest first.
    func adObjects(_ level: SimulatedAdObject.Level, of account: AdAccountKey) -> [SimulatedAdObject] {
        (self.adObjectsByAccount[account]?[level] ?? []).reversed().compactMap { self.adObjects[$0] }
    }

    /// Objects of a level under another, oldest first.
    func adChildren(_ level: SimulatedAdObject.Level, of id: String) -> [SimulatedAdObject] {
        self.adObjectsByParent[id, default: []].compactMap { self.adObjects[$0] }.filter { $0.level == level }
    }

    /// The campaign that an object belongs to; itself for a campaign, `nil` for what is in none.
    func adCampaign(of object: SimulatedAdObject) -> SimulatedAdObject? {
        switch object.level {
        case .campaign: object
        case .group: object.parentID.flatMap { self.adObjects[$0] }
        case .ad: object.parentID.flatMap { self.adObjects[$0] }.flatMap { self.adCampaign(of: $0) }
        case .creative, .criterion: nil
        }
    }

    /// The ads that an object stands for.
    func ads(of object: SimulatedAdObject) -> [SimulatedAdObject] {
        switch object.level {
        case .campaign:
            self.adChildren(.group, of: object.id).flatMap { self.adChildren(.ad, of: $0.id) }
        case .group: self.adChildren(.ad, of: object.id)
        case .ad: [object]
        case .creative, .criterion: []
        }
    }

    /// The history that the spend of a campaign follows from.
    func delivery(of campaign: SimulatedAdObject) -> AdDelivery? {
        guard let account = self.adAccounts[campaign.account] else { return nil }
        let groups = self.adChildren(.group, of: campaign.id).map { group in
            AdDelivery.Group(
                object: group,
                ads: self.adChildren(.ad, of: group.id).map { ad in
                    let post = ad.postID.flatMap { self.posts[$0] }
                    return AdDelivery.Ad(
                        object: ad, visibleFrom: post.flatMap { $0.processingFails ? nil : $0.visibleAt },
                        visibleUntil: [post?.deletedAt, ad.promotedUntil].compactMap(\.self).min())
                })
        }
        return AdDelivery(account: account, campaign: campaign, groups: groups, seed: self.options.seed)
    }

    /// Units that an object spent until an instant, by day of the account's zone.
    func adSpend(of object: SimulatedAdObject, at now: WorldTime) -> AdSpend {
        guard let campaign = self.adCampaign(of: object), let delivery = self.delivery(of: campaign) else {
            return AdSpend()
        }
        var spend = delivery.spend(until: now)
        if object.level != .campaign {
            let ads = Set(self.ads(of: object).map(\.id))
            spend.ads = spend.ads.filter { ads.contains($0.key) }
        }
        return spend
    }

    /// What an ad brought on some days: the difference of what it brought until their ends.
    func adResults(of ad: SimulatedAdObject, _ days: [Int64: Int], in range: ClosedRange<Int64>) -> AdResults {
        let currency = self.adAccounts[ad.account]?.currency ?? "EUR"
        let post = ad.postID.flatMap { self.posts[$0] }
        let prices = AdPrices(ad, currency: currency, hasVideo: post?.hasVideo ?? false, seed: self.options.seed)
        let before = days.filter { $0.key < range.lowerBound }.values.reduce(0, +)
        let within = days.filter { range.contains($0.key) }.values.reduce(0, +)
        return prices.results(for: before + within) - prices.results(for: before)
    }

    /// Whether money can be spent on an object now.
    func isDelivering(_ object: SimulatedAdObject, at now: WorldTime) -> Bool {
        guard let campaign = self.adCampaign(of: object), let delivery = self.delivery(of: campaign) else {
            return false
        }
        let wanted = Set(self.ads(of: object).map(\.id))
        return delivery.delivering(at: now).contains { $0.ads.contains { wanted.contains($0.object.id) } }
    }

    /// Whether an ad was ever shown for a post, how many impressions were bought, and what they cost, in words.
    func promoted(_ postID: String, _ now: WorldTime) -> (isBoosted: Bool, impressions: Int, spend: String?) {
        var impressions = 0
        var spent: [String: Int] = [:]
        var words: [String] = []
        for ad in self.adsByPost[postID, default: []].compactMap({ self.adObjects[$0] }) {
            let days = self.adSpend(of: ad, at: now).days(of: [ad.id])
            impressions += self.adResults(of: ad, days, in: .min ... .max).impressions
            let currency = self.adAccounts[ad.account]?.currency ?? ""
            spent[currency, default: 0] += days.values.reduce(0, +)
        }
        let network = self.adsByPost[postID]?.first.flatMap { self.adObjects[$0] }?.account.network
        for (currency, amount) in spent.sorted(by: { $0.key < $1.key }) where amount > 0 {
            if let network { words.append("\(network.decimal(amount, of: currency)) \(currency)") }
        }
        return (!words.isEmpty, impressions, words.isEmpty ? nil : words.joined(separator: ", "))
    }
}
