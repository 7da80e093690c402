// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// What a refusal of X says, in any of its shapes: problem JSON, the older list of numbered errors, or OAuth's `error`.
struct XProblem: Decodable, Sendable {
    /// An entry of `errors`, also found beside the data of a success.
    struct Item: Decodable, Sendable {
        var code: Int?
        var message: String?
        var type: String?
        var title: String?
        var detail: String?
        var field: String?
        var parameter: String?
        var parameters: [String: [String]]?
        var value: String?
        var resourceID: String?

        private enum CodingKeys: String, CodingKey {
            case code, message, type, title, detail, field, parameter, parameters, value
            case resourceID = "resource_id"
        }

        /// The last component of the type.
        var kind: String? { self.type.flatMap { $0.split(separator: "/").last.map(String.init) } }
    }

    var type: String?
    var title: String?
    var detail: String?
    var reason: String?
    var code: Int?
    var message: String?
    var parameter: String?
    var errors: [Item]?
    var error: String?
    var errorDescription: String?

    private enum CodingKeys: String, CodingKey {
        case type, title, detail, reason, code, message, parameter, errors, error
        case errorDescription = "error_description"
    }

    /// Reads a body; one in no known shape is an empty problem.
    init(_ body: Data) {
        // A refusal may carry HTML or nothing; its status then says enough.
        self = (try? JSONDecoder().decode(Self.self, from: body)) ?? Self()
    }

    private init() {}

    /// The last component of the type, or OAuth's error.
    var kind: String? {
        let kind = self.type.flatMap { $0.split(separator: "/").last.map(String.init) }
        return (kind == "about:blank" ? nil : kind) ?? self.error ?? self.reason ?? self.errors?.first?.kind
    }

    /// The numbers of the older shape.
    var numbers: [Int] { [self.code].compactMap(\.self) + (self.errors ?? []).compactMap(\.code) }

    /// What X says, as one line.
    var said: String? {
        let first = self.errors?.first
        return self.detail ?? self.errorDescription ?? first?.message ?? first?.detail ?? self.message ?? self.title
            ?? self.error
    }

    /// All words, in lower case, for the rules to look into.
    var words: String {
        let items = (self.errors ?? []).flatMap { [$0.title, $0.detail, $0.message] }
        return ([self.title, self.detail, self.message, self.errorDescription] + items).compactMap(\.self)
            .joined(separator: "\n").lowercased()
    }

    /// The parameters that X refuses.
    var refusedParameters: Set<String> {
        var names = Set([self.parameter].compactMap(\.self))
        for item in self.errors ?? [] {
            names.formUnion((item.parameters ?? [:]).keys)
            if let name = item.parameter { names.insert(name) }
        }
        return names
    }

    /// Whether a rule's condition holds.
    func fits(_ match: XErrorRule.Match) -> Bool {
        switch match {
        case .any: true
        case .problem(let kind): self.kind == kind || self.error == kind
        case .number(let number): self.numbers.contains(number)
        case .words(let words): self.words.contains(words)
        }
    }
}
