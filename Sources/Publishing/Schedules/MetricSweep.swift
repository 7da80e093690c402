// SPDX-License-Identifier: MIT

package import Domain

/// Which numbers a sweep reads: those of accounts themselves, and of what they published lately.
package struct MetricSweep: Sendable, Hashable, Codable {
    /// Only these accounts; empty is every active one of the client.
    package var accounts: [AccountID]
    /// Publications of so many days are read too.
    package var days: Int

    /// Makes a sweep; by default of the accounts alone.
    package init(accounts: [AccountID] = [], days: Int = 0) {
        self.accounts = accounts
        self.days = days
    }
}
