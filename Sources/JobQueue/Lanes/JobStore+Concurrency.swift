// SPDX-License-Identifier: MIT

package import Domain
package import PQClient

/// What can be given a number of jobs that run at once.
package enum ConcurrencyScope: Sendable, Hashable {
    /// Each account in a queue, unless it has a number of its own.
    case queue(QueueName)
    /// One account, in each queue.
    case account(ClientID, AccountID)
    /// A client, in all queues together or in one.
    case client(ClientID, QueueName?)
    /// Every account that works through a platform app, in all queues together or in one.
    case app(AppID, QueueName?)
    /// All work on a platform, whoever's app it is done with, in all queues together or in one.
    case provider(String, QueueName?)
}

extension JobStore {
    /// Sets how many jobs run at once within a scope, for the whole fleet; nil goes back to the usual number.
    ///
    /// What runs goes on: after a limit became smaller, it is reached as runs end.
    ///
    /// - Throws: ``JobQueueError`` with code `invalid` for a number below 1 or above 10,000.
    package func setConcurrency(_ scope: ConcurrencyScope, _ count: Int?) async throws {
        try await self.pool.withTransaction(retrying: 3) { db in try await self.setConcurrency(scope, count, on: &db) }
    }

    /// Sets it and writes down who did it and why.
    ///
    /// - Throws: ``JobQueueError`` with code `invalid` for a number below 1 or above 10,000.
    package func setConcurrency(
        _ scope: ConcurrencyScope, _ count: Int?, named name: LimitScope, by actor: String, reason: String
    ) async throws {
        try await self.pool.withTransaction(retrying: 3) { db in
            try await self.setConcurrency(scope, count, on: &db)
            try await db.execute(
                """
                INSERT INTO limit_change (actor, scope, endpoint, calls, reason)
                VALUES (\(actor), \(name.description), 'running', \(count.map { Int32($0) }), \(reason))
                """)
        }
    }

    /// The most jobs at once that can be set: claims number the slots.
    static let mostAtOnce = 10_000

    /// Says whether so many jobs can run at once; nil is the usual number.
    ///
    /// - Throws: ``JobQueueError`` with code `invalid` for a number below 1 or above 10,000.
    package static func check(concurrency count: Int?) throws(JobQueueError) {
        guard let count else { return }
        if count < 1 {
            throw JobQueueError(.invalid, "\(count) jobs at once is none: use 1 or more, or pause the work")
        }
        if count > Self.mostAtOnce {
            throw JobQueueError(
                .invalid, "\(count) jobs at once is more than \(Self.mostAtOnce): use fewer, or 'usual' for no number")
        }
    }

    /// Sets it in the caller's transaction.
    package func setConcurrency(_ scope: ConcurrencyScope, _ count: Int?, on db: inout Transaction) async throws {
        try Self.check(concurrency: count)
        let number = count.map { Int32($0) }
        switch scope {
        case .queue(let queue):
            try await db.execute(
                number.map {
                    """
                    INSERT INTO queue_policy (queue, account_slots) VALUES (\(queue), \($0))
                    ON CONFLICT (queue) DO UPDATE SET account_slots = excluded.account_slots
                    """
                } ?? "DELETE FROM queue_policy WHERE queue = \(queue)")
        case .account(let client, let account):
            try await db.execute(
                """
                INSERT INTO lane_policy (client_id, account_id, slots) VALUES (\(client), \(account), \(number))
                ON CONFLICT (client_id, account_id) DO UPDATE SET slots = excluded.slots
                """)
        case .client(let client, let queue):
            try await Self.limit(LimitScope.client(client).gate(queue), number, Self.leases(client, queue), on: &db)
        case .app(let app, let queue):
            try await Self.limit(LimitScope.app(app).gate(queue), number, Self.leases(app, queue), on: &db)
        case .provider(let name, let queue):
            try await Self.limit(LimitScope.provider(name).gate(queue), number, Self.leases(name, queue), on: &db)
        }
    }

