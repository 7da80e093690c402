// SPDX-License-Identifier: MIT

package import PluginKit
package import Publishing

/// The files that are handed out, and who may have them when.
package struct MediaShelf: Sendable {
    /// The signed addresses; `nil` when there is no public one to make them under.
    package var links: MediaLinks?
    /// Where the files lie.
    package var store: MediaStore
    /// The time of the world, by which addresses end.
    package var clock: WorldClock

    /// Makes a shelf.
    package init(links: MediaLinks?, store: MediaStore, clock: WorldClock) {
        self.links = links
        self.store = store
        self.clock = clock
    }
}
