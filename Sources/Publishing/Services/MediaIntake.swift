// SPDX-License-Identifier: MIT

package import Foundation
package import PluginKit

/// Takes files into the media store, each once, however many posts use it.
package struct MediaIntake {
    private let store: MediaStore
    private let folder: URL
    private var taken: [String: StoredMedia] = [:]

    /// Takes files relative to a folder.
    package init(store: MediaStore, folder: URL) {
        self.store = store
        self.folder = folder
    }

    /// Takes the files of one post.
    ///
    /// - Parameters:
    ///   - paths: The files.
    ///   - alt: Their alternative texts, in the same order; missing ones are none.
    /// - Returns: The items in order, and the names of the files by hash.
    /// - Throws: `MediaError` for what cannot be taken.
    package mutating func take(
        _ paths: [String], alt: [String]
    ) throws -> (items: [MediaItem], names: [String: String]) {
        var items: [MediaItem] = []
        var names: [String: String] = [:]
        for (index, path) in paths.enumerated() {
            if path.hasPrefix("http://") || path.hasPrefix("https://") {
                throw MediaError("\(path): files from the network are not taken yet; download it and give the file")
            }
            let stored: StoredMedia
            if let known = self.taken[path] {
                stored = known
            } else {
                stored = try self.store.store(file: URL(fileURLWithPath: path, relativeTo: self.folder))
                self.taken[path] = stored
            }
            let words = index < alt.count && !alt[index].isEmpty ? alt[index] : nil
            items.append(MediaItem(hash: stored.hash, type: stored.type, byteCount: stored.byteCount, altText: words))
            names[stored.hash] = path.split(separator: "/").last.map(String.init)
        }
        guard alt.count <= max(paths.count, 0) else {
            throw MediaError("there are \(alt.count) alternative texts for \(paths.count) files")
        }
        return (items, names)
    }
}
