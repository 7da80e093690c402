// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation

/// The result of a demo as a person reads it in a terminal: calm, aligned, at most sixty lines.
///
/// A pure value.
struct DemoSummary: Sendable {
    let report: DemoReport
    let verdict: DemoVerdict
    let notes: DemoNotes
    /// The latenesses of a client on a platform, in seconds.
    let latenesses: @Sendable (PlatformID, String) -> [Double]
    let terminal: Terminal

    private var isColoured: Bool { self.terminal.coloursOutput }
    private var width: Int { self.terminal.width ?? 100 }

    /// The text.
    func render() -> String {
        [self.headline, self.delivery, self.proof, self.boosts, self.troubles, self.week].joined(separator: "\n")
    }

    private func bold(_ text: String) -> String { Tone.strong.paint(text, self.isColoured) }
    private func muted(_ text: String) -> String { Tone.muted.paint(text, self.isColoured) }

    private var headline: String {
        let seconds = Int(self.report.run.seconds.rounded())
        return self.bold("A month of an agency, lived through in \(seconds) seconds") + "\n"
            + self.muted(
                "\(self.notes.rows) posts for \(self.notes.targets) targets imported from a file, "
                    + "\(self.report.run.workers) worker processes, \(self.notes.readings) readings of metrics, \(self.notes.past) posts from before found"
            )
            + "\n"
    }

    private var delivery: String {
        let columns = [
            Column("client", "CLIENT", "", isFlexible: true), Column("platform", "PLATFORM", ""),
            Column("due", "DUE", ""), Column("on_time", "ON TIME", ""), Column("late", "LATE", ""),
            Column("failed", "FAILED", ""), Column("p50", "P50", ""), Column("p95", "P95", ""),
            Column("max", "MAX", ""),
            Column("engagement", "ENGAGEMENTS", ""), Column("views", "VIEWS", ""),
        ]
        var rows: [Record] = []
        var last = ""
        for line in self.report.deliveries {
            let name = self.report.clients.first { $0.slug == line.client }?.name ?? line.client
            let late = DemoReport.Lateness(platform: line.platform, of: self.latenesses(line.platform, line.client))
            rows.append(
                Record([
                    "client": .text(line.client == last ? "" : name), "platform": .text(line.platform.rawValue),
                    "due": .count(line.due), "on_time": .count(line.onTime), "late": .count(line.late),
                    "failed": .count(line.failed), "p50": Self.duration(late?.p50), "p95": Self.duration(late?.p95),
                    "max": Self.duration(late?.max), "engagement": line.engagement.map { .integer($0) } ?? .none,
                    "views": line.views.map { .integer($0) } ?? .none,
                ]))
            last = line.client
        }
        return TableText(width: self.terminal.width, isColoured: self.isColoured).render(Listing(columns, rows: rows))
            .trimmingCharacters(in: .newlines)
    }

    private static func duration(_ seconds: Double?) -> Field {
        seconds.map { .duration(.milliseconds(($0 * 1_000).rounded())) } ?? .none
    }

    private var proof: String {
        let proof = self.report.proof
        let isKept = self.verdict.isKept
        let mark = isKept ? Tone.good.paint("✓", self.isColoured) : Tone.bad.paint("✗", self.isColoured)
        var line =
            "\(mark) The platforms' own ledger: \(proof.visible) posts, \(Self.none(proof.duplicates)) twice, \(Self.none(proof.missing)) lost, "
        line += "with \(proof.faults) faults on purpose"
        var clocks =
            "  On time is within \(Int(proof.onTimeLimitSeconds)) s. Clocks changed in New York and Berlin: "
            + "\(self.verdict.atPlannedWallTime) posts appeared at the wall time that was planned"
        for shift in self.verdict.shifted {
            clocks += ";\n  \(shift.planned.clock) on the \(shift.planned.day)th does not exist in \(shift.zone), "
            clocks += "that post appeared at \(shift.appeared.clock)"
        }
        return "\(line)\n\(self.muted(clocks))\n"
    }

    private static func none(_ count: Int) -> String { count == 0 ? "none" : "\(count)" }

    private var boosts: String {
        var lines: [String] = []
        for boost in self.report.boosts {
            let balance = DemoReport.Balance.after(boost.ledger)
            func money(_ minor: Int64) -> String { Money(minorUnits: minor, currency: boost.cap.currency).description }
            func sum(_ kind: DemoReport.LedgerLine.Kind) -> Int64 {
                boost.ledger.filter { $0.kind == kind }.reduce(0) { $0 + $1.minorUnits }
            }
            lines.append(
                "\(self.bold("Boost")) of \(boost.account), \(boost.objective), \(boost.budget) of a cap of \(boost.cap): \(boost.state)"
            )
            if let reason = boost.reason { lines.append("  without a person asking, by the \(reason)") }
            lines.append(
                "  ledger: reserved \(money(sum(.reserved))) → committed \(money(sum(.committed))) → "
                    + "spent \(money(balance.spent)) → released \(money(sum(.released))); held \(money(balance.held)), "
                    + "free \(money(balance.free(under: boost.cap)))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var troubles: String {
        var lines = [self.bold("Troubles it went through")]
        for trouble in self.report.troubles {
            let zone = self.report.clients.first { $0.slug == trouble.client }?.zone ?? .utc
            let wall = zone.wallTime(at: trouble.at)
            let tone: Tone = trouble.ending == .needsPerson ? .warning : .good
            let sign = trouble.ending == .needsPerson ? "!" : "✓"
            let day = "\(wall.day < 10 ? " " : "")\(wall.day) \(DemoPage.months[wall.month - 1].prefix(3))"
            lines.append(
                "\(tone.paint(sign, self.isColoured)) \(day)  \(trouble.title): \(trouble.result)".fitted(to: 150))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var week: String {
        guard let week = self.report.week else { return "" }
        let colour: HeatMapText.Colour = self.isColoured ? .palette : .none
        let drawer = HeatMapText(colour: colour, width: self.width)
        return drawer.render(
            week.curve, title: "A week of \(week.account), learned from what the workers fetched", zone: week.zone,
            marked: Set(week.recommended), lines: [week.dataLine] + week.sentences + [week.truth])
    }
}
