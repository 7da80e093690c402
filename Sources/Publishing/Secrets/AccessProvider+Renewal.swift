// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import Logging
import PQClient
import Persistence
import PluginKit

extension AccessProvider {
    /// How long a job waits when the app, and not the account, is at fault, in world time: somebody has to mend the configuration.
    private static let pauseForApp = Duration.seconds(60)

    /// Renews tokens that do not live any more.
    ///
    /// - Throws: `PluginError`: `reauthorize` when the platform refuses for good, and then the grant's accounts wait for a person; `retryAfter`
    ///   while another process renews, and when the app is at fault, which says nothing of the grant.
    func renew(_ grant: Grant, app: AppCredential?, for client: ClientID?) async throws -> Grant {
        switch try await self.attempt(grant, app: app, for: client) {
        case .renewed(let renewed): return renewed
        case .busy:
            throw PluginError(
                .retryAfter, "another worker renews the account's token", retryAfter: .seconds(2), scope: .account)
        case .failed(let failure):
            let error = failure.error
            guard failure.isFinal else {
                // With a lost answer the old refresh token may be used up; the next try finds out.
                try await self.settle(failure, of: grant)
                throw PluginError(
                    error.code == .rateLimited ? .rateLimited : .retryAfter,
                    "the token could not be renewed: \(error.message)", nextAction: error.nextAction,
                    retryAfter: error.retryAfter ?? (failure.isOfApp ? Self.pauseForApp : nil),
                    scope: error.scope, underlying: error)
            }
            let reason = "the platform refused to renew the token: \(error.message)\(failure.addition)"
            try await self.markNeedsReconnect(grant, reason: reason)
            throw PluginError(
                .reauthorize, reason, nextAction: error.nextAction ?? Self.reconnect, underlying: error)
        }
    }

    /// Renews tokens that still live: whatever comes of it, they can be used.
    ///
    /// - Returns: `nil` when they were not renewed; that it failed is noted on the grant.
    func renewEarly(_ grant: Grant, app: AppCredential?, for client: ClientID?) async throws -> Grant? {
        guard self.registry[grant.platform]?.connecting != nil else { return nil }
        switch try await self.attempt(grant, app: app, for: client) {
        case .renewed(let renewed): return renewed
        case .busy: return nil
        case .failed(let failure):
            try await self.settle(failure, of: grant)
            Logger.current.notice(
                "a token could not be renewed; it is used while it lives",
                metadata: [
                    "platform": "\(grant.platform)", "grant.id": "\(grant.id)", "reason": "\(failure.error)",
                ])
            return nil
        }
    }

    /// What came of a try.
    private enum Attempt {
        case renewed(Grant)
        /// Another process is at it.
        case busy
        /// The lease is held still: the grant must be settled.
        case failed(Failure)
    }

    private struct Failure {
        var error: PluginError
        var caller: Caller
        var limits: PlatformLimits
        /// Whether another process began to renew and never said how it went.
        var isSecond: Bool

        /// Whether trying again does not help.
        var isRefused: Bool {
            self.error.code == .reauthorize || self.error.code == .permanent || self.error.code == .needsHuman
        }
        /// Whether the app is at fault rather than the grant: a wrong secret, or none in this process.
        var isOfApp: Bool { self.isRefused && self.error.scope == .app }
        /// Whether the grant is dead.
        var isFinal: Bool { self.isRefused && !self.isOfApp }
        var addition: String {
            self.isSecond
                ? "; a worker that renewed it before ended before it could save the answer, which uses a refresh token up"
                : ""
        }
    }

    /// Renews a grant's tokens, when no other process does.
    private func attempt(_ grant: Grant, app: AppCredential?, for client: ClientID?) async throws -> Attempt {
        guard let plugin = self.registry[grant.platform], let connecting = plugin.connecting else {
            throw PluginError(.reauthorize, "the token has ended and the platform's plugin cannot renew it")
        }
        let since = ContinuousClock.now
        let lease = Double(self.times.lease.components.seconds)
        let won = try await self.pool.query(
            """
            UPDATE access_grant
            SET state = 'refreshing', refreshing_until = clock_timestamp() + make_interval(secs => \(lease))
            FROM (SELECT grant_id, state FROM access_grant WHERE grant_id = \(grant.id.uuid) FOR UPDATE) AS before
            WHERE access_grant.grant_id = before.grant_id AND version = \(grant.version)
              AND (access_grant.state = 'active'
                   OR (access_grant.state = 'refreshing' AND refreshing_until < clock_timestamp()))
            RETURNING before.state
            """
        ).first
        guard let won else { return .busy }
        let isSecond = try won.get("state", as: String.self) == Grant.State.refreshing.rawValue
        let caller = Caller(client: client, app: grant.app)
        // Awaited here; a task of its own, because a refresh that was sent has used up the old token: neither the call nor the saving of its
        // answer may be cut short when the job is cancelled.
        return try await Caller.$current.withValue(caller) {
            try await Task { () async throws -> Attempt in
                let tokens: TokenSet
                do throws(PluginError) {
                    // Who stood still for so long may not be alone any more, and the refresh token works once.
                    guard since.duration(to: .now) < self.times.call else {
                        throw PluginError(.retryAfter, "the process stood still before it could renew the token")
                    }
                    tokens = try await connecting.refresh(grant.tokens, app: app)
                } catch {
                    let limits = PlatformLimits(plugin.manifest, store: LimitStore(pool: self.pool))
                    return .failed(Failure(error: error, caller: caller, limits: limits, isSecond: isSecond))
                }
                return .renewed(try await self.save(tokens, of: grant, plugin.manifest, since: since))
            }.value
        }
    }

