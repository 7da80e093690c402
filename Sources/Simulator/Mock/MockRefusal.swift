// SPDX-License-Identifier: MIT

/// A refusal of the mock platform, in the shape of its contract sheet.
struct MockRefusal: Error, Sendable {
    var status: Int
    var code: String
    var message: String
    var field: String?

    static func invalid(_ field: String?, _ message: String) -> MockRefusal {
        MockRefusal(status: 400, code: "invalid_request", message: message, field: field)
    }

    static func notFound(_ what: String) -> MockRefusal {
        MockRefusal(status: 404, code: "not_found", message: "There is no such \(what).")
    }

    static let forbidden = MockRefusal(status: 403, code: "forbidden", message: "This belongs to another account.")

    var response: SimulatedResponse {
        .json(
            [
                "error": [
                    "code": .string(self.code), "message": .string(self.message),
                    "field": self.field.map { .string($0) },
                ]
            ],
            status: self.status)
    }
}

/// Reads a request's members as strictly as the sheet says: unknown and ill-typed ones are refused by name.
struct MockFields {
    private let object: JSONObject
    private let path: String

    /// Reads a JSON body whose members must be among `known`.
    init(_ body: [UInt8], known: [String]) throws(MockRefusal) {
        let value: JSONValue
        do {
            value = try JSONParser.parse(body)
        } catch {
            throw MockRefusal.invalid(nil, "The body is not JSON: \(error.message) at byte \(error.offset).")
        }
        guard let object = value.object else { throw MockRefusal.invalid(nil, "The body must be a JSON object.") }
        try self.init(object, path: "", known: known)
    }

    init(_ object: JSONObject, path: String, known: [String]) throws(MockRefusal) {
        self.object = object
        self.path = path
        if let unknown = object.keys.first(where: { !known.contains($0) }) {
            throw MockRefusal.invalid(path + unknown, "The field \(path + unknown) is not known.")
        }
    }

    private func wrong(_ key: String, _ kind: String) -> MockRefusal {
        .invalid(self.path + key, "The field \(self.path + key) must be \(kind).")
    }

    func string(_ key: String) throws(MockRefusal) -> String? {
        guard let value = self.object[key] else { return nil }
        guard let string = value.string else { throw self.wrong(key, "a string") }
        return string
    }

    func integer(_ key: String) throws(MockRefusal) -> Int? {
        guard let value = self.object[key] else { return nil }
        guard let integer = value.integer else { throw self.wrong(key, "an integer") }
        return integer
    }

    func strings(_ key: String) throws(MockRefusal) -> [String]? {
        guard let value = self.object[key] else { return nil }
        guard let strings = value.strings else { throw self.wrong(key, "an array of strings") }
        return strings
    }

    func optionalStrings(_ key: String) throws(MockRefusal) -> [String?]? {
        guard let value = self.object[key] else { return nil }
        guard let array = value.array else { throw self.wrong(key, "an array of strings or null") }
        var strings: [String?] = []
        for element in array {
            guard element == .null || element.string != nil else {
                throw self.wrong(key, "an array of strings or null")
            }
            strings.append(element.string)
        }
        return strings
    }

    func object(_ key: String) throws(MockRefusal) -> JSONObject? {
        guard let value = self.object[key] else { return nil }
        guard let object = value.object else { throw self.wrong(key, "an object") }
        return object
    }

    func time(_ key: String) throws(MockRefusal) -> WorldTime? {
        guard let text = try self.string(key) else { return nil }
        guard let time = WorldTime(iso8601: text) else { throw self.wrong(key, "an instant like 2026-11-21T09:24:00Z") }
        return time
    }

    func required<Value>(_ key: String, _ value: Value?) throws(MockRefusal) -> Value {
        guard let value else { throw MockRefusal.invalid(self.path + key, "The field \(self.path + key) is missing.") }
        return value
    }
}

extension Call {
    /// Refuses query parameters that the endpoint does not have.
    func allowQuery(_ known: String...) throws(MockRefusal) {
        if let unknown = self.request.query.names.first(where: { !known.contains($0) }) {
            throw MockRefusal.invalid(unknown, "The parameter \(unknown) is not known.")
        }
    }

    /// A whole number in the query, within a range.
    func queryInteger(_ name: String, _ range: ClosedRange<Int>, default value: Int) throws(MockRefusal) -> Int {
        guard let text = self.request.query[name] else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw MockRefusal.invalid(
                name, "The parameter \(name) must be from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    /// An instant in the query.
    func queryTime(_ name: String) throws(MockRefusal) -> WorldTime? {
        guard let text = self.request.query[name] else { return nil }
        guard let time = WorldTime(iso8601: text) else {
            throw MockRefusal.invalid(name, "The parameter \(name) must be an instant like 2026-11-21T09:24:00Z.")
        }
        return time
    }

    /// The serial that a page begins below.
    func queryCursor() throws(MockRefusal) -> Int? {
        guard let text = self.request.query["cursor"] else { return nil }
        guard text.hasPrefix("c"), let serial = Int(text.dropFirst(), radix: 36) else {
            throw MockRefusal.invalid("cursor", "The parameter cursor is not one that a list gave.")
        }
        return serial
    }
}
