// SPDX-License-Identifier: MIT

package import Foundation
package import PluginKit

/// Signed, expiring addresses of stored files, for platforms that fetch what they publish: `BASE/media/HASH.jpg?expires=…&key=…&signature=…`.
///
/// They name a file by its content and let nobody see another. Whoever hands the files out opens an address with
/// ``open(path:query:at:)`` and answers without a redirect.
package struct MediaLinks: Sendable {
    /// What an address leads to.
    package enum Opened: Sendable, Hashable {
        /// A file: its hash and its MIME type.
        case file(hash: String, type: String)
        /// We made the address, and its time is over.
        case ended
        /// It has the form of ours, but we did not make it, or somebody changed it.
        case foreign
        /// It is no address of a file at all.
        case elsewhere
    }

    private static let purpose = "media-links"
    private static let extensions = [
        "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "video/mp4": "mp4",
        "video/quicktime": "mov", "video/webm": "webm", "image/bmp": "bmp", "image/tiff": "tif",
    ]
    private static let types = Dictionary(uniqueKeysWithValues: extensions.map { ($1, $0) })

    private let base: String
    private let root: String
    private let keys: SecretKeys

    /// Makes addresses under a public one.
    ///
    /// - Parameters:
    ///   - base: The address that the world reaches this installation at.
    ///   - keys: The agency's keys; addresses signed with an older one stay good while it is kept.
    package init(base: URL, keys: SecretKeys) {
        func trimmed(_ text: String) -> String { text.hasSuffix("/") ? String(text.dropLast()) : text }
        self.base = trimmed(base.absoluteString)
        self.root = trimmed(base.path)
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
    ///   - path: The path as it was asked for; a proxy may have taken the path of the public address off.
    ///   - query: The fields of the query, decoded.
    ///   - now: The time.
    /// - Returns: The file, or why there is none.
    package func open(path: String, query: [String: String], at now: Date) -> Opened {
        guard let name = self.name(in: path) else { return .elsewhere }
        guard let expires = query["expires"], let end = Int64(expires), let key = query["key"],
            let signature = query["signature"].flatMap({ Data(base64Encoded: $0) }),
            self.keys.verify(
                Sealed(keyID: key, bytes: signature), of: Data("\(name)\n\(expires)".utf8), purpose: Self.purpose)
        else { return .foreign }
        guard now.timeIntervalSince1970 < Double(end) else { return .ended }
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return .foreign }
        return .file(hash: parts[0], type: Self.types[parts[1]] ?? "application/octet-stream")
    }

    private func name(in path: String) -> String? {
        for folder in [self.root + "/media/", "/media/"] where path.hasPrefix(folder) {
            let name = path.dropFirst(folder.count)
            if !name.isEmpty, !name.contains("/") { return String(name) }
        }
        return nil
    }

    /// The addresses as plugins see them, by the world's time.
    package func publicMedia(_ clock: WorldClock) -> PublicMedia {
        PublicMedia { item, life in
            let seconds = Double(life.components.seconds) + Double(life.components.attoseconds) / 1e18
            return self.url(of: item, until: clock.now().addingTimeInterval(seconds))
        }
    }
}
