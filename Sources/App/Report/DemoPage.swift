// SPDX-License-Identifier: MIT

import Domain
import Foundation

/// Turns a ``DemoReport`` into one HTML page that needs nothing else: no script, no file, no network.
///
/// A pure function: the same report gives the same bytes. Every text from outside is escaped.
package struct DemoPage {
    let report: DemoReport

    /// Draws the page.
    package static func render(_ report: DemoReport) -> String { DemoPage(report: report).html }

    private var html: String {
        let clients = self.report.clients.count
        let title = "Posthorn demo: \(self.number(self.visiblePosts)) posts for \(clients) clients"
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="generator" content="Posthorn \(Self.escape(self.report.run.version))">
            <title>\(Self.escape(title))</title>
            <style>
            \(Self.style)
            \(self.clientColours)
            </style>
            </head>
            <body>
            \(self.header)
            <main>
            \([
                self.headline, self.deliveries, self.calendars, self.week, self.boosts, self.troubles, self.feed,
                self.commands,
            ].filter { !$0.isEmpty }.joined(separator: "\n"))
            </main>
            \(self.footer)
            </body>
            </html>

            """
    }

    var visiblePosts: Int { self.report.deliveries.reduce(0) { $0 + $1.onTime + $1.late } }

    private var header: String {
        let period = self.report.period
        let zone = ZoneID.utc
        let from = self.longDate(zone.wallTime(at: period.start))
        let to = self.longDate(zone.wallTime(at: period.end.addingTimeInterval(-1)))
        let lived = Duration.seconds(period.end.timeIntervalSince(period.start).rounded()).readable
        let took = Duration.seconds(self.report.run.seconds).readable
        return """
            <header>
            <div class="brand">\(Self.horn)<span>Posthorn</span><small>demo</small></div>
            <p>\(from) to \(to): \(lived) of business time, lived through in <b>\(took)</b> by \
            \(self.counted(self.report.run.workers, "worker process", "worker processes")) on pretend platforms.</p>
            <nav><a href="#delivery">Delivery</a><a href="#calendar">Calendar</a><a href="#week">Week</a>\
            <a href="#boosts">Boosts</a><a href="#troubles">Troubles</a><a href="#feed">Platforms</a>\
            <a href="#commands">Commands</a></nav>
            </header>
            """
    }

    private var footer: String {
        """
        <footer>Posthorn \(Self.escape(self.report.run.version)) · PostgreSQL \(Self.escape(self.report.run.server)) · \
        every number on this page was measured in this run; what a platform did not give is “n/a”.</footer>
        """
    }

    private var commands: String {
        let rows = self.report.commands.map { command in
            """
            <li><code>\(Self.escape(command.line))</code><span>\(Self.escape(command.purpose))</span></li>
            """
        }
        guard !rows.isEmpty else { return "" }
        let words = ["No commands", "One command", "Two commands", "Three commands", "Four commands", "Five commands"]
        return self.section(
            "commands", "\(rows.count < words.count ? words[rows.count] : "Commands") worth copying", nil,
            "<ol class=\"commands\">\(rows.joined())</ol>")
    }
}
