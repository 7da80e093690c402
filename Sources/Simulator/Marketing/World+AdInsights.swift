// SPDX-License-Identifier: MIT

extension World {
    /// `/insights` of an ad account, a campaign, an ad set or an ad: what was spent, and what it brought.
    ///
    /// A piece of time without any delivery has no row. Breakdowns and attribution windows are not served.
    func adInsights(
        _ call: Call, _ request: GraphRequest, _ account: SimulatedAdAccount, _ object: SimulatedAdObject?
    ) throws(GraphRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        for name in ["breakdowns", "action_breakdowns", "filtering", "sort", "time_ranges", "summary"]
        where arguments.value(name) != nil {
            throw GraphRefusal.unusable(name, "the simulator does not serve it")
        }
        let roots = object.map { [$0] } ?? self.adObjects(.campaign, of: account.key)
        let today = LocalDay.number(of: call.now, in: account.timeZone)
        let first = roots.map { LocalDay.number(of: $0.createdAt, in: account.timeZone) }.min() ?? today
        let range = try Self.range(arguments, today: today, first: first)
        let pieces = try Self.pieces(arguments, range)
        let rows = try self.subjects(arguments.text("level"), account, object, roots)
        var entries: [JSONValue] = []
        for row in rows {
            let spend = row.ads.isEmpty ? [:] : self.daysByAd(row.ads, call.now)
            for piece in pieces {
                if let entry = self.row(row, spend, piece, account, request.fields) { entries.append(entry) }
            }
        }
        let page = try GraphPage(Array(entries.enumerated()), arguments, defaultLimit: 25, most: 500) {
            String($0.offset)
        }
        var response = SimulatedResponse.json([
            "data": .array(page.entries.map(\.element)), "paging": page.paging(call),
        ])
        response.set(
            "X-FB-Ads-Insights-Throttle",
            #"{"app_id_util_pct":0,"acc_id_util_pct":0,"ads_api_access_tier":"standard_access"}"#)
        return response
    }

    /// What a row is about: an object, or the whole account, and the ads that it stands for.
    private struct Subject {
        var object: SimulatedAdObject?
        var ads: [SimulatedAdObject]
    }

    private func subjects(
        _ level: String?, _ account: SimulatedAdAccount, _ object: SimulatedAdObject?, _ roots: [SimulatedAdObject]
    ) throws(GraphRefusal) -> [Subject] {
        let ads = roots.flatMap { self.ads(of: $0) }
        switch level {
        case "campaign" where object == nil || object?.level == .campaign:
            return roots.map { Subject(object: $0, ads: self.ads(of: $0)) }
        case "adset" where object?.level != .ad:
            let groups = roots.flatMap { $0.level == .group ? [$0] : self.adChildren(.group, of: $0.id) }
            return groups.map { Subject(object: $0, ads: self.ads(of: $0)) }
        case "ad": return ads.map { Subject(object: $0, ads: [$0]) }
        case nil: return [Subject(object: object, ads: ads)]
        case "account" where object == nil: return [Subject(object: nil, ads: ads)]
        default: throw GraphRefusal.unusable("level", "it is below what is asked")
        }
    }

    private func daysByAd(_ ads: [SimulatedAdObject], _ now: WorldTime) -> [String: [Int64: Int]] {
        var days: [String: [Int64: Int]] = [:]
        for campaign in Set(ads.compactMap { self.adCampaign(of: $0)?.id }).compactMap({ self.adObjects[$0] }) {
            days.merge(self.adSpend(of: campaign, at: now).ads) { $1 }
        }
        return days
    }

    private static func range(
        _ arguments: GraphArguments, today: Int64, first: Int64
    ) throws(GraphRefusal) -> ClosedRange<Int64> {
        var range = AdDateRange.days(arguments.text("date_preset") ?? "last_30d", today: today, first: first)
        if let value = arguments.value("time_range") {
            guard let since = value["since"]?.string.flatMap({ LocalDay.number($0) }),
                let until = value["until"]?.string.flatMap({ LocalDay.number($0) }), since <= until
            else { throw GraphRefusal.unusable("time_range", "since and until are dates, since not after until") }
            range = since...until
            // 37 months of 31 days at most.
            guard today - since <= 37 * 31 else {
                throw GraphRefusal.unusable("time_range", "it begins more than 37 months ago")
            }
        }
        return range
    }

    private static func pieces(
        _ arguments: GraphArguments, _ range: ClosedRange<Int64>
    ) throws(GraphRefusal) -> [ClosedRange<Int64>] {
        switch arguments.text("time_increment") {
        case nil, "all_days": return [range]
        case let text?:
            guard let days = Int64(text), (1...90).contains(days) else {
                throw GraphRefusal.unusable("time_increment", "it is 1 to 90 or all_days here")
            }
            return AdDateRange.pieces(range, of: days)
        }
    }

    private func row(
        _ subject: Subject, _ spend: [String: [Int64: Int]], _ range: ClosedRange<Int64>,
        _ account: SimulatedAdAccount, _ fields: [GraphField]
    ) -> JSONValue? {
        var spent = 0
        var results = AdResults()
        for ad in subject.ads {
            let days = spend[ad.id] ?? [:]
            spent += days.filter { range.contains($0.key) }.values.reduce(0, +)
            results = results + self.adResults(of: ad, days, in: range)
        }
        guard spent > 0 || results.impressions > 0 else { return nil }
        let names = fields.isEmpty ? ["impressions", "spend"] : fields.map(\.name)
        var row = JSONObject()
        for name in names where name != "date_start" && name != "date_stop" {
            row[name] = self.insight(name, subject.object, spent, results, account)
        }
        row["date_start"] = .string(LocalDay.text(range.lowerBound))
        row["date_stop"] = .string(LocalDay.text(range.upperBound))
        return .object(row)
    }

    private func insight(
        _ name: String, _ object: SimulatedAdObject?, _ spent: Int, _ results: AdResults, _ account: SimulatedAdAccount
    ) -> JSONValue? {
        let major = Double(spent) / Double(account.key.network.units(of: account.currency))
        func count(_ value: Int) -> JSONValue { .string(String(value)) }
        func ratio(_ above: Double, _ below: Int) -> JSONValue? {
            below == 0 ? nil : .string(String(above / Double(below)))
        }
        switch name {
        case "account_id": return .string(account.key.id)
        case "account_name": return .string(account.name)
        case "account_currency": return .string(account.currency)
        case "campaign_id": return object.flatMap { self.adCampaign(of: $0) }.map { .string($0.id) }
        case "campaign_name": return object.flatMap { self.adCampaign(of: $0) }.map { .string($0.name) }
        case "adset_id", "adset_name", "ad_id", "ad_name":
            let isAd = name.hasPrefix("ad_")
            let own = object?.level == (isAd ? .ad : .group) ? object : nil
            let group = object?.level == .ad && !isAd ? object?.parentID.flatMap { self.adObjects[$0] } : own
            return group.map { .string(name.hasSuffix("_id") ? $0.id : $0.name) }
        case "objective":
            return object.flatMap { self.adCampaign(of: $0) }?.parameters["objective"]
        case "spend": return .string(account.key.network.decimal(spent, of: account.currency))
        case "impressions": return count(results.impressions)
        case "reach": return count(results.reach)
        case "clicks": return count(results.clicks)
        case "inline_link_clicks": return count(results.linkClicks)
        case "inline_post_engagement": return count(results.engagements)
        case "frequency": return ratio(Double(results.impressions), results.reach)
        case "ctr": return ratio(100 * Double(results.clicks), results.impressions)
        case "cpm": return ratio(1000 * major, results.impressions)
        case "cpc": return ratio(major, results.clicks)
        case "actions":
            let actions = [
                ("post_engagement", results.engagements), ("link_click", results.linkClicks),
                ("post_reaction", results.likes), ("comment", results.comments), ("post", results.shares),
                ("like", results.follows), ("video_view", results.videoViews),
            ].filter { $0.1 > 0 }
            return .array(actions.map { ["action_type": .string($0.0), "value": count($0.1)] })
        default: return nil
        }
    }
}
