// SPDX-License-Identifier: MIT

/// By how much the spend of a day may differ from its budget.
enum AdSpendRule: Sendable {
    /// Meta: at most 1.75 × the daily budget on a day, and at most 7 × in a week.
    ///
    /// Its sheet does not say when a week begins; here it is on Sunday in the account's zone, so that seven days in a row
    /// may cost more than seven budgets. Whoever reserves money has to allow for it.
    case meta
    /// X and TikTok: never above the budget. Their sheets are silent about spending more.
    case exact

    /// The days until this one whose spend together stays within seven daily budgets; `nil` for no such rule.
    func week(of day: Int64) -> ClosedRange<Int64>? {
        // 1 January 1970 was a Thursday.
        self == .meta ? day - (day + 4) % 7...day : nil
    }

    /// What a day without interruption spends, in ten-thousandths of its budget; it belongs to the day.
    func share(of day: Int64, seed: UInt64, id: String) -> Int {
        var dice = SplitMix64(seed: seed ^ stableHash("pace", id, String(day)))
        let draw = Int(dice.next() % 10_000)
        switch self {
        case .meta: return 6000 + draw * 11_500 / 9999
        case .exact: return 9200 + draw * 800 / 9999
        }
    }
}

/// Days of a time zone, counted from 1 January 1970.
enum LocalDay {
    static func number(of time: WorldTime, in zone: String) -> Int64 {
        let offset = Int64(LocalWeek.secondsFromGMT(at: time, in: zone)) * 1000
        let local = time.milliseconds + offset
        return local >= 0 ? local / 86_400_000 : -((-local + 86_399_999) / 86_400_000)
    }

    /// The instant at which a day begins.
    static func start(of day: Int64, in zone: String) -> WorldTime {
        let midnight = WorldTime(milliseconds: day * 86_400_000)
        let guess = midnight + -Double(LocalWeek.secondsFromGMT(at: midnight, in: zone))
        return midnight + -Double(LocalWeek.secondsFromGMT(at: guess, in: zone))
    }

    /// The date, `2026-11-21`.
    static func text(_ day: Int64) -> String { String(WorldTime(milliseconds: day * 86_400_000).iso8601.prefix(10)) }

    /// Reads a date.
    static func number(_ text: String) -> Int64? {
        guard text.utf8.count == 10, let time = WorldTime(iso8601: text + "T00:00:00Z") else { return nil }
        return time.milliseconds / 86_400_000
    }
}
