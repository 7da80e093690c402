// SPDX-License-Identifier: MIT

/// A refusal of TikTok's API for Business: a code in the body, nearly always with HTTP 200.
struct TikTokBusinessRefusal: Error, Sendable {
    var code: Int
    var message: String
    var status = 200

    func response(_ requestID: String) -> SimulatedResponse {
        .json(
            [
                "code": JSONValue(self.code), "message": .string(self.message), "request_id": .string(requestID),
                "data": [:],
            ], status: self.status)
    }

    /// 40002: a parameter is wrong, or a rule is broken.
    static func invalid(_ message: String) -> Self { Self(code: 40_002, message: message) }

    static func missing(_ name: String) -> Self { .invalid("\(name): Missing data for required field.") }

    static let noPermission = Self(
        code: 40_001, message: "No permission to operate the advertiser, or the advertiser does not exist.")

    static func notFound(_ what: String) -> Self { Self(code: 40_300, message: "\(what) does not exist.") }

    static let noRoute = Self(code: 40_006, message: "The requested resource does not exist.")

    static let tooFast = Self(code: 40_100, message: "Too many requests. Please retry later.")

    static let noToken = Self(code: 40_104, message: "Access token is missing.")

    static let badToken = Self(code: 40_105, message: "Access token is incorrect or has been revoked.")

    static func needs(_ scope: String) -> Self {
        Self(code: 40_106, message: "The access token lacks the scope \(scope).")
    }
}

/// Checked parameters of the API for Business: of the query for `GET`, of the JSON body for `POST`.
struct TikTokBusinessArguments: Sendable {
    private(set) var object = JSONObject()

    /// Reads and checks the parameters of a request.
    ///
    /// - Throws: ``TikTokBusinessRefusal`` 40002 for unknown, ill-typed and missing parameters.
    init(_ request: SimulatedRequest, _ schema: GraphSchema) throws(TikTokBusinessRefusal) {
        if request.method == "GET" {
            for field in request.query.fields {
                guard let kind = schema.kinds[field.name] else { throw .invalid("\(field.name): Unknown field.") }
                guard let value = kind.fromQuery(field.value) else {
                    throw TikTokBusinessRefusal.invalid("\(field.name): Not \(kind.name).")
                }
                self.object[field.name] = value
            }
        } else {
            guard request.query.fields.isEmpty else {
                throw TikTokBusinessRefusal.invalid("The parameters come in the body.")
            }
            guard request.contentType == "application/json" else {
                throw TikTokBusinessRefusal.invalid("The Content-Type must be application/json.")
            }
            guard let body = (try? JSONParser.parse(request.body))?.object else {
                throw TikTokBusinessRefusal.invalid("The body is not a JSON object.")
            }
            try Self.check(body, schema)
            self.object = body
        }
        if let missing = schema.required.first(where: { self.object[$0] == nil }) {
            throw TikTokBusinessRefusal.missing(missing)
        }
    }

    /// Checks the members of an object that came as JSON.
    ///
    /// - Throws: ``TikTokBusinessRefusal`` 40002 that names the member.
    static func check(_ object: JSONObject, _ schema: GraphSchema) throws(TikTokBusinessRefusal) {
        for member in object.members where member.value != .null {
            guard let kind = schema.kinds[member.key] else {
                throw TikTokBusinessRefusal.invalid("\(member.key): Unknown field.")
            }
            guard kind.isJSON(member.value) else {
                throw TikTokBusinessRefusal.invalid("\(member.key): Not \(kind.name).")
            }
        }
        if let missing = schema.required.first(where: { object[$0] == nil }) {
            throw TikTokBusinessRefusal.missing(missing)
        }
    }

    func text(_ name: String) -> String? { self.object[name]?.string }
    func integer(_ name: String) -> Int? { self.object[name]?.integer }
    func texts(_ name: String) -> [String]? { self.object[name]?.strings }
    func value(_ name: String) -> JSONValue? { self.object[name] }

    /// An amount, plain in the currency, as minor units.
    ///
    /// - Throws: ``TikTokBusinessRefusal`` 40002 for one that is not positive or has too many decimals.
    func amount(_ name: String, in currency: String) throws(TikTokBusinessRefusal) -> Int? {
        guard let number = self.object[name]?.number else { return nil }
        let units = number * Double(AdNetwork.tiktok.units(of: currency))
        guard number > 0, units < 1e15, abs(units - units.rounded()) < 1e-6 else {
            throw TikTokBusinessRefusal.invalid("\(name): Not a positive amount of \(currency).")
        }
        return Int(units.rounded())
    }

    /// An instant in UTC, `2026-11-21 09:24:00`.
    ///
    /// - Throws: ``TikTokBusinessRefusal`` 40002 for another form.
    func time(_ name: String) throws(TikTokBusinessRefusal) -> WorldTime? {
        guard let text = self.text(name) else { return nil }
        guard text.utf8.count == 19, let time = WorldTime(iso8601: text.replacing(" ", with: "T") + "Z"),
            text.dropFirst(10).first == " "
        else { throw TikTokBusinessRefusal.invalid("\(name): Not a time like 2026-11-21 09:24:00.") }
        return time
    }
}

extension GraphSchema.Kind {
    /// Whether a JSON value is of this type and not only readable as one.
    fileprivate func isJSON(_ value: JSONValue) -> Bool {
        switch self {
        case .text: value.string != nil
        case .flag: value.bool != nil
        case .integer, .unsigned: value.integer != nil
        case .number: value.number != nil
        case .list(let element): value.array?.allSatisfy(element.isJSON) ?? false
        case .map: value.object != nil
        default: true
        }
    }

    /// A value out of a query: lists and objects are JSON text there.
    fileprivate func fromQuery(_ text: String) -> JSONValue? {
        switch self {
        case .text: return .string(text)
        case .flag: return text == "true" ? true : text == "false" ? false : nil
        case .integer: return Int64(text).map { .integer($0) }
        default:
            guard let value = try? JSONParser.parse(text.utf8), self.isJSON(value) else { return nil }
            return value
        }
    }
}

extension WorldTime {
    /// The instant as TikTok writes it, in UTC.
    var tikTok: String { String(self.iso8601.prefix(19)).replacing("T", with: " ") }
}
