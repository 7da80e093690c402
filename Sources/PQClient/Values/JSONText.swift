// SPDX-License-Identifier: MIT

/// A JSON document as text, stored as `jsonb`.
package struct JSONText: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The document; the server refuses it when it is not JSON.
    package var text: String

    /// Wraps a document.
    package init(_ text: String) { self.text = text }

    /// Wraps a document.
    package init(text: String) { self.text = text }

    /// Wraps a document written in the source.
    package init(stringLiteral value: String) { self.text = value }
}

extension JSONText: PQEncodable, PQDecodable {
    package static var pqType: PQType { .jsonb }

    package func encode(into bytes: inout [UInt8]) {
        bytes.append(1)  // The version of jsonb's binary form.
        bytes.append(contentsOf: self.text.utf8)
    }

    package static func decode(_ bytes: RawSpan, oid: UInt32) throws(PQError) -> JSONText {
        if oid == PQType.json.oid {
            return JSONText(unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) })
        }
        guard oid == PQType.jsonb.oid, bytes.bigEndian(UInt8.self) == 1 else {
            throw PQError(.decoding, "a column of \(PQType.name(of: oid)) cannot be read as JSONText")
        }
        return JSONText(unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0.dropFirst(), as: UTF8.self) })
    }
}
