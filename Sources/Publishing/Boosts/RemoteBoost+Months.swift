// SPDX-License-Identifier: MIT

import Domain
import Foundation
import Persistence
import PluginKit

extension RemoteBoost {
    /// What is missing in the ledger of the platform's spend: by month where it splits it by day and the days add up, else in the month of the
    /// look.
    func bookings(
        of spend: Money, _ exposure: BoostExposure, at now: Date, _ balances: LedgerBalances
    ) -> [LedgerBooking] {
        guard let months = self.spendByMonth(exposure, total: spend) else {
            return balances.spend(total: spend.minorUnits, in: exposure.month(of: now))
        }
        return balances.spend(months)
    }

    private func spendByMonth(_ exposure: BoostExposure, total: Money) -> [CalendarMonth: Int64]? {
        guard !self.spendByDay.isEmpty, self.spendByDay.values.reduce(0, { $0 + $1.minorUnits }) == total.minorUnits
        else { return nil }
        var months: [CalendarMonth: Int64] = [:]
        for (day, money) in self.spendByDay {
            guard let month = exposure.month(ofDay: day) else { return nil }
            months[month, default: 0] += money.minorUnits
        }
        return months
    }
}
