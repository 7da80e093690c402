// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Persistence
import PluginKit

/// What a boost may cost at most, month by month of the caps, by the platform's own rules.
///
/// Platforms count by days of the ad account, caps by months of the client. A day of the ad account counts in the month in which the
/// part of it that the boost covers begins; spend is booked by the same rule, so that what was set aside holds what is booked.
struct BoostExposure: Sendable, Hashable {
    /// What was agreed with the platform.
    var terms: BoostTerms
    /// The platform's own rules; `nil` when it has none.
    var limits: BoostLimits?
    /// The zone in which the caps' months begin.
    var capZone: ZoneID

    /// The most that may be spent in each month that the boost touches, in minor units.
    ///
    /// A daily budget counts for every day it touches, with the platform's overspend. A budget for the whole time may be spent in any of
    /// the months, so that it is set aside in full in each of them.
    var byMonth: [CalendarMonth: Int64] { self.byMonth(until: self.terms.endsAt) }

    /// The most that may have been spent in each month by a boost that ends at an instant, in minor units.
    func byMonth(until instant: Date) -> [CalendarMonth: Int64] {
        let days = self.daysByMonth(until: min(instant, self.terms.endsAt))
        return days.mapValues { count in
            self.terms.budgetKind == .lifetime ? self.terms.budget.minorUnits : self.most(days: count)
        }
    }

    /// The most that it may cost altogether, in minor units.
    var total: Int64 { self.most(until: self.terms.endsAt) }

    /// The most that it may have cost at an instant, in minor units.
    func most(until instant: Date) -> Int64 {
        guard instant > self.terms.startsAt else { return 0 }
        guard self.terms.budgetKind == .daily else { return self.terms.budget.minorUnits }
        return self.most(days: self.daysByMonth(until: min(instant, self.terms.endsAt)).values.reduce(0, +))
    }

    /// The month in which a day of the ad account (`YYYY-MM-DD`) counts; `nil` for a text that is no day.
    func month(ofDay day: String) -> CalendarMonth? {
        guard let wall = try? WallTime(parsing: "\(day)T00:00") else { return nil }
        return self.month(of: max(self.terms.startsAt, self.start(of: wall)))
    }

    /// The month in which an instant of the boost's life counts.
    func month(of instant: Date) -> CalendarMonth {
        CalendarMonth(containing: min(max(instant, self.terms.startsAt), self.terms.endsAt), in: self.capZone)
    }

    private func most(days: Int) -> Int64 {
        let daily = self.terms.budget.minorUnits
        return self.limits?.most(daily: daily, days: days)
            ?? BoostLimits(objectives: [], minimumBudgetMinorUnits: 0).most(daily: daily, days: days)
    }

    private func daysByMonth(until end: Date) -> [CalendarMonth: Int] {
        var days: [CalendarMonth: Int] = [:]
        var instant = self.terms.startsAt
        while instant < end {
            days[CalendarMonth(containing: instant, in: self.capZone), default: 0] += 1
            instant = self.start(of: self.adZone.wallTime(at: instant).startOfDay.adding(days: 1))
        }
        return days
    }

    private var adZone: ZoneID { self.terms.adAccount.flatMap { ZoneID(rawValue: $0.timeZone) } ?? self.capZone }

    private func start(of wall: WallTime) -> Date {
        // Midnight never lacks an instant: in a gap it is moved behind it.
        LocalPlan(wall: wall, zone: self.adZone).resolve().instant ?? self.terms.endsAt
    }
}
