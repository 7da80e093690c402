// SPDX-License-Identifier: MIT

public import PluginKit

extension XPlugin: Charging {
    /// One post for each part, dearer with a URL in it; a first comment is a post of its own.
    ///
    /// Prices change often (the sheet's section on limits and cost): the manifest says when they were read.
    public func charges(for content: PostContent) -> [CallCost] {
        let texts = content.parts.map(\.text) + (content.firstComment.map { [$0] } ?? [])
        return texts.enumerated().compactMap { number, text in
            let hasURL = (number == 0 && content.link != nil) || !URLFinder.urls(in: text).isEmpty
            let action = hasURL ? "post with a URL" : "post"
            return self.manifest.costs.first { $0.action == action }
        }
    }

    /// One own read for each post that was given; the account is counted without a price.
    public func charges(for read: ChargedRead) -> [CallCost] {
        let (action, count) =
            switch read {
            case .ownPosts(let count): ("read of an own post", count)
            case .account: ("read of the account", 1)
            }
        return self.manifest.costs.first { $0.action == action }.map { Array(repeating: $0, count: count) } ?? []
    }
}
