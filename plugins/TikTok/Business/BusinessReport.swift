// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// One row of a report; its values are texts.
struct BusinessRow: Decodable, Sendable {
    struct Dimensions: Decodable, Sendable {
        var campaign_id: TikTokID?
        var stat_time_day: String?
    }
    var dimensions: Dimensions
    var metrics: [String: String?]
}

/// A condition of a report.
private struct BusinessCondition: Encodable {
    var field_name: String
    var filter_type = "IN"
    var filter_value: String
}

/// The numbers of a boost's campaign: those of one that was deleted too, which has no ads any more.
enum BusinessReport {
    /// The longest time that one question by day may cover.
    static let longest = 30
    private static let spend = "spend"
    private static let names: [String: MetricName] = [
        "impressions": .views, "reach": .reach, "clicks": .clicks, "likes": .likes, "comments": .comments,
        "shares": .shares, "follows": .follows, "video_play_actions": .videoViews,
    ]

    /// Adds what was spent on which day of the ad account, and what was reached in all.
    static func add(
        to remote: inout RemoteBoost, of boost: StartedBoost, _ client: BusinessClient, now: Date
    ) async throws(PluginError) {
        guard let account = boost.terms.adAccount, let zone = TimeZone(identifier: account.timeZone) else { return }
        let days = Self.days(from: boost.terms.startsAt, to: min(now, boost.terms.endsAt), in: zone)
        guard let first = days.first, let last = days.last else { return }
        let currency = boost.terms.budget.currency
        for start in stride(from: 0, to: days.count, by: Self.longest) {
            let end = min(start + Self.longest, days.count) - 1
            for row in try await Self.rows(boost.id, client, [Self.spend], days[start], days[end], byDay: true) {
                guard let day = row.dimensions.stat_time_day?.prefix(10), let text = row.metrics[Self.spend] ?? nil
                else { continue }
                guard let spent = Money(roundingUpDecimal: text, currency: currency) else {
                    throw PluginError(.retryAfter, "TikTok's spend of \(day) is no amount of \(currency).")
                }
                let before = remote.spendByDay[String(day)]?.minorUnits ?? 0
                let sum = before.adding(saturating: spent.minorUnits)
                remote.spendByDay[String(day)] = Money(minorUnits: sum, currency: currency)
            }
        }
        guard !remote.spendByDay.isEmpty else { return }
        remote.spend = Money(
            minorUnits: remote.spendByDay.values.reduce(0) { $0.adding(saturating: $1.minorUnits) }, currency: currency)
        // People who were reached on two days are the same people: the whole time is asked for by itself.
        for row in try await Self.rows(boost.id, client, Self.names.keys.sorted(), first, last, byDay: false) {
            for (name, metric) in Self.names {
                guard let count = (row.metrics[name] ?? nil).flatMap({ Int64($0) }) else { continue }
                remote.results[metric] = (remote.results[metric] ?? 0).adding(saturating: count)
            }
        }
    }

    private static func rows(
        _ campaign: String, _ client: BusinessClient, _ metrics: [String], _ start: String, _ end: String, byDay: Bool
    ) async throws(PluginError) -> [BusinessRow] {
        let condition = BusinessCondition(field_name: "campaign_ids", filter_value: BusinessClient.text([campaign]))
        let rows = try await client.list(
            BusinessRow.self, "report/integrated/get/",
            [
                "advertiser_id": client.advertiser, "report_type": "BASIC", "data_level": "AUCTION_CAMPAIGN",
                "dimensions": BusinessClient.text(byDay ? ["campaign_id", "stat_time_day"] : ["campaign_id"]),
                "metrics": BusinessClient.text(metrics), "start_date": start, "end_date": end,
                "filtering": BusinessClient.text([condition]),
            ], endpoint: BusinessEndpoint.report)
        // What a filter leaves is looked at again: another boost's money is not this one's.
        return rows.filter { $0.dimensions.campaign_id?.text == campaign }
    }

    /// The days of a zone that a time touches, `YYYY-MM-DD`.
    static func days(from start: Date, to end: Date, in zone: TimeZone) -> [String] {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let style = Date.ISO8601FormatStyle(timeZone: zone).year().month().day()
        var days: [String] = []
        var day = calendar.startOfDay(for: start)
        while day < end {
            days.append(day.formatted(style))
            guard let next = calendar.date(byAdding: .day, value: 1, to: day) else { break }
            day = calendar.startOfDay(for: next)
        }
        return days
    }
}
