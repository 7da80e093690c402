// SPDX-License-Identifier: MIT

package import Domain
package import JobQueue
package import PQClient
package import PluginKit

/// What the job handlers share.
package struct HandlerServices: Sendable {
    /// The database.
    package let pool: ConnectionPool
    /// The queue.
    package let jobs: JobStore
    /// The plugins.
    package let registry: PluginRegistry
    /// The tokens.
    package let accesses: AccessProvider
    /// The media.
    package let media: MediaLibrary
    /// The money.
    package let ledger: BudgetLedger
    /// The limits of the fleet.
    package let limits: LimitStore
    /// The targets of publish jobs.
    let targets: TargetReads

    /// Gathers them.
    package init(
        pool: ConnectionPool, jobs: JobStore, registry: PluginRegistry, accesses: AccessProvider, media: MediaLibrary,
        ledger: BudgetLedger = BudgetLedger()
    ) {
        self.pool = pool
        self.jobs = jobs
        self.registry = registry
        self.accesses = accesses
        self.media = media
        self.ledger = ledger
        self.limits = LimitStore(pool: pool)
        self.targets = TargetReads(pool: pool)
    }

    /// Calls the platform with an account's access; when the token is refused, renews it once and calls again.
    ///
    /// What the platform refuses for now is closed for everybody it concerns.
    ///
    /// - Parameters:
    ///   - client: Whose account it is.
    ///   - account: The account.
    ///   - capability: What its access is for.
    ///   - givesWay: Whether the calls leave a part of the limits to those that publish: so do all that read numbers, comments and the past.
    ///   - body: The calls.
    /// - Returns: What they came to.
    /// - Throws: What the call throws; `reauthorize` when a renewed token was refused too, and then the account waits for a person.
    package func withAccess<Value: Sendable>(
        client: ClientID, account: AccountID, for capability: String, givesWay: Bool = false,
        _ body: (AccountAccess) async throws(PluginError) -> Value
    ) async throws -> Value {
        // A renewal waits for no slot: it has won the right to be the only one for a time that does not wait either.
        let granted = try await RunSlot.$current.withValue(nil) {
            try await self.accesses.access(client: client, account: account, for: capability)
        }
        do {
            return try await self.call(granted, client: client, givesWay, body)
        } catch let error as PluginError where error.code == .reauthorize && !error.sparesGrant {
            let renewed = try await RunSlot.$current.withValue(nil) {
                try await self.accesses.renewAfterRefusal(granted, client: client, capability: capability)
            }
            return try await self.call(renewed, client: client, givesWay, body)
        }
    }

    private func call<Value: Sendable>(
        _ granted: GrantedAccess, client: ClientID, _ givesWay: Bool,
        _ body: (AccountAccess) async throws(PluginError) -> Value
    ) async throws -> Value {
        let caller = Caller(client: client, account: granted.access.account, app: granted.app, givesWay: givesWay)
        do {
            return try await Caller.$current.withValue(caller) { try await body(granted.access) }
        } catch let error as PluginError where error.sparesGrant {
            try await self.accesses.stop(granted, client: client, reason: error.message)
            throw error
        } catch let error as PluginError where error.code == .rateLimited || error.code == .needsHuman {
            let pause = try await self.limits(of: granted.platform)?.close(after: error, by: caller)
            guard error.retryAfter == nil, let pause else { throw error }
            // The job waits as long as what is closed.
            var known = error
            known.retryAfter = pause
            throw known
        }
    }

    /// The limits of a platform that there is a plugin for.
    func limits(of platform: PlatformID) -> PlatformLimits? {
        self.registry[platform].map { PlatformLimits($0.manifest, store: self.limits) }
    }
}
