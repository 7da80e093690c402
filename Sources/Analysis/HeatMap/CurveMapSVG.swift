// SPDX-License-Identifier: MIT

package import Domain
import Foundation

/// Draws what the model says of an account's week as one SVG file for a report: the week, and the best and worst hours with their intervals.
///
/// Colour is the score, how strong it is how much comes from the account's own posts; hatched is what is only the platform's pattern; dots
/// are posts; an outline is a recommended hour. (After best-times, section 6: the range of colours is fixed, so that chance does not look
/// dramatic.)
package struct CurveMapSVG: Sendable {
    /// What the picture is of.
    package var title: String
    /// What the hours are local to.
    package var zone: ZoneID
    /// Hours that are recommended.
    package var marked: Set<HourOfWeek>
    /// What stands under it, a line each.
    package var lines: [String]

    private static let head = 52
    private static let rowHeight = 19
    private static let scaleWidth = 260

    /// Makes a drawer.
    package init(title: String, zone: ZoneID, marked: Set<HourOfWeek> = [], lines: [String]) {
        self.title = title
        self.zone = zone
        self.marked = marked
        self.lines = lines
    }

    /// Draws the picture.
    ///
    /// - Parameters:
    ///   - curve: What each hour is worth.
    ///   - identity: A name unique in a page, for the pattern of the hatching.
    /// - Returns: An `svg` element that needs nothing else.
    package func render(_ curve: AccountCurve, identity: String = "curve") -> String {
        let maps = HeatMapSVG()
        let unit = HeatMapSVG.dotUnit(for: curve.hours.map(\.posts).max() ?? 0)
        let cells = curve.hours.map { self.cell($0, maps, unit: unit, identity: identity) }
        let below = HeatMapSVG.top + 7 * HeatMapSVG.cellHeight + 60
        let ranked = curve.ranked
        let rows = Array(ranked.prefix(5) + ranked.suffix(3))
        let words = Self.head + below + 16 + rows.count * Self.rowHeight + 26
        let height = words + self.lines.count * 16 + 6
        return """
            <svg class="hm" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(HeatMapSVG.width) \(height)" role="img" \
            aria-label="\(HeatMapSVG.escaped("\(self.title). \(self.lines.joined(separator: " "))"))" \
            font-family="\(HeatMapSVG.font)" font-size="11">
            <text class="hm-ink" x="4" y="20" font-size="16" font-weight="600">\(HeatMapSVG.escaped(self.title))</text>
            <text class="hm-ink" x="4" y="38">Engagement against this account's typical post, by local hour in \
            \(HeatMapSVG.escaped(self.zone.rawValue)), daylight saving considered</text>
            <g transform="translate(0 \(Self.head))">
            \(HeatMapSVG.frame(cells, identity: identity))
            \(self.legend(maps, unit: unit, identity: identity))
            \(self.list(rows, y: below))
            </g>
            \(self.lines.enumerated().map { index, line in
                HeatMapSVG.text(4, words + 16 * index, "start", HeatMapSVG.escaped(line))
            }.joined(separator: "\n"))
            </svg>
            """
    }

    private func cell(_ hour: AccountCurve.Hour, _ maps: HeatMapSVG, unit: Int, identity: String) -> String {
        let (x, y, box) = HeatMapSVG.box(hour.hour)
        let colour = HeatScale.colour(hour.score)
        let strength = String(format: "%.2f", 0.35 + 0.65 * hour.ownShare)
        let isBorrowed = hour.ownShare < AccountCurve.ownLittle
        let title =
            "\(hour.hour): \(AccountCurve.percent(hour.score)) (\(AccountCurve.percent(hour.lower)) … \(AccountCurve.percent(hour.upper))), \(hour.posts) \(hour.posts == 1 ? "post" : "posts")"
        let hatch = isBorrowed ? #"<rect fill="url(#hm-\#(identity))" \#(box)/>"# : ""
        let outline =
            self.marked.contains(hour.hour) ? #"<rect class="hm-mark" fill="none" stroke-width="2" \#(box)/>"# : ""
        let dots = hour.posts > 0 ? maps.dots(hour.posts, unit, x, y, "hm-dark") : ""
        return
            #"<g><title>\#(title)</title><rect class="hm-none" \#(box)/><rect fill="\#(colour.css)" fill-opacity="\#(strength)" \#(box)/>\#(hatch)\#(dots)\#(outline)</g>"#
    }

    private func legend(_ maps: HeatMapSVG, unit: Int, identity: String) -> String {
        let y = HeatMapSVG.top + 7 * HeatMapSVG.cellHeight + 14
        var x = HeatMapSVG.left + 1
        var parts = [HeatMapSVG.scale(x, y)]
        x += 186
        parts.append(maps.dots(1, 1, x - 14, y - 7, "hm-dot"))
        parts.append(
            HeatMapSVG.text(x + 10, y + 9, "start", unit == 1 ? "a dot is a post" : "a dot is up to \(unit) posts"))
        x += 136
        let box = #"x="\#(x)" y="\#(y - 2)" width="16" height="14" rx="3""#
        parts.append(#"<rect class="hm-none" \#(box)/><rect fill="url(#hm-\#(identity))" \#(box)/>"#)
        parts.append(HeatMapSVG.text(x + 22, y + 9, "start", "hardly an own post: others' pattern"))
        x += 248
        if !self.marked.isEmpty {
            parts.append(
                #"<rect class="hm-mark" fill="none" stroke-width="2" x="\#(x)" y="\#(y - 2)" width="16" height="14" rx="3"/>"#
            )
            parts.append(HeatMapSVG.text(x + 22, y + 9, "start", "recommended"))
        }
        parts.append(
            HeatMapSVG.text(
                HeatMapSVG.left + 187, y + 24, "start", "strong colour: from own posts; pale: mostly borrowed or unsure"
            ))
        return parts.joined(separator: "\n")
    }

    /// The best and worst hours, each with its interval around the line at 1.
    private func list(_ rows: [AccountCurve.Hour], y top: Int) -> String {
        let left = HeatMapSVG.left + 78
        let limit = max(1.4, min(4, rows.map { max($0.upper, 1 / $0.lower) }.max() ?? 1.4))
        func position(_ ratio: Double) -> Double {
            let share = min(1, max(-1, log(ratio) / log(limit)))
            return Double(left) + Double(Self.scaleWidth) * (share + 1) / 2
        }
        func at(_ value: Double) -> String { String(format: "%.1f", value) }
        let middle = at(position(1))
        var parts = [
            HeatMapSVG.text(HeatMapSVG.left, top, "start", "Five best and three worst hours, with 80 % intervals"),
            #"<line class="hm-hatch" x1="\#(middle)" x2="\#(middle)" y1="\#(top + 8)" y2="\#(top + 12 + rows.count * Self.rowHeight)"/>"#,
        ]
        for (index, hour) in rows.enumerated() {
            let y = top + 22 + index * Self.rowHeight
            let colour = HeatScale.colour(hour.score).css
            parts.append(HeatMapSVG.text(left - 12, y + 4, "end", "\(hour.hour)"))
            parts.append(
                #"<line x1="\#(at(position(hour.lower)))" x2="\#(at(position(hour.upper)))" y1="\#(y)" y2="\#(y)" class="hm-bar"/>"#
            )
            parts.append(
                #"<circle cx="\#(at(position(hour.score)))" cy="\#(y)" r="5" fill="\#(colour)" class="hm-point"/>"#)
            let said =
                "\(AccountCurve.percent(hour.score))  (\(AccountCurve.percent(hour.lower)) … \(AccountCurve.percent(hour.upper))), \(hour.posts) \(hour.posts == 1 ? "post" : "posts")\(hour.lower <= 1 && hour.upper >= 1 ? ": cannot be told from typical" : "")"
            parts.append(HeatMapSVG.text(left + Self.scaleWidth + 14, y + 4, "start", said))
        }
        return parts.joined(separator: "\n")
    }
}
