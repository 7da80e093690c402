// SPDX-License-Identifier: MIT

package import JobQueue
import PQClient
package import PluginKit

/// The limits of one platform's manifest, for whoever calls.
package struct PlatformLimits: Sendable {
    /// How long a call waits where it is for a token, in real time; beyond that its job is put off.
    static let patience = Duration.seconds(2)
    /// How long a limited scope is closed at first when the platform gave no time, in world time: 1, 2, 4 … 60 minutes while refusals follow each
    /// other, because calling on makes it longer (`docs/platforms.md`).
    static let unsaidPause = Duration.seconds(60)

    let store: LimitStore
    let manifest: PluginManifest

    /// Makes the limits of a platform.
    package init(_ manifest: PluginManifest, store: LimitStore) {
        self.store = store
        self.manifest = manifest
    }

    /// What a call of somebody to an endpoint is counted in.
    ///
    /// - Parameters:
    ///   - endpoint: The name of the manifest's bucket.
    ///   - caller: For whom.
    ///   - isVisible: Whether it is the visible step, which is on record as sent.
    ///   - count: As how many calls the platform counts it.
    /// - Returns: The call.
    func call(_ endpoint: String, by caller: Caller, isVisible: Bool = false, count: Int = 1) -> LimitedCall {
        var scopes: [LimitScope] = [.provider(self.manifest.id.rawValue)]
        if let client = caller.client { scopes.append(.client(client)) }
        if let account = caller.account { scopes.append(.account(account)) }
        if let app = caller.app { scopes.append(.app(app)) }
        let usual = self.manifest.rateBuckets.filter {
            $0.endpoint == endpoint || $0.endpoint == LimitKey.everyEndpoint
        }
        .compactMap { bucket in
            self.scope(bucket.scope, of: caller).map { scope in
                UsualLimit(
                    LimitKey(
                        scope: scope, endpoint: bucket.endpoint, window: bucket.window,
                        counts: bucket.counts == .posts ? .sends : .calls), calls: bucket.calls)
            }
        }
        var sender: LimitedCall.Sender?
        if isVisible, let client = caller.client, let account = caller.account {
            sender = LimitedCall.Sender(client: client, account: account)
        }
        var call = LimitedCall(endpoint: endpoint, scopes: scopes, usual: usual, sender: sender)
        call.count = count
        call.givesWay = caller.givesWay
        return call
    }

    /// Who shares a limit of a scope; nil for an account's limit while the account is not known.
    func scope(_ scope: PluginError.Scope, of caller: Caller) -> LimitScope? {
        switch scope {
        case .account, .endpoint: caller.account.map { .account($0) }
        case .app: caller.app.map { .app($0) } ?? .provider(self.manifest.id.rawValue)
        }
    }

    /// Takes over what an answer says of the limits.
    func observe(_ usage: [RateUsage], endpoint: String, by caller: Caller, after grant: LimitGrant) async throws {
        let readings = usage.compactMap { usage in
            self.scope(usage.scope, of: caller).map { scope in
                LimitReading(
                    key: LimitKey(scope: scope, endpoint: endpoint, window: usage.window), calls: usage.calls,
                    rest: usage.rest, reset: usage.resetsAt)
            }
        }
        try await self.store.observe(readings, after: grant)
    }

    /// From which share of a limit on calls wait a little.
    static let slowFrom = 75

    /// Lets work and calls wait where the platform says that a limit is nearly used.
    ///
    /// A second for each percent from 75 on, and at 100 as long as the platform says. Of a limit that one endpoint has, only its calls wait.
    func observe(_ loads: [RateLoad], by caller: Caller) async throws {
        for load in loads where load.percent >= Self.slowFrom {
            guard let scope = self.scope(load.scope, of: caller) else { continue }
            let pause = load.percent >= 100 ? load.pause : .seconds(load.percent - Self.slowFrom + 1)
            let reason = "\(self.manifest.name) said: \(load.percent) % of its limit is used"
            try await self.close(scope, endpoint: load.endpoint, for: pause, reason: reason)
        }
    }

    /// Closes what the platform has refused, for as long as it says: an endpoint, an account or the app.
    ///
    /// A refusal of our own closes nothing here: the platform was not asked. What a person must settle is closed too where the platform wants
    /// rest before: who resumes it earlier waits for the rest.
    ///
    /// - Returns: For how long, where the platform named no time; `nil` when nothing was closed.
    @discardableResult
    func close(after error: PluginError, by caller: Caller) async throws -> Duration? {
        let isClosing = error.code == .rateLimited || (error.code == .needsHuman && error.retryAfter != nil)
        guard isClosing, error.limit == nil, let scope = self.scope(error.scope, of: caller) else {
            return nil
        }
        if error.code == .needsHuman, let pause = error.retryAfter {
            // Work that a person's pause would stop rests: what stops a boost or looks for a lost send goes on.
            let reason = "\(self.manifest.name) said: \(error.message)"
            try await self.store.pool.withConnection { db in
                for queue in QueueName.pausable {
                    try await LimitStore.close(
                        scope, queue: queue, for: pause, reason: reason, by: self.manifest.id.rawValue, on: &db)
                }
            }
            return pause
        }
        return try await self.close(
            scope, endpoint: error.scope == .endpoint ? error.endpoint : nil, for: error.retryAfter,
            first: error.firstPause ?? Self.unsaidPause, reason: "\(self.manifest.name) said: \(error.message)")
    }

    /// Closes for a time that the platform named, else for longer each time that it refuses.
    @discardableResult
    private func close(
        _ scope: LimitScope, endpoint: String? = nil, for pause: Duration?, first: Duration = unsaidPause,
        reason: String
    ) async throws -> Duration {
        let source = self.manifest.id.rawValue
        guard let pause else {
            return try await self.store.pool.withConnection { db in
                try await LimitStore.close(
                    scope, endpoint: endpoint, after: BackOff(first: first), reason: reason, by: source, on: &db)
            }
        }
        if let endpoint {
            try await self.store.closeEndpoint(endpoint, of: scope, for: pause, reason: reason, by: source)
        } else {
            try await self.store.pool.withConnection { db in
                try await LimitStore.close(scope, for: pause, reason: reason, by: source, on: &db)
            }
        }
        return pause
    }
}

extension PluginError {
    /// The limit of ours that kept the call back, when the platform was not asked.
    var limit: LimitRefusal? {
        (self.underlying as? LimitRefusal) ?? (self.underlying as? TransportError)?.underlying as? LimitRefusal
            ?? (self.underlying as? PluginError)?.limit
    }

    /// A refusal of ours in the words that plugins and handlers know.
    init(_ refusal: LimitRefusal) {
        let limit = LimitReached(refusal)
        self.init(
            .rateLimited, refusal.reason, retryAfter: limit.pause, scope: limit.scope, endpoint: limit.endpoint,
            underlying: refusal)
    }
}

extension LimitReached {
    init(_ refusal: LimitRefusal) {
        let scope: PluginError.Scope =
            switch refusal.scope {
            case .account: refusal.endpoint == nil ? .account : .endpoint
            case .app, .client, .provider: .app
            }
        self.init(scope: scope, endpoint: refusal.endpoint, pause: refusal.pause)
    }
}
