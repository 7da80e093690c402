// SPDX-License-Identifier: MIT

/// The days of a report, both ends included, in the ad account's zone.
enum AdDateRange {
    /// The days that a preset stands for; those with `last_` end yesterday.
    ///
    /// `first` is the first day that `maximum` covers.
    static func days(_ preset: String, today: Int64, first: Int64) -> ClosedRange<Int64> {
        // 1 January 1970 was a Thursday.
        let sinceMonday = (today + 3) % 7
        let sinceSunday = (today + 4) % 7
        let month = Self.month(of: today)
        switch preset {
        case "today": return today...today
        case "yesterday": return today - 1...today - 1
        case "this_month": return Self.start(month)...today
        case "last_month": return Self.start(month - 1)...Self.start(month) - 1
        case "this_quarter": return Self.start(month - month % 3)...today
        case "last_quarter": return Self.start(month - month % 3 - 3)...Self.start(month - month % 3) - 1
        case "this_year": return Self.start(month - month % 12)...today
        case "last_year": return Self.start(month - month % 12 - 12)...Self.start(month - month % 12) - 1
        case "this_week_mon_today": return today - sinceMonday...today
        case "this_week_sun_today": return today - sinceSunday...today
        case "last_week_mon_sun": return today - sinceMonday - 7...today - sinceMonday - 1
        case "last_week_sun_sat": return today - sinceSunday - 7...today - sinceSunday - 1
        case "maximum", "data_maximum": return min(first, today)...today
        default:
            let count = Int64(preset.dropFirst(5).dropLast()) ?? 30
            return today - count...today - 1
        }
    }

    /// Months since January of the year 0.
    private static func month(of day: Int64) -> Int64 {
        let parts = LocalDay.text(day).split(separator: "-").compactMap { Int64($0) }
        return parts.count == 3 ? parts[0] * 12 + parts[1] - 1 : 0
    }

    private static func start(_ month: Int64) -> Int64 {
        let year = month / 12
        let number = month % 12 + 1
        return LocalDay.number("\(year)-\(number < 10 ? "0" : "")\(number)-01") ?? 0
    }

    /// A range cut into pieces of a number of days, the last one shorter.
    static func pieces(_ range: ClosedRange<Int64>, of length: Int64) -> [ClosedRange<Int64>] {
        stride(from: range.lowerBound, through: range.upperBound, by: Int64.Stride(length)).map {
            $0...min($0 + length - 1, range.upperBound)
        }
    }
}
