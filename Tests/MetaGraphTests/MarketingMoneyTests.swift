// SPDX-License-Identifier: MIT

import Domain
import Foundation
import PluginTestKit
import Testing

@testable import MetaGraph

@Suite("Amounts of the Marketing API")
struct MarketingMoneyTests {
    /// The currencies of the sheet's list that have offset 1.
    private static let offsetOne: Set<String> = [
        "CLP", "COP", "CRC", "HUF", "ISK", "IDR", "JPY", "KRW", "PYG", "TWD", "VND",
    ]
    private static let amounts: [Int64] =
        [1, 2, 50, 99, 100, 101, 1234, 99_999, 100_000, 12_345_600, 9_007_199_254_740_993, .max - 7, .max]
        + (0..<200).map { Int64($0) &* 7_919 &+ 13 }

    @Test("an amount of any currency is written exactly or refused with the reason", arguments: Currency.everyKnown)
    func exact(currency: Currency) throws {
        let isWhole = Self.offsetOne.contains(currency.rawValue)
        let isKnown = isWhole || currency.exponent == 2
        for amount in Self.amounts {
            let money = Money(minorUnits: amount, currency: currency)
            let units = MarketingMoney.units(money)
            #expect((units == nil) == (MarketingMoney.obstacle(money) != nil))
            let major = try #require(Decimal(string: money.decimal))
            let wanted = major * (isWhole ? 1 : 100)
            if let units {
                #expect(isKnown && Decimal(units) == wanted)
                #expect(MarketingMoney.money(units: units, currency) == money)
            } else {
                var rest = wanted
                var rounded = Decimal()
                NSDecimalRound(&rounded, &rest, 0, .down)
                #expect(!isKnown || rounded != wanted)
            }
        }
    }

    @Test(
        "the sheet's examples, and what lies beside them",
        arguments: [
            ("12.34EUR", 1234), ("500JPY", 500), ("500HUF", 500), ("500.50HUF", nil), ("100000IDR", 100_000),
            ("100000.01TWD", nil), ("1.50COP", nil), ("7CRC", 7), ("1.234KWD", nil), ("500XOF", nil), ("500UGX", nil),
        ] as [(String, Int64?)])
    func examples(text: String, units: Int64?) throws {
        #expect(MarketingMoney.units(try #require(Money(text))) == units)
    }

    @Test("there are as many currencies as ISO has in use")
    func count() { #expect(Currency.everyKnown.count > 150) }

    @Test("an amount of Meta's that does not fit is none")
    func overflow() throws {
        let forint = try #require(Currency(rawValue: "HUF"))
        #expect(MarketingMoney.money(units: .max, forint) == nil)
        #expect(MarketingMoney.money(units: 5, try #require(Currency(rawValue: "KWD"))) == nil)
    }
}
