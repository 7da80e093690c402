// SPDX-License-Identifier: MIT

/// The synchronous reports of TikTok.
extension World {
    /// `report/integrated/get`: days are those of the ad account's zone, values are texts.
    func tikTokReport(
        _ call: Call, _ request: TikTokBusinessRequest
    ) throws(TikTokBusinessRefusal) -> SimulatedResponse {
        let arguments = request.arguments
        for name in ["advertiser_ids", "bc_id", "enable_total_metrics", "order_field", "order_type"]
        where arguments.value(name) != nil { throw .invalid("\(name): The simulator does not serve it.") }
        guard arguments.text("report_type") == "BASIC" else {
            throw TikTokBusinessRefusal.invalid("report_type: The simulator serves BASIC.")
        }
        let level: SimulatedAdObject.Level?
        switch arguments.text("data_level") {
        case "AUCTION_ADVERTISER": level = nil
        case "AUCTION_CAMPAIGN": level = .campaign
        case "AUCTION_ADGROUP": level = .group
        case "AUCTION_AD": level = .ad
        default: throw TikTokBusinessRefusal.invalid("data_level: One of AUCTION_*.")
        }
        let id = level.map { "\($0.tikTok)_id" } ?? "advertiser_id"
        let dimensions = arguments.texts("dimensions") ?? []
        guard dimensions.contains(id), dimensions.allSatisfy({ $0 == id || $0 == "stat_time_day" }) else {
            throw TikTokBusinessRefusal.invalid("dimensions: \(id), and stat_time_day if days are wanted.")
        }
        let metrics = arguments.texts("metrics") ?? ["spend", "impressions"]
        if let unknown = metrics.first(where: { !Self.tikTokMetrics.contains($0) }) {
            throw TikTokBusinessRefusal.invalid("metrics: \(unknown) is not known.")
        }
        let isByDay = dimensions.contains("stat_time_day")
        let range = try Self.range(arguments, mostDays: isByDay ? 30 : 365, isByDay: isByDay)
        var rows: [JSONValue] = []
        let wanted = try Self.filter(arguments)
        let roots: [SimulatedAdObject?] =
            level.map { self.adObjects($0, of: request.account.key).filter { self.fits($0, wanted) } } ?? [nil]
        for root in roots {
            let ads = root.map { self.ads(of: $0) } ?? self.adObjects(.ad, of: request.account.key)
            let days = self.spentDays(ads, call.now)
            let all = Set(days.values.flatMap(\.keys)).filter(range.contains).sorted()
            guard let first = all.first, let last = all.last else { continue }
            for piece in isByDay ? all.map({ $0...$0 }) : [first...last] {
                var named: JSONObject = [id: .string(root?.id ?? request.account.key.id)]
                if isByDay { named["stat_time_day"] = .string("\(LocalDay.text(piece.lowerBound)) 00:00:00") }
                rows.append([
                    "dimensions": .object(named),
                    "metrics": self.metrics(metrics, ads, days, piece, request.account),
                ])
            }
        }
        return Self.tikTokBusinessData(try TikTokBusinessPage(rows, arguments).data { $0 }, call)
    }

    /// The ids that conditions ask for, by the name of the field.
    private static func filter(
        _ arguments: TikTokBusinessArguments
    ) throws(TikTokBusinessRefusal) -> [String: Set<String>] {
        var wanted: [String: Set<String>] = [:]
        for condition in arguments.value("filtering")?.array ?? [] {
            guard let field = condition["field_name"]?.string, condition["filter_type"] == "IN",
                ["campaign_ids", "adgroup_ids", "ad_ids"].contains(field),
                let text = condition["filter_value"]?.string,
                let ids = (try? JSONParser.parse(text.utf8))?.strings
            else {
                throw TikTokBusinessRefusal.invalid(
                    "filtering: field_name campaign_ids, adgroup_ids or ad_ids, filter_type IN, filter_value a list as text."
                )
            }
            wanted[field] = Set(ids).intersection(wanted[field] ?? Set(ids))
        }
        return wanted
    }

    /// Whether an object is what conditions ask for, or under it.
    private func fits(_ object: SimulatedAdObject, _ wanted: [String: Set<String>]) -> Bool {
        let group = object.level == .group ? object.id : object.level == .ad ? object.parentID : nil
        return [
            ("campaign_ids", self.adCampaign(of: object)?.id), ("adgroup_ids", group),
            ("ad_ids", object.level == .ad ? object.id : nil),
        ].allSatisfy { field, id in wanted[field].map { ids in id.map(ids.contains) ?? false } ?? true }
    }

    private static func range(
        _ arguments: TikTokBusinessArguments, mostDays: Int64, isByDay: Bool
    ) throws(TikTokBusinessRefusal) -> ClosedRange<Int64> {
        if arguments.value("query_lifetime")?.bool == true {
            guard !isByDay else {
                throw TikTokBusinessRefusal.invalid("query_lifetime: Not together with stat_time_day.")
            }
            return .min ... .max
        }
        guard let start = arguments.text("start_date").flatMap({ LocalDay.number($0) }),
            let end = arguments.text("end_date").flatMap({ LocalDay.number($0) }), start <= end
        else { throw TikTokBusinessRefusal.invalid("start_date, end_date: Dates, the end not before the start.") }
        guard end - start < mostDays else {
            throw TikTokBusinessRefusal.invalid("end_date: At most \(mostDays) days.")
        }
        return start...end
    }

    private func spentDays(_ ads: [SimulatedAdObject], _ now: WorldTime) -> [String: [Int64: Int]] {
        var days: [String: [Int64: Int]] = [:]
        for campaign in Set(ads.compactMap { self.adCampaign(of: $0)?.id }).compactMap({ self.adObjects[$0] }) {
            days.merge(self.adSpend(of: campaign, at: now).ads) { $1 }
        }
        let wanted = Set(ads.map(\.id))
        return days.filter { wanted.contains($0.key) }
    }

    private static let tikTokMetrics: Set<String> = [
        "spend", "impressions", "reach", "clicks", "likes", "comments", "shares", "follows", "video_play_actions",
        "cpc",
        "cpm", "ctr", "currency",
    ]

    private func metrics(
        _ names: [String], _ ads: [SimulatedAdObject], _ days: [String: [Int64: Int]], _ range: ClosedRange<Int64>,
        _ account: SimulatedAdAccount
    ) -> JSONValue {
        var spent = 0
        var results = AdResults()
        for ad in ads {
            let own = days[ad.id] ?? [:]
            spent += own.filter { range.contains($0.key) }.values.reduce(0, +)
            results = results + self.adResults(of: ad, own, in: range)
        }
        let major = Double(spent) / Double(account.key.network.units(of: account.currency))
        func ratio(_ above: Double, _ below: Int) -> String { below == 0 ? "0" : String(above / Double(below)) }
        return .object(
            names.reduce(into: JSONObject()) { object, name in
                let text: String =
                    switch name {
                    case "spend": account.key.network.decimal(spent, of: account.currency)
                    case "impressions": String(results.impressions)
                    case "reach": String(results.reach)
                    case "clicks": String(results.clicks)
                    case "likes": String(results.likes)
                    case "comments": String(results.comments)
                    case "shares": String(results.shares)
                    case "follows": String(results.follows)
                    case "video_play_actions": String(results.videoViews)
                    case "cpc": ratio(major, results.clicks)
                    case "cpm": ratio(1000 * major, results.impressions)
                    case "ctr": ratio(100 * Double(results.clicks), results.impressions)
                    default: account.currency
                    }
                object[name] = .string(text)
            })
    }
}
