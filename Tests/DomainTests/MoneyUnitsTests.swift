// SPDX-License-Identifier: MIT

import Testing

@testable import Domain

struct MoneyUnitsTests {
    private let jpy = Currency(rawValue: "JPY")
    private let kwd = Currency(rawValue: "KWD")

    @Test("micros are a millionth of the major unit of every currency, and come back as the same amount")
    func micros() throws {
        for code in ["EUR", "JPY", "KWD", "HUF", "UGX"] {
            let currency = try #require(Currency(rawValue: code))
            for units in [0, 1, 99, 1_234, 99_999_999] as [Int64] {
                let money = Money(minorUnits: units, currency: currency)
                let micros = try #require(money.micros)
                #expect(Money(roundingUpMicros: micros, currency: currency) == money)
            }
        }
        #expect(Money(minorUnits: 1_234, currency: .eur).micros == 12_340_000)
        #expect(Money(minorUnits: 500, currency: try #require(self.jpy)).micros == 500_000_000)
        #expect(Money(minorUnits: .max, currency: .eur).micros == nil)
        #expect(Money(roundingUpMicros: 10_001, currency: .eur).minorUnits == 2)
    }

    @Test("a decimal text is read exactly, and less than a minor unit counts as one")
    func decimal() throws {
        let jpy = try #require(self.jpy)
        let kwd = try #require(self.kwd)
        let read: [(String, Currency, Int64?)] = [
            ("12.34", .eur, 1_234), ("12", .eur, 1_200), ("12.3", .eur, 1_230), ("0.0500", .eur, 5),
            ("0.051", .eur, 6), ("500", jpy, 500), ("500.00", jpy, 500), ("500.01", jpy, 501), ("1.2345", kwd, 1_235),
            ("-1", .eur, nil), ("1e3", .eur, nil), ("", .eur, nil), (".5", .eur, nil), ("1,5", .eur, nil),
            ("99999999999999999999", .eur, nil),
        ]
        for (text, currency, units) in read {
            #expect(Money(roundingUpDecimal: text, currency: currency)?.minorUnits == units, "\(text) \(currency)")
        }
    }

    @Test("whole major units are given only for amounts without a fraction")
    func whole() throws {
        #expect(Money(minorUnits: 1_200, currency: .eur).wholeMajorUnits == 12)
        #expect(Money(minorUnits: 1_234, currency: .eur).wholeMajorUnits == nil)
        #expect(Money(minorUnits: 1_234, currency: try #require(self.jpy)).wholeMajorUnits == 1_234)
    }
}
