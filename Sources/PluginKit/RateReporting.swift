// SPDX-License-Identifier: MIT

public import Foundation

/// What an answer says of one of the platform's limits.
public struct RateUsage: Sendable, Hashable {
    /// Who shares the limit: `app`, or this account.
    public var scope: PluginError.Scope
    /// The limit's window, as in the manifest.
    public var window: Duration
    /// How many calls the window has, when the answer says.
    public var calls: Int?
    /// How many are left.
    public var rest: Int
    /// When the platform begins to count anew.
    public var resetsAt: Date

    /// Makes a description.
    public init(scope: PluginError.Scope, window: Duration, calls: Int?, rest: Int, resetsAt: Date) {
        self.scope = scope
        self.window = window
        self.calls = calls
        self.rest = rest
        self.resetsAt = resetsAt
    }
}

/// A plugin whose platform says in its answers how its limits stand.
///
/// It is asked after every answer, successes too, so that calls are kept back before the platform refuses them.
public protocol RateReporting: PlatformPlugin {
    /// Reads the limits from an answer; pure and quick.
    ///
    /// - Parameters:
    ///   - reply: The answer.
    ///   - endpoint: The bucket that the call was counted in.
    /// - Returns: What it says; empty when it says nothing.
    static func usage(_ reply: HTTPReply, endpoint: String) -> [RateUsage]
}