    private static func leases(_ client: ClientID, _ queue: QueueName?) -> Statement {
        """
        SELECT l.client_id, l.job_id, l.lease_no
        FROM job_lease l
        WHERE l.era = \(LeaseEra.current) AND l.client_id = \(client) AND l.queue = coalesce(\(queue), l.queue)
        """
    }

    private static func leases(_ app: AppID, _ queue: QueueName?) -> Statement {
        """
        SELECT l.client_id, l.job_id, l.lease_no
        FROM job_lease l
        JOIN lane_policy p ON p.client_id = l.client_id AND p.account_id = l.account_id
        WHERE l.era = \(LeaseEra.current) AND p.app_id = \(app) AND l.queue = coalesce(\(queue), l.queue)
        """
    }

    private static func leases(_ provider: String, _ queue: QueueName?) -> Statement {
        """
        SELECT l.client_id, l.job_id, l.lease_no
        FROM job_lease l
        WHERE l.era = \(LeaseEra.current) AND l.provider = \(provider) AND l.queue = coalesce(\(queue), l.queue)
        """
    }

    /// A new limit counts what runs already; a claim that is under way at that moment may still go beyond it once.
    private static func limit(
        _ scope: String, _ count: Int32?, _ running: Statement, on db: inout Transaction
    ) async throws {
        guard let count else {
            try await db.execute("DELETE FROM running_limit WHERE scope = \(scope)")
            try await db.execute("DELETE FROM lease_slot WHERE scope = \(scope)")
            return
        }
        try await db.execute(
            """
            INSERT INTO running_limit (scope, max_running) VALUES (\(scope), \(count))
            ON CONFLICT (scope) DO UPDATE SET max_running = excluded.max_running
            """)
        try await db.execute(
            """
            INSERT INTO lease_slot (scope, slot, client_id, job_id, lease_no)
            SELECT \(scope), (SELECT coalesce(max(s.slot), 0) FROM lease_slot s WHERE s.scope = \(scope))
                             + row_number() OVER (ORDER BY l.lease_no), l.client_id, l.job_id, l.lease_no
            FROM (\(running)) AS l
            WHERE NOT EXISTS (SELECT FROM lease_slot s WHERE s.scope = \(scope) AND s.lease_no = l.lease_no)
            """)
    }

    /// Says which platform app an account's calls are made with: gates and limits of the app are the account's too.
    ///
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package func setApp(
        _ app: AppID?, of client: ClientID, _ account: AccountID, on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            app.map {
                """
                INSERT INTO lane_policy (client_id, account_id, app_id) VALUES (\(client), \(account), \($0))
                ON CONFLICT (client_id, account_id) DO UPDATE SET app_id = excluded.app_id
                """
            } ?? "UPDATE lane_policy SET app_id = NULL WHERE client_id = \(client) AND account_id = \(account)")
    }

    /// Sets a client's share of the turns, from 1 to 100.
    ///
    /// - Throws: ``JobQueueError`` with code `invalid` for another number.
    package func setWeight(
        _ weight: Int, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws {
        guard (1...100).contains(weight) else {
            throw JobQueueError(.invalid, "the weight is \(weight): use 1 to 100")
        }
        try await db.execute(
            weight == 1
                ? "DELETE FROM client_policy WHERE client_id = \(client)"
                : """
                INSERT INTO client_policy (client_id, weight) VALUES (\(client), \(Int32(weight)))
                ON CONFLICT (client_id) DO UPDATE SET weight = excluded.weight
                """)
    }

    /// How many jobs of one account a queue runs at once, unless the account has a number of its own.
    package func concurrency(of queue: QueueName) async throws -> Int {
        let rows = try await self.pool.query("SELECT account_slots FROM queue_policy WHERE queue = \(queue)")
        return Int(try rows.first?.get(0, as: Int32.self) ?? Self.accountSlots)
    }
}
