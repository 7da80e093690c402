// SPDX-License-Identifier: MIT

import HTTPTypes

/// One complete request as the pretend platforms see it: the host is the first part of the path that arrived.
struct SimulatedRequest: Sendable {
    /// The id that the answer carries and the ledger records.
    var id: String
    var method: String
    /// `api.x.com`, `mock.posthorn.test`, `_admin`, or empty for the feed page.
    var host: String
    /// The path on that host, percent-encoded as it came, always starting with `/`.
    var path: String
    var query: FormFields
    var headers: HTTPFields
    var body: [UInt8]
    /// What is known of a body that is not held in memory; then `body` is its beginning.
    var streamed: StreamedBody?
    /// What the addresses in the request gave, for platforms that fetch.
    var fetched: [String: RemoteFile] = [:]
    /// Real seconds since 1970 at which the request was complete.
    var realTime: Double

    /// Splits `/HOST/PATH?QUERY`.
    init(id: String, method: String, target: String, headers: HTTPFields, body: [UInt8], realTime: Double) {
        self.id = id
        self.method = method
        self.headers = headers
        self.body = body
        self.realTime = realTime
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let whole = parts.first.map(String.init) ?? "/"
        self.query = FormFields(parsing: parts.count > 1 ? String(parts[1]) : "")
        let pieces = whole.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: true)
        self.host = Self.host(of: whole)
        self.path = pieces.count > 1 ? "/" + pieces[1] : "/"
    }

    /// The host that a target begins with; empty for the feed page.
    static func host(of target: String) -> String {
        let path = target.prefix { $0 != "?" }
        return path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: true).first?.lowercased() ?? ""
    }

    /// The decoded parts of the path.
    var segments: [String] {
        self.path.split(separator: "/").map { FormFields.decoded(String($0), plusIsSpace: false) }
    }

    /// The media type without parameters, in lower case; empty when there is none.
    var contentType: String {
        let value = self.headers[.contentType] ?? ""
        return value.prefix { $0 != ";" }.trimmingSpaces.lowercased()
    }

    /// A header by its name.
    func header(_ name: String) -> String? {
        self.headers.first { $0.name.canonicalName == name.lowercased() }?.value
    }

    /// The token of an `Authorization: Bearer` header.
    var bearerToken: String? {
        guard let value = self.headers[.authorization], value.count > 7, value.prefix(7).lowercased() == "bearer "
        else {
            return nil
        }
        return value.dropFirst(7).trimmingSpaces
    }
}

extension StringProtocol {
    /// The text without spaces and tabs at its ends.
    var trimmingSpaces: String {
        var text = Substring(self)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
