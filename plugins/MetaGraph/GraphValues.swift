// SPDX-License-Identifier: MIT

package import Foundation
import PluginKit

/// An identity: decimal digits that do not fit into a double, written as a text or as a number.
package struct GraphID: Decodable, Sendable, Hashable {
    /// The identity.
    package var text: String

    /// Reads a text or a whole number.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(UInt64.self) {  // Otherwise it is a text, whose error is the one to tell.
            self.text = String(number)
        } else {
            self.text = try container.decode(String.self)
        }
    }
}

/// Any JSON: what a metric's value or an error's data may be.
package enum GraphValue: Codable, Sendable, Hashable {
    /// Nothing.
    case null
    /// Yes or no.
    case flag(Bool)
    /// A whole number.
    case integer(Int64)
    /// Another number.
    case number(Double)
    /// Words.
    case text(String)
    /// Several.
    case list([GraphValue])
    /// Named ones.
    case object([String: GraphValue])

    /// Reads whatever is there.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // One of them fits; the last one's error is the one to tell.
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([GraphValue].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: GraphValue].self))
        }
    }

    /// Writes it as it was read.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .flag(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// The number that it says: itself, or the sum of a breakdown; `nil` for anything else.
    package var count: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int64(exactly: value.rounded())
        case .object(let parts):
            parts.values.reduce(Int64?(0)) { sum, part in
                guard let sum, case .integer(let value) = part else { return nil }
                return sum.adding(saturating: value)
            }
        default: nil
        }
    }

    /// The numbers of a breakdown by their keys; `nil` for anything else.
    package var counts: [String: Int64]? {
        if case .object(let parts) = self { parts.compactMapValues(\.count) } else { nil }
    }

    /// The part of a breakdown.
    package subscript(name: String) -> GraphValue? {
        if case .object(let parts) = self { parts[name] } else { nil }
    }
}

/// How Graph writes JSON: instants in ISO 8601, mostly with `+0000`, or in seconds since 1970.
package enum GraphCoding {
    /// Makes a decoder.
    package static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            // Otherwise it is a text.
            if let seconds = try? container.decode(Double.self), let date = Date(saidSeconds: seconds) { return date }
            let text = try container.decode(String.self)
            if let date = Self.date(text) { return date }
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an instant")
        }
        return decoder
    }

    /// Reads an instant.
    package static func date(_ text: String) -> Date? {
        if let seconds = Double(text) { return Date(saidSeconds: seconds) }
        var zoned = text
        if let sign = text.utf8.dropLast(4).last, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(sign),
            text.suffix(4).allSatisfy(\.isNumber)
        {
            zoned = "\(text.dropLast(2)):\(text.suffix(2))"
        }
        // Either form is an instant; when both fail it is none.
        return (try? Date.ISO8601FormatStyle().parse(zoned))
            ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(zoned))
    }

    /// Writes a nested value as the JSON text that a form holds.
    package static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and integers under text keys always encode; an empty object says the same as none.
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

/// A page of a list.
package struct GraphPage<Item: Decodable & Sendable>: Decodable, Sendable {
    private struct Paging: Decodable, Sendable {
        struct Cursors: Decodable, Sendable { var after: String? }
        var cursors: Cursors?
        var next: String?
    }

    /// What it holds.
    package var data: [Item]
    private var paging: Paging?

    /// Where the next page begins; `nil` on the last one.
    ///
    /// Graph names a cursor on the last page too; only `next` says that there is more.
    package var after: String? {
        guard let next = self.paging?.next else { return nil }
        return self.paging?.cursors?.after
            ?? URLComponents(string: next)?.queryItems?.first { $0.name == "after" }?.value
    }

    /// Whether there is more, wherever it begins.
    package var hasMore: Bool { self.paging?.next != nil }
}
