// SPDX-License-Identifier: MIT

import Foundation
import JobQueue

/// What the pretend platform's own ledger says of one limit: whether it was kept in every window, and how much of it was used.
struct LimitReport: Sendable, Hashable {
    /// How many calls the limit allows.
    let limit: Int
    /// How many calls arrived.
    let calls: Int
    /// The most that arrived within any window; two that are exactly a window apart are in different ones.
    let mostInWindow: Int
    /// The share of the limit that was used from the first call until the last burst began; nil for less than two windows' calls.
    let utilisation: Double?

    /// Looks at the arrivals of one account.
    ///
    /// - Parameters:
    ///   - arrivals: When calls arrived, in seconds.
    ///   - limit: How many are allowed.
    ///   - window: In how many seconds.
    init(arrivals: [Double], limit: Int, window: Double) {
        let times = arrivals.sorted()
        self.limit = limit
        self.calls = times.count
        self.mostInWindow = SlidingWindow(times: times, window: window).most
        // The calls before the last full share had to wait for each other; the last ones wait for nobody.
        let windows = times.isEmpty ? 0 : (times.count - 1) / limit
        let span = windows > 0 ? times[windows * limit] - times[0] : 0
        self.utilisation = span > 0 ? Double(windows) * window / span : nil
    }

    /// The seconds since 1970 of a time in the ledger.
    static func seconds(_ text: String) -> Double? {
        // What is no time is not counted; the ledger writes only times.
        try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text).timeIntervalSince1970
    }

    /// Whether no window had more than allowed.
    var isKept: Bool { self.mostInWindow <= self.limit }
}
