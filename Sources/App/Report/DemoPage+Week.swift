// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation

extension DemoPage {
    var week: String {
        guard let week = self.report.week else { return "" }
        let svg = CurveMapSVG(
            title: week.account, zone: week.zone, marked: Set(week.recommended), lines: []
        ).render(week.curve, identity: "demo")
        let findings = (week.sentences + [week.truth]).map { "<li>\(Self.escape($0))</li>" }.joined()
        let rows = week.curve.ranked.map { hour in
            """
            <tr><td>\(hour.hour)</td><td class="n">\(AccountCurve.percent(hour.score))</td>\
            <td class="n">\(AccountCurve.percent(hour.lower))</td><td class="n">\(AccountCurve.percent(hour.upper))</td>\
            <td class="n">\(self.number(hour.posts))</td></tr>
            """
        }
        return self.section(
            "week", "A week of \(week.account)",
            "What a post in each hour is worth, against this account's typical post, as the model learnt it from its posts.",
            """
            <figure class="card">\(svg)<figcaption><p class="data">\(self.platformIcon(week.platform)) \
            \(Self.escape(week.dataLine))</p><ul>\(findings)</ul></figcaption></figure>
            <details><summary>The same as numbers</summary><div class="scroll"><table class="late"><thead><tr><th>Hour</th>\
            <th class="n">Score</th><th class="n">From</th><th class="n">To</th><th class="n">Posts</th></tr></thead>\
            <tbody>\(rows.joined())</tbody></table></div></details>
            """)
    }
}
