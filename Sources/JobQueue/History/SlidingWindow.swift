// SPDX-License-Identifier: MIT

/// The fullest window of a length that any moment can begin; two calls that are exactly a window apart are in different ones.
package struct SlidingWindow: Sendable, Hashable {
    /// The most calls within a window.
    package let most: Int
    /// Which calls these are, by their places in the order of time.
    package let range: Range<Int>

    /// Looks at every window.
    ///
    /// - Parameters:
    ///   - times: When calls arrived, in seconds, ascending.
    ///   - window: How long a window is, in seconds.
    package init(times: [Double], window: Double) {
        var first = 0
        var fullest = 0..<0
        for (last, time) in times.enumerated() {
            while times[first] <= time - window { first += 1 }
            if last - first + 1 > fullest.count { fullest = first..<(last + 1) }
        }
        self.most = fullest.count
        self.range = fullest
    }
}

/// The proof that a limit was kept in every window, from the times at which calls arrived.
package struct LimitHistory: Sendable, Hashable {
    /// No window has more than allowed.
    package static let kept = "no window has more calls than its limit allows"

    /// The most calls within a window.
    package let most: Int
    /// The fullest window when it has too many calls, else nil.
    package let finding: HistoryFinding?

    /// Looks at the arrivals that a limit counts.
    ///
    /// - Parameters:
    ///   - name: The limit, for a person.
    ///   - calls: How many it allows.
    ///   - window: In how many seconds.
    ///   - arrivals: When calls arrived that it counts, in seconds, in any order.
    package init(_ name: String, calls: Int, window: Double, arrivals: [Double]) {
        let times = arrivals.sorted()
        let fullest = SlidingWindow(times: times, window: window)
        self.most = fullest.most
        guard fullest.most > calls, let first = times[fullest.range].first, let last = times[fullest.range].last else {
            self.finding = nil
            return
        }
        self.finding = HistoryFinding(
            Self.kept,
            "\(name): \(fullest.most) calls between \(first) and \(last), \(calls) in \(window) s allowed")
    }
}
