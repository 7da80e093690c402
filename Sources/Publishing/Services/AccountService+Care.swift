// SPDX-License-Identifier: MIT

package import Domain
import Foundation
import JobQueue
import PQClient
package import Persistence
import PluginKit

extension AccountService {
    /// Lists accounts with their clients' slugs; of one client, or of all.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func list(
        client: String? = nil, platform: PlatformID? = nil
    ) async throws -> [(client: ClientRow, account: AccountRow)] {
        try await self.pool.withConnection { db in
            let owner: ClientRow? = if let client { try await ClientDirectory.client(client, on: &db) } else { nil }
            let clients = try await ClientRepository.list(states: ClientState.allCases, on: &db)
            let byID = Dictionary(uniqueKeysWithValues: clients.map { ($0.id, $0) })
            return try await AccountRepository.list(of: owner?.id, on: &db).compactMap { account in
                guard platform == nil || account.platform == platform else { return nil }
                return byID[account.client].map { ($0, account) }
            }
        }
    }

    /// Finds an account by `client/account` or identity, or by slug when the client is given.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func show(_ reference: String, client: String? = nil) async throws -> (
        client: ClientRow, account: AccountRow
    ) {
        try await self.pool.withConnection { db in
            try await ClientDirectory.account(reference, client: client, on: &db)
        }
    }

    /// Asks the platform whether an account's grant is accepted and for the right account, and notes name and followers.
    ///
    /// Where the platform says it: how long the token lives, what it allows, and how many posts the account may still publish. What it does not
    /// say is what came with the tokens, and what Posthorn counted itself.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    package func check(_ reference: String, client: String? = nil) async throws -> AccountCheck {
        let (owner, account) = try await self.show(reference, client: client)
        guard let connecting = try self.plugin(account.platform).connecting else {
            return AccountCheck(account: account, problem: "the platform's plugin cannot ask who a token speaks for")
        }
        let plugin = try self.plugin(account.platform)
        let remote: RemoteAccount
        var check = AccountCheck(account: account)
        do {
            let granted = try await self.accesses.access(client: owner.id, account: account.id, for: "publish")
            let caller = Caller(client: owner.id, account: account.id, app: granted.app)
            let tokens = granted.access.tokens
            let own = plugin.listing?.tokens(tokens, for: account.externalID) ?? tokens
            remote = try await Caller.$current.withValue(caller) { try await connecting.identify(own) }
            check.report = TokenReport(isValid: true)
            if let inspecting = plugin.inspecting {
                do {
                    check.report = try await Caller.$current.withValue(caller) {
                        try await inspecting.inspect(granted.access)
                    }
                } catch let error as PluginError {
                    check.unsaid = error.message
                }
            }
            check.report = check.report?.completed(by: tokens)
            try await self.count(of: account, caller, &check)
        } catch let error as PluginError {
            return AccountCheck(account: account, problem: error.description, nextAction: error.nextAction)
        }
        guard remote.externalID == account.externalID else {
            return AccountCheck(
                account: account,
                problem: "the token speaks for \(remote.name) (\(remote.externalID)) now, not for this account",
                nextAction: "Connect it again with its own token: posthorn account connect")
        }
        try await self.pool.withConnection { db in
            try await AccountRepository.refresh(
                account.id, of: owner.id, name: account.name, handle: remote.handle, followers: remote.followers,
                on: &db)
            check.account = try await AccountRepository.find(account.id, of: owner.id, on: &db) ?? account
        }
        if let report = check.report { Self.judge(report, of: plugin, &check) }
        check.boosts = try await self.boostStanding(of: account, client: owner, plugin, check.report)
        return check
    }

    private static func judge(_ report: TokenReport, of plugin: RegisteredPlugin, _ check: inout AccountCheck) {
        check.missingScopes = report.missingScopes(for: plugin.manifest)
        check.missingTasks = report.missingTasks
        if !report.isValid {
            check.problem = "\(plugin.manifest.name) no longer accepts the token"
            check.nextAction = "Connect it again: posthorn account connect"
        } else if !check.missingScopes.isEmpty {
            check.problem = "the token does not allow \(check.missingScopes.joined(separator: ", "))"
            check.nextAction = "Allow them to the app, for the person or system user, then connect again."
        } else if !check.missingTasks.isEmpty {
            check.problem = Self.lack(of: check.missingTasks)
            check.nextAction = "Give the person or system user a role with it at the platform, then check again."
        }
    }

    /// What is wrong when the platform does not let the token's owner publish.
    static func lack(of tasks: [String]) -> String {
        "the token's owner lacks the task \(tasks.joined(separator: ", ")) there: nothing can be published"
    }

    /// Counts what is left of the limits of a day or longer.
    private func count(of account: AccountRow, _ caller: Caller, _ check: inout AccountCheck) async throws {
        let limits = LimitService(pool: self.pool, registry: self.registry)
        let scopes: [LimitScope] = [
            .account(account.id), caller.app.map { .app($0) } ?? .provider(account.platform.rawValue),
        ]
        for scope in scopes {
            let subject = LimitSubject(
                scope: scope, name: account.slug.rawValue, platform: account.platform, client: account.client)
            check.dailyLimits += try await limits.show(subject).compactMap(\.limit).filter {
                $0.key.window >= .seconds(86_400)
            }
        }
        // What only some formats are counted in says nothing of the others.
        let partial = try self.plugin(account.platform).manifest.rateBuckets.filter { $0.formats != nil }.map(
            \.endpoint)
        let posts = check.dailyLimits.filter {
            $0.key.counts == .sends && $0.key.scope == scopes[0] && !partial.contains($0.key.endpoint)
        }
        check.postsLeft = check.report?.postsLeft ?? posts.map { max(0, $0.calls - $0.used) }.min()
        check.postsLeftBy = check.postsLeft.map { _ in check.report?.postsLeft == nil ? "posthorn" : "platform" }
    }

    /// Whether nobody said what the token allows that an account publishes with.
    ///
    /// - Throws: What the database throws.
    package func hasUnknownScopes(_ account: AccountRow) async throws -> Bool {
        guard try !self.plugin(account.platform).manifest.scopes.isEmpty else { return false }
        return try await self.pool.query(
            """
            SELECT EXISTS (
                SELECT FROM account_grant JOIN access_grant USING (grant_id)
                WHERE client_id = \(account.client) AND account_id = \(account.id) AND capability = 'publish' AND scopes = '{}')
            """
        ).single()
    }

    /// Stops all work of an account until it is resumed.
    ///
    /// - Throws: `ServiceError` with code `notFound`, or `conflict` when it is disconnected.
    package func pause(_ reference: String, client: String?, actor: String, reason: String?) async throws -> AccountRow
    {
        try await self.change(
            reference, client: client, to: .paused, actor: actor, reason: reason, from: [.active, .paused])
    }

    /// Lets the work of a paused account go on; also after a person settled what the platform wanted of it.
    ///
    /// What was held for it is released.
    ///
    /// - Throws: `ServiceError` with code `notFound`, or `conflict` when it has no grant.
    package func resume(_ reference: String, client: String?, actor: String, reason: String?) async throws -> AccountRow
    {
        try await self.change(
            reference, client: client, to: .active, actor: actor, reason: reason, from: [.active, .paused, .needsHuman])
    }

    private func change(
        _ reference: String, client: String?, to state: AccountState, actor: String, reason: String?,
        from: [AccountState]
    ) async throws -> AccountRow {
        try await self.pool.withTransaction(retrying: 3) { db in
            let (owner, account) = try await ClientDirectory.account(reference, client: client, on: &db)
            guard from.contains(account.state) else {
                throw ServiceError(
                    .conflict,
                    "account '\(owner.slug)/\(account.slug)' is \(account.state.rawValue): connect it first, posthorn account connect"
                )
            }
            try await AccountRepository.setState(
                account.id, of: owner.id, to: state, actor: actor, reason: reason, on: &db)
            let pause = WorkPause(client: owner.id, account: account.id)
            if state == .paused {
                try await pause.begin(actor: actor, reason: reason, on: &db)
            } else {
                try await pause.end(on: &db)
                try await HeldWork(client: owner.id, account: account.id, pool: self.pool).release(
                    HeldWork.account(account.state), actor: actor, because: reason ?? "the account is resumed", on: &db)
            }
            return try await AccountRepository.find(account.id, of: owner.id, on: &db) ?? account
        }
    }

    /// Gives up an account's grants and its identity; its history stays.
    ///
    /// Planned targets stay too and wait.
    ///
    /// - Returns: The account, and how many planned targets wait for it.
    /// - Throws: `ServiceError`: `notFound`, or `conflict` while a boost costs money or its bill is not final: without the grant nobody could
    ///   stop it or read what it cost.
    package func disconnect(
        _ reference: String, client: String?, actor: String, reason: String?
    ) async throws -> (account: AccountRow, planned: Int) {
        try await self.pool.withTransaction { db in
            let (owner, account) = try await ClientDirectory.account(reference, client: client, on: &db)
            let boosts: [String] = try await db.query(
                """
                SELECT boost_id::text FROM boost
                WHERE client_id = \(owner.id) AND account_id = \(account.id) AND settled_at IS NULL
                  AND state NOT IN ('waiting', 'awaiting-release', 'planned', 'failed', 'cancelled')
                ORDER BY boost_id FOR UPDATE
                """
            ).column()
            guard boosts.isEmpty else {
                throw ServiceError(
                    .conflict,
                    "\(boosts.count) boost(s) of the account cost money or have no final bill, and without the grant nobody can "
                        + "stop them or read it: \(boosts.prefix(5).joined(separator: ", "))\(boosts.count > 5 ? ", …" : ""). "
                        + "Stop them with posthorn boost stop, and disconnect when boost show says that they are settled"
                )
            }
            try await AccountRepository.dropGrants(
                of: account.id, client: owner.id, reason: "disconnected by \(actor)", on: &db)
            try await PlatformIdentities.release(account.id, of: owner.id, on: &db)
            try await AccountRepository.setState(
                account.id, of: owner.id, to: .disconnected, actor: actor, reason: reason ?? "disconnected", on: &db)
            var filter = TargetFilter()
            filter.client = owner.id
            filter.accounts = [account.id]
            filter.states = [.planned, .waiting]
            filter.limit = .max
            let planned = try await TargetCalendar.list(filter, on: &db).count
            return (try await AccountRepository.find(account.id, of: owner.id, on: &db) ?? account, planned)
        }
    }
}

extension TokenReport {
    /// The report with what came with the tokens in place of what the platform left unsaid.
    fileprivate func completed(by tokens: TokenSet) -> TokenReport {
        var full = self
        full.expiresAt = self.expiresAt ?? tokens.expiresAt
        full.accessEndsAt =
            self.accessEndsAt ?? (tokens.refreshToken == nil ? tokens.accessEndsAt : tokens.endsAt)
        if self.scopes.isEmpty { full.scopes = tokens.scopes }
        return full
    }
}
