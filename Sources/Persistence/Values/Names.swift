// SPDX-License-Identifier: MIT

package import Foundation
package import PQClient

/// How a person names a thing on the command line: by slug, or by identity.
package enum Reference: Hashable, Sendable {
    /// By identity.
    case id(UUID)
    /// By short name.
    case name(String)

    /// Reads what a person typed; anything that is not a UUID is a name.
    package init(_ text: String) {
        if let uuid = UUID(uuidString: text) { self = .id(uuid) } else { self = .name(text) }
    }

    /// The identity, when it is one.
    package var id: UUID? {
        if case .id(let uuid) = self { uuid } else { nil }
    }

    /// The name, when it is one.
    package var name: String? {
        if case .name(let name) = self { name } else { nil }
    }
}

extension Rows {
    /// Reads every row.
    package func decoded<T>(_ read: (Row) throws -> T) throws -> [T] {
        var values: [T] = []
        values.reserveCapacity(self.count)
        for row in self { values.append(try read(row)) }
        return values
    }
}
