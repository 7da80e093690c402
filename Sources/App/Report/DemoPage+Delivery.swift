// SPDX-License-Identifier: MIT

import Domain
import Foundation

extension DemoPage {
    var headline: String {
        let due = self.report.deliveries.reduce(0) { $0 + $1.due }
        let onTime = self.report.deliveries.reduce(0) { $0 + $1.onTime }
        let failed = self.report.deliveries.reduce(0) { $0 + $1.failed }
        let waiting = self.report.deliveries.reduce(0) { $0 + $1.waiting }
        let proof = self.report.proof
        let all = self.report.lateness.first { $0.platform == nil }
        let engagement = self.report.deliveries.compactMap(\.engagement)
        let views = self.report.deliveries.compactMap(\.views)
        let limit = self.seconds(proof.onTimeLimitSeconds)
        let tiles = [
            self.tile(
                self.share(onTime, of: due), "published on time",
                "\(self.number(onTime)) of \(self.number(due)), within \(limit)", tone: onTime == due ? "good" : ""),
            self.tile(
                self.number(proof.duplicates), "posted twice",
                "after \(self.counted(proof.faults, "fault", "faults")) on purpose",
                tone: proof.duplicates == 0 ? "good" : "bad"),
            self.tile(
                self.number(proof.missing), "lost",
                "\(self.number(failed)) failed with a reason, \(self.number(waiting)) waiting for a person",
                tone: proof.missing == 0 ? "good" : "bad"),
            self.tile(
                all.map { self.seconds($0.p95) } ?? "n/a", "lateness at most",
                all.map { "of 95 in 100; half \(self.seconds($0.p50)), worst \(self.seconds($0.max))" }
                    ?? "not measured"),
            self.tile(
                engagement.isEmpty ? "n/a" : self.number(engagement.reduce(0, +)), "engagements",
                views.isEmpty ? "views not available" : "\(self.number(views.reduce(0, +))) views"),
        ]
        return "<div class=\"tiles\">\(tiles.joined())</div>"
    }

    private func tile(_ value: String, _ name: String, _ detail: String, tone: String = "") -> String {
        "<div class=\"tile \(tone)\"><b>\(value)</b><span>\(name)</span><small>\(detail)</small></div>"
    }

    var deliveries: String {
        guard !self.report.deliveries.isEmpty else { return "" }
        var rows: [String] = []
        for client in self.report.clients {
            let own = self.report.deliveries.filter { $0.client == client.slug }
            for (index, delivery) in own.enumerated() {
                let name =
                    index == 0
                    ? """
                    <th rowspan="\(own.count)" scope="rowgroup"><span class="swatch \(self.clientClass(client.slug))"></span>\
                    \(Self.escape(client.name))<small>\(Self.escape(client.zone.rawValue))</small></th>
                    """ : ""
                rows.append("<tr\(index == 0 ? " class=\"group\"" : "")>\(name)\(self.cells(of: delivery))</tr>")
            }
        }
        let table = """
            <div class="scroll card"><table class="delivery"><thead><tr><th>Client</th><th>Platform</th><th class="n">Due</th>\
            <th class="bar">On time</th><th class="n">Late</th><th class="n">Failed</th><th class="n">Waiting</th>\
            <th class="n">Engagements</th><th class="n">Views</th></tr></thead><tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
            """
        return self.section(
            "delivery", "What was delivered",
            "On time means at most \(self.seconds(self.report.proof.onTimeLimitSeconds)) after the due time, by the platform's own clock.",
            table + self.latenessTable)
    }

    private func cells(of delivery: DemoReport.Delivery) -> String {
        let share = delivery.due == 0 ? 0 : Double(delivery.onTime) / Double(delivery.due) * 100
        func count(_ value: Int, _ tone: String) -> String {
            "<td class=\"n \(value == 0 ? "zero" : tone)\">\(self.number(value))</td>"
        }
        func optional(_ value: Int64?) -> String { "<td class=\"n\">\(value.map { self.number($0) } ?? "n/a")</td>" }
        return """
            <td class="who">\(self.platformIcon(delivery.platform)) \(Self.escape(delivery.platform.rawValue))</td>\
            <td class="n">\(self.number(delivery.due))</td>\
            <td class="bar"><span class="meter"><span class="\(self.clientClass(delivery.client))" \
            style="width:\(String(format: "%.1f", share))%"></span></span>\(self.number(delivery.onTime))</td>\
            \(count(delivery.late, "warn"))\(count(delivery.failed, "bad"))\(count(delivery.waiting, "warn"))\
            \(optional(delivery.engagement))\(optional(delivery.views))
            """
    }

    private var latenessTable: String {
        guard !self.report.lateness.isEmpty else { return "" }
        let rows = self.report.lateness.map { row in
            let name = row.platform.map { self.platformIcon($0) + " " + Self.escape($0.rawValue) } ?? "<b>all</b>"
            let values = [row.p50, row.p95, row.p99, row.max].map { "<td class=\"n\">\(self.seconds($0))</td>" }
            return "<tr><td>\(name)</td><td class=\"n\">\(self.number(row.posts))</td>\(values.joined())</tr>"
        }
        return """
            <h3>Lateness</h3>
            <div class="scroll card late"><table><thead><tr><th>Platform</th><th class="n">Posts</th><th class="n">Median</th>\
            <th class="n">95 of 100</th><th class="n">99 of 100</th><th class="n">Worst</th></tr></thead>\
            <tbody>\(rows.joined())</tbody></table></div>
            """
    }
}
