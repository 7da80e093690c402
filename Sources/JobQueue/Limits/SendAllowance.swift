// SPDX-License-Identifier: MIT

/// The time that a call may take from its debit until the other side counts it.
///
/// A call is debited before it leaves and counted when it arrives. Two calls that are debited a window apart may arrive
/// closer together, by as much as the slower one was slower; a limit is exact only when that is bounded and added to
/// the window. The bound is a hundredth of the window, so that it costs a hundredth of the limit, but at least a second,
/// which a busy machine and a far platform need, and at most three. Who is slower does not send.
package struct SendAllowance: Sendable, Hashable {
    /// From debit to arrival at most, in real time.
    package let real: Duration
    /// The same in world time.
    package let world: Duration
    /// From debit to the first byte at most, in real time; what is left is for the way.
    package let permit: Duration

    static let longest = Duration.seconds(3)
    private static let shortest = Duration.seconds(1)
    /// The permit of the strictest limit.
    static let shortestPermit = Self.shortest * 2 / 3

    /// Computes the allowance of a window.
    ///
    /// - Parameters:
    ///   - window: The limit's window, in world time.
    ///   - rate: World seconds per real second; 0 while the clock stands still.
    package init(window: Duration, rate: Double) {
        let share = rate > 0 ? window / rate / 100 : Self.longest
        self.real = min(Self.longest, max(Self.shortest, share))
        self.world = self.real * rate
        self.permit = self.real * 2 / 3
    }
}
