// SPDX-License-Identifier: MIT

/// The fields of a query string or a URL-encoded form, in order, decoded.
struct FormFields: Sendable, Equatable {
    private(set) var fields: [Field] = []

    struct Field: Sendable, Equatable {
        var name: String
        var value: String
    }

    /// Splits at `&` and `=`, and decodes percent escapes and `+`.
    init(parsing text: String) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? String(parts[1]) : ""
            self.fields.append(Field(name: Self.decoded(String(parts[0])), value: Self.decoded(value)))
        }
    }

    /// The first value of a field.
    subscript(name: String) -> String? { self.fields.first { $0.name == name }?.value }

    var names: [String] { self.fields.map(\.name) }

    /// Undoes percent encoding; a broken escape stays as it is.
    static func decoded(_ text: String, plusIsSpace: Bool = true) -> String {
        guard text.utf8.contains(where: { $0 == 0x25 || $0 == 0x2B }) else { return text }
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == 0x25, index + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                out.append(byte)
                index += 3
            } else {
                out.append(plusIsSpace && bytes[index] == 0x2B ? 0x20 : bytes[index])
                index += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Percent-encodes everything but unreserved characters.
    static func encoded(_ text: String) -> String {
        let hexadecimal = Array("0123456789ABCDEF")
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                out.unicodeScalars.append(UnicodeScalar(byte))
            default:
                out.append("%")
                out.append(hexadecimal[Int(byte >> 4)])
                out.append(hexadecimal[Int(byte & 15)])
            }
        }
        return out
    }
}
