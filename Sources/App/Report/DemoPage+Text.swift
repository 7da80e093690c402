// SPDX-License-Identifier: MIT

import Domain
import Foundation

extension DemoPage {
    /// Makes a text safe between tags and inside quoted attributes.
    static func escape(_ text: String) -> String {
        var safe = ""
        safe.reserveCapacity(text.utf8.count)
        for character in text.unicodeScalars {
            switch character {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            case "'": safe += "&#39;"
            default: safe.unicodeScalars.append(character)
            }
        }
        return safe
    }

    func section(_ id: String, _ title: String, _ lead: String?, _ body: String) -> String {
        """
        <section id="\(id)">
        <h2>\(Self.escape(title))</h2>
        \(lead.map { "<p class=\"lead\">\(Self.escape($0))</p>" } ?? "")
        \(body)
        </section>
        """
    }

    /// A whole number with thin spaces between groups of three: 12 345.
    func number(_ value: Int) -> String { self.number(Int64(value)) }

    func number(_ value: Int64) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "−" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "\u{202F}" }
            text.append(digit)
        }
        return text
    }

    func counted(_ value: Int, _ one: String, _ many: String) -> String {
        "\(self.number(value)) \(value == 1 ? one : many)"
    }

    func money(_ minorUnits: Int64, _ currency: Currency) -> String {
        Money(minorUnits: minorUnits, currency: currency).description
    }

    /// A share as per cent that never rounds up to 100.
    func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "n/a" }
        if part == whole { return "100 %" }
        let percent = Double(part) / Double(whole) * 100
        return String(format: "%.1f %%", min(percent, 99.9))
    }

    func seconds(_ value: Double) -> String {
        let milliseconds = (value * 1000).rounded()
        return Duration.milliseconds(milliseconds).readable
    }

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// `3 November 2026`.
    func longDate(_ wall: WallTime) -> String { "\(wall.day) \(Self.months[wall.month - 1]) \(wall.year)" }

    /// `Tue 3 Nov 09:30`.
    func moment(_ instant: Date, in zone: ZoneID) -> String {
        let wall = zone.wallTime(at: instant)
        return
            "\(HourOfWeek.weekdayNames[wall.weekday]) \(wall.day) \(Self.months[wall.month - 1].prefix(3)) \(wall.clock)"
    }

    func zone(of client: String?) -> ZoneID {
        self.report.clients.first { $0.slug == client }?.zone ?? .utc
    }

    /// The class that gives a client its colour; clients beyond the palette share the neutral one.
    func clientClass(_ slug: String?) -> String {
        guard let index = self.report.clients.firstIndex(where: { $0.slug == slug }), index < Self.palette.count else {
            return "c-none"
        }
        return "c\(index)"
    }

    /// A small square with the letter of a platform.
    func platformIcon(_ platform: PlatformID) -> String {
        let letters = ["x": "𝕏", "facebook": "f", "instagram": "◎", "tiktok": "♪", "mock": "M"]
        let letter = letters[platform.rawValue] ?? String(platform.rawValue.prefix(1).uppercased())
        let name = Self.escape(platform.rawValue)
        return
            "<i class=\"p p-\(Self.className(platform.rawValue))\" title=\"\(name)\" aria-label=\"\(name)\">\(Self.escape(letter))</i>"
    }

    private static func className(_ text: String) -> String {
        text.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    static let horn = """
        <svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true"><g fill="none" stroke="currentColor" stroke-width="2.4" \
        stroke-linecap="round"><circle cx="14" cy="17" r="7"/><path d="M2 10h12a7 7 0 0 1 7 7v0c0-4 4-8 9-10v20c-5-2-9-6-9-10"/></g></svg>
        """
}
