// SPDX-License-Identifier: MIT

import Persistence

/// What a ledger entry does.
package enum LedgerKind: String, Sendable {
    /// Sets money aside before the platform is asked.
    case reserve
    /// The platform runs the boost: the reservation is now a commitment of the same amount.
    case commit
    /// The platform reported spend.
    case spend
    /// The platform took reported spend back.
    case credit
    /// Gives back what will not be spent.
    case release
}

/// What is booked for one boost in one month, in minor units: sums of entries, never stored.
struct LedgerBalance: Sendable, Hashable {
    /// What was set aside.
    var reserved: Int64 = 0
    /// What the platform confirmed.
    var committed: Int64 = 0
    /// What was spent and not taken back.
    var spent: Int64 = 0
    /// What was given back.
    var released: Int64 = 0

    /// What is set aside still.
    var open: Int64 { self.reserved - self.released }
}

/// An entry that is to be appended.
struct LedgerBooking: Sendable, Hashable {
    var kind: LedgerKind
    var month: CalendarMonth
    var minorUnits: Int64
}

/// The balances of one boost by month, and what is missing to bring them where they should be.
///
/// Pure: applying the same report twice books nothing the second time.
struct LedgerBalances: Sendable, Hashable {
    var months: [CalendarMonth: LedgerBalance]

    /// What was spent altogether.
    var spent: Int64 { self.months.values.reduce(0) { $0 + $1.spent } }
    /// What is set aside still, altogether.
    var open: Int64 { self.months.values.reduce(0) { $0 + $1.open } }

    /// Makes a commitment of everything that is set aside.
    func commit() -> [LedgerBooking] {
        self.bookings { month, balance in (.commit, balance.open - balance.committed) }
    }

    /// Books spend up to what the platform reports for each month; what it reports less is a credit.
    func spend(_ reported: [CalendarMonth: Int64]) -> [LedgerBooking] {
        var all = self
        for month in reported.keys where all.months[month] == nil { all.months[month] = LedgerBalance() }
        return all.bookings { month, balance in
            let more = (reported[month] ?? 0) - balance.spent
            return more < 0 ? (.credit, -more) : (.spend, more)
        }
    }

    /// Books spend up to a total that the platform does not split: what is new counts in the month of the reading, what was taken back in
    /// the latest months.
    func spend(total: Int64, in current: CalendarMonth) -> [LedgerBooking] {
        var reported = self.months.mapValues(\.spent)
        var more = total - self.spent
        if more >= 0 {
            reported[current, default: 0] += more
        } else {
            for month in reported.keys.sorted(by: >) {
                let back = min(-more, reported[month] ?? 0)
                reported[month, default: 0] -= back
                more += back
            }
        }
        return self.spend(reported)
    }

    /// Gives back what is set aside beyond what may still be needed in each month; what was spent is never given back.
    func release(keeping needed: [CalendarMonth: Int64] = [:]) -> [LedgerBooking] {
        self.bookings { month, balance in (.release, balance.open - max(needed[month] ?? 0, balance.spent)) }
    }

    private func bookings(
        _ entry: (CalendarMonth, LedgerBalance) -> (kind: LedgerKind, minorUnits: Int64)
    ) -> [LedgerBooking] {
        self.months.sorted { $0.key < $1.key }.compactMap { month, balance in
            let (kind, minorUnits) = entry(month, balance)
            return minorUnits > 0 ? LedgerBooking(kind: kind, month: month, minorUnits: minorUnits) : nil
        }
    }
}
