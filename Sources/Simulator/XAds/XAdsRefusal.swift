// SPDX-License-Identifier: MIT

/// A refusal of X Ads: `{"errors":[{"code","message","parameter"}]}`.
struct XAdsRefusal: Error, Sendable {
    var status: Int
    var code: String
    var message: String
    var parameter: String?

    var response: SimulatedResponse {
        .json(
            [
                "errors": [
                    [
                        "code": .string(self.code), "message": .string(self.message),
                        "parameter": self.parameter.map { .string($0) },
                    ]
                ], "request": ["params": [:]],
            ], status: self.status)
    }

    static let unauthorized = Self(
        status: 401, code: "UNAUTHORIZED_ACCESS", message: "This request is not properly authenticated")

    static let appNotAllowed = Self(
        status: 403, code: "UNAUTHORIZED_CLIENT_APPLICATION",
        message: "The client application making this request does not have access to the Ads API")

    static func invalid(_ parameter: String, _ message: String) -> Self {
        Self(status: 400, code: "INVALID_PARAMETER", message: message, parameter: parameter)
    }

    static func missing(_ parameter: String) -> Self {
        Self(
            status: 400, code: "MISSING_PARAMETER", message: "A required parameter, '\(parameter)', was not provided",
            parameter: parameter)
    }

    static func notFound(_ parameter: String, _ value: String) -> Self {
        Self(
            status: 404, code: "NOT_FOUND", message: "Resource with \(parameter) '\(value)' was not found",
            parameter: parameter)
    }

    static let noRoute = Self(
        status: 404, code: "ROUTE_NOT_FOUND", message: "The requested resource could not be found")

    static let duplicatePost = Self(
        status: 400, code: "DUPLICATE_TWEET", message: "The post is promoted by this line item already",
        parameter: "tweet_ids")

    static let tooFast = Self(
        status: 429, code: "TOO_MANY_REQUESTS", message: "You have exceeded the number of allotted requests")
}

/// Checked parameters of X Ads; all come as text, in the query or a form.
struct XAdsArguments: Sendable {
    private var values: [String: JSONValue] = [:]

    /// Reads and checks the parameters of a request.
    ///
    /// - Throws: ``XAdsRefusal`` for a JSON body and for unknown, repeated, ill-typed and missing parameters.
    init(_ request: SimulatedRequest, _ schema: GraphSchema) throws(XAdsRefusal) {
        var fields = request.query.fields
        if !request.body.isEmpty {
            guard request.contentType == "application/x-www-form-urlencoded" else {
                throw XAdsRefusal.invalid(
                    "Content-Type", "Parameters come in the query or as application/x-www-form-urlencoded")
            }
            fields += FormFields(parsing: String(decoding: request.body, as: UTF8.self)).fields
        }
        for field in fields {
            guard let kind = schema.kinds[field.name] else {
                throw XAdsRefusal.invalid(field.name, "Parameter '\(field.name)' is not known")
            }
            let text = JSONValue.string(field.value)
            guard let value = kind.typed(text), kind.isExact(text, value) else {
                throw XAdsRefusal.invalid(
                    field.name, "Expected \(kind.name), got \"\(field.value)\" for \(field.name)")
            }
            guard self.values.updateValue(value, forKey: field.name) == nil else {
                throw XAdsRefusal.invalid(field.name, "Parameter '\(field.name)' was given twice")
            }
        }
        if let missing = schema.required.first(where: {
            (self.values[$0]?.string ?? "-").isEmpty || self.values[$0] == nil
        }) {
            throw XAdsRefusal.missing(missing)
        }
    }

    func text(_ name: String) -> String? { self.values[name]?.string }
    func flag(_ name: String) -> Bool { self.values[name]?.bool ?? false }
    func value(_ name: String) -> JSONValue? { self.values[name] }
    func texts(_ name: String) -> [String]? { self.values[name]?.strings }

    /// Ids that came separated by commas.
    func ids(_ name: String) -> [String]? {
        self.text(name).map { $0.split(separator: ",").map { $0.trimmingSpaces } }
    }

    /// An amount in millionths; never 0.
    func micros(_ name: String) throws(XAdsRefusal) -> Int? {
        guard let text = self.text(name) else { return nil }
        guard let amount = Int(text), amount > 0 else {
            throw XAdsRefusal.invalid(name, "\(name) must be a positive number of millionths")
        }
        return amount
    }

    /// An instant.
    func time(_ name: String) throws(XAdsRefusal) -> WorldTime? {
        guard let text = self.text(name) else { return nil }
        guard let time = WorldTime(iso8601: text) else {
            throw XAdsRefusal.invalid(name, "Expected a time in ISO 8601, got \"\(text)\" for \(name)")
        }
        return time
    }

    /// All of them, by name.
    var object: JSONObject {
        self.values.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = $1.value }
    }
}

extension GraphSchema.Kind {
    /// Whether a text is the value and no other spelling of it: X tells upper from lower case, and writes `true`.
    fileprivate func isExact(_ text: JSONValue, _ value: JSONValue) -> Bool {
        switch self {
        case .choice: text == value
        case .flag: text == "true" || text == "false"
        case .list(.choice): text.string.map { $0.split(separator: ",").map { $0.trimmingSpaces } } == value.strings
        default: true
        }
    }
}
