// SPDX-License-Identifier: MIT

/// The parameters of an endpoint with their types, as the published SDK specification lists them.
///
/// The tables are written as `name:type` pairs, a `*` behind the name when it is required. Types are those of the
/// specification, with `uint` for `unsigned int` and `{A|B}` for an enumeration.
struct GraphSchema: Sendable {
    indirect enum Kind: Sendable, Equatable {
        case flag
        case integer
        case unsigned
        case number
        case text
        case instant
        /// Any value: the specification says only `Object`.
        case any
        case map
        case file
        case choice([String])
        case list(Kind)
    }

    private(set) var kinds: [String: Kind] = [:]
    private(set) var required: [String] = []

    /// No parameters but the common ones.
    static let none = GraphSchema("")

    /// Reads a table.
    init(_ table: StaticString) {
        for entry in table.description.split(whereSeparator: \.isWhitespace) {
            let parts = entry.split(separator: ":", maxSplits: 1)
            precondition(parts.count == 2, "not a parameter: \(entry)")
            let isRequired = parts[0].hasSuffix("*")
            let name = String(isRequired ? parts[0].dropLast() : parts[0])
            self.kinds[name] = Self.kind(String(parts[1]))
            if isRequired { self.required.append(name) }
        }
    }

    /// Both tables together; what the other says counts.
    func adding(_ other: GraphSchema) -> GraphSchema {
        var sum = self
        sum.kinds.merge(other.kinds) { $1 }
        sum.required += other.required
        return sum
    }

    private static func kind(_ text: String) -> Kind {
        if text.hasPrefix("list<"), text.hasSuffix(">") {
            return .list(self.kind(String(text.dropFirst(5).dropLast())))
        }
        if text.hasPrefix("{"), text.hasSuffix("}") {
            return .choice(text.dropFirst().dropLast().split(separator: "|").map(String.init))
        }
        if let values = self.enumerations[text] { return .choice(values) }
        switch text {
        case "bool": return .flag
        case "int": return .integer
        case "uint": return .unsigned
        case "float": return .number
        case "string": return .text
        case "datetime": return .instant
        case "Object": return .any
        case "map": return .map
        case "file": return .file
        case "list": return .list(.any)
        default: preconditionFailure("not a type: \(text)")
        }
    }
}

extension GraphSchema.Kind {
    /// The value in its type, or `nil` when it is not of it; texts are read as forms and queries carry them.
    func typed(_ value: JSONValue) -> JSONValue? {
        switch self {
        case .flag: return Self.flag(value)
        case .integer: return Self.whole(value).map { .integer($0) }
        case .unsigned:
            // Identifiers among them do not fit into every integer, so a text of digits stays one.
            if case .string(let text) = value { return Self.isDigits(text) ? value : nil }
            return Self.whole(value).flatMap { $0 >= 0 ? .string(String($0)) : nil }
        case .number: return (value.number ?? value.string.flatMap { Double($0) }).map { .double($0) }
        case .text: return value.string == nil ? nil : value
        case .instant: return Self.instant(value)
        case .any: return Self.unfolded(value)
        case .map:
            let unfolded = Self.unfolded(value)
            return unfolded.object == nil ? nil : unfolded
        case .file: return value.string == nil ? nil : value
        case .choice(let choices):
            guard let text = value.string else { return nil }
            // The documentation writes some values in lower case that the specification has in upper case.
            return choices.first { $0 == text || $0.lowercased() == text.lowercased() }.map { .string($0) }
        case .list(let element): return Self.list(value, of: element)
        }
    }

    private static func isDigits(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func flag(_ value: JSONValue) -> JSONValue? {
        switch value {
        case .bool: return value
        case .string("true"), .string("1"), .integer(1): return true
        case .string("false"), .string("0"), .integer(0): return false
        default: return nil
        }
    }

    private static func whole(_ value: JSONValue) -> Int64? {
        switch value {
        case .integer(let number): number
        case .string(let text): Int64(text)
        default: nil
        }
    }

    /// Seconds since 1970, given as such or as ISO 8601.
    private static func instant(_ value: JSONValue) -> JSONValue? {
        if let seconds = self.whole(value) { return .integer(seconds) }
        guard let text = value.string else { return nil }
        var iso = text
        // `+0000` is how Graph itself writes offsets.
        if iso.utf8.count > 5, let sign = iso.dropLast(4).last, sign == "+" || sign == "-", !iso.hasSuffix(":") {
            let digits = iso.suffix(4)
            if Self.isDigits(String(digits)) { iso = iso.dropLast(4) + digits.prefix(2) + ":" + digits.suffix(2) }
        }
        return WorldTime(iso8601: iso).map { .integer(Int64($0.epochSeconds.rounded(.down))) }
    }

    /// JSON inside a text, which is how forms carry it.
    private static func unfolded(_ value: JSONValue) -> JSONValue {
        guard let text = value.string, let first = text.first, first == "{" || first == "[" else { return value }
        // What is not JSON stays the text it is; the type decides whether that will do.
        return (try? JSONParser.parse(text.utf8)) ?? value
    }

    private static func list(_ value: JSONValue, of element: Self) -> JSONValue? {
        let unfolded = self.unfolded(value)
        let elements: [JSONValue]
        if let array = unfolded.array {
            elements = array
        } else if let text = unfolded.string {
            elements = text.split(separator: ",").map { .string($0.trimmingSpaces) }
        } else {
            return nil
        }
        let typed = elements.compactMap { element.typed($0) }
        return typed.count == elements.count ? .array(typed) : nil
    }

    /// The type in words, for the refusal.
    var name: String {
        switch self {
        case .flag: "true or false"
        case .integer: "an integer"
        case .unsigned: "a non-negative integer"
        case .number: "a number"
        case .text: "a string"
        case .instant: "a time: seconds since 1970 or ISO 8601"
        case .any: "a value"
        case .map: "an object"
        case .file: "a file"
        case .choice(let choices): "one of the following values: \(choices.joined(separator: ", "))"
        case .list(let element): "a list, each element \(element.name)"
        }
    }
}
