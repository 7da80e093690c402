// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient

/// What can be paused.
package enum PauseScope: Sendable, Hashable {
    /// A queue, for every client.
    case queue(QueueName)
    /// A client, in every queue.
    case client(ClientID)
    /// A client in one queue.
    case clientQueue(ClientID, QueueName)
    /// An account, in every queue.
    case account(ClientID, AccountID)
    /// An account in one queue.
    case accountQueue(ClientID, AccountID, QueueName)
    /// The accounts of an app in one queue; with `.provider` those of a platform that no app is known for.
    case app(LimitScope, QueueName)

    var client: ClientID {
        switch self {
        case .queue, .app: .none
        case .client(let client), .clientQueue(let client, _), .account(let client, _), .accountQueue(let client, _, _):
            client
        }
    }

    var account: AccountID {
        switch self {
        case .account(_, let account), .accountQueue(_, let account, _): account
        case .queue, .client, .clientQueue, .app: .none
        }
    }

    var queue: QueueName {
        switch self {
        case .queue(let queue), .clientQueue(_, let queue), .accountQueue(_, _, let queue), .app(_, let queue): queue
        case .client, .account: ""
        }
    }

    /// The app's column.
    var app: String { if case .app(let scope, _) = self { scope.description } else { "" } }

    init(client: ClientID, account: AccountID, queue: QueueName, app: LimitScope?) {
        if let app {
            self = .app(app, queue)
        } else if account != .none {
            self = queue == "" ? .account(client, account) : .accountQueue(client, account, queue)
        } else if client == .none {
            self = .queue(queue)
        } else {
            self = queue == "" ? .client(client) : .clientQueue(client, queue)
        }
    }
}

/// A pause that is in force.
package struct Pause: Sendable, Hashable {
    /// What is paused.
    package var scope: PauseScope
    /// Since when, in world time.
    package var since: Date
    /// Who paused it.
    package var by: String
    /// Why.
    package var reason: String?
}

extension JobStore {
    /// Stops claims within a scope; what runs goes on.
    ///
    /// Pausing again changes nothing.
    ///
    /// - Parameters:
    ///   - scope: What.
    ///   - person: Who.
    ///   - reason: Why.
    /// - Throws: ``PQError`` when the database does not answer or refuses.
    package func pause(_ scope: PauseScope, by person: String, reason: String? = nil) async throws {
        try await self.pool.withConnection { db in try await Self.pause(scope, by: person, reason: reason, on: &db) }
    }

    /// Pauses in the caller's transaction.
    package static func pause(
        _ scope: PauseScope, by person: String, reason: String?, on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            INSERT INTO queue_control (client_id, account_id, queue, app, paused_at, paused_by, reason)
            VALUES (\(scope.client), \(scope.account), \(scope.queue), \(scope.app), world_now(), \(person),
                    \(reason?.storable))
            ON CONFLICT DO NOTHING
            """)
    }

    /// Ends a pause.
    ///
    /// - Returns: Whether there was one.
    @discardableResult
    package func resume(_ scope: PauseScope) async throws -> Bool {
        try await self.pool.withConnection { db in try await Self.resume(scope, on: &db) }
    }

    /// Resumes in the caller's transaction.
    ///
    /// - Returns: Whether there was a pause.
    @discardableResult
    package static func resume(
        _ scope: PauseScope, on db: inout some SQLSession & ~Copyable
    ) async throws -> Bool {
        try await db.execute(
            """
            DELETE FROM queue_control
            WHERE client_id = \(scope.client) AND account_id = \(scope.account) AND queue = \(scope.queue)
              AND app = \(scope.app)
            """) == 1
    }

    /// Whether a pause keeps a job from being claimed.
    package func isPaused(_ job: JobSpec) async throws -> Bool {
        try await self.pool.query(
            """
            SELECT EXISTS (
                SELECT FROM queue_control
                WHERE client_id IN (\(job.client), \(ClientID.none)) AND account_id IN (\(job.account ?? AccountID.none), \(AccountID.none))
                  AND queue IN (\(job.queue), '') AND app IN ('', (\(Self.app(of: job)))))
            """
        ).single()
    }

    /// The pauses in force, the oldest first.
    package func pauses() async throws -> [Pause] {
        let rows = try await self.pool.query(
            """
            SELECT client_id, account_id, queue, app, paused_at, paused_by, reason
            FROM queue_control
            ORDER BY paused_at, queue
            """)
        return try rows.map { row throws in
            Pause(
                scope: PauseScope(
                    client: try row.get("client_id"), account: try row.get("account_id"), queue: try row.get("queue"),
                    app: LimitScope(try row.get("app", as: String.self))),
                since: try row.get("paused_at"), by: try row.get("paused_by"), reason: try row.get("reason"))
        }
    }
}
