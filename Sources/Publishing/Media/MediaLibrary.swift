// SPDX-License-Identifier: MIT

package import PQClient
import Persistence

/// The store together with all that knows about its files.
package struct MediaLibrary: Sendable {
    /// Where the files lie.
    package let store: MediaStore
    /// Who looks into them.
    package let inspector: MediaInspector
    /// Who fetches what a person names by its address; `nil` when nobody does.
    package let fetching: (any MediaFetching)?
    /// Who makes files fit; `nil` when nobody does.
    package let converting: (any MediaConverting)?
    private let pool: ConnectionPool?

    /// Gathers them.
    ///
    /// - Parameters:
    ///   - store: Where the files lie.
    ///   - inspector: Who looks into them; nobody unless given.
    ///   - fetching: Who fetches files from the network; nobody unless given.
    ///   - converting: Who makes files fit; nobody unless given.
    ///   - pool: The database, which remembers what was found; each file is looked into anew without it.
    package init(
        store: MediaStore, inspector: MediaInspector = MediaInspector(), fetching: (any MediaFetching)? = nil,
        converting: (any MediaConverting)? = nil, pool: ConnectionPool? = nil
    ) {
        self.store = store
        self.inspector = inspector
        self.fetching = fetching
        self.converting = converting
        self.pool = pool
    }

    /// What is known of a file in the store: remembered, or found now.
    ///
    /// - Parameters:
    ///   - media: The file.
    ///   - name: What people call it.
    /// - Returns: What is known, or why nothing is.
    /// - Throws: `MediaError` as of ``MediaInspector/inspect(_:type:named:)``; `PQError`.
    package func inspect(_ media: StoredMedia, named name: String) async throws -> MediaInspector.Finding {
        guard self.inspector.policy != .off else { return MediaInspector.Finding() }
        if let pool = self.pool {
            let known = try await pool.withConnection { db in
                try await MediaRepository.facts(of: [media.hash], on: &db)
            }
            if let facts = known[media.hash] { return MediaInspector.Finding(facts: facts) }
        }
        return try await self.inspector.inspect(media.path, type: media.type, named: name)
    }
}
