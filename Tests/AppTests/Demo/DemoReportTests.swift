// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Testing

@testable import App

@Suite("Demo report")
struct DemoReportTests {
    private static let due = Date(timeIntervalSince1970: 1_772_435_700)  // 2 March 2026, 08:15 in Berlin.

    private static func target(
        _ id: String, state: String = "published", remote: [String] = [], failure: String? = nil
    ) -> DemoFindings.Target {
        DemoFindings.Target(
            id: id, client: "hafenbrot", account: "mock", platform: "mock", due: Self.due,
            localTime: "2026-03-02T08:15:00",
            zone: ZoneID(rawValue: "Europe/Berlin") ?? .utc, state: state, text: "Fresh rolls", failure: failure,
            remoteIDs: remote, engagement: 10, views: 200)
    }

    private static func entry(
        _ remote: String?, after seconds: TimeInterval = 0.03, tookEffect: Bool = true, isDuplicate: Bool = false,
        answer: String = "delivered"
    ) -> DemoFindings.Entry {
        DemoFindings.Entry(
            kind: "post", platform: "mock", account: "hafenbrot", at: Self.due.addingTimeInterval(seconds),
            tookEffect: tookEffect, answer: answer, remoteID: remote, isDuplicate: isDuplicate)
    }

    @Test("a month is kept when every target is on its platform once, or failed for a stated reason")
    func kept() {
        let verdict = DemoVerdict(
            DemoFindings(
                targets: [
                    Self.target("a", remote: ["p1"]), Self.target("b", remote: ["p2", "p3"]),
                    Self.target("c", state: "failed", failure: "refused"),
                ],
                entries: [
                    Self.entry("p1"), Self.entry("p2"), Self.entry("p3"), Self.entry(nil, tookEffect: false),
                ]))
        #expect(verdict.isKept && verdict.visible == 3 && verdict.atPlannedWallTime == 2)
        #expect(abs((verdict.lateness["a"] ?? 0) - 0.03) < 0.001)
    }

    @Test("a published target that its platform does not have is lost")
    func lost() {
        let verdict = DemoVerdict(
            DemoFindings(targets: [Self.target("a", remote: ["p1", "p2"])], entries: [Self.entry("p1")]))
        #expect(verdict.missing == ["a"] && !verdict.isKept)
    }

    @Test("a second attempt without proof, and a post that nobody knows of, count as duplicates")
    func duplicates() {
        let verdict = DemoVerdict(
            DemoFindings(
                targets: [Self.target("a", remote: ["p1"])],
                entries: [Self.entry("p1"), Self.entry(nil, tookEffect: false, isDuplicate: true), Self.entry("p9")]))
        #expect(verdict.duplicates == 2 && !verdict.isKept)
    }

    @Test(
        "a target that ended nowhere, or failed without a reason, breaks the promise",
        arguments: ["planned", "waiting", "failed"])
    func open(state: String) {
        let verdict = DemoVerdict(DemoFindings(targets: [Self.target("a", state: state)]))
        #expect(verdict.open == ["a"] && !verdict.isKept)
    }

    @Test("deliveries count what was on time, late and failed by client and platform")
    func deliveries() throws {
        let findings = DemoFindings(
            targets: [
                Self.target("a", remote: ["p1"]), Self.target("b", remote: ["p2"]),
                Self.target("c", state: "failed", failure: "refused"),
            ], entries: [Self.entry("p1"), Self.entry("p2", after: 3_600, answer: "reset_after_effect")])
        let reporter = DemoReporter(findings: findings, verdict: DemoVerdict(findings))
        let report = reporter.report(
            run: .init(seconds: 30, workers: 3, version: "1", server: "15"), boosts: [], troubles: [], week: nil)
        let delivery = try #require(report.deliveries.first)
        #expect(report.deliveries.count == 1)
        #expect((delivery.due, delivery.onTime, delivery.late, delivery.failed) == (3, 1, 1, 1))
        #expect(delivery.engagement == 30 && delivery.views == 600)
        #expect(report.calendar.map(\.state) == [.published, .late, .failed])
        #expect(report.calendar[1].note == "appeared 1 h after it was due" && report.calendar[2].note == "refused")
        #expect(report.lateness.last?.posts == 2 && report.proof.faults == 4)
    }

    @Test("spending of one day is one line of the ledger; the balance comes out the same")
    func ledger() {
        func row(_ kind: String, _ amount: Int64, hours: Double) -> DemoMoney.Movement {
            DemoMoney.Movement(
                at: Date(timeIntervalSince1970: 1_773_792_000 + hours * 3_600), kind: kind, minorUnits: amount,
                reason: "")
        }
        let rows = [
            row("reserve", 100, hours: 0), row("commit", 100, hours: 0), row("spend", 20, hours: 1),
            row("spend", 30, hours: 7), row("spend", 0, hours: 8), row("spend", 49, hours: 25),
            row("release", 1, hours: 30),
        ]
        let lines = DemoMoney.lines(rows, zone: .utc)
        #expect(lines.map(\.kind) == [.reserved, .committed, .spent, .spent, .released])
        #expect(lines[2].minorUnits == 50 && lines[2].note.contains("2 times"))
        let balance = DemoReport.Balance.after(lines)
        #expect(balance.held == 0 && balance.spent == 99)
    }

    @Test("a demo forgets what belongs to a real installation and keeps what belongs to the machine")
    func environment() {
        for name in [
            "POSTHORN_DATABASE_URL", "DATABASE_URL", "PGHOST", "POSTHORN_SECRET_KEY_FILE",
            "POSTHORN_PLATFORM_X_CLIENT_ID",
        ] {
            #expect(DemoEnvironment.isForeign(name))
        }
        for name in ["POSTHORN_PG_BIN", "POSTHORN_STATE", "PATH", "HOME"] { #expect(!DemoEnvironment.isForeign(name)) }
    }

    @Test("a command is shown as it is typed in the folder")
    func relative() {
        #expect(DemoCommands.relative("/home/a/.posthorn/demo", to: "/home/a") == ".posthorn/demo")
        #expect(DemoCommands.relative("/usr/bin/posthorn", to: "/home/a") == "/usr/bin/posthorn")
    }
}
