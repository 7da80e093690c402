// SPDX-License-Identifier: MIT

import Crypto
import Foundation
package import PQClient

/// How values are written into and read from `jsonb` columns: sorted keys, ISO 8601 dates.
package enum JSONColumn {
    /// Encodes a value; the same value always gives the same text.
    package static func encode(_ value: some Encodable) throws -> JSONText {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return JSONText(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Decodes a value.
    ///
    /// - Throws: `PQError` with code `decoding` when the document does not fit the type.
    package static func decode<T: Decodable>(_ json: JSONText, as type: T.Type = T.self) throws -> T {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(T.self, from: Data(json.text.utf8))
        } catch {
            throw PQError(.decoding, "a stored document is no \(T.self)", underlying: error)
        }
    }

    /// SHA-256 of a document's text, in hexadecimal.
    package static func hash(_ json: JSONText) -> String { Self.hash(text: json.text) }

    /// SHA-256 of a text, in hexadecimal.
    package static func hash(text: String) -> String {
        SHA256.hash(data: Data(text.utf8)).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }
}
