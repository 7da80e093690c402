// SPDX-License-Identifier: MIT

/// When a failed attempt is tried again: the pauses of `platforms/README`, stretched by jitter so that a fleet does not knock at once.
public struct RetryPolicy: Hashable, Sendable {
    /// The pause after the first, second, … failure; the last one repeats.
    public var pauses: [Duration]
    /// The share of a pause that is drawn at random and added, 0 to 1.
    public var jitter: Double
    /// How many attempts a job gets before it fails for good.
    public var maximumAttempts: Int

    /// Makes a policy; by default 30 s, 2, 8 and 30 min with up to 20 % more, eight attempts.
    public init(
        pauses: [Duration] = [.seconds(30), .seconds(120), .seconds(480), .seconds(1800)], jitter: Double = 0.2,
        maximumAttempts: Int = 8
    ) {
        self.pauses = pauses
        self.jitter = jitter
        self.maximumAttempts = maximumAttempts
    }

    /// The pause after a failure.
    ///
    /// - Parameters:
    ///   - attempt: The number of attempts that have failed, from 1.
    ///   - generator: The source of the jitter.
    /// - Returns: `nil` when no attempt is left.
    public func pause(after attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration? {
        guard attempt < self.maximumAttempts, !self.pauses.isEmpty else { return nil }
        let pause = self.pauses[min(max(attempt, 1), self.pauses.count) - 1]
        return pause + pause * Double.random(in: 0...max(self.jitter, .leastNonzeroMagnitude), using: &generator)
    }
}
