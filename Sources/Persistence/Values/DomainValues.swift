// SPDX-License-Identifier: MIT

package import Domain
import JobQueue
import PQClient
package import PluginKit

// How the domain's values are stored: names and codes as text. Identities are the queue's to bind, which is below.

extension PlatformID: PQConvertible {}
extension PostFormat: PQConvertible {}
extension Slug: PQConvertible {}
extension Currency: PQConvertible {}
extension BudgetKind: PQConvertible {}
