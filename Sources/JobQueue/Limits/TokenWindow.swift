// SPDX-License-Identifier: MIT

package import Foundation

/// A bucket of tokens of which each comes back one window after it was taken: what keeps a limit in *every* window.
///
/// A bucket that refills at a steady rate keeps to N calls in every window only when its burst is a small part of N, so
/// a thread of ten posts would trickle out although nothing was sent all day. This one gives all N at once and still
/// never N + 1 within a window. When tokens were taken is kept by slices of a hundredth of the window; a slice's tokens
/// come back together, when its end is a window and an allowance ago.
package struct TokenWindow: Sendable, Hashable {
    /// What was taken in one slice of time.
    package struct Slice: Sendable, Hashable {
        /// Which slice: the milliseconds since 1970 divided by the slice's length.
        package var index: Int64
        /// How many tokens.
        package var used: Int

        /// Makes a slice.
        package init(index: Int64, used: Int) {
            self.index = index
            self.used = used
        }
    }

    /// What became of a request for tokens.
    package enum Taking: Sendable, Hashable {
        /// They were taken; so many are left.
        case granted(rest: Int)
        /// There are not enough before then; nil when there will never be.
        case refused(until: Date?)
    }

    /// How many slices a window has: more keep closer to the limit, fewer are smaller to store.
    private static let slicesOfWindow: Int64 = 100

    /// How many tokens there are in all.
    package let calls: Int
    /// What was taken and is not back, ascending by index.
    package private(set) var slices: [Slice]
    private let window: Int64
    private let allowance: Int64

    /// Makes a bucket from what is known of it.
    ///
    /// - Parameters:
    ///   - calls: How many tokens there are in all.
    ///   - window: The time in which no more than those may be used.
    ///   - allowance: The longest time from taking a token until the other side counts it.
    ///   - slices: What was taken before.
    package init(calls: Int, window: Duration, allowance: Duration, slices: [Slice] = []) {
        self.calls = calls
        self.window = max(1, window.milliseconds)
        self.allowance = max(0, allowance.milliseconds)
        self.slices = slices.filter { $0.used > 0 }.sorted { $0.index < $1.index }
    }

    /// How many tokens can be taken at an instant; below zero after the limit was lowered.
    package func rest(at now: Date) -> Int {
        let now = Self.milliseconds(now)
        return self.calls - self.slices.reduce(0) { $0 + (self.isOut($1, now) ? $1.used : 0) }
    }

    /// Takes tokens, all or none, if so many are left for others then.
    package mutating func take(_ count: Int = 1, leaving kept: Int = 0, at now: Date) -> Taking {
        let rest = self.rest(at: now)
        guard rest >= count + kept else { return .refused(until: self.freeing(count + kept - rest, at: now)) }
        let instant = Self.milliseconds(now)
        self.slices = self.slices.filter { self.isOut($0, instant) }
        self.add(count, to: Self.floor(instant, self.length))
        return .granted(rest: rest - count)
    }

    /// Takes away what somebody else has used: from now until an instant no more than the rest is given.
    ///
    /// - Parameters:
    ///   - rest: How many calls the other side still allows.
    ///   - reset: When it begins to count anew.
    ///   - now: The instant at which that was said.
    package mutating func lower(to rest: Int, until reset: Date, at now: Date) {
        let missing = self.rest(at: now) - max(0, rest)
        guard missing > 0, reset > now else { return }
        // The slice whose tokens come back at the reset.
        let end = Self.milliseconds(reset) - self.window - self.allowance + self.length - 1
        self.add(missing, to: Self.floor(end, self.length) - 1)
    }

    /// Whether a slice's tokens are still out.
    ///
    /// A slice far in the future is of a clock that was put back; its tokens would be out for as long as that.
    private func isOut(_ slice: Slice, _ now: Int64) -> Bool {
        now < self.end(of: slice) && slice.index * self.length <= now + self.window
    }

    /// When a slice's tokens come back.
    private func end(of slice: Slice) -> Int64 { (slice.index + 1) * self.length + self.window + self.allowance }

    private func freeing(_ missing: Int, at now: Date) -> Date? {
        let now = Self.milliseconds(now)
        var freed = 0
        for slice in self.slices where self.isOut(slice, now) {
            freed += slice.used
            if freed >= missing { return Date(timeIntervalSince1970: Double(self.end(of: slice)) / 1_000) }
        }
        return nil
    }

    private mutating func add(_ count: Int, to index: Int64) {
        if let position = self.slices.firstIndex(where: { $0.index >= index }) {
            if self.slices[position].index == index {
                self.slices[position].used += count
            } else {
                self.slices.insert(Slice(index: index, used: count), at: position)
            }
        } else {
            self.slices.append(Slice(index: index, used: count))
        }
    }

    private var length: Int64 { max(1, (self.window + Self.slicesOfWindow - 1) / Self.slicesOfWindow) }

    /// The end of the year 9999.
    private static let farthest = 253_402_300_799_000.0

    private static func milliseconds(_ date: Date) -> Int64 {
        // A reset is a platform's word: far beyond any calendar it is the end of the calendar.
        let instant = (date.timeIntervalSince1970 * 1_000).rounded(.down)
        return Int64(exactly: min(max(instant, -Self.farthest), Self.farthest)) ?? 0
    }

    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : (value - divisor + 1) / divisor
    }
}
