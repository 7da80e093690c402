// SPDX-License-Identifier: MIT

package import Foundation
package import PluginKit

/// Signed, expiring addresses of stored files, for platforms that fetch what they publish: `BASE/media/HASH.jpg?expires=…&key=…&signature=…`.
///
/// They name a file by its content and let nobody see another. Whoever hands the files out opens an address with ``hash(path:query:at:)`` and
/// answers without a redirect.
package struct MediaLinks: Sendable {
    private static let purpose = "media-links"
    private static let extensions = [
        "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "video/mp4": "mp4",
        "video/quicktime": "mov",
    ]

    private let base: String
    private let keys: SecretKeys

    /// Makes addresses under a public one.
    ///
    /// - Parameters:
    ///   - base: The address that the world reaches this installation at.
    ///   - keys: The agency's keys; addresses signed with an older one stay good while it is kept.
    package init(base: URL, keys: SecretKeys) {
        let text = base.absoluteString
        self.base = text.hasSuffix("/") ? String(text.dropLast()) : text
        self.keys = keys
    }

    /// The address of a file.
    ///
    /// - Parameters:
    ///   - item: The file.
    ///   - end: When the address ends.
    /// - Returns: The address.
    package func url(of item: MediaItem, until end: Date) -> String {
        let name = "\(item.hash).\(Self.extensions[item.type] ?? "bin")"
        let expires = String(Int64(end.timeIntervalSince1970.rounded(.up)))
        let signature = self.keys.sign(Data("\(name)\n\(expires)".utf8), purpose: Self.purpose)
        let query: FormFields = [
            "expires": expires, "key": signature.keyID, "signature": signature.bytes.base64EncodedString(),
        ]
        return "\(self.base)/media/\(name)?\(query.encoded)"
    }

    /// Opens an address.
    ///
    /// - Parameters:
    ///   - path: The last component of the path, `HASH.jpg`.
    ///   - query: The fields of the query, decoded.
    ///   - now: The time.
    /// - Returns: The hash of the file; `nil` for an address that is not ours, was changed, or has ended.
    package func hash(path: String, query: [String: String], at now: Date) -> String? {
        guard let expires = query["expires"], let end = Int64(expires), now.timeIntervalSince1970 < Double(end),
            let key = query["key"], let signature = query["signature"].flatMap({ Data(base64Encoded: $0) }),
            self.keys.verify(
                Sealed(keyID: key, bytes: signature), of: Data("\(path)\n\(expires)".utf8), purpose: Self.purpose)
        else { return nil }
        return path.split(separator: ".").first.map(String.init)
    }

    /// The addresses as plugins see them, by the world's time.
    package func publicMedia(_ clock: WorldClock) -> PublicMedia {
        PublicMedia { item, life in
            let seconds = Double(life.components.seconds) + Double(life.components.attoseconds) / 1e18
            return self.url(of: item, until: clock.now().addingTimeInterval(seconds))
        }
    }
}
