// SPDX-License-Identifier: MIT

/// What was read of a platform that charges for reading.
public enum ChargedRead: Sendable, Hashable {
    /// So many posts of the account that asks.
    case ownPosts(Int)
    /// The account itself.
    case account
}

/// A plugin of a platform that charges for calls.
public protocol Charging: PlatformPlugin {
    /// What publishing some content costs, one price of the manifest for each visible piece.
    func charges(for content: PostContent) -> [CallCost]
    /// What reading costs, one price of the manifest for each thing that was read; nothing unless the platform charges for it.
    func charges(for read: ChargedRead) -> [CallCost]
}

extension Charging {
    /// Nothing.
    public func charges(for read: ChargedRead) -> [CallCost] { [] }
}
