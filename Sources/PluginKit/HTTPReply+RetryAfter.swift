// SPDX-License-Identifier: MIT

import Domain
public import Foundation

extension HTTPReply {
    /// The longest pause that `Retry-After` is believed, a day; after it the platform is asked again.
    private static let longestPause: Int64 = 86_400

    /// The pause that `Retry-After` asks for: a number of seconds, or until a date (RFC 9110, section 10.2.3).
    ///
    /// A date counts from the answer's own `Date`, so that a platform whose clock is off is understood all the same.
    ///
    /// - Parameter now: The present moment of the world, for an answer without `Date`; without either a date says nothing.
    /// - Returns: A day at most; `nil` without the header, for one that cannot be read, and for no pause at all: whoever would be asked again
    ///   at once should be left to the usual pauses.
    public func retryAfter(at now: Date? = nil) -> Duration? {
        guard let text = self.header("Retry-After")?.trimmingCharacters(in: .whitespaces), !text.isEmpty else {
            return nil
        }
        if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            // Digits alone that are no number are one too large.
            return Self.pause(Int64(text) ?? Self.longestPause)
        }
        guard let end = Self.date(text), let asked = self.header("Date").flatMap(Self.date) ?? now else { return nil }
        // Dates of HTTP are within the years 0 to 9999: their distance is a small number.
        return Self.pause(Int64(end.timeIntervalSince(asked).rounded(.up)))
    }

    private static func pause(_ seconds: Int64) -> Duration? {
        seconds > 0 ? .seconds(min(seconds, Self.longestPause)) : nil
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Reads an IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`; the two obsolete forms are no longer written by anybody.
    private static func date(_ text: String) -> Date? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT", parts[1].count == 2,
            let month = Self.months.firstIndex(where: { $0 == parts[2] })
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        // A date that cannot be read is none.
        return try? Date(iso8601: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }
}

extension PluginError {
    /// Lengthens the pause to what an answer asks for besides, where trying again may help at all.
    ///
    /// What a person must settle, or what stays refused, has no pause: with one it would be taken for a limit.
    public mutating func wait(atLeast pause: Duration?) {
        guard let pause, self.code == .rateLimited || self.code == .retryAfter || self.code == .ambiguousOutcome else {
            return
        }
        self.retryAfter = max(self.retryAfter ?? .zero, pause)
    }
}
