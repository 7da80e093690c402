// SPDX-License-Identifier: MIT

public import Foundation
public import HTTPTypes

/// Percent-encoding of names and values, as RFC 3986 wants it: everything but letters, digits and `-._~` is encoded.
public enum FormEncoding {
    /// Encodes one name or value; a space becomes `%20`.
    public static func encode(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                out += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        return out
    }
}

/// Fields of a query string or a form, in order.
public struct FormFields: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    private var pairs: [Pair] = []

    private struct Pair: Sendable, Hashable {
        var name: String
        var value: String
    }

    /// Makes fields from `["name": "value"]`; the order is kept.
    public init(dictionaryLiteral elements: (String, String)...) {
        self.pairs = elements.map { Pair(name: $0.0, value: $0.1) }
    }

    /// Adds a field when there is a value.
    public mutating func append(_ name: String, _ value: String?) {
        if let value { self.pairs.append(Pair(name: name, value: value)) }
    }

    /// Whether there is no field.
    public var isEmpty: Bool { self.pairs.isEmpty }

    /// The value of the first field of a name.
    public subscript(name: String) -> String? { self.pairs.first { $0.name == name }?.value }

    /// The names, in order.
    public var names: [String] { self.pairs.map(\.name) }

    /// The fields as `name=value&name=value`, percent-encoded.
    public var encoded: String { self.encodedPairs.map { "\($0.name)=\($0.value)" }.joined(separator: "&") }

    /// The fields, each percent-encoded.
    var encodedPairs: [(name: String, value: String)] {
        self.pairs.map { (FormEncoding.encode($0.name), FormEncoding.encode($0.value)) }
    }

    /// The fields as the body of a form.
    public var data: Data { Data(self.encoded.utf8) }
}

extension HTTPRequest {
    /// Makes a request to a platform over HTTPS.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - host: One of the manifest's hosts.
    ///   - path: The path, encoded, with a leading slash.
    ///   - query: The fields of the query, not encoded, in order.
    ///   - token: The token for `Authorization: Bearer`, when there is one.
    public init(
        _ method: HTTPRequest.Method, host: String, path: String, query: FormFields = [:],
        bearer token: Secret? = nil
    ) {
        let suffix = query.isEmpty ? "" : "?\(query.encoded)"
        self.init(method: method, scheme: "https", authority: host, path: path + suffix)
        self.headerFields[.accept] = "application/json"
        if let token { self.headerFields[.authorization] = "Bearer \(token.revealed)" }
    }

    /// Makes a request to an address that a platform gave, say that of an upload.
    ///
    /// The host must be one of the manifest's; the transport sees to it. It is `nil` for a text that is no absolute `http` or `https` URL with
    /// a host.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - url: The absolute address.
    public init?(_ method: HTTPRequest.Method, url: String) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let host = parts.percentEncodedHost, !host.isEmpty, parts.user == nil
        else { return nil }
        let path = parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath
        let query = parts.percentEncodedQuery.map { "?\($0)" } ?? ""
        let authority = parts.port.map { "\(host):\($0)" } ?? host
        self.init(method: method, scheme: scheme, authority: authority, path: path + query)
        self.headerFields[.accept] = "application/json"
    }
}
