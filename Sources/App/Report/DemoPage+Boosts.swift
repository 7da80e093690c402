// SPDX-License-Identifier: MIT

import Domain
import Foundation

extension DemoPage {
    var boosts: String {
        guard !self.report.boosts.isEmpty else { return "" }
        return self.section(
            "boosts", self.report.boosts.count == 1 ? "The boost and its ledger" : "The boosts and their ledgers",
            "Money is set aside before the platform is called, so that a cap holds whatever crashes in between.",
            self.report.boosts.map { self.boost($0) }.joined(separator: "\n"))
    }

    private func boost(_ boost: DemoReport.Boost) -> String {
        let zone = self.zone(of: boost.client)
        let why = boost.reason.map { [("Why", "no person asked: \($0)")] } ?? []
        let facts: [(String, String)] =
            why + [
                ("Objective", boost.objective), ("Audience", boost.audience), ("Budget", boost.budget.description),
                ("Runs", "\(self.moment(boost.start, in: zone)) – \(self.moment(boost.end, in: zone))"),
                ("State", boost.state),
            ]
        let results = boost.counts.map { ($0.name.prefix(1).uppercased() + $0.name.dropFirst(), self.number($0.value)) }
        let list = (facts + results).map { "<dt>\(Self.escape($0.0))</dt><dd>\(Self.escape($0.1))</dd>" }.joined()
        return """
            <article class="card boostcard">
            <div class="facts"><p class="who"><span class="swatch \(self.clientClass(boost.client))"></span>\
            \(self.platformIcon(boost.platform)) \(Self.escape(boost.account))</p>
            <blockquote>\(Self.escape(boost.text))</blockquote><dl>\(list)</dl></div>
            <div class="ledger">\(self.capBar(boost))\(self.ledger(boost, zone: zone))</div>
            </article>
            """
    }

    private func capBar(_ boost: DemoReport.Boost) -> String {
        let balance = DemoReport.Balance.after(boost.ledger)
        let currency = boost.cap.currency
        func width(_ amount: Int64) -> String {
            String(format: "%.2f", boost.cap.minorUnits > 0 ? Double(amount) / Double(boost.cap.minorUnits) * 100 : 0)
        }
        return """
            <p class="cap"><b>\(Self.escape(boost.capName))</b> cap \(Self.escape(boost.cap.description))</p>
            <div class="capbar" role="img" aria-label="\(self.money(balance.spent, currency)) spent, \
            \(self.money(balance.held, currency)) held, \(self.money(balance.free(under: boost.cap), currency)) free">\
            <span class="spent" style="width:\(width(balance.spent))%"></span><span class="held" style="width:\(width(balance.held))%"></span></div>
            <p class="capkey"><span><i class="k spent"></i>\(self.money(balance.spent, currency)) spent</span>\
            <span><i class="k held"></i>\(self.money(balance.held, currency)) held</span>\
            <span><i class="k free"></i>\(self.money(balance.free(under: boost.cap), currency)) free</span></p>
            """
    }

    private func ledger(_ boost: DemoReport.Boost, zone: ZoneID) -> String {
        var balance = DemoReport.Balance()
        let rows = boost.ledger.map { line in
            balance.apply(line)
            let amount = Money(minorUnits: line.minorUnits, currency: boost.cap.currency).decimal
            let after = [balance.held, balance.spent, balance.free(under: boost.cap)].map { value in
                "<td class=\"n\">\(Money(minorUnits: value, currency: boost.cap.currency).decimal)</td>"
            }
            return """
                <tr class="l-\(line.kind.rawValue)"><td><time>\(self.moment(line.at, in: zone))</time></td>\
                <td><b>\(line.kind.rawValue)</b><small>\(Self.escape(line.note))</small></td><td class="n">\(amount)</td>\(after.joined())</tr>
                """
        }
        return """
            <div class="scroll"><table><thead><tr><th>When</th><th>What</th><th class="n">\(boost.cap.currency)</th><th class="n">Held</th>\
            <th class="n">Spent</th><th class="n">Free</th></tr></thead><tbody>\(rows.joined())</tbody></table></div>
            """
    }
}
