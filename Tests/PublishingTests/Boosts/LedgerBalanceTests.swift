// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Persistence
import PluginKit
import Testing

@testable import Publishing

/// The pure arithmetic of money that is set aside.
struct LedgerBalanceTests {
    private let meta = BoostLimits(
        objectives: ["reach"], minimumBudgetMinorUnits: 100, dailyPercent: 175, weeklyDays: 7)

    private func terms(
        _ budget: Int64, _ kind: BudgetKind, from start: String, days: Double, zone: String
    ) throws -> BoostTerms {
        let begin = try #require(ISO8601DateFormatter().date(from: start))
        return BoostTerms(
            objective: "reach", budget: Money(minorUnits: budget, currency: .eur), budgetKind: kind, startsAt: begin,
            endsAt: begin.addingTimeInterval(days * 86_400),
            adAccount: AdAccountReference(externalID: "act_1", currency: .eur, timeZone: zone))
    }

    private func month(_ text: String) throws -> CalendarMonth { try #require(CalendarMonth(text)) }

    @Test("a week costs at most seven daily budgets, a day at most 1.75, and the worst beginning of the week counts")
    func overspend() {
        let costs = [1, 2, 4, 5, 7, 8, 14].map { self.meta.most(daily: 1_000, days: $0) }
        // Two days may lie in two weeks; eight days may be four and four.
        #expect(costs == [1_750, 3_500, 7_000, 8_750, 12_250, 14_000, 19_250])
        #expect(self.meta.mostOfDay(1) == 2)
        #expect(self.meta.most(daily: .max, days: 3) == .max)
    }

    @Test("a daily budget counts every day of the ad account that it touches, in the month in which that day begins")
    func dailyByMonth() throws {
        // 23:30 on 30 March in New York is 05:30 on 31 March in Berlin.
        let terms = try self.terms(
            1_000, .daily, from: "2026-03-31T03:30:00Z", days: 2, zone: "America/New_York")
        let exposure = BoostExposure(terms: terms, limits: nil, capZone: try ZoneID(parsing: "Europe/Berlin"))
        // 30 March (half an hour), 31 March, 1 April (until 23:30).
        #expect(exposure.byMonth == [try self.month("2026-03"): 2_000, try self.month("2026-04"): 1_000])
        #expect(exposure.total == 3_000)
        #expect(exposure.month(ofDay: "2026-03-30") == (try self.month("2026-03")))
        #expect(exposure.month(ofDay: "2026-04-01") == (try self.month("2026-04")))
        #expect(exposure.month(ofDay: "nonsense") == nil)
    }

    @Test("a budget for the whole time is set aside in full in every month it touches")
    func lifetimeByMonth() throws {
        let terms = try self.terms(5_000, .lifetime, from: "2026-03-30T10:00:00Z", days: 5, zone: "Europe/Berlin")
        let exposure = BoostExposure(terms: terms, limits: self.meta, capZone: try ZoneID(parsing: "Europe/Berlin"))
        #expect(exposure.byMonth == [try self.month("2026-03"): 5_000, try self.month("2026-04"): 5_000])
        #expect(exposure.total == 5_000)
    }

    @Test("applying what was decided, and deciding again, books nothing more, whatever was reported before")
    func idempotent() throws {
        var random = SystemRandomNumberGenerator()
        let months = try ["2026-03", "2026-04", "2026-05"].map { try self.month($0) }
        for _ in 0..<500 {
            var balances = LedgerBalances(months: [:])
            let reserved = Int64.random(in: 0...1_000, using: &random)
            balances.months[months[0]] = LedgerBalance(reserved: reserved)
            balances.months[months[1]] = LedgerBalance(reserved: reserved)
            for _ in 0..<6 {
                let total = Int64.random(in: 0...1_500, using: &random)
                let month = months.randomElement(using: &random) ?? months[0]
                balances.apply(balances.spend(total: total, in: month))
                #expect(balances.spent == total)
                #expect(balances.spend(total: total, in: months[2]).isEmpty)
                balances.apply(balances.commit())
                #expect(balances.commit().isEmpty)
                let needed = Dictionary(uniqueKeysWithValues: months.map { ($0, Int64.random(in: 0...500)) })
                balances.apply(balances.release(keeping: needed))
                #expect(balances.release(keeping: needed).isEmpty)
                for balance in balances.months.values {
                    #expect(balance.open >= 0 && balance.spent >= 0)
                }
            }
        }
    }
}

extension LedgerBalances {
    /// What the balances are after entries were appended.
    fileprivate mutating func apply(_ bookings: [LedgerBooking]) {
        for booking in bookings {
            switch booking.kind {
            case .reserve: self.months[booking.month, default: LedgerBalance()].reserved += booking.minorUnits
            case .commit: self.months[booking.month, default: LedgerBalance()].committed += booking.minorUnits
            case .spend: self.months[booking.month, default: LedgerBalance()].spent += booking.minorUnits
            case .credit: self.months[booking.month, default: LedgerBalance()].spent -= booking.minorUnits
            case .release: self.months[booking.month, default: LedgerBalance()].released += booking.minorUnits
            }
        }
    }
}
