// SPDX-License-Identifier: MIT

public import Foundation

/// Numbers that a platform says are input: one beyond all sense must not end the process that reads it, which may be between a send and the
/// record of it. These keep them within what can be meant.
extension Duration {
    /// The longest pause that is taken over from a platform: 31 days, the longest window of any limit.
    public static let longestSaid: Duration = .seconds(31 * 86_400)

    /// A time in seconds as a platform says it: zero when it is less, ``longestSaid`` when it is more.
    ///
    /// - Returns: `nil` for what is no number.
    public init?(saidSeconds seconds: Double) {
        guard !seconds.isNaN else { return nil }
        let most = Self.longestSaid / .seconds(1)
        self = .milliseconds(Int64((min(max(seconds, 0), most) * 1000).rounded(.up)))
    }
}

extension Date {
    /// The years from 1970 to 9999, which every part of the program and the database can name.
    private static let sayable = Date(timeIntervalSince1970: 0)...Date(timeIntervalSince1970: 253_402_300_799)

    /// An instant in seconds since 1970 as a platform says it, kept within the years 1970 to 9999.
    ///
    /// - Returns: `nil` for what is no number.
    public init?(saidSeconds seconds: Double) {
        guard let date = Date(timeIntervalSince1970: 0).adding(saidSeconds: seconds) else { return nil }
        self = date
    }

    /// The instant so many seconds later as a platform says it, say a token's end, kept within the years 1970 to 9999.
    ///
    /// - Returns: `nil` for what is no number.
    public func adding(saidSeconds seconds: Double) -> Date? {
        guard !seconds.isNaN else { return nil }
        return min(max(self.addingTimeInterval(seconds), Self.sayable.lowerBound), Self.sayable.upperBound)
    }
}

extension FixedWidthInteger {
    /// The sum, or the nearest number that there is.
    public func adding(saturating other: Self) -> Self {
        let (sum, overflows) = self.addingReportingOverflow(other)
        return overflows ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, or the nearest number that there is.
    public func subtracting(saturating other: Self) -> Self {
        let (difference, overflows) = self.subtractingReportingOverflow(other)
        return overflows ? (other < 0 ? .max : .min) : difference
    }
}
