// SPDX-License-Identifier: MIT

import Foundation

extension Field {
    /// The value as a person reads it in a table.
    package var shown: String {
        switch self {
        case .none: "–"
        case .text(let text), .state(let text): text
        case .integer(let value): Self.grouped(value)
        case .number(let value, let places): Self.decimal(value, places)
        case .flag(let value): value ? "yes" : "no"
        case .time(let date, let zone): LocalTime.text(date, zone)
        case .duration(let duration): Self.readable(duration)
        case .money(let minor, let currency, let places): "\(Self.amount(minor, places)) \(currency)"
        case .bytes(let count): Self.size(count)
        case .list(let fields): fields.map(\.shown).joined(separator: ", ")
        case .record(let record): record.fields.map { "\($0.key)=\($0.value.shown)" }.joined(separator: " ")
        }
    }

    /// The value in a CSV cell: raw numbers, ISO times, empty for what is not given.
    package var plain: String {
        switch self {
        case .none: ""
        case .integer(let value), .bytes(let value): String(value)
        case .number(let value, _): String(value)
        case .flag(let value): value ? "true" : "false"
        case .time(let date, let zone): LocalTime.iso(date, zone)
        case .duration(let duration): String(duration.secondsValue)
        case .list(let fields): fields.map(\.plain).joined(separator: " ")
        case .record: self.json()
        default: self.shown
        }
    }

    /// Whether a table aligns it to the right.
    var isNumeric: Bool {
        switch self {
        case .integer, .number, .duration, .money, .bytes: true
        default: false
        }
    }

    var tone: Tone {
        switch self {
        case .none: .muted
        case .state(let state): .of(state: state)
        default: .plain
        }
    }

    private static func grouped(_ value: Int64) -> String {
        let digits = String(value.magnitude)
        var out = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { out.append(",") }
            out.append(digit)
        }
        return value < 0 ? "-\(out)" : out
    }

    private static func decimal(_ value: Double, _ places: Int) -> String {
        guard value.isFinite else { return "–" }
        return String(format: "%.\(places)f", value)
    }

    private static func amount(_ minor: Int64, _ places: Int) -> String {
        guard places > 0 else { return String(minor) }
        let digits = String(minor.magnitude)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return "\(minor < 0 ? "-" : "")\(padded.dropLast(places)).\(padded.suffix(places))"
    }

    private static func size(_ count: Int64) -> String {
        var value = Double(count)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1_000 { return unit == "B" ? "\(count) B" : String(format: "%.1f %@", value, unit) }
            value /= 1_000
        }
        return String(format: "%.1f TB", value)
    }

    private static func readable(_ duration: Duration) -> String {
        let seconds = duration.secondsValue
        let magnitude = abs(seconds)
        let sign = seconds < 0 ? "-" : ""
        switch magnitude {
        case ..<0.001: return "0 s"
        case ..<1: return "\(sign)\(Int((magnitude * 1_000).rounded())) ms"
        case ..<60: return sign + String(format: magnitude < 10 ? "%.1f s" : "%.0f s", magnitude)
        case ..<3_600: return sign + Self.pair(Int(magnitude) / 60, "min", Int(magnitude) % 60, "s")
        case ..<86_400: return sign + Self.pair(Int(magnitude) / 3_600, "h", Int(magnitude) % 3_600 / 60, "min")
        default: return sign + Self.pair(Int(magnitude) / 86_400, "d", Int(magnitude) % 86_400 / 3_600, "h")
        }
    }

    private static func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
        small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
    }
}

extension Duration {
    /// Seconds with their fraction.
    var secondsValue: Double {
        Double(self.components.seconds) + Double(self.components.attoseconds) / 1e18
    }
}

/// Prints moments in a zone.
enum LocalTime {
    /// `2026-11-21 09:30:00 Europe/Berlin`: for tables.
    static func text(_ date: Date, _ zone: TimeZone) -> String {
        let parts = Self.parts(date, zone)
        return "\(parts.day) \(parts.time) \(zone.identifier == "GMT" ? "UTC" : zone.identifier)"
    }

    /// `2026-11-21T09:30:00+01:00`, with a fraction only where there is one.
    static func iso(_ date: Date, _ zone: TimeZone) -> String {
        let parts = Self.parts(date, zone)
        let micro = Int64((date.timeIntervalSince1970 * 1_000_000).rounded()).quotientAndRemainder(
            dividingBy: 1_000_000)
        let fraction = micro.remainder == 0 ? "" : ".\(String(1_000_000 + abs(micro.remainder)).dropFirst())"
        let offset = zone.secondsFromGMT(for: date)
        let sign = offset < 0 ? "-" : "+"
        let minutes = abs(offset) / 60
        return "\(parts.day)T\(parts.time)\(fraction)\(sign)\(two(minutes / 60)):\(two(minutes % 60))"
    }

    private static func parts(_ date: Date, _ zone: TimeZone) -> (day: String, time: String) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let set: Set<Calendar.Component> = [.year, .month, .day, .hour, .minute, .second]
        let parts = calendar.dateComponents(set, from: date)
        let year = String(10_000 + (parts.year ?? 0)).dropFirst()
        return (
            "\(year)-\(two(parts.month ?? 0))-\(two(parts.day ?? 0))",
            "\(two(parts.hour ?? 0)):\(two(parts.minute ?? 0)):\(two(parts.second ?? 0))"
        )
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
