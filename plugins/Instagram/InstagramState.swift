// SPDX-License-Identifier: MIT

import Foundation
import PluginKit

/// What the plugin keeps between its steps: containers, which nobody sees until one is published.
struct InstagramState: SavedState, Equatable {
    /// Something that Instagram fills and checks; its identity says for ever whether it was published.
    struct Container: Codable, Sendable, Equatable {
        /// Which file it holds; `nil` for the whole of a carousel.
        var index: Int?
        var id: String
        var at: Date
        /// Where a film's bytes go.
        var address: String?
        var isUploaded = true
        /// Whether Instagram has it ready.
        var isReady = false
    }

    static let version = 1
    /// Containers live 24 hours; an hour before that they are made anew.
    static let life: TimeInterval = 23 * 3600

    var containers: [Container] = []
    /// How often publishing found the container not ready or not there.
    var refusals = 0
    /// How often containers were made anew because Instagram could not use them.
    var anew: Int?
    /// Whether Instagram was asked once more to fetch what it could not fetch.
    var hasRefetched: Bool?
    /// Whether Instagram said that the posts of a day are used up: the quota is read before the next try.
    var asksQuota: Bool?
    /// What became visible.
    var published: RemotePost?
    /// How often its address was asked for.
    var looks = 0

    init() {}

    /// The container of a file; of the whole carousel for `nil`.
    func container(_ index: Int?) -> Container? { self.containers.first { $0.index == index } }

    /// Puts a container in the place of an earlier one.
    mutating func put(_ container: Container) {
        self.containers.removeAll { $0.index == container.index }
        self.containers.append(container)
    }
}
