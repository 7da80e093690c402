// SPDX-License-Identifier: MIT

import Domain
import JobQueue
import PQClient
import Persistence
import PluginKit

/// Looks at the agency's registrations with the platforms: what is kept of them, how their accounts stand, what the platforms say.
package struct AppChecker: Sendable {
    private let apps: AppService
    private let accesses: AccessProvider

    /// Makes a checker.
    package init(apps: AppService, accesses: AccessProvider) {
        self.apps = apps
        self.accesses = accesses
    }

    /// Looks at one app, or at all: those that were added, and those of the configuration.
    ///
    /// A platform that does not answer, and a secret that does not open, are part of what is found.
    ///
    /// - Parameter reference: The app's name, `platform/name` or identity; a platform alone is its app of the configuration. All when `nil`.
    /// - Returns: What was found, by platform and name.
    /// - Throws: `ServiceError` with code `notFound`, and what the database throws.
    package func check(_ reference: String? = nil) async throws -> [AppCheck] {
        let added = try await self.apps.list()
        let choices: [AppChoice]
        if let reference {
            choices = [try await self.choose(reference, added)]
        } else {
            choices = self.all(added)
        }
        let pauses = try await self.apps.pauses()
        var checks: [AppCheck] = []
        for choice in choices {
            checks.append(try await self.check(choice, added, pauses: pauses[choice.scope] ?? []))
        }
        return checks
    }

    private func choose(_ reference: String, _ added: [AppRow]) async throws -> AppChoice {
        let choice = try await self.apps.choose(reference)
        let platform = PlatformID(rawValue: choice.name)
        guard choice.app == nil, self.accesses.configuredApp(of: platform) == nil else { return choice }
        let others = added.filter { $0.platform == platform }.map { "\(platform)/\($0.name)" }
        throw ServiceError(
            .notFound,
            "no app of \(platform) is configured. "
                + (others.isEmpty ? "Add one: posthorn app add" : "Added were: \(others.joined(separator: ", "))"))
    }

    private func all(_ added: [AppRow]) -> [AppChoice] {
        let configured = self.apps.registry.platforms.filter { self.accesses.configuredApp(of: $0) != nil }
        return added.map { AppChoice(scope: .app($0.id), name: $0.name, app: $0) }
            + configured.map { AppChoice(scope: .provider($0.rawValue), name: $0.rawValue) }
    }

    private func check(_ choice: AppChoice, _ added: [AppRow], pauses: [Pause]) async throws -> AppCheck {
        let platform = choice.app?.platform ?? PlatformID(rawValue: choice.name)
        let configured = self.accesses.configuredApp(of: platform)
        // As tokens find their app: without one of their own they are the configured one's, then the only one's.
        let takesUnnamed =
            choice.app == nil || configured == nil && added.count { $0.platform == platform } == 1
        var check = AppCheck(
            choice: choice, platform: platform, externalID: choice.app?.externalID ?? configured?.id ?? "",
            login: choice.app?.login ?? (choice.app == nil ? configured?.login : nil),
            hasSecret: choice.app?.hasSecret ?? (configured?.secret != nil), pauses: pauses,
            accounts: try await self.accounts(of: choice.app?.id, on: platform, takesUnnamed: takesUnnamed),
            answer: .undocumented)
        do {
            try self.apps.check(
                AppRow(platform: platform, name: choice.name, externalID: check.externalID, login: check.login))
        } catch {
            check.misfit = error.message
        }
        var credential = choice.app == nil ? configured : nil
        if let app = choice.app {
            do {
                let vault = GrantVault(keys: self.apps.keys)
                credential = try await self.apps.pool.withConnection { db in try await vault.app(app.id, on: &db) }
            } catch let error as SecretError {
                check.unopened = error.description
            }
        }
        check.answer = try await self.ask(platform, credential, as: choice.app?.id)
        return check
    }

    /// Asks the platform, where there is something to ask it with and its documents say how.
    private func ask(_ platform: PlatformID, _ app: AppCredential?, as id: AppID?) async throws -> AppCheck.Answer {
        guard let asking = self.apps.registry[platform]?.appChecking else { return .undocumented }
        guard let app, app.secret != nil else { return .noSecret }
        do {
            let report = try await Caller.$current.withValue(Caller(app: id)) { try await asking.report(on: app) }
            return report.map { .report($0) } ?? .undocumented
        } catch let error as PluginError {
            return .failed(error)
        }
    }

    /// Counts the accounts whose work is done with an app; which app that was is known of disconnected ones, too.
    private func accounts(
        of app: AppID?, on platform: PlatformID, takesUnnamed: Bool
    ) async throws -> AppAccounts {
        let rows = try await self.apps.pool.query(
            """
            WITH mine AS (
                SELECT a.client_id, a.account_id, a.state
                FROM account AS a
                LEFT JOIN lane_policy AS p USING (client_id, account_id)
                WHERE a.platform = \(platform) AND a.state <> 'moved'
                  AND (p.app_id = \(app) OR p.app_id IS NULL AND \(takesUnnamed))
            ), used AS (
                SELECT DISTINCT mine.client_id, mine.account_id, g.renewal_failed_at, g.renewal_failure,
                       g.renewal_refused OR g.renewal_failed_at <= world_now() - interval '1 hour' AS fails,

            """ + GrantForecast.end + """
                            < world_now() + interval '7 days' AS ends
                    FROM mine
                    JOIN account_grant USING (client_id, account_id)
                    JOIN access_grant AS g USING (grant_id)
                    WHERE g.state IN ('active', 'refreshing')
                )
                SELECT count(*) FILTER (WHERE state <> 'disconnected') AS connected,
                       count(*) FILTER (WHERE state = 'needs-reconnect') AS reconnect,
                       count(*) FILTER (WHERE state = 'needs-human') AS human,
                       count(*) FILTER (WHERE state = 'disconnected') AS disconnected,
                       (SELECT count(DISTINCT (client_id, account_id)) FROM used WHERE ends) AS ending,
                       (SELECT count(DISTINCT (client_id, account_id)) FROM used WHERE fails) AS failing,
                       (SELECT min(renewal_failed_at) FROM used WHERE fails) AS failing_since,
                       (SELECT renewal_failure FROM used WHERE fails ORDER BY renewal_failed_at LIMIT 1) AS failure
                FROM mine
                """)
        guard let row = rows.first else { return AppAccounts() }
        func number(_ name: String) throws -> Int { Int(try row.get(name, as: Int64.self)) }
        return AppAccounts(
            connected: try number("connected"), needReconnecting: try number("reconnect"),
            needHuman: try number("human"), disconnected: try number("disconnected"), ending: try number("ending"),
            failing: try number("failing"), failingSince: try row.get("failing_since"),
            failure: try row.get("failure"))
    }
}
