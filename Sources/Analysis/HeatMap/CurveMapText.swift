// SPDX-License-Identifier: MIT

package import Domain
import Foundation

extension HeatMapText {
    /// Draws what the model says of an account's week, with a legend and sentences under it.
    ///
    /// Colour is the score. A sign or a number stands only where the interval does not hold 1: elsewhere nothing may be said.
    ///
    /// - Parameters:
    ///   - curve: What each hour is worth.
    ///   - title: What it shows.
    ///   - zone: What the hours are local to.
    ///   - marked: Hours that are recommended.
    ///   - lines: What stands under it.
    /// - Returns: Lines of text.
    package func render(
        _ curve: AccountCurve, title: String, zone: ZoneID, marked: Set<HourOfWeek> = [], lines: [String]
    ) -> String {
        var text = [
            self.bold(title), "local time in \(zone), daylight saving considered", "",
            "    " + (0..<24).map { self.padded(hour: $0) }.joined(),
        ]
        for weekday in 0..<7 {
            let cells = curve.hours[weekday * 24..<weekday * 24 + 24].map { hour in
                self.cell(hour, isMarked: marked.contains(hour.hour))
            }
            text.append(HourOfWeek.weekdayNames[weekday] + cells.joined())
        }
        text += [""] + self.curveLegend(hasMarks: !marked.isEmpty) + [""]
        text += lines.flatMap { self.wrapped($0) }
        return text.map { $0.replacing(/\ +$/, with: "") }.joined(separator: "\n") + "\n"
    }

    private func cell(_ hour: AccountCurve.Hour, isMarked: Bool) -> String {
        let lead = isMarked ? "›" : " "
        guard hour.lower > 1 || hour.upper < 1 else {
            let sign = hour.ownShare < AccountCurve.ownLittle ? ":" : "·"
            return self.painted(lead + sign + (self.isWide ? "  " : " "), hour.score)
        }
        return self.painted(lead + (self.isWide ? Self.number(hour.score) : HeatScale.symbol(hour.score)), hour.score)
    }

    private func curveLegend(hasMarks: Bool) -> [String] {
        let steps = [0.7, 0.82, 1.0, 1.2, 1.4].map { ratio in
            self.painted(" " + (self.isWide ? Self.number(ratio) : HeatScale.symbol(ratio)), ratio)
        }
        return [
            "\(steps.joined())  engagement against your typical post; colours end at 0.7 and 1.4",
            "\(self.faint("·")) cannot be told from typical   \(self.faint(":")) the same, and hardly a post of your own"
                + (hasMarks ? "   › recommended" : ""),
        ]
    }
}
