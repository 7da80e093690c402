// SPDX-License-Identifier: MIT

public import Foundation

/// The time of the world that the platforms live in: the system's clock, or a simulated world's.
///
/// A plugin needs it to turn instants that a platform names (a rate limit's reset, a token's end) into pauses and back. It is never read
/// to wait.
public struct WorldClock: Sendable {
    private let read: @Sendable () -> Date

    /// Makes a clock from a function that reads the time.
    public init(_ read: @escaping @Sendable () -> Date) { self.read = read }

    /// The current instant of the world.
    public func now() -> Date { self.read() }

    /// The system's clock.
    public static let system = WorldClock { Date() }

    /// How long it is until an instant that a platform named; zero when it has passed, ``Duration/longestSaid`` at most.
    public func pause(until instant: Date) -> Duration {
        Duration(saidSeconds: instant.timeIntervalSince(self.now())) ?? .zero
    }
}
