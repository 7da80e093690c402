// SPDX-License-Identifier: MIT

/// Reads the members of an object of our own settings and refuses what is unknown or ill-typed.
struct FieldReader {
    let path: String
    private let object: JSONObject
    private var known: Set<String> = []

    init(_ object: JSONObject, path: String) {
        self.object = object
        self.path = path
    }

    private func wrong(_ key: String, _ kind: String) -> SimulatorError {
        SimulatorError(.invalidInput, "\(self.path).\(key) must be \(kind).")
    }

    mutating func any(_ key: String) -> JSONValue? {
        self.known.insert(key)
        return self.object[key]
    }

    mutating func string(_ key: String) throws(SimulatorError) -> String? {
        guard let value = self.any(key) else { return nil }
        guard let string = value.string else { throw self.wrong(key, "a string") }
        return string
    }

    mutating func bool(_ key: String) throws(SimulatorError) -> Bool? {
        guard let value = self.any(key) else { return nil }
        guard let bool = value.bool else { throw self.wrong(key, "true or false") }
        return bool
    }

    mutating func integer(_ key: String) throws(SimulatorError) -> Int? {
        guard let value = self.any(key) else { return nil }
        guard let integer = value.integer else { throw self.wrong(key, "a whole number") }
        return integer
    }

    mutating func number(_ key: String) throws(SimulatorError) -> Double? {
        guard let value = self.any(key) else { return nil }
        guard let number = value.number else { throw self.wrong(key, "a number") }
        return number
    }

    mutating func strings(_ key: String) throws(SimulatorError) -> [String]? {
        guard let value = self.any(key) else { return nil }
        guard let strings = value.strings else { throw self.wrong(key, "an array of strings") }
        return strings
    }

    mutating func object(_ key: String) throws(SimulatorError) -> JSONObject? {
        guard let value = self.any(key) else { return nil }
        guard let object = value.object else { throw self.wrong(key, "an object") }
        return object
    }

    /// Refuses members that nobody asked for.
    func finish() throws(SimulatorError) {
        guard let unknown = self.object.keys.first(where: { !self.known.contains($0) }) else { return }
        let known = self.known.sorted().joined(separator: ", ")
        throw SimulatorError(.invalidInput, "\(self.path).\(unknown) is not known; known: \(known).")
    }
}
