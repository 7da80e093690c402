// SPDX-License-Identifier: MIT

import Foundation

/// A moment of the real clock, to the microsecond, for log lines only: business time comes from the database.
package struct Timestamp: Sendable, Hashable {
    /// Microseconds since 1970-01-01 in UTC.
    package var microseconds: Int64

    /// Makes a moment from microseconds since 1970-01-01 in UTC.
    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// This machine's clock.
    package static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// `2026-11-21T09:30:00.000001Z`.
    package var rfc3339: String {
        let parts = self.broken(gmtime_r)
        let year = parts.tm_year + 1900
        let micro = self.microseconds - self.seconds * 1_000_000
        return "\(year)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):\(two(parts.tm_min))"
            + ":\(two(parts.tm_sec)).\(String(1_000_000 + micro).dropFirst())Z"
    }

    /// `09:30:00.123` in this machine's zone.
    package var clock: String {
        let parts = self.broken(localtime_r)
        let milli = (self.microseconds - self.seconds * 1_000_000) / 1_000
        return "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).\(String(1_000 + milli).dropFirst())"
    }

    private var seconds: Int64 { Int64((Double(self.microseconds) / 1_000_000).rounded(.down)) }

    private func broken(_ convert: (UnsafePointer<time_t>, UnsafeMutablePointer<tm>) -> UnsafeMutablePointer<tm>?) -> tm
    {
        var time = time_t(self.seconds)
        var parts = tm()
        _ = convert(&time, &parts)
        return parts
    }
}

private func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
