// SPDX-License-Identifier: MIT

import Analysis
import Domain
import Foundation
import Testing

@testable import App

@Suite("Demo page")
struct DemoPageTests {
    @Test("the page needs nothing from outside: no script, no file, no address")
    func selfContained() throws {
        let page = DemoPage.render(try .sample())
        #expect(
            !page.contains("<script") && !page.contains("<link") && !page.contains("<img") && !page.contains("@import"))
        #expect(!page.contains("url(http") && !page.contains("src="))
        #expect(page.hasPrefix("<!doctype html>") && page.hasSuffix("</html>\n"))
    }

    @Test("the same report gives the same bytes")
    func deterministic() throws {
        #expect(DemoPage.render(try .sample()) == DemoPage.render(try .sample()))
    }

    @Test("text from outside is escaped wherever it stands")
    func escaping() throws {
        var report = try DemoReport.sample()
        let attack = #"</style><img src=x onerror="alert('1')"> & more"#
        report.clients[0].name = attack
        report.calendar[0].text = attack
        report.calendar[0].note = attack
        report.calendar[0].account = attack
        report.week?.account = attack
        report.boosts[0].text = attack
        report.boosts[0].ledger[0].note = attack
        report.feed[0].text = attack
        report.feed[0].name = attack
        report.feed[0].pictures = [attack]
        report.troubles[0].title = attack
        report.commands[0].line = attack
        report.run.version = attack
        let page = DemoPage.render(report)
        #expect(!page.contains("<img"))
        #expect(!page.contains("onerror=\"alert"))
        #expect(page.components(separatedBy: "</style>").count == 3, "one of the page and one of the heat map")
    }

    @Test(
        "how a trouble ended is said in words",
        arguments: [
            (DemoReport.Trouble.Ending.healed, "healed by itself"), (.prevented, "prevented"),
            (.settledByPerson, "settled by a person"), (.needsPerson, "waits for a person"),
        ])
    func endings(ending: DemoReport.Trouble.Ending, words: String) throws {
        var report = try DemoReport.sample()
        report.troubles[0].ending = ending
        #expect(DemoPage.render(report).contains("<em>\(words)</em>"))
    }

    @Test("every tag is closed in order")
    func wellFormed() throws {
        let empty: Set<Substring> = ["meta", "rect", "line", "circle", "path"]
        var open: [Substring] = []
        for match in DemoPage.render(try .sample()).matches(of: /<(\/?)([a-z][a-z0-9]*)[^<>]*>/) {
            let name = match.output.2
            if match.output.1 == "/" {
                #expect(open.popLast() == name || empty.contains(name))
            } else if !empty.contains(name) || !match.output.0.hasSuffix("/>") && name != "meta" {
                open.append(name)
            }
        }
        #expect(open.isEmpty)
    }

    @Test("a post stands on its day in the client's zone, with its time, platform and state")
    func calendar() throws {
        let page = DemoPage.render(try .sample())
        // 23:30 UTC on the 4th is half past midnight on the 5th in Berlin.
        #expect(page.contains("<span class=\"date\">5</span><span class=\"chip s-failed\""))
        #expect(page.contains("<time>00:30</time>"))
        #expect(page.contains("title=\"00:30 acme/x (failed)\nHello\nthe text was refused\""))
        #expect(page.contains("aria-label=\"boosted\""))
    }

    @Test("numbers that were not measured are called so, and a share never rounds up to all")
    func honestNumbers() throws {
        var report = try DemoReport.sample()
        report.deliveries = [.init(client: "acme", platform: "x", due: 10_000, onTime: 9999, failed: 1)]
        report.lateness = []
        let page = DemoPage.render(report)
        #expect(page.contains("<b>99.9 %</b><span>published on time</span>"))
        #expect(page.contains("<b>n/a</b><span>engagements</span>"))
        #expect(page.contains("not measured"))
    }

    @Test("an empty report is still a page")
    func nothing() throws {
        var report = try DemoReport.sample()
        report.clients = []
        report.deliveries = []
        report.calendar = []
        report.week = nil
        report.boosts = []
        report.feed = []
        report.troubles = []
        report.commands = []
        #expect(DemoPage.render(report).contains("<b>n/a</b><span>published on time</span>"))
    }

    @Test("the ledger's balance follows every movement and refused money does not move")
    func balance() {
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        func line(_ kind: DemoReport.LedgerLine.Kind, _ amount: Int64) -> DemoReport.LedgerLine {
            .init(at: now, kind: kind, minorUnits: amount, note: "")
        }
        let cap = Money(minorUnits: 10_000, currency: .eur)
        let balance = DemoReport.Balance.after([
            line(.reserved, 6000), line(.committed, 6000), line(.refused, 5000), line(.spent, 2500),
            line(.released, 500),
        ])
        #expect(balance.held == 3000 && balance.spent == 2500 && balance.free(under: cap) == 4500)
    }

    @Test("lateness is measured by the nearest rank")
    func percentiles() throws {
        let row = try #require(DemoReport.Lateness(platform: nil, of: (1...100).map(Double.init).reversed()))
        #expect(row.p50 == 50 && row.p95 == 95 && row.p99 == 99 && row.max == 100 && row.posts == 100)
        let one = try #require(DemoReport.Lateness(platform: "x", of: [3]))
        #expect(one.p50 == 3 && one.p99 == 3)
        #expect(DemoReport.Lateness(platform: nil, of: []) == nil)
    }

    @Test("a report survives storage as JSON")
    func coding() throws {
        let report = try DemoReport.sample()
        #expect(try JSONDecoder().decode(DemoReport.self, from: JSONEncoder().encode(report)) == report)
    }
}

