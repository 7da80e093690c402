// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
import PQClient

/// How many jobs run at once within a scope, and how many do.
package struct RunningView: Sendable, Hashable {
    /// Who shares the number; nil stands for each account by itself, where it has no number of its own.
    package var scope: LimitScope?
    /// In which queue; nil for all of them together.
    package var queue: QueueName?
    /// How many may run at once.
    package var allowed: Int
    /// How many run now; of each account by itself, the most that one has which the number holds for.
    package var running: Int
    /// Whether it is what every account has, and nobody's word for this one.
    package var isUsual = false
    /// Who set it, when that is on record.
    package var setBy: String?
    /// When it was set.
    package var setAt: Date?
    /// Why it was set.
    package var reason: String?

    /// Whether it is the number that is on record under a scope: that of an account, which holds in every queue, or that of all queues
    /// together.
    ///
    /// Who sets one of a single queue is on no record.
    fileprivate func isRecorded(under recorded: String) -> Bool {
        guard let scope, !self.isUsual, scope.description == recorded else { return false }
        if case .account = scope { return true }
        return self.queue == nil
    }
}

extension JobStore {
    /// The numbers of jobs at once that were set, for all accounts of a queue too, with how many run.
    ///
    /// - Parameter queues: The queues in which an account's number holds.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    /// - Returns: Queues first, then accounts by queue, then clients, apps and platforms.
    package func concurrencyLimits(in queues: [QueueName]) async throws -> [RunningView] {
        let answers = try await self.pool.withConnection { db in
            try await db.pipeline([
                Self.planOnIndexes, Self.queueSlots,
                Self.accountSlots(in: queues, "lane_policy WHERE slots IS NOT NULL"), Self.runningLimits(of: nil),
            ])
        }
        return try await self.explained(answers.dropFirst())
    }

    /// The numbers of jobs at once that hold for a scope alone, with how many run; an account has one in every queue.
    ///
    /// - Parameters:
    ///   - scope: Who shares them.
    ///   - client: Whose the account is.
    ///   - queues: The queues in which an account's number holds.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    /// - Returns: The numbers.
    package func concurrencyLimits(
        of scope: LimitScope, client: ClientID?, in queues: [QueueName]
    ) async throws -> [RunningView] {
        let statement: Statement
        if case .account(let account) = scope {
            guard let client else { return [] }
            statement = Self.accountSlots(
                in: queues, "(SELECT \(client) AS client_id, \(account) AS account_id) AS one")
        } else {
            statement = Self.runningLimits(of: scope)
        }
        let answers = try await self.pool.withConnection { db in try await db.pipeline([Self.planOnIndexes, statement])
        }
        return try await self.explained(answers.dropFirst())
    }

    /// The numbers of queues, which hold for each account that has none of its own.
    private static let queueSlots: Statement = """
        SELECT NULL AS scope, p.queue, p.account_slots AS allowed, true AS is_usual,
               coalesce((SELECT max(n) FROM (
                   SELECT count(*) AS n
                   FROM job_lease l
                   WHERE l.era = \(LeaseEra.current) AND l.queue = p.queue AND l.account_id <> \(AccountID.none)
                     AND NOT EXISTS (
                         SELECT
                         FROM lane_policy own
                         WHERE own.client_id = l.client_id AND own.account_id = l.account_id AND own.slots IS NOT NULL)
                   GROUP BY l.client_id, l.account_id) AS accounts), 0) AS running
        FROM queue_policy p
        ORDER BY p.queue
        """

    /// The numbers of accounts, in each queue.
    private static func accountSlots(in queues: [QueueName], _ accounts: Statement) -> Statement {
        """
        SELECT 'account:' || a.account_id AS scope, q.queue,
               coalesce(p.slots, s.account_slots, \(Self.accountSlots)) AS allowed,
               p.slots IS NULL AS is_usual,
               (SELECT count(*)
                FROM job_lease l
                WHERE l.era = \(LeaseEra.current) AND l.client_id = a.client_id AND l.account_id = a.account_id
                  AND l.queue = q.queue) AS running
        FROM (SELECT client_id, account_id FROM \(accounts)) AS a
        CROSS JOIN unnest(\(queues)) AS q (queue)
        LEFT JOIN lane_policy p ON p.client_id = a.client_id AND p.account_id = a.account_id
        LEFT JOIN queue_policy s ON s.queue = q.queue
        ORDER BY a.account_id, q.queue
        """
    }

    /// The limits of clients, apps and platforms; of one of them, those in one queue too.
    private static func runningLimits(of scope: LimitScope?) -> Statement {
        var statement: Statement = """
            SELECT split_part(m.scope, '/', 1) AS scope, nullif(split_part(m.scope, '/', 2), '') AS queue,
                   m.max_running AS allowed, false AS is_usual,
                   (SELECT count(*) FROM lease_slot s WHERE s.scope = m.scope) AS running
            FROM running_limit m
            """
        if let scope {
            statement += " WHERE m.scope = \(scope.description) OR starts_with(m.scope, \(scope.description + "/"))"
        }
        return statement + " ORDER BY m.scope"
    }

    /// Reads views, and who set them.
    private func explained(_ answers: ArraySlice<Rows>) async throws -> [RunningView] {
        var views: [RunningView] = []
        for row in answers.joined() {
            let scope: String? = try row.get("scope")
            views.append(
                RunningView(
                    scope: scope.flatMap { LimitScope($0) }, queue: try row.get("queue"),
                    allowed: Int(try row.get("allowed", as: Int32.self)),
                    running: Int(try row.get("running", as: Int64.self)), isUsual: try row.get("is_usual")))
        }
        let scopes = Set(views.filter { !$0.isUsual }.compactMap(\.scope?.description)).sorted()
        guard !scopes.isEmpty else { return views }
        let changes = try await self.pool.query(
            """
            SELECT DISTINCT ON (scope) scope, actor, at, reason, calls
            FROM limit_change
            WHERE endpoint = 'running' AND scope = ANY (\(scopes))
            ORDER BY scope, change_id DESC
            """)
        for change in changes where try change.get("calls", as: Int32?.self) != nil {
            let scope: String = try change.get("scope")
            for index in views.indices where views[index].isRecorded(under: scope) {
                views[index].setBy = try change.get("actor")
                views[index].setAt = try change.get("at")
                views[index].reason = try change.get("reason")
            }
        }
        return views
    }
}
