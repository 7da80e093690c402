// SPDX-License-Identifier: MIT

package import PluginKit

/// Amounts as the Marketing API writes them: whole numbers, mostly of the minor unit, for some currencies of the major one.
///
/// Which currencies count whole units is Meta's own list, not ISO's: the forint has a minor unit in ISO's and none in Meta's. What that list
/// leaves open, currencies of three places and those without a minor unit that it does not name, is refused rather than guessed.
package enum MarketingMoney {
    /// The currencies that Meta counts in whole units.
    private static let whole: Set<String> = [
        "CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND",
    ]

    /// The amount in Meta's units; `nil` when it cannot be written exactly.
    package static func units(_ money: Money) -> Int64? {
        if Self.whole.contains(money.currency.rawValue) { return money.wholeMajorUnits }
        return money.currency.exponent == 2 ? money.minorUnits : nil
    }

    /// Reads an amount in Meta's units; `nil` for a currency whose unit is not known, and for what does not fit.
    package static func money(units: Int64, _ currency: Currency) -> Money? {
        guard Self.isKnown(currency) else { return nil }
        guard Self.whole.contains(currency.rawValue), currency.exponent == 2 else {
            return Money(minorUnits: units, currency: currency)
        }
        let (minor, overflows) = units.multipliedReportingOverflow(by: 100)
        return overflows ? nil : Money(minorUnits: minor, currency: currency)
    }

    /// Why an amount cannot be written; `nil` when it can.
    package static func obstacle(_ money: Money) -> String? {
        guard Self.isKnown(money.currency) else {
            return "Meta's documents do not say in which unit it counts \(money.currency): use another ad account."
        }
        return Self.units(money) == nil
            ? "is \(money), and Meta takes whole \(money.currency) alone: leave the decimals away." : nil
    }

    private static func isKnown(_ currency: Currency) -> Bool {
        currency.exponent == 2 || Self.whole.contains(currency.rawValue)
    }
}
