// SPDX-License-Identifier: MIT

import Domain
package import JobQueue
import PQClient
package import Persistence
import PluginKit

/// An app as somebody who pauses it names it.
package struct AppChoice: Sendable, Hashable {
    /// Whose work; `.provider` for that of a platform's accounts that no added app is known for.
    package var scope: LimitScope
    /// Its name, or the platform's.
    package var name: String
    /// The app; `nil` for the configured one.
    package var app: AppRow?

    /// How commands name it without doubt: `platform/name`, or the platform alone.
    package var reference: String { self.app.map { "\($0.platform)/\($0.name)" } ?? self.name }
    /// The platform's name in variables of the configuration.
    package var variable: String { self.name.uppercased().replacing("-", with: "_") }
}

extension AppService {
    /// How many held jobs are released in one transaction.
    static let page = 500

    /// Finds an app by name, by identity or as `platform/name`; a platform alone is its app of the configuration.
    ///
    /// - Throws: `ServiceError` with code `notFound` that says what was probably meant.
    package func choose(_ reference: String) async throws -> AppChoice {
        let parts = reference.split(separator: "/", maxSplits: 1).map(String.init)
        let known = try await self.list()
        let named = known.first { app in
            app.name == reference || "\(app.id)" == reference.lowercased()
                || (parts.count == 2 && app.platform.rawValue == parts[0] && app.name == parts[1])
        }
        if let named { return AppChoice(scope: .app(named.id), name: named.name, app: named) }
        let platform = PlatformID(rawValue: reference)
        if self.registry[platform] != nil { return AppChoice(scope: .provider(reference), name: reference) }
        throw ServiceError(
            .notFound, "there is no app '\(reference)'.\(NearestName.hint(reference, in: known.map(\.name)))")
    }

    /// What is paused of apps, by app.
    package func pauses() async throws -> [LimitScope: [Pause]] {
        var found: [LimitScope: [Pause]] = [:]
        for pause in try await JobStore(pool: self.pool).pauses() {
            if case .app(let scope, _) = pause.scope { found[scope, default: []].append(pause) }
        }
        return found
    }

    /// Stops all work of an app's accounts until it is resumed.
    ///
    /// What was sent is looked for all the same, and boosts that run are looked at.
    ///
    /// - Throws: `ServiceError` with code `notFound`.
    @discardableResult
    package func pause(_ reference: String, actor: String, reason: String?) async throws -> AppChoice {
        let choice = try await self.choose(reference)
        try await self.pool.withTransaction(retrying: 3) { db in
            for queue in QueueName.pausable {
                try await JobStore.pause(.app(choice.scope, queue), by: actor, reason: reason, on: &db)
            }
            try await Self.note("paused", choice, actor: actor, reason: reason, on: &db)
        }
        return choice
    }

    /// Lets the work of an app's accounts go on, whoever stopped it; also after a person settled what a platform wanted of the app.
    ///
    /// - Returns: The app, and whether anything was stopped.
    /// - Throws: `ServiceError` with code `notFound`.
    @discardableResult
    package func resume(
        _ reference: String, actor: String, reason: String?
    ) async throws -> (app: AppChoice, wasStopped: Bool) {
        let choice = try await self.choose(reference)
        // In small steps, because it may be much, and before the work goes on: nothing runs then that is said to wait. What came
        // meanwhile is let go afterwards. Whoever is interrupted here resumes the app again.
        let because = reason ?? "the app is resumed"
        var count = try await self.letGo(choice.scope, actor: actor, because: because)
        let wasPaused = try await self.pool.withTransaction(retrying: 3) { db in
            try await Self.note("resumed", choice, actor: actor, reason: reason, on: &db)
            return try await JobStore.resumeApp(choice.scope, on: &db)
        }
        count += try await self.letGo(choice.scope, actor: actor, because: because)
        return (choice, wasPaused || count > 0)
    }

    /// Releases what is held for the app, and plans again what stands ready.
    private func letGo(_ app: LimitScope, actor: String, because reason: String) async throws -> Int {
        let released = try await self.release(app, actor: actor, because: reason)
        return released + (try await self.replan(app, actor: actor, because: reason))
    }

    /// Releases what is held for the app, page by page.
    private func release(_ app: LimitScope, actor: String, because reason: String) async throws -> Int {
        var (count, last) = (0, JobID?.none)
        while true {
            let after = last
            let jobs = try await self.pool.withTransaction(retrying: 3) { db in
                let jobs = try await JobStore.releaseHeld(
                    of: app, reason: AppStop.word, after: after, limit: Self.page, on: &db)
                for client in Set(jobs.map(\.client)).sorted() {
                    try await HeldWork(client: client, pool: self.pool).replan(
                        jobs, actor: actor, because: reason, on: &db)
                }
                return jobs
            }
            count += jobs.count
            // A page may be short because somebody else took some of it: none is the end.
            guard let final = jobs.last else { return count }
            last = final.id
        }
    }

    /// Plans targets again that wait while their job stands ready, account by account.
    private func replan(_ app: LimitScope, actor: String, because reason: String) async throws -> Int {
        var (count, place) = (0, AppLanes.Place?.none)
        repeat {
            let lanes = try await JobStore(pool: self.pool).accounts(of: app, waitingIn: .publish, after: place)
            for (client, account) in lanes.accounts {
                let held = HeldWork(client: client, account: account, pool: self.pool)
                count += try await self.pool.withTransaction(retrying: 3) { db in
                    try await held.replanReady(actor: actor, because: reason, on: &db)
                }
            }
            place = lanes.next
        } while place != nil
        return count
    }

    private static func note(
        _ what: String, _ choice: AppChoice, actor: String, reason: String?, on db: inout Transaction
    ) async throws {
        try await db.execute(
            """
            INSERT INTO limit_change (actor, scope, endpoint, reason)
            VALUES (\(actor), \(choice.scope.description), \(what), \(reason))
            """)
    }
}
