// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import Analysis

struct CurveMapTests {
    /// One sure hour above, one below, one borrowed; nothing can be told of the others.
    private static let curve = AccountCurve(
        hours: HourOfWeek.all.map { hour in
            func hourOf(_ score: Double, _ reach: Double, share: Double, posts: Int) -> AccountCurve.Hour {
                AccountCurve.Hour(
                    hour: hour, score: score, lower: score / reach, upper: score * reach, ownShare: share, chance: 0.5,
                    posts: posts)
            }
            return switch hour.index {
            case 43: hourOf(1.3, 1.1, share: 0.8, posts: 14)
            case 99: hourOf(0.7, 1.1, share: 0.6, posts: 3)
            case 5: hourOf(1.05, 1.4, share: 0.05, posts: 0)
            default: hourOf(1.02, 1.2, share: 0.5, posts: 1)
            }
        }, variance: 0.4, own: WeeklyKernel(hours: 0.03, days: 0.005, both: 0.01, length: 0.8), drift: 0)

    @Test(
        "the picture is well-formed, names all hours, hatches what is borrowed, outlines what is recommended and escapes words"
    )
    func picture() throws {
        let svg = CurveMapSVG(
            title: "A <b> & \"c\"", zone: .utc, marked: [try #require(HourOfWeek(index: 43))], lines: ["1 < 2"]
        ).render(Self.curve)
        #expect(XMLCheck(svg).isWellFormed)
        #expect(svg.components(separatedBy: "<title>").count - 1 == 168)
        #expect(svg.components(separatedBy: "class=\"hm-mark\"").count - 1 == 2)
        #expect(svg.components(separatedBy: "url(#hm-curve)").count - 1 == 2)
        #expect(svg.contains("Tue 19:00") && svg.contains("1 &lt; 2") && !svg.contains("<b>"))
    }

    @Test("in a terminal a sign stands only where the interval does not hold 1, and no line is too wide")
    func text() throws {
        let text = HeatMapText(colour: .none, width: 80).render(
            Self.curve, title: "acme/x", zone: .utc, marked: [try #require(HourOfWeek(index: 43))],
            lines: [String(repeating: "word ", count: 40)])
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let days = lines.filter { line in HourOfWeek.weekdayNames.contains { line.hasPrefix($0) } }
        #expect(days.count == 7)
        #expect(days.joined().count { $0 == "+" } == 2 && days[1].contains("›++"))
        #expect(days.joined().count { $0 == "-" } == 2)
        #expect(days[0].contains(":"))
        #expect(lines.allSatisfy { $0.count <= 100 })
    }
}
