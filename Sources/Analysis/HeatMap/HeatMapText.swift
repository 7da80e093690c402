// SPDX-License-Identifier: MIT

import Domain
import Foundation

/// Draws the hour-of-week table for a terminal: a row a day, a column an hour.
///
/// Every cell carries a sign or a number, so that it reads without colour too; from 104 columns on there is room for the number.
package struct HeatMapText: Sendable {
    /// What the terminal can show.
    package enum Colour: String, Hashable, Sendable, CaseIterable {
        /// No escape sequences at all.
        case none
        /// The 256-colour palette.
        case palette
        /// 24-bit colour.
        case trueColour
    }

    /// What the terminal can show.
    package var colour: Colour
    /// How many columns the terminal has.
    package var width: Int

    /// Makes a drawer.
    package init(colour: Colour, width: Int = 80) {
        self.colour = colour
        self.width = width
    }

    var isWide: Bool { self.width >= 104 }

    /// Draws the map under a title, with legend, data line and what can be said.
    package func render(_ table: HourOfWeekTable, title: String) -> String {
        var lines = [
            self.bold(title), "local time in \(table.zone), daylight saving considered", "",
            "    " + (0..<24).map { self.padded(hour: $0) }.joined(),
        ]
        for weekday in 0..<7 {
            let cells = table.slots[weekday * 24..<weekday * 24 + 24].map { self.cell($0, mark: table.mark($0.hour)) }
            lines.append(HourOfWeek.weekdayNames[weekday] + cells.joined() + self.total(of: weekday, in: table))
        }
        lines += [""] + self.legend(table.rules.postsPerSlot) + ["", table.dataLine]
        lines += table.findings.flatMap { self.wrapped($0) }
        lines += self.wrapped(HourOfWeekTable.caveat).map { self.faint($0) }
        return lines.map { $0.replacing(/\ +$/, with: "") }.joined(separator: "\n") + "\n"
    }

    func padded(hour: Int) -> String {
        let digits = hour < 10 ? "0\(hour)" : "\(hour)"
        return self.isWide ? "\(digits)  " : "\(digits) "
    }

    private func cell(_ slot: HourOfWeekTable.Slot, mark: Double?) -> String {
        let inner = self.isWide ? 3 : 2
        guard let mark else {
            let sign = slot.posts == 0 ? "" : slot.posts == 1 ? "·" : ":"
            return " " + self.faint(sign) + String(repeating: " ", count: inner - sign.count)
        }
        return self.sign(mark)
    }

    /// What a marked hour shows, painted over the full width of its cell.
    private func sign(_ ratio: Double) -> String {
        self.painted(" " + (self.isWide ? Self.number(ratio) : HeatScale.symbol(ratio)), ratio)
    }

    /// Three characters: `1.2`, and for what does not fit the nearest honest thing.
    static func number(_ ratio: Double) -> String { ratio < 9.95 ? String(format: "%.1f", ratio) : ">10" }

    private func total(of weekday: Int, in table: HourOfWeekTable) -> String {
        guard self.width >= 116 else { return "" }
        let posts = table.slots[weekday * 24..<weekday * 24 + 24].reduce(0) { $0 + $1.posts }
        return self.faint("  \(posts) posts")
    }

    private func legend(_ needed: Int) -> [String] {
        let steps: [(ratio: Double, words: String)] = [
            (0.7, "under 0.75"), (0.82, "under 0.9"), (1.0, "0.9 to 1.1"), (1.2, "over 1.1"), (1.4, "over 1.25"),
        ]
        let scale = steps.map { self.sign($0.ratio) + (self.isWide ? "" : " \($0.words)") }
        let compared = "median ÷ typical post"
        return [
            self.isWide
                ? "\(scale.joined())  \(compared); colours end at 0.7 and 1.4" : scale.joined(separator: "  "),
            (self.isWide ? "" : "\(compared)   ")
                + "\(self.faint("·")) 1 post  \(self.faint(":")) 2–\(needed - 1), too few to mark  blank: none",
        ]
    }

    func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if line.count + word.count + 1 > self.width, !line.isEmpty {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }

    func painted(_ text: String, _ ratio: Double) -> String {
        switch self.colour {
        case .none: return text
        case .palette:
            let entry = HeatScale.paletteEntry(ratio)
            return "\u{1B}[\(entry.isLight ? 30 : 97);48;5;\(entry.index)m\(text)\u{1B}[0m"
        case .trueColour:
            let colour = HeatScale.colour(ratio)
            let ink = colour.isLight ? 30 : 97
            return "\u{1B}[\(ink);48;2;\(colour.red);\(colour.green);\(colour.blue)m\(text)\u{1B}[0m"
        }
    }

    func bold(_ text: String) -> String { self.colour == .none ? text : "\u{1B}[1m\(text)\u{1B}[0m" }
    func faint(_ text: String) -> String {
        self.colour == .none || text.isEmpty ? text : "\u{1B}[2m\(text)\u{1B}[0m"
    }
}
