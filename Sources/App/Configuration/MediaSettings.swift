// SPDX-License-Identifier: MIT

package import Foundation
package import MediaHost
package import PQClient
package import Publishing

/// Where files of posts lie, and how they are looked into and fetched.
///
/// | key | type | default |
/// |---|---|---|
/// | `media.store` | `file:///folder` or `s3://bucket/prefix` | `./.posthorn/media` |
/// | `media.copies` | folder, for a store in S3 | `./.posthorn/media-copies` |
/// | `media.probe` | `required`, `auto` or `off` | `auto` |
/// | `media.url.limit` | bytes | 4294967296 |
/// | `media.url.loopback` | `true` or `false` | `false` |
///
/// A store in S3 takes its keys (secret) from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, each also as a file's
/// name with `_FILE`, its region from `AWS_REGION`, and its server from `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`.
package struct MediaSettings: Sendable {
    /// The store's folder, or the one for copies.
    package var folder: URL
    /// The bucket; `nil` for a store that is a folder.
    package var place: S3Place?
    /// What happens to files that nobody could look into.
    package var policy: MediaProbePolicy
    /// What is fetched from addresses that people give.
    package var limits = MediaDownload.Limits()

    /// Reads the settings.
    ///
    /// - Parameters:
    ///   - settings: flags, environment and file.
    ///   - state: the folder of `up`.
    /// - Throws: ``CommandError`` with exit code 78.
    package init(_ settings: Settings, state: StateFolder) throws {
        self.policy = try settings.choice("media.probe") ?? .auto
        self.limits.byteCount = Int64(
            try settings.integer("media.url.limit", default: Int(self.limits.byteCount)))
        if let text = settings.text("media.url.loopback") {
            guard let isAllowed = Bool(text) else {
                throw settings.invalid("media.url.loopback", "must be true or false, not “\(text)”")
            }
            self.limits.allowsLoopback = isAllowed
        }
        self.folder = URL(fileURLWithPath: state.media)
        guard let text = settings.text("media.store") else { return }
        if let url = URL(string: text), url.isFileURL {
            self.folder = url
            return
        }
        guard text.hasPrefix("s3://") else {
            throw settings.invalid(
                "media.store", "must be file:///folder or s3://bucket/prefix, not “\(text)”",
                remedy: "put a folder on storage that every worker sees")
        }
        self.folder = URL(fileURLWithPath: settings.text("media.copies") ?? "\(state.path)/media-copies")
        do {
            self.place = try S3Place(text, environment: try Self.keys(settings))
        } catch let error as MediaError {
            throw CommandError(.configuration, "POSTHORN_MEDIA_STORE \(error.description)")
        }
    }

    /// The environment, with the keys that stand in files.
    private static func keys(_ settings: Settings) throws -> [String: String] {
        var environment = settings.environment
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            guard environment[name] == nil, let path = environment["\(name)_FILE"] else { continue }
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandError(.configuration, "\(name)_FILE names a file that cannot be read: \(path)")
            }
            environment[name] = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        return environment
    }

    /// The store with all that looks into its files and fetches them.
    package func library(remote: S3Store?, pool: ConnectionPool) -> MediaLibrary {
        MediaLibrary(
            store: remote.map { MediaStore(remote: $0, copies: self.folder) } ?? MediaStore(folder: self.folder),
            inspector: MediaInspector(ProgramProbe(), policy: self.policy),
            fetching: MediaDownload(folder: self.folder, limits: self.limits),
            converting: ProgramConverter(folder: self.folder), pool: pool)
    }
}
