// SPDX-License-Identifier: MIT

import Domain
import Persistence
import Testing

/// Who is bound by which limit, without a database.
struct ReleaseLimitTests {
    private func euro(_ amount: Int64) -> Money { Money(minorUnits: amount, currency: .eur) }

    @Test("who loosens the limit is bound by the former one, however often, until somebody else sets it")
    func loosened() {
        var limit = ReleaseLimit().set(to: self.euro(100), by: "ann")
        #expect(!limit.needsRelease(self.euro(100), by: "ann") && limit.needsRelease(self.euro(101), by: "ann"))
        for amount in [self.euro(500), self.euro(600), nil, self.euro(500)] {
            limit = limit.set(to: amount, by: "ann")
            #expect(limit.needsRelease(self.euro(101), by: "ann"))
            #expect(!limit.needsRelease(self.euro(500), by: "bob"))
        }
        let confirmed = limit.set(to: self.euro(500), by: "bob")
        #expect(
            !confirmed.needsRelease(self.euro(500), by: "ann") && !confirmed.needsRelease(self.euro(500), by: "bob"))
        #expect(confirmed.needsRelease(self.euro(501), by: "ann"))
    }

    @Test("who tightens it again, or sets the first one, has loosened nothing")
    func tightened() {
        let limit = ReleaseLimit(self.euro(100)).set(to: nil, by: "ann").set(to: self.euro(90), by: "ann")
        #expect(limit == ReleaseLimit(self.euro(90)))
        #expect(ReleaseLimit().set(to: nil, by: "ann") == ReleaseLimit())
    }

    @Test("an amount in another currency needs a release, and another currency of the limit loosens it")
    func currencies() throws {
        let dollars = Money(minorUnits: 1, currency: try #require(Currency(rawValue: "USD")))
        #expect(ReleaseLimit(self.euro(100)).needsRelease(dollars, by: "ann"))
        let limit = ReleaseLimit(self.euro(100)).set(to: dollars, by: "ann")
        #expect(limit.loosenedBy == "ann")
        #expect(limit.needsRelease(dollars, by: "ann") && !limit.needsRelease(dollars, by: "bob"))
    }
}
