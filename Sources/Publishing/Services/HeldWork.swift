// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence

/// Lets the held work of a client or of one of its accounts go on, in the transaction that changes its state.
struct HeldWork {
    var client: ClientID
    var account: AccountID?
    /// The pool that the queue's store is made with; everything here runs in the caller's session.
    let pool: ConnectionPool

    /// What a person settles by connecting an account again.
    static let reconnect =
        ["reauthorize", "needs-human", AppStop.word] + AccountState.allCases.map { "account-\($0.rawValue)" }

    /// What a person settles by letting a client's work go on.
    static let client = ClientState.allCases.map { "client-\($0.rawValue)" }

    /// What a person settles by resuming an account that is in this state.
    static func account(_ state: AccountState) -> [String] {
        state == .needsHuman ? ["account-paused", "account-needs-human", "needs-human"] : ["account-paused"]
    }

    /// Releases the jobs that are held for one of the reasons, and plans their waiting targets again.
    ///
    /// - Returns: How many jobs were released.
    @discardableResult
    func release(
        _ reasons: [String], actor: String, because reason: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> Int {
        let jobs = try await JobStore(pool: self.pool).releaseHeld(
            client: self.client, account: self.account, reasons: reasons, on: &db)
        try await self.replan(jobs, actor: actor, because: reason, on: &db)
        return jobs.count
    }

    /// Plans the waiting targets of the client's released jobs again.
    func replan(
        _ jobs: [ReleasedJob], actor: String, because reason: String, on db: inout some SQLSession & ~Copyable
    ) async throws {
        let publishing = jobs.filter { $0.kind == .publish && $0.client == self.client }
        guard !publishing.isEmpty else { return }
        try await self.replan(
            "target_id = ANY(\(publishing.compactMap(\.subject))) AND job_id = ANY(\(publishing.map(\.id)))",
            actor: actor, because: reason, on: &db)
    }

    /// Plans targets again that wait while their job stands ready, because only a pause keeps it back.
    ///
    /// - Returns: How many.
    func replanReady(
        actor: String, because reason: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> Int {
        try await self.replan(
            """
            target_id IN (SELECT subject_id FROM job_ready
                          WHERE era = \(ReadyEra.current) AND queue = \(QueueName.publish)
                            AND client_id = \(self.client) AND account_id = \(self.account ?? .none))
            """, actor: actor, because: reason, on: &db)
    }

    @discardableResult
    private func replan(
        _ which: Statement, actor: String, because reason: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> Int {
        try await db.execute(
            """
            WITH old AS (
                SELECT client_id, target_id, state
                FROM target
                WHERE client_id = \(self.client) AND \(which) AND state = \(TargetState.waiting)
                ORDER BY target_id
                FOR UPDATE
            ),
            changed AS (
                UPDATE target
                SET state = \(TargetState.planned), failure_code = NULL, failure_message = NULL, next_action = NULL
                FROM old
                WHERE target.client_id = old.client_id AND target.target_id = old.target_id
            )
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT client_id, 'target', target_id, \(actor), state, \(TargetState.planned), \(reason)
            FROM old
            """)
    }
}
