// SPDX-License-Identifier: MIT

public import Foundation
public import HTTPTypes
public import PluginKit

/// One expected call and what comes back.
public struct ScriptedExchange: Sendable {
    /// What comes back.
    public enum Outcome: Sendable {
        /// A complete answer.
        case reply(HTTPReply)
        /// No complete answer.
        case failure(TransportError)
    }

    /// The method.
    public var method: HTTPRequest.Method
    /// The path without its query; `*` stands for any one component.
    public var path: String
    /// Further conditions, on query or body.
    public var accepts: @Sendable (SentCall) -> Bool
    /// What comes back.
    public var outcome: Outcome
    /// Whether the call makes something visible, so that it must go through the fence.
    public var isVisible: Bool
    /// Whether the call may be made again, after a crash or while waiting; reads are.
    public var isRepeatable: Bool

    /// Whether the plugin may end well without it: a read that only adds to what is known already.
    public var isOptional: Bool

    /// Describes an exchange.
    public init(
        _ method: HTTPRequest.Method, _ path: String, _ outcome: Outcome, isVisible: Bool = false,
        isRepeatable: Bool? = nil, isOptional: Bool = false,
        accepts: @escaping @Sendable (SentCall) -> Bool = { _ in true }
    ) {
        self.method = method
        self.path = path
        self.outcome = outcome
        self.isVisible = isVisible
        self.isRepeatable = isRepeatable ?? (method == .get)
        self.isOptional = isOptional
        self.accepts = accepts
    }

    /// Whether this is the exchange that a call belongs to.
    func matches(_ call: SentCall) -> Bool {
        let wanted = self.path.split(separator: "/", omittingEmptySubsequences: false)
        let given = call.path.split(separator: "/", omittingEmptySubsequences: false)
        guard self.method == call.method, wanted.count == given.count else { return false }
        return zip(wanted, given).allSatisfy { $0 == "*" || $0 == $1 } && self.accepts(call)
    }
}

/// A call as it would have left.
public struct SentCall: Sendable {
    /// The call.
    public var call: HTTPCall

    /// The method.
    public var method: HTTPRequest.Method { self.call.request.method }
    /// The host.
    public var host: String { self.call.request.authority ?? "" }
    /// The path without its query.
    public var path: String { String((self.call.request.path ?? "").prefix { $0 != "?" }) }
    /// The fields of the query, decoded.
    public var query: [String: String] {
        guard let parts = URLComponents(string: "https://h\(self.call.request.path ?? "")") else { return [:] }
        return (parts.queryItems ?? []).reduce(into: [:]) { $0[$1.name] = $1.value ?? "" }
    }
    /// The body in memory, without what is streamed from a file.
    public var body: Data {
        switch self.call.body {
        case .bytes(let data): data
        case .framed(let head, _, _, _, let tail): head + tail
        default: Data()
        }
    }
    /// The fields of a form, decoded.
    public var form: [String: String] {
        guard let parts = URLComponents(string: "https://h/?\(self.text)") else { return [:] }
        return (parts.queryItems ?? []).reduce(into: [:]) { $0[$1.name] = $1.value ?? "" }
    }
    /// The body as text.
    public var text: String { String(decoding: self.body, as: UTF8.self) }
    /// The permit that it carries.
    public var permit: SendPermit? { self.call.permit }
    /// Method and path, for messages.
    public var name: String { "\(self.method) \(self.path)" }
}

extension HTTPReply {
    /// Makes a JSON answer.
    public static func json(_ status: Int, _ body: String, _ headers: [String: String] = [:]) -> HTTPReply {
        var fields = HTTPFields()
        fields[.contentType] = "application/json"
        for (name, value) in headers { if let name = HTTPField.Name(name) { fields[name] = value } }
        return HTTPReply(
            response: HTTPResponse(status: HTTPResponse.Status(code: status), headerFields: fields),
            body: Data(body.utf8))
    }
}

extension ScriptedExchange.Outcome {
    /// A JSON answer.
    public static func json(_ status: Int, _ body: String, _ headers: [String: String] = [:]) -> Self {
        .reply(.json(status, body, headers))
    }
    /// The answer was lost: the request may have arrived.
    public static var lost: Self { .failure(TransportError(.mayHaveArrived, "scripted: the connection was reset")) }
    /// The request never left.
    public static var notSent: Self { .failure(TransportError(.notSent, "scripted: connection refused")) }
}

extension PublicMedia {
    /// Addresses at a host that does not exist: `https://media.posthorn.test/HASH`.
    public static var scripted: Self { Self { item, _ in "https://media.posthorn.test/\(item.hash)" } }
}
