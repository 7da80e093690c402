// SPDX-License-Identifier: MIT

extension Call {
    /// Refuses query parameters that the endpoint does not have.
    func xAllowQuery(_ known: [String]) throws(XRefusal) {
        let unknown = self.request.query.fields.filter { !known.contains($0.name) }
        guard let first = unknown.first else { return }
        throw XRefusal.invalid(
            unknown.map { "The query parameter [\($0.name)] is not one of [\(known.joined(separator: ","))]" },
            parameters: [first.name: first.value])
    }

    /// The JSON body, checked against the contract.
    func xBody(_ schema: XSchema) throws(XRefusal) -> JSONValue {
        guard self.request.contentType == "application/json" else {
            throw XRefusal.problem(415, "Unsupported Media Type", "The Content-Type must be application/json.")
        }
        let body: JSONValue
        do {
            body = try JSONParser.parse(self.request.body)
        } catch {
            throw XRefusal.invalid(["The request body is not valid JSON: \(error.message) at byte \(error.offset)"])
        }
        let problems = schema.problems(of: body)
        guard problems.isEmpty else { throw XRefusal.invalid(problems) }
        return body
    }

    func xInvalidID(_ id: String, name: String = "id") -> XRefusal {
        .invalid(
            ["The `\(name)` query parameter value [\(id)] is not valid; it does not match ^[0-9]{1,19}$"],
            parameters: [name: id])
    }

    /// A comma-separated list in the query, whose values must be among the known ones.
    func xList(_ name: String, known: [String]) throws(XRefusal) -> Set<String> {
        guard let text = self.request.query[name] else { return [] }
        let values = text.split(separator: ",").map(String.init)
        if let unknown = values.first(where: { !known.contains($0) }) {
            throw XRefusal.invalid(
                ["The `\(name)` query parameter value [\(unknown)] is not one of [\(known.joined(separator: ","))]"],
                parameters: [name: text])
        }
        return Set(values)
    }

    /// An instant in the query.
    func xTime(_ name: String) throws(XRefusal) -> WorldTime? {
        guard let text = self.request.query[name] else { return nil }
        guard let time = WorldTime(iso8601: text) else {
            throw XRefusal.invalid(
                ["The `\(name)` query parameter value [\(text)] is not a valid date-time"], parameters: [name: text])
        }
        return time
    }
}
