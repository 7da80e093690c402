// SPDX-License-Identifier: MIT

import Domain
import Foundation

extension DemoPage {
    var troubles: String {
        guard !self.report.troubles.isEmpty else { return "" }
        let items = self.report.troubles.map { trouble in
            let client = trouble.client.map {
                "<span class=\"swatch \(self.clientClass($0))\"></span>\(Self.escape($0))"
            }
            return """
                <li class="t-\(trouble.ending.rawValue)"><div class="when"><time>\(self.moment(trouble.at, in: self.zone(of: trouble.client)))</time>\
                \(client.map { "<small>\($0)</small>" } ?? "")</div>
                <div class="card"><h3>\(Self.escape(trouble.title))<em>\(Self.words(trouble.ending))</em></h3>
                <dl><dt>What happened</dt><dd>\(Self.escape(trouble.happened))</dd>
                <dt>What Posthorn did</dt><dd>\(Self.escape(trouble.response))</dd>
                <dt>Result</dt><dd>\(Self.escape(trouble.result))</dd></dl></div></li>
                """
        }
        return self.section(
            "troubles", "The troubles it went through",
            "Caused on purpose, because the question is not whether they come but what happens then.",
            "<ol class=\"timeline\">\(items.joined(separator: "\n"))</ol>")
    }

    private static func words(_ ending: DemoReport.Trouble.Ending) -> String {
        switch ending {
        case .healed: "healed by itself"
        case .prevented: "prevented"
        case .settledByPerson: "settled by a person"
        case .needsPerson: "waits for a person"
        }
    }

    var feed: String {
        guard !self.report.feed.isEmpty else { return "" }
        let platforms = Set(self.report.feed.map(\.platform)).sorted()
        let columns = platforms.map { platform in
            let cards = self.report.feed.filter { $0.platform == platform }.map { self.card($0) }
            return """
                <div class="column"><h3>\(self.platformIcon(platform)) \(Self.escape(platform.rawValue))</h3>\(cards.joined(separator: "\n"))</div>
                """
        }
        return self.section(
            "feed", "What is on the pretend platforms",
            "The newest posts as the platforms' own servers hold them, with what their audiences did.",
            "<div class=\"columns\">\(columns.joined())</div>")
    }

    private func card(_ card: DemoReport.FeedCard) -> String {
        let initial = Self.escape(String(card.name.prefix(1)).uppercased())
        let pictures = card.pictures.map {
            "<div class=\"picture \(self.clientClass(card.client))\"><span>\(Self.escape($0))</span></div>"
        }
        let counts = card.counts.map { "<span><b>\(self.number($0.value))</b> \(Self.escape($0.name))</span>" }
        return """
            <article class="post\(card.isReply ? " reply" : "")"><span class="avatar \(self.clientClass(card.client))" aria-hidden="true">\
            \(initial)</span><div><p class="by"><b>\(Self.escape(card.name))</b> <small>\(Self.escape(card.account)) · \
            \(self.moment(card.at, in: self.zone(of: card.client)))</small></p>
            <p class="text">\(Self.escape(card.text))</p>\(pictures.joined())<p class="counts">\(counts.joined())\(card.isBoosted ? "<em>▲ boosted</em>" : "")</p></div></article>
            """
    }
}
