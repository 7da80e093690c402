// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import App

@Suite("Demo summary")
struct DemoSummaryTests {
    private func text(_ targets: [DemoFindings.Target] = []) -> String {
        let findings = DemoFindings(targets: targets)
        let verdict = DemoVerdict(findings)
        let trouble = DemoReport.Trouble(
            at: DemoPlan.start, title: "A full budget", happened: "", response: "", result: "No money moved.",
            ending: .prevented)
        let report = DemoReporter(findings: findings, verdict: verdict).report(
            run: .init(seconds: 30, workers: 3, version: "1", server: "15"), boosts: [], troubles: [trouble], week: nil)
        return DemoSummary(
            report: report, verdict: verdict,
            notes: DemoNotes(rows: 207, targets: 303, past: 385, readings: 1_832, lost: 4),
            latenesses: { _, _ in [0.02, 0.04, 1.5] }, terminal: .none
        ).render()
    }

    @Test("without a terminal there is not one control character but line ends")
    func plain() {
        let text = self.text()
        #expect(!text.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
    }

    @Test("a trouble stands under its day with what came of it")
    func troubles() {
        #expect(self.text().contains("✓ 28 Feb  A full budget: No money moved."))
    }

    @Test("a broken promise is marked as one")
    func broken() {
        let lost = DemoFindings.Target(
            id: "a", client: "acme", account: "x", platform: "x", due: DemoPlan.start, zone: .utc, state: "published",
            text: "Hello", remoteIDs: ["1"])
        #expect(self.text().contains("✓ The platforms' own ledger"))
        #expect(self.text([lost]).contains("✗ The platforms' own ledger"))
    }
}
