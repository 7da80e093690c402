// SPDX-License-Identifier: MIT

package import Domain
import Foundation

/// Who shares a limit.
package enum LimitScope: Sendable, Hashable, CustomStringConvertible {
    /// One account.
    case account(AccountID)
    /// Every account whose calls are made with this app.
    case app(AppID)
    /// Every account of a client.
    case client(ClientID)
    /// Everything that works with an outside system.
    case provider(String)

    /// Parses the form that the database keeps.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let value = String(text[text.index(after: colon)...])
        switch text[..<colon] {
        case "provider": self = .provider(value)
        case "account":
            guard let uuid = UUID(uuidString: value) else { return nil }
            self = .account(AccountID(uuid))
        case "app":
            guard let uuid = UUID(uuidString: value) else { return nil }
            self = .app(AppID(uuid))
        case "client":
            guard let uuid = UUID(uuidString: value) else { return nil }
            self = .client(ClientID(uuid))
        default: return nil
        }
    }

    /// The form that the database keeps: `account:<uuid>`, `provider:<name>`.
    package var description: String {
        switch self {
        case .account(let id): "account:\(id)"
        case .app(let id): "app:\(id)"
        case .client(let id): "client:\(id)"
        case .provider(let name): "provider:\(name)"
        }
    }

    /// The key of the gate that closes it: for all its work, or for that of one queue.
    func gate(_ queue: QueueName?) -> String { queue.map { "\(self)/\($0)" } ?? self.description }
}
