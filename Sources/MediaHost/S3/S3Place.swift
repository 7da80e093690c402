// SPDX-License-Identifier: MIT

package import Foundation
package import PluginKit
package import Publishing

/// Where a bucket is and who may use it.
package struct S3Place: Sendable {
    /// The bucket.
    package var bucket: String
    /// What every name begins with, without slashes at its ends.
    package var prefix: String
    /// The server, with the bucket in its name or in the path.
    package var endpoint: URL
    /// Whether the bucket is the first piece of the path; servers other than Amazon's mostly want that.
    package var isBucketInPath: Bool
    /// The region that signatures name.
    package var region: String
    /// Who asks.
    package var accessKey: String
    /// What signs.
    package var secretKey: Secret
    /// A session's token, with keys that end.
    package var sessionToken: Secret?

    /// Reads a place from its address and the usual variables.
    ///
    /// - Parameters:
    ///   - address: `s3://bucket/prefix`.
    ///   - environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` or `AWS_DEFAULT_REGION`,
    ///     `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`.
    /// - Throws: `MediaError` that names what is missing.
    package init(_ address: String, environment: [String: String]) throws(MediaError) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        guard let url = URL(string: address), url.scheme == "s3", let bucket = url.host, !bucket.isEmpty else {
            throw MediaError("must be s3://bucket/prefix, not “\(address)”", kind: .configuration)
        }
        guard let accessKey = value("AWS_ACCESS_KEY_ID"), let secretKey = value("AWS_SECRET_ACCESS_KEY") else {
            throw MediaError(
                "\(address) needs keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", kind: .configuration)
        }
        let region = value("AWS_REGION") ?? value("AWS_DEFAULT_REGION")
        let given = value("AWS_ENDPOINT_URL_S3") ?? value("AWS_ENDPOINT_URL")
        guard let region = region ?? (given == nil ? nil : "us-east-1") else {
            throw MediaError("\(address) needs AWS_REGION", kind: .configuration)
        }
        // A certificate for *.s3.… fits no bucket with a dot in its name.
        let isBucketInPath = given != nil || bucket.contains(".")
        let host = "s3.\(region).amazonaws.com"
        let text = given ?? (isBucketInPath ? "https://\(host)" : "https://\(bucket).\(host)")
        guard let endpoint = URL(string: text), let scheme = endpoint.scheme, ["http", "https"].contains(scheme),
            endpoint.host != nil
        else { throw MediaError("AWS_ENDPOINT_URL must be an address, not “\(text)”", kind: .configuration) }
        self.bucket = bucket
        self.prefix = url.path.split(separator: "/").joined(separator: "/")
        self.endpoint = endpoint
        self.isBucketInPath = isBucketInPath
        self.region = region
        self.accessKey = accessKey
        self.secretKey = Secret(secretKey)
        self.sessionToken = value("AWS_SESSION_TOKEN").map { Secret($0) }
    }

    /// `s3://bucket/prefix`.
    package var description: String { "s3://\(self.bucket)" + (self.prefix.isEmpty ? "" : "/\(self.prefix)") }

    /// The path of a file's address, ready for the request line and for the signature.
    func path(of hash: String) -> String {
        let pieces =
            self.endpoint.path.split(separator: "/").map(String.init) + (self.isBucketInPath ? [self.bucket] : [])
            + self.prefix.split(separator: "/").map(String.init) + [String(hash.prefix(2)), hash]
        return pieces.map { "/" + S3Signature.encoded($0) }.joined()
    }

    /// The host as the `Host` field names it.
    var host: String {
        let name = self.endpoint.host ?? ""
        guard let port = self.endpoint.port, port != (self.endpoint.scheme == "https" ? 443 : 80) else { return name }
        return "\(name):\(port)"
    }
}
