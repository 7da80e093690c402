// SPDX-License-Identifier: MIT

import Domain
import Foundation

/// Draws the hour-of-week table as one SVG element that needs nothing else: a row a day, a column an hour.
///
/// Colour is the median against the typical post, dots are the number of posts, hatching means no post. It follows the reader's light or dark
/// scheme, and each cell has its numbers as a tooltip.
package struct HeatMapSVG: Sendable {
    static let cellWidth = 30
    static let cellHeight = 26
    static let left = 42
    static let top = 22

    /// Makes a drawer.
    package init() {}

    /// Draws the map.
    ///
    /// - Parameters:
    ///   - table: The numbers.
    ///   - label: What the picture shows, for readers who do not see it.
    ///   - identity: A name unique in the page, for the pattern of the hatching.
    /// - Returns: An `svg` element.
    package func render(_ table: HourOfWeekTable, label: String, identity: String = "week") -> String {
        let unit = Self.dotUnit(for: table.slots.map(\.posts).max() ?? 0)
        let cells = table.slots.map { self.cell($0, mark: table.mark($0.hour), unit: unit, identity: identity) }
        let height = Self.top + 7 * Self.cellHeight + 46
        return """
            <svg class="hm" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) \(height)" role="img" \
            aria-label="\(Self.escaped(label))" font-family="\(Self.font)" font-size="11">
            \(Self.frame(cells, identity: identity))
            \(self.legend(table, unit: unit, identity: identity))
            </svg>
            """
    }

    static let width = left + 24 * cellWidth + 4
    static let font = "system-ui,-apple-system,'Segoe UI',sans-serif"

    /// What every map has around its cells: the style, the hatching, hours above and days beside.
    static func frame(_ cells: [String], identity: String) -> String {
        var parts = [
            Self.style,
            """
            <defs><pattern id="hm-\(identity)" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
            <line class="hm-hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>
            """,
        ]
        for hour in 0..<24 {
            let x = Self.left + hour * Self.cellWidth + Self.cellWidth / 2
            parts.append(#"<text class="hm-ink" x="\#(x)" y="15" text-anchor="middle">\#(Self.two(hour))</text>"#)
        }
        for weekday in 0..<7 {
            let y = Self.top + weekday * Self.cellHeight + 17
            let name = HourOfWeek.weekdayNames[weekday]
            parts.append(#"<text class="hm-ink" x="\#(Self.left - 8)" y="\#(y)" text-anchor="end">\#(name)</text>"#)
        }
        return (parts + cells).joined(separator: "\n")
    }

    /// Where an hour's cell lies.
    static func box(_ hour: HourOfWeek) -> (x: Int, y: Int, attributes: String) {
        let x = Self.left + hour.hour * Self.cellWidth + 1
        let y = Self.top + hour.weekday * Self.cellHeight + 1
        return (x, y, #"x="\#(x)" y="\#(y)" width="\#(Self.cellWidth - 2)" height="\#(Self.cellHeight - 2)" rx="3""#)
    }

    private func cell(_ slot: HourOfWeekTable.Slot, mark: Double?, unit: Int, identity: String) -> String {
        let (x, y, box) = Self.box(slot.hour)
        let posts = slot.posts == 1 ? "1 post" : "\(slot.posts) posts"
        if slot.posts == 0 {
            return
                #"<rect class="hm-none" \#(box)/><rect fill="url(#hm-\#(identity))" \#(box)><title>\#(slot.hour): no post</title></rect>"#
        }
        guard let mark else {
            let title = "\(slot.hour): \(posts), too few to mark"
            return
                #"<g><title>\#(title)</title><rect class="hm-few" \#(box)/>\#(self.dots(slot.posts, unit, x, y, "hm-dot"))</g>"#
        }
        let colour = HeatScale.colour(mark)
        let title =
            "\(slot.hour): median \(HourOfWeekTable.factor(mark)), mean \(HourOfWeekTable.factor(slot.mean ?? 0)) of typical, \(posts)"
        let dots = self.dots(slot.posts, unit, x, y, colour.isLight ? "hm-dark" : "hm-light")
        return #"<g><title>\#(title)</title><rect fill="\#(colour.css)" \#(box)/>\#(dots)</g>"#
    }

    func dots(_ posts: Int, _ unit: Int, _ x: Int, _ y: Int, _ style: String) -> String {
        let count = (posts + unit - 1) / unit
        let rows = count > 4 ? 2 : 1
        return (0..<count).map { index in
            let inRow = rows == 1 ? count : index < (count + 1) / 2 ? (count + 1) / 2 : count / 2
            let column = index < (count + 1) / 2 || rows == 1 ? index : index - (count + 1) / 2
            let row = rows == 1 ? 0 : index < (count + 1) / 2 ? 0 : 1
            let cx = Double(x) + 14 + (Double(column) - Double(inRow - 1) / 2) * 6
            let cy = Double(y) + 12 + (Double(row) - Double(rows - 1) / 2) * 7
            return #"<circle class="\#(style)" cx="\#(cx)" cy="\#(cy)" r="1.7"/>"#
        }.joined()
    }

    private func legend(_ table: HourOfWeekTable, unit: Int, identity: String) -> String {
        let y = Self.top + 7 * Self.cellHeight + 14
        var x = Self.left + 1
        var parts = [Self.scale(x, y)]
        func text(_ x: Int, _ y: Int, _ anchor: String, _ words: String) {
            parts.append(Self.text(x, y, anchor, words))
        }
        x += 186
        parts.append(self.dots(1, 1, x - 14, y - 7, "hm-dot"))
        text(x + 10, y + 9, "start", unit == 1 ? "a dot is a post" : "a dot is up to \(unit) posts")
        x += 136
        parts.append(#"<rect class="hm-few" x="\#(x)" y="\#(y - 2)" width="16" height="14" rx="3"/>"#)
        text(x + 22, y + 9, "start", "under \(table.rules.postsPerSlot) posts: not marked")
        x += 188
        let box = #"x="\#(x)" y="\#(y - 2)" width="16" height="14" rx="3""#
        parts.append(#"<rect class="hm-none" \#(box)/><rect fill="url(#hm-\#(identity))" \#(box)/>"#)
        text(x + 22, y + 9, "start", "no post: nothing is known")
        return parts.joined(separator: "\n")
    }

    /// The scale of colours, with its numbers under it.
    static func scale(_ x: Int, _ y: Int) -> String {
        let steps = (0...12).map { step in
            let ratio = exp((Double(step) / 6 - 1) * log(HeatScale.limit))
            return
                #"<rect x="\#(x + step * 12)" y="\#(y)" width="12" height="10" fill="\#(HeatScale.colour(ratio).css)"/>"#
        }
        let words = [
            Self.text(x, y + 24, "start", "≤ 0.7"), Self.text(x + 78, y + 24, "middle", "typical = 1.0"),
            Self.text(x + 156, y + 24, "end", "≥ 1.4"),
        ]
        return (steps + words).joined(separator: "\n")
    }

    static func text(_ x: Int, _ y: Int, _ anchor: String, _ words: String) -> String {
        #"<text class="hm-ink" x="\#(x)" y="\#(y)" text-anchor="\#(anchor)">\#(words)</text>"#
    }

    /// How many posts one dot stands for, so that no cell has more than eight.
    static func dotUnit(for most: Int) -> Int {
        var unit = 1
        var factors = [2, 5, 10]
        while (most + unit - 1) / unit > 8 {
            if factors.isEmpty { factors = [2, 5, 10].map { $0 * unit } }
            unit = factors.removeFirst()
        }
        return unit
    }

    static let style = """
        <style>.hm{width:100%;height:auto;display:block}.hm-ink{fill:#4a4f57}.hm-none{fill:#f4f4f2}.hm-hatch{stroke:#d3d3cf;stroke-width:1.4}\
        .hm-few{fill:#fff;stroke:#cfd2d6}.hm-dot{fill:#6a7079}.hm-dark{fill:rgba(0,0,0,.62)}.hm-light{fill:rgba(255,255,255,.9)}\
        .hm-mark{stroke:#1d2430}.hm-bar{stroke:#8a919c;stroke-width:2}.hm-point{stroke:#6a7079}\
        @media screen and (prefers-color-scheme:dark){.hm-ink{fill:#b9bec7}.hm-none{fill:#1c1f24}.hm-hatch{stroke:#343a42}\
        .hm-few{fill:#23272e;stroke:#454c56}.hm-dot{fill:#9aa2ad}.hm-mark{stroke:#f2f4f7}}</style>
        """

    static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }
}
