// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import Analysis

@Suite("Heat maps")
struct HeatMapTests {
    private func table() throws -> HourOfWeekTable {
        let posts =
            try weekly(from: "2026-03-02T09:00", [60, 60, 60, 60, 60])
            + weekly(from: "2026-03-03T12:00", [100, 100, 100, 100, 100, 100])
            + weekly(from: "2026-03-04T19:00", [180, 180, 180, 180, 180]) + [
                sample("2026-03-05T07:00"), sample("2026-03-08T23:00"),
            ]
            + weekly(from: "2026-03-06T08:00", [100, 100, 100]) + [sample("2026-03-02T09:00", paid: true)]
        return HourOfWeekTable.make(posts, zone: berlin)
    }

    @Test("the plain map reads without colour: a sign an hour, nothing where nothing is known")
    func plain() throws {
        let text = HeatMapText(colour: .none, width: 80).render(try self.table(), title: "acme/x · x")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines[0] == "acme/x · x")
        #expect(lines[1] == "local time in Europe/Berlin, daylight saving considered")
        #expect(lines[3] == "    00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23")
        #expect(lines[4] == "Mon " + String(repeating: " ", count: 27) + "--")
        #expect(lines[5] == "Tue " + String(repeating: " ", count: 36) + "=")
        #expect(lines[6] == "Wed " + String(repeating: " ", count: 57) + "++")
        #expect(lines[7] == "Thu " + String(repeating: " ", count: 21) + "·")
        #expect(lines[8] == "Fri " + String(repeating: " ", count: 24) + ":")
        #expect(lines[9] == "Sat")
        #expect(text.contains("21 posts used · 1 boosted left out"))
        #expect(text.contains(HourOfWeekTable.caveat.prefix(40)))
        #expect(!text.contains("\u{1B}"))
    }

    @Test("no line is wider than the terminal", arguments: [80, 100, 104, 120])
    func width(columns: Int) throws {
        let text = HeatMapText(colour: .none, width: columns).render(try self.table(), title: "acme/x")
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= columns }, "\(text)")
    }

    @Test("a wide map shows the numbers")
    func wide() throws {
        let text = HeatMapText(colour: .none, width: 120).render(try self.table(), title: "acme/x")
        #expect(text.contains("0.6") && text.contains("1.8"))
        #expect(text.contains("6 posts"))
    }

    @Test(
        "colour only adds escape sequences: without them every mode shows the same signs",
        arguments: [HeatMapText.Colour.palette, .trueColour])
    func colours(mode: HeatMapText.Colour) throws {
        let table = try self.table()
        func stripped(_ text: String) -> [String] {
            text.replacing(/\u{1B}\[[0-9;]*m/, with: "").split(separator: "\n").map { line in
                String(line.reversed().drop { $0 == " " }.reversed())
            }
        }
        let coloured = HeatMapText(colour: mode, width: 80).render(table, title: "t")
        #expect(coloured.contains(mode == .palette ? "48;5;" : "48;2;"))
        #expect(stripped(coloured) == stripped(HeatMapText(colour: .none, width: 80).render(table, title: "t")))
    }

    @Test("the scale is fixed, centred on 1.0 and the same distance up and down")
    func scale() {
        #expect(HeatScale.position(1) == 0)
        #expect(HeatScale.position(1.4) == 1 && HeatScale.position(50) == 1)
        #expect(HeatScale.position(0.5) == -1 && HeatScale.position(0) == -1)
        #expect(abs(HeatScale.position(1.2) + HeatScale.position(1 / 1.2)) < 1e-12)
        #expect(HeatScale.colour(1).css == "#f2f0eb")
        #expect(HeatScale.colour(2) == HeatScale.colour(1.4))
        #expect(
            HeatScale.colour(0.7).blue > HeatScale.colour(0.7).red
                && HeatScale.colour(1.4).red > HeatScale.colour(1.4).blue)
    }

    @Test("the picture is well-formed, has 168 cells, hatches the empty ones and leaves few posts unmarked")
    func picture() throws {
        let svg = HeatMapSVG().render(try self.table(), label: "Week of \"acme\" <x> & more")
        let parser = XMLCheck(svg)
        #expect(parser.isWellFormed)
        #expect(svg.contains("aria-label=\"Week of &quot;acme&quot; &lt;x> &amp; more\""))
        #expect(svg.components(separatedBy: "<title>").count - 1 == 168)
        #expect(svg.components(separatedBy: ": no post</title>").count - 1 == 162)
        #expect(svg.contains("<title>Thu 07:00: 1 post, too few to mark</title>"))
        #expect(svg.contains("<title>Wed 19:00: median 1.80×, mean"))
        #expect(
            !svg.contains("http://") || svg.components(separatedBy: "http").count == 2, "nothing is loaded from outside"
        )
    }

    @Test("a cell never has more than eight dots", arguments: [0, 1, 8, 9, 16, 17, 40, 81, 500, 12345])
    func dots(posts: Int) {
        let unit = HeatMapSVG.dotUnit(for: posts)
        #expect((posts + unit - 1) / unit <= 8)
        #expect(unit == 1 || posts > 8 * (unit / 5))
    }
}

/// Checks that every tag is closed in order; enough for what the drawer writes.
struct XMLCheck {
    let isWellFormed: Bool

    init(_ text: String) {
        var open: [Substring] = []
        var isRight = true
        for match in text.matches(of: /<(\/?)([A-Za-z]+)[^<]*?(\/?)>/) {
            if match.output.1 == "/" {
                if open.popLast() != match.output.2 { isRight = false }
            } else if match.output.3 != "/" {
                open.append(match.output.2)
            }
        }
        self.isWellFormed = isRight && open.isEmpty
    }
}
