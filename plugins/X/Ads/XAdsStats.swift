// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// A stretch of days of an ad account that one question may ask for.
struct XStatsWindow: Sendable, Hashable {
    /// The midnights that begin the days.
    var days: [String]
    var start: Date
    /// The midnight after the last day.
    var end: Date

    /// The longest stretch that X answers at once.
    static let longest: TimeInterval = 7 * 86_400

    /// The stretches that cover a time, each of whole days of a zone and of no more than seven times 24 hours.
    ///
    /// A week in which clocks are set back is longer than that, and then takes two.
    static func covering(from start: Date, to end: Date, in zone: TimeZone) -> [XStatsWindow] {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        var windows: [XStatsWindow] = []
        var day = calendar.startOfDay(for: start)
        while day < end {
            guard let later = calendar.date(byAdding: .day, value: 1, to: day) else { break }
            let next = calendar.startOfDay(for: later)
            let parts = calendar.dateComponents([.year, .month, .day], from: day)
            let name = Self.name(parts)
            if let last = windows.indices.last, next.timeIntervalSince(windows[last].start) <= Self.longest {
                windows[last].days.append(name)
                windows[last].end = next
            } else {
                windows.append(XStatsWindow(days: [name], start: day, end: next))
            }
            day = next
        }
        return windows
    }

    private static func name(_ parts: DateComponents) -> String {
        func digits(_ number: Int?, _ count: Int) -> String {
            let text = String(number ?? 0)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return "\(digits(parts.year, 4))-\(digits(parts.month, 2))-\(digits(parts.day, 2))"
    }
}

/// The numbers of one line item: arrays with one value a day, or null where nothing happened.
struct XAdsStats: Decodable, Sendable {
    struct Segment: Decodable, Sendable {
        var metrics: [String: [Int64?]?]
    }

    var id_data: [Segment]

    /// X's names of the paid results.
    private static let names: [String: MetricName] = [
        "impressions": .views, "engagements": .engagements, "likes": .likes, "retweets": .shares, "replies": .comments,
        "url_clicks": .clicks, "video_total_views": .videoViews,
    ]
    private static let charge = "billed_charge_local_micro"

    /// Adds what was spent and reached on the days of a window.
    func add(to boost: inout RemoteBoost, _ charges: inout XCharges, _ window: XStatsWindow) {
        for segment in self.id_data {
            for (day, micros) in zip(window.days, (segment.metrics[Self.charge] ?? nil) ?? []) {
                charges.micros[day] = (charges.micros[day] ?? 0).adding(saturating: micros ?? 0)
            }
            for (name, metric) in Self.names {
                let counts = ((segment.metrics[name] ?? nil) ?? []).compactMap(\.self)
                guard !counts.isEmpty else { continue }
                boost.results[metric] = counts.reduce(boost.results[metric] ?? 0) { $0.adding(saturating: $1) }
            }
        }
    }
}

/// What was billed on the days of a boost, in millionths of the currency.
struct XCharges: Sendable {
    var micros: [String: Int64] = [:]

    /// Adds it as money: rounded up once for the whole, so that a boost never seems to cost more than its budget; each day gets what the sum
    /// until its end grows by.
    func add(to boost: inout RemoteBoost, currency: Currency) {
        guard !self.micros.isEmpty else { return }
        var sum: Int64 = 0
        var before: Int64 = 0
        for (day, micros) in self.micros.sorted(by: { $0.key < $1.key }) {
            sum = sum.adding(saturating: micros)
            let until = Money(roundingUpMicros: sum, currency: currency).minorUnits
            boost.spendByDay[day] = Money(minorUnits: until - before, currency: currency)
            before = until
        }
        boost.spend = Money(minorUnits: before, currency: currency)
    }
}
