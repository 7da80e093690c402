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

/// How much of a limit is used, from a platform that says a share and keeps the limit's size to itself.
public struct RateLoad: Sendable, Hashable {
    /// Who shares the limit.
    public var scope: PluginError.Scope
    /// How much is used, in percent; at 100 the platform refuses.
    public var percent: Int
    /// How long until calls are taken again, when the answer says.
    public var pause: Duration?
    /// The bucket that alone has this limit; `nil` where it is one of all calls.
    public var endpoint: String?

    /// Makes a description.
    public init(scope: PluginError.Scope, percent: Int, pause: Duration? = nil, endpoint: String? = nil) {
        self.scope = scope
        self.percent = percent
        self.pause = pause
        self.endpoint = endpoint
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

    /// Reads shares of limits from an answer; pure and quick.
    ///
    /// Calls of the scope, or of the load's endpoint alone, wait a little from 75 % on, and at 100 % as long as the platform says.
    ///
    /// - Parameters:
    ///   - reply: The answer.
    ///   - endpoint: The bucket that the call was counted in.
    /// - Returns: What it says; empty when it says nothing.
    static func load(_ reply: HTTPReply, endpoint: String) -> [RateLoad]
}

extension RateReporting {
    /// Says nothing: the platform names its limits.
    public static func load(_ reply: HTTPReply, endpoint: String) -> [RateLoad] { [] }
}
