// SPDX-License-Identifier: MIT

/// A JSON value that keeps the order of members and tells integers, fractions and booleans apart.
enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// The members of a JSON object in the order they were written.
struct JSONObject: Sendable, Equatable {
    private(set) var members: [(key: String, value: JSONValue)] = []

    var keys: [String] { self.members.map(\.key) }

    /// The value of a member; `nil` when absent or null.
    subscript(key: String) -> JSONValue? {
        get {
            guard let value = self.members.first(where: { $0.key == key })?.value, value != .null else { return nil }
            return value
        }
        set {
            let index = self.members.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): self.members[index].value = value
            case (let index?, nil): self.members.remove(at: index)
            case (nil, let value?): self.members.append((key, value))
            case (nil, nil): break
            }
        }
    }

    static func == (lhs: JSONObject, rhs: JSONObject) -> Bool {
        lhs.members.count == rhs.members.count
            && lhs.members.allSatisfy { member in
                rhs.members.contains { $0.key == member.key && $0.value == member.value }
            }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Makes an object; members whose value is `nil` are left out.
    init(dictionaryLiteral elements: (String, JSONValue?)...) {
        for (key, value) in elements {
            if let value { self.members.append((key, value)) }
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// Makes an object; members whose value is `nil` are left out.
    init(dictionaryLiteral elements: (String, JSONValue?)...) {
        var object = JSONObject()
        for (key, value) in elements where value != nil { object[key] = value }
        self = .object(object)
    }

    /// Makes a string value, or nothing for nothing.
    init?(_ string: String?) {
        guard let string else { return nil }
        self = .string(string)
    }

    /// Makes an integer value.
    init(_ integer: some BinaryInteger) { self = .integer(Int64(integer)) }

    /// Makes an array of string values.
    init(_ strings: [String]) { self = .array(strings.map { .string($0) }) }
}

extension JSONValue {
    var string: String? { if case .string(let value) = self { value } else { nil } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    var object: JSONObject? { if case .object(let value) = self { value } else { nil } }

    /// The value as an integer; a fraction is not one.
    var integer: Int? { if case .integer(let value) = self { Int(value) } else { nil } }

    /// The value as a number, whole or not.
    var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The value as an array of strings; `nil` when any element is something else.
    var strings: [String]? {
        guard let array = self.array else { return nil }
        let strings = array.compactMap(\.string)
        return strings.count == array.count ? strings : nil
    }

    subscript(key: String) -> JSONValue? { self.object?[key] }
}
