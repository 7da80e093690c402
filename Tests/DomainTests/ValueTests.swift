// SPDX-License-Identifier: MIT

import Foundation
import Testing

@testable import Domain

@Suite("Money, slugs, identities, pauses")
struct ValueTests {
    @Test(
        "an amount is read exactly, in the minor unit of its currency",
        arguments: [
            ("500", 50_000), ("500.00", 50_000), ("0.5", 50), ("12.34EUR", 1234), ("12.34 EUR", 1234), ("500JPY", 500),
            ("1.234KWD", 1234),
        ])
    func amounts(text: String, minorUnits: Int64) throws {
        #expect(try #require(Money(text, defaultCurrency: .eur)).minorUnits == minorUnits)
    }

    @Test(
        "an amount that would have to be guessed is refused",
        arguments: ["1,50", "1.234", "5.5JPY", "", ".5", "5.", "12ZZZ", "1e3"])
    func refusedAmounts(text: String) {
        #expect(Money(text, defaultCurrency: .eur) == nil)
    }

    @Test("an amount prints with the decimal places of its currency")
    func printedAmounts() throws {
        #expect(Money(minorUnits: -5, currency: .eur).description == "-0.05 EUR")
        #expect(Money(minorUnits: 500, currency: try #require(Currency(rawValue: "jpy"))).description == "500 JPY")
        #expect(Money(minorUnits: .min, currency: .eur).decimal == "-92233720368547758.08")
    }

    @Test(
        "a slug is lower case with inner hyphens",
        arguments: [("acme", true), ("a-1", true), ("Acme", false), ("-a", false), ("", false)])
    func slugs(text: String, isValid: Bool) {
        #expect((Slug(rawValue: text) != nil) == isValid)
    }

    @Test("an identity made later sorts later and survives its text form")
    func identities() throws {
        var generator = SplitMix(seed: 1)
        let ids = (0..<50).map { number in
            PostID(UUID.version7(at: Date(timeIntervalSince1970: Double(1_800_000_000 + number)), using: &generator))
        }
        #expect(ids == ids.sorted())
        #expect(ids.allSatisfy { PostID($0.description) == $0 })
    }

    @Test("pauses grow, carry at most their jitter, and end")
    func pauses() throws {
        let policy = RetryPolicy(pauses: [.seconds(10), .seconds(100)], jitter: 0.5, maximumAttempts: 4)
        var generator = SplitMix(seed: 1)
        let first = try #require(policy.pause(after: 1, using: &generator))
        let third = try #require(policy.pause(after: 3, using: &generator))
        #expect((Duration.seconds(10)...Duration.seconds(15)).contains(first))
        #expect((Duration.seconds(100)...Duration.seconds(150)).contains(third))
        #expect(policy.pause(after: 4, using: &generator) == nil)
    }
}
