// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import JobQueue

/// What an operation acts on, read from its key.
package enum IntentSubject: Sendable, Hashable {
    /// A target that is to be published.
    case target(TargetID)
    /// A boost that is to be started.
    case boost(BoostID)

    /// Reads `publish:<target>` or `boost:<boost>`.
    ///
    /// - Returns: `nil` for any other operation.
    package init?(_ operation: OperationKey) {
        let words = operation.split(separator: ":", maxSplits: 1).map(String.init)
        guard words.count == 2 else { return nil }
        switch words[0] {
        case "publish":
            guard let id = TargetID(words[1]) else { return nil }
            self = .target(id)
        case "boost":
            guard let id = BoostID(words[1]) else { return nil }
            self = .boost(id)
        default: return nil
        }
    }

    /// The operation's key.
    package var operation: OperationKey {
        switch self {
        case .target(let id): "publish:\(id)"
        case .boost(let id): "boost:\(id)"
        }
    }

    /// The identity of the target or boost.
    package var uuid: UUID {
        switch self {
        case .target(let id): id.uuid
        case .boost(let id): id.uuid
        }
    }
}
