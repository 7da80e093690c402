// SPDX-License-Identifier: MIT

package import Foundation
package import PluginKit

/// Takes files into the media store, each once, however many posts use it.
package struct MediaIntake {
    /// The files of one post.
    package struct Taken: Sendable {
        /// The files, in order.
        package var items: [MediaItem] = []
        /// Their names by hash.
        package var names: [String: String] = [:]
        /// What a person should know.
        package var notes: [PostIssue] = []
    }

    private let library: MediaLibrary
    private let folder: URL
    private var taken: [String: (media: StoredMedia, finding: MediaInspector.Finding)] = [:]

    /// Takes files relative to a folder.
    package init(library: MediaLibrary, folder: URL) {
        self.library = library
        self.folder = folder
    }

    /// Takes the files of one post.
    ///
    /// - Parameters:
    ///   - places: The files: paths, or addresses that begin with http:// or https://.
    ///   - alt: Their alternative texts, in the same order; missing ones are none.
    /// - Returns: The items in order with what is known of them, and the names of the files by hash.
    /// - Throws: `MediaError` for what cannot be taken; `PQError`.
    package mutating func take(_ places: [String], alt: [String]) async throws -> Taken {
        guard alt.count <= places.count else {
            throw MediaError("there are \(alt.count) alternative texts for \(places.count) files")
        }
        var result = Taken()
        for (index, place) in places.enumerated() {
            let (stored, finding) = try await self.take(place)
            let words = index < alt.count && !alt[index].isEmpty ? alt[index] : nil
            result.items.append(
                MediaItem(
                    hash: stored.hash, type: stored.type, byteCount: stored.byteCount, altText: words,
                    facts: finding.facts))
            result.names[stored.hash] = Self.name(of: place)
            if let note = finding.note {
                result.notes.append(PostIssue(.warning, field: "media[\(index)]", note))
            }
        }
        return result
    }

    private mutating func take(_ place: String) async throws -> (media: StoredMedia, finding: MediaInspector.Finding) {
        if let known = self.taken[place] { return known }
        let library = self.library
        let stored: StoredMedia
        if place.hasPrefix("http://") || place.hasPrefix("https://") {
            guard let fetching = library.fetching else {
                throw MediaError("\(place): files are not fetched from the network here; download it and give the file")
            }
            stored = try await fetching.withFile(at: place) { file in
                try await library.store.store(file: file, named: Self.name(of: place), isOurs: true)
            }
        } else {
            stored = try await library.store.store(file: URL(fileURLWithPath: place, relativeTo: self.folder))
        }
        let finding = try await library.inspect(stored, named: Self.name(of: place))
        self.taken[place] = (stored, finding)
        return (stored, finding)
    }

    /// The last piece of a path, without the query of an address.
    private static func name(of place: String) -> String {
        let path = place.prefix { $0 != "?" && $0 != "#" }
        return path.split(separator: "/").last.map(String.init) ?? place
    }
}
