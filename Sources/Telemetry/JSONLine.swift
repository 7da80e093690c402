// SPDX-License-Identifier: MIT

import Logging

/// Writes JSON by hand: a log line is on the hot path and its keys have an order.
struct JSONLine {
    private(set) var bytes: [UInt8] = []
    private var isFirst = true

    init() {
        self.bytes.reserveCapacity(256)
        self.bytes.append(UInt8(ascii: "{"))
    }

    mutating func field(_ key: String, _ value: String) {
        self.key(key)
        self.string(value)
    }

    mutating func field(_ key: String, _ value: Logger.MetadataValue) {
        self.key(key)
        self.metadata(value)
    }

    mutating func finish() -> [UInt8] {
        self.bytes.append(UInt8(ascii: "}"))
        self.bytes.append(UInt8(ascii: "\n"))
        return self.bytes
    }

    private mutating func key(_ key: String) {
        if !self.isFirst { self.bytes.append(UInt8(ascii: ",")) }
        self.isFirst = false
        self.string(key)
        self.bytes.append(UInt8(ascii: ":"))
    }

    private mutating func metadata(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let text): self.string(text)
        case .stringConvertible(let value): self.convertible(value)
        case .array(let values):
            self.bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { self.bytes.append(UInt8(ascii: ",")) }
                self.metadata(value)
            }
            self.bytes.append(UInt8(ascii: "]"))
        case .dictionary(let values):
            self.bytes.append(UInt8(ascii: "{"))
            for (index, pair) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { self.bytes.append(UInt8(ascii: ",")) }
                self.string(pair.key)
                self.bytes.append(UInt8(ascii: ":"))
                self.metadata(pair.value)
            }
            self.bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Whole numbers, finite numbers and truth values stay what they are; the rest is text.
    private mutating func convertible(_ value: any CustomStringConvertible & Sendable) {
        switch value {
        case let value as any FixedWidthInteger: self.bytes.append(contentsOf: String(describing: value).utf8)
        case let value as Bool: self.bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case let value as Double where value.isFinite: self.bytes.append(contentsOf: String(describing: value).utf8)
        default: self.string(value.description)
        }
    }

    private mutating func string(_ text: String) {
        self.bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                self.bytes.append(UInt8(ascii: "\\"))
                self.bytes.append(byte)
            case UInt8(ascii: "\n"): self.bytes.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\r"): self.bytes.append(contentsOf: "\\r".utf8)
            case UInt8(ascii: "\t"): self.bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20, 0x7F:
                let hex = String(byte, radix: 16)
                self.bytes.append(contentsOf: "\\u00\(hex.count == 1 ? "0" : "")\(hex)".utf8)
            default: self.bytes.append(byte)
            }
        }
        self.bytes.append(UInt8(ascii: "\""))
    }
}