extension DemoReport {
    /// A small report with one of everything.
    fileprivate static func sample() throws -> DemoReport {
        let zone = try ZoneID(parsing: "Europe/Berlin")
        let due = try Date(iso8601: "2026-11-04T23:30:00Z")
        let posts = (0..<6).map { week in
            TimingPost(clockSeconds: 1_793_836_800 + Int64(week) * 604_800, engagement: Double(9 + week % 2))
        }
        let common = try PlatformCurve([])
        let euros = Money(minorUnits: 5000, currency: .eur)
        return DemoReport(
            period: .init(
                start: try Date(iso8601: "2026-11-01T00:00:00Z"), end: try Date(iso8601: "2026-12-01T00:00:00Z")),
            run: .init(seconds: 41, workers: 2, version: "0.1", server: "15"),
            clients: [.init(slug: "acme", name: "Acme", zone: zone)],
            deliveries: [.init(client: "acme", platform: "x", due: 2, onTime: 1, failed: 1, engagement: 54)],
            lateness: [.init(platform: nil, posts: 1, p50: 0.4, p95: 0.4, p99: 0.4, max: 0.4)],
            proof: .init(onTimeLimitSeconds: 60, visible: 1, duplicates: 0, missing: 0, faults: 3),
            calendar: [
                .init(
                    client: "acme", account: "acme/x", platform: "x", due: due, text: "Hello", state: .failed,
                    note: "the text was refused"),
                .init(
                    client: "acme", account: "acme/x", platform: "x", due: due.addingTimeInterval(86_400),
                    text: "Again",
                    state: .published, isBoosted: true),
            ],
            week: .init(
                account: "acme/x", platform: "x", zone: zone, curve: try AccountCurve(posts, platform: common),
                recommended: [], dataLine: "6 posts used", sentences: ["nothing is sure"], truth: "near the truth"),
            boosts: [
                .init(
                    client: "acme", account: "acme/x", platform: "x", text: "Again", objective: "Reach",
                    audience: "Berlin",
                    budget: euros, start: due, end: due.addingTimeInterval(259_200), state: "active", counts: [],
                    capName: "November 2026", cap: euros,
                    ledger: [.init(at: due, kind: .reserved, minorUnits: 5000, note: "before the call")])
            ],
            feed: [
                .init(
                    client: "acme", account: "acme/x", name: "Acme", platform: "x", at: due, text: "Again",
                    pictures: ["A horn"], isBoosted: true, counts: [.init("likes", 7)])
            ],
            troubles: [
                .init(
                    at: due, client: "acme", title: "A failed post", happened: "Refused.", response: "Kept the reason.",
                    result: "One post failed.", ending: .needsPerson)
            ],
            commands: [.init(line: "posthorn post list", purpose: "What was planned")])
    }
}
