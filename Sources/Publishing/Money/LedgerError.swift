// SPDX-License-Identifier: MIT

/// Why money cannot be set aside.
package struct LedgerError: Error, Sendable, CustomStringConvertible {
    /// What kind of refusal.
    package enum Kind: Sendable {
        /// No cap is set for that month.
        case noCap
        /// The cap would be passed.
        case capPassed
        /// The cap is in another currency.
        case otherCurrency
    }

    /// What kind of refusal.
    package var kind: Kind
    /// What is wrong and what to do.
    package var description: String
}
