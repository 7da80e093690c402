// SPDX-License-Identifier: MIT

/// Fixed windows that begin with their first request and count in the world's time.
struct RateLimiter: Sendable {
    struct Limit: Sendable, Equatable {
        var requests: Int
        var seconds: Double

        /// The limit with its requests multiplied, at least 1.
        func scaled(by scale: Double) -> Limit {
            Limit(requests: max(1, Int((Double(self.requests) * scale).rounded())), seconds: self.seconds)
        }
    }

    /// How a request stands to its limit.
    struct Verdict: Sendable, Equatable {
        var isAllowed: Bool
        var limit: Int
        var remaining: Int
        var resetsAt: WorldTime
    }

    private struct Window {
        var start: WorldTime
        var used: Int
    }

    private var windows: [String: Window] = [:]

    /// Counts a request unless its window is full; a refused one does not count.
    mutating func take(_ key: String, _ limit: Limit, now: WorldTime) -> Verdict {
        var window = self.current(key, limit, now)
        let isAllowed = window.used < limit.requests
        if isAllowed { window.used += 1 }
        self.windows[key] = window
        return Verdict(
            isAllowed: isAllowed, limit: limit.requests, remaining: max(0, limit.requests - window.used),
            resetsAt: window.start + limit.seconds)
    }

    /// How a window stands, without counting.
    func peek(_ key: String, _ limit: Limit, now: WorldTime) -> Verdict {
        let window = self.current(key, limit, now)
        return Verdict(
            isAllowed: window.used < limit.requests, limit: limit.requests,
            remaining: max(0, limit.requests - window.used), resetsAt: window.start + limit.seconds)
    }

    private func current(_ key: String, _ limit: Limit, _ now: WorldTime) -> Window {
        guard let window = self.windows[key], window.start <= now, now < window.start + limit.seconds else {
            return Window(start: now, used: 0)
        }
        return window
    }

    /// Forgets everything that was counted.
    mutating func reset() { self.windows.removeAll() }
}
