// SPDX-License-Identifier: MIT

import Foundation

extension Field {
    /// The value as JSON on one line, keys in their order.
    package func json() -> String {
        var text = ""
        self.write(to: &text, indent: nil)
        return text
    }

    /// The value as JSON over several lines.
    package func prettyJSON() -> String {
        var text = ""
        self.write(to: &text, indent: 0)
        return text
    }

    private func write(to text: inout String, indent: Int?) {
        switch self {
        case .none: text += "null"
        case .text(let value), .state(let value): text += JSONQuoting.quote(value)
        case .integer(let value), .bytes(let value): text += String(value)
        case .number(let value, _): text += value.isFinite ? JSONQuoting.number(value) : "null"
        case .flag(let value): text += value ? "true" : "false"
        case .time(let date, let zone): text += JSONQuoting.quote(LocalTime.iso(date, zone))
        case .duration(let duration): text += JSONQuoting.number(duration.secondsValue)
        case .money(let minor, let currency, _):
            text += "{\"minor_units\":\(indent == nil ? "" : " ")\(minor),\(indent == nil ? "" : " ")"
            text += "\"currency\":\(indent == nil ? "" : " ")\(JSONQuoting.quote(currency))}"
        case .list(let fields):
            Self.block("[", "]", fields, to: &text, indent: indent) { field, text, indent in
                field.write(to: &text, indent: indent)
            }
        case .record(let record):
            Self.block("{", "}", record.fields, to: &text, indent: indent) { entry, text, indent in
                text += JSONQuoting.quote(entry.key) + (indent == nil ? ":" : ": ")
                entry.value.write(to: &text, indent: indent)
            }
        }
    }

    private static func block<Element>(
        _ open: String, _ close: String, _ elements: [Element], to text: inout String, indent: Int?,
        _ body: (Element, inout String, Int?) -> Void
    ) {
        text += open
        let inner = indent.map { $0 + 2 }
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if let inner { text += "\n" + String(repeating: " ", count: inner) }
            body(element, &text, inner)
        }
        if let indent, !elements.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
        text += close
    }
}

/// JSON's own spelling.
enum JSONQuoting {
    static func quote(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                out += String(format: "\\u%04x", scalar.value)
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }

    /// A number without a needless fraction.
    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}