    /// Gives the grant back after a try that failed, and notes why.
    private func settle(_ failure: Failure, of grant: Grant) async throws {
        let error = failure.error
        try await failure.limits.close(after: error, by: failure.caller)
        let words = error.message + (error.nextAction.map { " \($0)" } ?? "")
        try await self.pool.execute(
            """
            UPDATE access_grant
            SET state = 'active', refreshing_until = NULL, renewal_failed_at = coalesce(renewal_failed_at, world_now()),
                renewal_tried_at = world_now(), renewal_failure = \(words), renewal_refused = \(failure.isRefused)
            WHERE grant_id = \(grant.id.uuid) AND version = \(grant.version) AND state = 'refreshing'
            """)
    }

    /// Saves new tokens, patiently: they exist nowhere else.
    ///
    /// When somebody took the grant for dead meanwhile, it and the accounts that stopped for it go on.
    ///
    /// - Returns: The grant with them, or with newer ones when somebody connected it again meanwhile.
    private func save(
        _ tokens: TokenSet, of grant: Grant, _ manifest: PluginManifest, since: ContinuousClock.Instant
    ) async throws -> Grant {
        // Never beyond the lease, however long the call took.
        let end = min(ContinuousClock.now + self.times.saving, since + self.times.lease - .seconds(10))
        while true {
            do {
                return try await self.pool.withTransaction(retrying: 3) { db in
                    let marked = try await db.query(
                        """
                        SELECT state_reason FROM access_grant
                        WHERE grant_id = \(grant.id.uuid) AND version = \(grant.version) AND state = 'needs-reconnect'
                        FOR UPDATE
                        """
                    ).first.flatMap { row in try row.get("state_reason", as: String?.self) }
                    let isStored = try await self.vault.replace(
                        tokens, of: grant.id, owner: grant.owner, succeeding: grant.version, on: &db)
                    if isStored {
                        if let marked { try await self.restore(grant.id, stoppedFor: marked, on: &db) }
                        try await self.noteScopes(tokens, of: grant, manifest, on: &db)
                    }
                    guard let stored = try await self.vault.load(grant.id, on: &db) else {
                        throw PluginError(
                            .retryAfter, "the account was connected again while its old token was renewed",
                            retryAfter: .seconds(1))
                    }
                    return stored
                }
            } catch let error as PQError where ContinuousClock.now < end && error.mayPass {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    /// Appends to the accounts' history that new tokens allow too little, when that was not known before.
    private func noteScopes(
        _ tokens: TokenSet, of grant: Grant, _ manifest: PluginManifest, on db: inout Transaction
    ) async throws {
        guard tokens.scopes != grant.tokens.scopes else { return }
        let missing = TokenReport(isValid: true, scopes: tokens.scopes).missingScopes(for: manifest)
        guard !missing.isEmpty else { return }
        let words = "the token does not allow \(missing.joined(separator: ", ")): see posthorn account check"
        Logger.current.warning(
            "a token allows less than its platform's plugin needs",
            metadata: ["platform": "\(grant.platform)", "grant.id": "\(grant.id)", "missing": "\(missing)"])
        try await db.execute(
            """
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT DISTINCT ON (client_id, account_id) client_id, 'account', account_id, 'posthorn', account.state,
                   account.state, \(words)
            FROM account_grant
            JOIN account USING (client_id, account_id)
            WHERE grant_id = \(grant.id)
            """)
    }
}

extension PQError {
    /// Whether the same transaction may succeed later: a standby that is not promoted yet, a full disk, a lock, a shutdown.
    ///
    /// Not for what is wrong with the statement or its values, or with this program.
    var mayPass: Bool {
        switch self.code {
        case .decoding, .misuse, .configuration, .migration, .pooler: false
        case .server: !["0A", "22", "23", "42"].contains(self.sqlState?.category ?? "")
        default: true
        }
    }
}
