// SPDX-License-Identifier: MIT

/// A refusal of X: problem JSON, or the list of errors of an invalid request.
struct XRefusal: Error, Sendable {
    var status: Int
    var body: JSONValue

    var response: SimulatedResponse { .json(self.body, status: self.status) }

    /// A problem without a type of its own.
    static func problem(_ status: Int, _ title: String, _ detail: String) -> XRefusal {
        XRefusal(
            status: status,
            body: [
                "title": .string(title), "detail": .string(detail), "type": "about:blank", "status": JSONValue(status),
            ])
    }

    /// A problem of a named type, `https://api.x.com/2/problems/…`.
    static func typed(_ status: Int, _ type: String, _ title: String, _ detail: String) -> XRefusal {
        XRefusal(
            status: status,
            body: [
                "title": .string(title), "detail": .string(detail),
                "type": .string("https://api.x.com/2/problems/" + type), "status": JSONValue(status),
            ])
    }

    static let unauthorized = XRefusal.problem(401, "Unauthorized", "Unauthorized")

    static func forbidden(_ detail: String) -> XRefusal { .problem(403, "Forbidden", detail) }

    static func notFound(_ name: String, _ value: String) -> XRefusal {
        XRefusal(
            status: 404,
            body: Self.missing(name, value, resource: "tweet", detail: "Could not find tweet with \(name): [\(value)].")
        )
    }

    /// What an `errors[]` entry says of a thing that is not there.
    static func missing(_ parameter: String, _ value: String, resource: String, detail: String) -> JSONValue {
        [
            "value": .string(value), "detail": .string(detail), "title": "Not Found Error",
            "resource_type": .string(resource), "parameter": .string(parameter), "resource_id": .string(value),
            "type": "https://api.x.com/2/problems/resource-not-found",
        ]
    }

    /// 400 with one message for each thing that is wrong.
    static func invalid(_ messages: [String], parameters: [String: String] = [:]) -> XRefusal {
        var named = JSONObject()
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) { named[name] = .array([.string(value)]) }
        let errors = messages.map { message -> JSONValue in
            ["parameters": .object(named), "message": .string(message)]
        }
        return XRefusal(
            status: 400,
            body: [
                "errors": .array(errors), "title": "Invalid Request",
                "detail": "One or more parameters to your request was invalid.",
                "type": "https://api.x.com/2/problems/invalid-request",
            ])
    }

    /// The shape of the token endpoint (RFC 6749).
    static func oauth(_ status: Int, _ error: String, _ description: String) -> XRefusal {
        XRefusal(status: status, body: ["error": .string(error), "error_description": .string(description)])
    }
}
