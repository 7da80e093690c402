// SPDX-License-Identifier: MIT

package import Domain

/// What a boost of a client may cost before a second person must release it.
///
/// Whoever loosens it is bound by what it was before until somebody else sets it: else one person would pass it by changing it.
package struct ReleaseLimit: Sendable, Hashable {
    /// The limit; `nil` for none.
    package var amount: Money?
    /// Who loosened it, when nobody else has set it since.
    package var loosenedBy: String?
    /// What binds them.
    package var before: Money?

    /// Makes a limit that nobody loosened.
    package init(_ amount: Money? = nil) { self.amount = amount }

    /// What binds a person's boosts: all of them must hold.
    package func bounds(of person: String) -> [Money] {
        [self.amount, person == self.loosenedBy ? self.before : nil].compactMap { $0 }
    }

    /// Whether a person's boost that may cost so much needs a second one.
    ///
    /// An amount in another currency cannot be compared, so it does: on the safe side.
    package func needsRelease(_ most: Money, by person: String) -> Bool {
        self.bounds(of: person).contains { $0.currency != most.currency || most.minorUnits > $0.minorUnits }
    }

    /// The limit after a person set it.
    package func set(to amount: Money?, by person: String) -> ReleaseLimit {
        var limit = ReleaseLimit(amount)
        guard let bound = person == self.loosenedBy ? self.before : self.amount else { return limit }
        if let amount, amount.currency == bound.currency, amount.minorUnits <= bound.minorUnits { return limit }
        limit.loosenedBy = person
        limit.before = bound
        return limit
    }
}
