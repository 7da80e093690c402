// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation

extension DemoPage {
    var week: String {
        guard let week = self.report.week else { return "" }
        let table = week.table
        let svg = HeatMapSVG().render(
            table, label: "Engagement of \(week.account) by hour of the week. \(table.dataLine)", identity: "demo")
        let findings = table.findings.map { "<li>\(Self.escape($0))</li>" }.joined()
        let rows = table.marked.map { slot in
            """
            <tr><td>\(slot.hour)</td><td class="n">\(self.number(slot.posts))</td>\
            <td class="n">\(slot.median.map(HourOfWeekTable.factor) ?? "n/a")</td>\
            <td class="n">\(slot.mean.map(HourOfWeekTable.factor) ?? "n/a")</td></tr>
            """
        }
        let numbers =
            rows.isEmpty
            ? ""
            : """
            <details><summary>The same as numbers</summary><div class="scroll"><table class="late"><thead><tr><th>Hour</th>\
            <th class="n">Posts</th><th class="n">Median ÷ typical</th><th class="n">Mean ÷ mean</th></tr></thead>\
            <tbody>\(rows.joined())</tbody></table></div></details>
            """
        return self.section(
            "week", "A week of \(week.account)",
            "What posts of each hour got, compared with this account's typical post. Local time in \(table.zone), daylight saving considered.",
            """
            <figure class="card">\(svg)<figcaption><p class="data">\(self.platformIcon(week.platform)) \
            \(Self.escape(table.dataLine))</p><ul>\(findings)</ul><p class="caveat">\(Self.escape(HourOfWeekTable.caveat))</p></figcaption></figure>
            \(numbers)
            """)
    }
}
