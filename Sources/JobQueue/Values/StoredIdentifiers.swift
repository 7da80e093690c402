// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient

/// Identities are stored as `uuid`.
extension Identifier: PQConvertible {
    /// Wraps a stored value.
    package init(pqValue: UUID) { self.init(pqValue) }

    /// The stored form.
    package var pqValue: UUID { self.uuid }
}
