// SPDX-License-Identifier: MIT

import Domain
import Foundation

extension DemoPage {
    var calendars: String {
        let blocks = self.report.clients.compactMap { self.calendar(of: $0) }
        guard !blocks.isEmpty else { return "" }
        let legend = DemoReport.PostState.allCases.filter { state in
            self.report.calendar.contains { $0.state == state }
        }.map { "<span>\(Self.badge($0))\(Self.words($0))</span>" }
        let platforms = Set(self.report.calendar.map(\.platform)).sorted().map { platform in
            "<span>\(self.platformIcon(platform)) \(Self.escape(platform.rawValue))</span>"
        }
        let boosted =
            self.report.calendar.contains(where: \.isBoosted) ? ["<span>\(Self.boostMark) boosted</span>"] : []
        return self.section(
            "calendar", "The month, client by client",
            "Each in the client's own time zone. Hover over a post to read it.",
            "<p class=\"legend\">\((legend + boosted + platforms).joined())</p>\(blocks.joined(separator: "\n"))")
    }

    private func calendar(of client: DemoReport.Client) -> String? {
        let entries = self.report.calendar.filter { $0.client == client.slug }
        guard !entries.isEmpty else { return nil }
        let clock = client.zone.table
        let byDay = Dictionary(grouping: entries) { clock.wallTime(at: $0.due).dayNumber }
        let first = clock.wallTime(at: self.report.period.start).startOfDay
        let last = clock.wallTime(at: self.report.period.end.addingTimeInterval(-1)).startOfDay
        // Whole weeks from the first post to the last; days outside the period are greyed.
        guard let lowest = byDay.keys.min(), let highest = byDay.keys.max() else { return nil }
        let monday = first.adding(days: lowest - first.dayNumber)
        let start = monday.adding(days: -monday.weekday)
        var cells: [String] = []
        var day = start
        while day.dayNumber <= highest || day.weekday != 0 {
            let isInside = first <= day && day <= last
            cells.append(
                self.cell(day, entries: byDay[day.dayNumber] ?? [], clock: clock, start: start, isInside: isInside))
            day = day.adding(days: 1)
        }
        let names = HourOfWeek.weekdayNames.map { "<div class=\"dow\">\($0)</div>" }.joined()
        return """
            <article class="month \(self.clientClass(client.slug))">
            <h3><span class="swatch \(self.clientClass(client.slug))"></span>\(Self.escape(client.name)) \
            <small>\(Self.escape(client.zone.rawValue)) · \(self.counted(entries.count, "post", "posts"))</small></h3>
            <div class="scroll"><div class="grid">\(names)\(cells.joined())</div></div>
            </article>
            """
    }

    private func cell(
        _ day: WallTime, entries: [DemoReport.CalendarEntry], clock: ZoneTable, start: WallTime, isInside: Bool
    ) -> String {
        let month = day.day == 1 || day == start ? " \(Self.months[day.month - 1].prefix(3))" : ""
        let chips = entries.sorted { ($0.due, $0.account, $0.text) < ($1.due, $1.account, $1.text) }
            .map { self.chip($0, clock: clock) }
        let kind = "day\(isInside ? "" : " outside")\(day.weekday > 4 ? " weekend" : "")"
        return "<div class=\"\(kind)\"><span class=\"date\">\(day.day)\(month)</span>\(chips.joined())</div>"
    }

    private func chip(_ entry: DemoReport.CalendarEntry, clock: ZoneTable) -> String {
        let time = clock.wallTime(at: entry.due).clock
        let note = entry.note.map { "\n\($0)" } ?? ""
        let boost = entry.isBoosted ? ", boosted" : ""
        let title = "\(time) \(entry.account) (\(Self.words(entry.state))\(boost))\n\(entry.text)\(note)"
        return """
            <span class="chip s-\(entry.state.rawValue)" title="\(Self.escape(title))">\(self.platformIcon(entry.platform))\
            <time>\(time)</time>\(entry.isBoosted ? Self.boostMark : "")\(Self.badge(entry.state))\
            <small>\(Self.escape(entry.text))</small></span>
            """
    }

    static let boostMark = "<i class=\"boost\" aria-label=\"boosted\">▲</i>"

    static func badge(_ state: DemoReport.PostState) -> String {
        let sign =
            switch state {
            case .published: "✓"
            case .late: "◷"
            case .failed: "✕"
            case .waiting: "?"
            case .scheduled: "·"
            case .cancelled: "–"
            }
        return "<i class=\"badge b-\(state.rawValue)\" aria-label=\"\(Self.words(state))\">\(sign)</i>"
    }

    static func words(_ state: DemoReport.PostState) -> String {
        switch state {
        case .published: "published"
        case .late: "published late"
        case .failed: "failed"
        case .waiting: "waiting for a person"
        case .scheduled: "not yet due"
        case .cancelled: "cancelled"
        }
    }
}
