// SPDX-License-Identifier: MIT

import Crypto
package import Foundation

/// A request signed with Amazon's Signature Version 4, in header fields.
package struct S3Signature: Sendable {
    /// SHA-256 of no bytes.
    package static let empty = Self.hex(SHA256.hash(data: Data()))

    /// Who signs for which region.
    package struct Signer: Sendable {
        /// Who asks.
        package var accessKey: String
        /// What signs.
        package var secretKey: String
        /// A session's token.
        package var sessionToken: String?
        /// The region.
        package var region: String

        /// Makes a signer.
        package init(accessKey: String, secretKey: String, sessionToken: String? = nil, region: String) {
            self.accessKey = accessKey
            self.secretKey = secretKey
            self.sessionToken = sessionToken
            self.region = region
        }
    }

    /// The header fields that the request needs besides its own.
    package let fields: [(name: String, value: String)]
    /// The query as it was signed, without a question mark.
    package let query: String

    /// Signs a request.
    ///
    /// - Parameters:
    ///   - method: `GET`, `PUT` and so on.
    ///   - host: The `Host` field.
    ///   - path: The path, encoded.
    ///   - query: The query's names and values, not encoded.
    ///   - extra: Header fields of the request that are signed too.
    ///   - payload: SHA-256 of the body in hexadecimal.
    ///   - signer: Who signs.
    ///   - date: The time.
    package init(
        method: String, host: String, path: String, query: [(String, String)] = [],
        extra: [(name: String, value: String)] = [], payload: String, signer: Signer, date: Date
    ) {
        let time = Self.time(date)
        let day = String(time.prefix(8))
        var fields = extra + [("x-amz-content-sha256", payload), ("x-amz-date", time)]
        if let token = signer.sessionToken { fields.append(("x-amz-security-token", token)) }
        let signed = (fields + [("host", host)]).map { (name: $0.name.lowercased(), value: $0.value) }
            .sorted { $0.name < $1.name }
        let names = signed.map(\.name).joined(separator: ";")
        let encodedQuery = query.map { (Self.encoded($0.0), Self.encoded($0.1)) }.sorted { $0 < $1 }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        let canonical = [
            method, path, encodedQuery, signed.map { "\($0.name):\($0.value)\n" }.joined(), names, payload,
        ].joined(separator: "\n")
        let scope = "\(day)/\(signer.region)/s3/aws4_request"
        let text = ["AWS4-HMAC-SHA256", time, scope, Self.hex(SHA256.hash(data: Data(canonical.utf8)))]
            .joined(separator: "\n")
        var key = Data("AWS4\(signer.secretKey)".utf8)
        for word in [day, signer.region, "s3", "aws4_request"] { key = Self.code(word, key: key) }
        let signature = Self.hex(Self.code(text, key: key))
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(signer.accessKey)/\(scope),SignedHeaders=\(names),Signature=\(signature)"
        self.fields = fields + [("authorization", authorization)]
        self.query = encodedQuery
    }

    /// A piece of a path or query as the signature writes it: all but letters, digits and `-._~` in percent.
    package static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: String(format: "%%%02X", byte)
            }
        }.joined()
    }

    /// Bytes in hexadecimal.
    package static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String(format: "%02x", $0) }.joined()
    }

    private static func code(_ text: String, key: Data) -> Data {
        Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: key)))
    }

    /// `20260101T120000Z`.
    private static func time(_ date: Date) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        return String(
            format: "%04d%02d%02dT%02d%02d%02dZ", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0, parts.hour ?? 0,
            parts.minute ?? 0, parts.second ?? 0)
    }
}
