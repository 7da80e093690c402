// SPDX-License-Identifier: MIT

import HTTPTypes

/// The parameters of a request, from the query and a form, a multipart or a JSON body.
struct GraphParameters: Sendable {
    private(set) var values: [String: JSONValue] = [:]
    private(set) var files: [String: MultipartBody.Part] = [:]
    /// Why the body cannot be read.
    private(set) var problem: String?

    init(_ request: SimulatedRequest) {
        for field in request.query.fields { self.set(field.name, .string(field.value)) }
        guard !request.body.isEmpty, request.streamed == nil else { return }
        switch request.contentType {
        case "application/json":
            // The refusal comes when the parameters are checked.
            guard let object = (try? JSONParser.parse(request.body))?.object else {
                self.problem = "The body is not a JSON object"
                return
            }
            for member in object.members { self.values[member.key] = member.value }
        case "multipart/form-data":
            guard let form = MultipartBody(request.body, contentType: request.headers[.contentType] ?? "") else {
                self.problem = "The body is not multipart/form-data"
                return
            }
            for part in form.parts {
                if part.isFile {
                    self.files[part.name] = part
                } else {
                    self.set(part.name, .string(String(decoding: part.bytes, as: UTF8.self)))
                }
            }
        case "application/x-www-form-urlencoded", "":
            let form = FormFields(parsing: String(decoding: request.body, as: UTF8.self))
            for field in form.fields { self.set(field.name, .string(field.value)) }
        default: self.problem = "The content type \(request.contentType) is not supported"
        }
    }

    subscript(name: String) -> JSONValue? { self.values[name].flatMap { $0 == .null ? nil : $0 } }

    /// A parameter as text, whatever its type; for what is looked at before the types are checked.
    func text(_ name: String) -> String? {
        switch self[name] {
        case .string(let text): text
        case .integer(let number): String(number)
        default: nil
        }
    }

    /// Sets a parameter; `list[0]`, `list[0][key]` and `object[key]` make up lists and objects.
    private mutating func set(_ name: String, _ value: JSONValue) {
        guard let bracket = name.firstIndex(of: "["), name.hasSuffix("]"), bracket != name.startIndex else {
            self.values[name] = value
            return
        }
        let root = String(name[..<bracket])
        let path = name[name.index(after: bracket)...].dropLast().split(
            separator: "][", omittingEmptySubsequences: false
        ).map(String.init)
        self.values[root] = Self.placed(value, at: path[...], in: self.values[root])
    }

    private static func placed(_ value: JSONValue, at path: ArraySlice<String>, in old: JSONValue?) -> JSONValue {
        guard let key = path.first else { return value }
        let isIndex = key.isEmpty || key.allSatisfy { ("0"..."9").contains($0) }
        if isIndex, old == nil || old?.array != nil {
            var array = old?.array ?? []
            let index = min(Int(key) ?? array.count, array.count)
            let placed = self.placed(value, at: path.dropFirst(), in: index < array.count ? array[index] : nil)
            if index < array.count { array[index] = placed } else { array.append(placed) }
            return .array(array)
        }
        var object = old?.object ?? JSONObject()
        object[key] = self.placed(value, at: path.dropFirst(), in: object[key])
        return .object(object)
    }
}

extension GraphParameters {
    /// What every request may carry.
    private static let common = GraphSchema("access_token:string appsecret_proof:string fields:string locale:string")

    /// What every list may be asked with.
    static let paging = GraphSchema(
        "limit:uint after:string before:string since:datetime until:datetime summary:Object")

    /// What was taken out of every version in October 2026.
    private static let removed = ["pretty", "debug", "date_format", "ids"]

    /// The parameters in their types.
    ///
    /// - Throws: ``GraphRefusal`` for unknown, ill-typed, missing and removed ones.
    func checked(_ schema: GraphSchema) throws(GraphRefusal) -> GraphArguments {
        if let problem = self.problem { throw GraphRefusal.invalid(problem) }
        let schema = Self.common.adding(schema)
        var typed: [String: JSONValue] = [:]
        for (name, value) in self.values.sorted(by: { $0.key < $1.key }) where value != .null {
            if Self.removed.contains(name), schema.kinds[name] == nil {
                throw GraphRefusal.invalid("The parameter \(name) was removed from all versions")
            }
            guard let kind = schema.kinds[name] else { throw GraphRefusal.unknownParameter(name) }
            guard let value = kind.typed(value) else {
                throw GraphRefusal.illTyped(name, kind)
            }
            typed[name] = value
        }
        for name in self.files.keys.sorted() {
            // The specification calls a file a string here and there.
            guard schema.kinds[name] == .file || schema.kinds[name] == .text else {
                throw GraphRefusal.unknownParameter(name)
            }
        }
        if let missing = schema.required.first(where: { typed[$0] == nil && self.files[$0] == nil }) {
            throw GraphRefusal.missing(missing)
        }
        return GraphArguments(values: typed, files: self.files)
    }
}

/// Checked parameters.
struct GraphArguments: Sendable {
    fileprivate var values: [String: JSONValue]
    var files: [String: MultipartBody.Part]

    func text(_ name: String) -> String? { self.values[name]?.string }
    func flag(_ name: String) -> Bool? { self.values[name]?.bool }
    func list(_ name: String) -> [JSONValue]? { self.values[name]?.array }
    func value(_ name: String) -> JSONValue? { self.values[name] }

    /// All of them, by name.
    var object: JSONObject {
        self.values.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = $1.value }
    }

    /// A list whose elements are texts.
    func texts(_ name: String) -> [String]? { self.values[name]?.strings }

    /// A number that came as digits.
    func integer(_ name: String) -> Int? { self.values[name]?.integer ?? self.values[name]?.string.flatMap { Int($0) } }

    /// An instant, given in seconds.
    func time(_ name: String) -> WorldTime? {
        self.values[name]?.integer.map { WorldTime(milliseconds: Int64($0) * 1000) }
    }
}
