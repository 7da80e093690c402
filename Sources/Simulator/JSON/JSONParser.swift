// SPDX-License-Identifier: MIT

/// What is wrong with a JSON text, and at which byte.
struct JSONParseError: Error, Equatable {
    var message: String
    var offset: Int
}

/// A strict parser for one JSON text (RFC 8259): no comments, no trailing commas, no repeated members.
struct JSONParser {
    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0

    /// Parses a whole text.
    ///
    /// - Throws: ``JSONParseError`` when the text is not exactly one JSON value.
    static func parse(_ bytes: some Sequence<UInt8>) throws(JSONParseError) -> JSONValue {
        var parser = JSONParser(bytes: Array(bytes))
        let value = try parser.value()
        parser.skipSpace()
        guard parser.index == parser.bytes.count else { throw parser.fail("something follows the value") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func fail(_ message: String) -> JSONParseError { JSONParseError(message: message, offset: self.index) }

    private mutating func skipSpace() {
        while self.index < self.bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(self.bytes[self.index]) {
            self.index += 1
        }
    }

    private mutating func value() throws(JSONParseError) -> JSONValue {
        self.skipSpace()
        guard self.index < self.bytes.count else { throw self.fail("the text ends too early") }
        self.depth += 1
        defer { self.depth -= 1 }
        guard self.depth <= 64 else { throw self.fail("nested too deep") }
        switch self.bytes[self.index] {
        case UInt8(ascii: "{"): return .object(try self.object())
        case UInt8(ascii: "["): return .array(try self.array())
        case UInt8(ascii: "\""): return .string(try self.text())
        case UInt8(ascii: "t"): return try self.word("true", .bool(true))
        case UInt8(ascii: "f"): return try self.word("false", .bool(false))
        case UInt8(ascii: "n"): return try self.word("null", .null)
        default: return try self.number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        let expected = Array(word.description.utf8)
        guard self.bytes[self.index...].starts(with: expected) else { throw self.fail("not a JSON value") }
        self.index += expected.count
        return value
    }

    private mutating func expect(_ byte: UInt8) throws(JSONParseError) {
        guard self.index < self.bytes.count, self.bytes[self.index] == byte else {
            throw self.fail("'\(Character(UnicodeScalar(byte)))' expected")
        }
        self.index += 1
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard self.index < self.bytes.count, self.bytes[self.index] == byte else { return false }
        self.index += 1
        return true
    }

    private mutating func object() throws(JSONParseError) -> JSONObject {
        try self.expect(UInt8(ascii: "{"))
        var object = JSONObject()
        var seen: Set<String> = []
        self.skipSpace()
        if self.take(UInt8(ascii: "}")) { return object }
        while true {
            self.skipSpace()
            let key = try self.text()
            guard seen.insert(key).inserted else { throw self.fail("member '\(key)' is given twice") }
            self.skipSpace()
            try self.expect(UInt8(ascii: ":"))
            object[key] = try self.value()
            self.skipSpace()
            if self.take(UInt8(ascii: "}")) { return object }
            try self.expect(UInt8(ascii: ","))
        }
    }

    private mutating func array() throws(JSONParseError) -> [JSONValue] {
        try self.expect(UInt8(ascii: "["))
        var elements: [JSONValue] = []
        self.skipSpace()
        if self.take(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try self.value())
            self.skipSpace()
            if self.take(UInt8(ascii: "]")) { return elements }
            try self.expect(UInt8(ascii: ","))
        }
    }

    private mutating func number() throws(JSONParseError) -> JSONValue {
        let start = self.index
        _ = self.take(UInt8(ascii: "-"))
        let digits = self.digits()
        guard digits > 0, digits == 1 || self.bytes[self.index - digits] != UInt8(ascii: "0") else {
            throw self.fail("not a JSON value")
        }
        var isWhole = true
        if self.take(UInt8(ascii: ".")) {
            isWhole = false
            guard self.digits() > 0 else { throw self.fail("a digit expected") }
        }
        if self.take(UInt8(ascii: "e")) || self.take(UInt8(ascii: "E")) {
            isWhole = false
            if !self.take(UInt8(ascii: "+")) { _ = self.take(UInt8(ascii: "-")) }
            guard self.digits() > 0 else { throw self.fail("a digit expected") }
        }
        let text = String(decoding: self.bytes[start..<self.index], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        guard let double = Double(text), double.isFinite else { throw self.fail("the number is too large") }
        return .double(double)
    }

    private mutating func digits() -> Int {
        let start = self.index
        while self.index < self.bytes.count, (0x30...0x39).contains(self.bytes[self.index]) { self.index += 1 }
        return self.index - start
    }

    private mutating func text() throws(JSONParseError) -> String {
        try self.expect(UInt8(ascii: "\""))
        var out: [UInt8] = []
        while true {
            guard self.index < self.bytes.count else { throw self.fail("a string does not end") }
            let byte = self.bytes[self.index]
            self.index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: out, as: UTF8.self) else { throw self.fail("not UTF-8") }
                return string
            case UInt8(ascii: "\\"): try self.escape(into: &out)
            case 0..<0x20: throw self.fail("a control character inside a string")
            default: out.append(byte)
            }
        }
    }

    private mutating func escape(into out: inout [UInt8]) throws(JSONParseError) {
        guard self.index < self.bytes.count else { throw self.fail("a string does not end") }
        let byte = self.bytes[self.index]
        self.index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"):
            var code = UInt32(try self.hexadecimal())
            if (0xD800..<0xDC00).contains(code) {
                try self.expect(UInt8(ascii: "\\"))
                try self.expect(UInt8(ascii: "u"))
                let low = UInt32(try self.hexadecimal())
                guard (0xDC00..<0xE000).contains(low) else { throw self.fail("half a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = UnicodeScalar(code) else { throw self.fail("half a surrogate pair") }
            out.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw self.fail("not an escape")
        }
    }

    private mutating func hexadecimal() throws(JSONParseError) -> UInt16 {
        guard self.index + 4 <= self.bytes.count,
            let code = UInt16(String(decoding: self.bytes[self.index..<self.index + 4], as: UTF8.self), radix: 16)
        else { throw self.fail("four hexadecimal digits expected") }
        self.index += 4
        return code
    }
}
