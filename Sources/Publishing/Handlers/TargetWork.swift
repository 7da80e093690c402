// SPDX-License-Identifier: MIT

import Domain
import Foundation
import JobQueue
import PQClient
import Persistence
import PluginKit

/// What a publish job needs to know of its target.
struct TargetWork: Sendable {
    var client: ClientID
    var target: TargetID
    var account: AccountID
    var platform: PlatformID
    var state: String
    var content: PostContent
    var contentHash: String
    var format: PostFormat
    var generation: Int32
    var accountState: String
    var accountReason: String?
    var clientState: String
    var onUnknown: String
    /// What happens to it when its time has passed.
    var missed: MissedWindow
    /// The client's zone.
    var zone: String
    /// World seconds per real second.
    var rate: Double
    var now: Date

    /// The operation whose visible parts are fenced: one per target, whatever job or attempt works on it.
    var operation: OperationKey { Self.operation(of: self.target) }

    static func operation(of target: TargetID) -> OperationKey { "publish:\(target)" }

    /// That nobody edited or called off the target since it was loaded.
    var isUnchanged: FenceCondition {
        FenceCondition(Unchanged.self, client: self.client, subject: self.target.uuid, version: self.generation)
    }

    /// The targets' rows stay locked until the fence is committed, so that an edit comes either before it, and is published, or after it, and
    /// is refused.
    private enum Unchanged: FenceRule {
        static func holding(_ conditions: [FenceCondition]) -> Statement {
            let order = conditions.indices.sorted {
                conditions[$0].subject.uuidString < conditions[$1].subject.uuidString
            }
            return """
                SELECT given.ordinal
                FROM unnest(\(order.map { conditions[$0].client }), \(order.map { conditions[$0].subject }),
                            \(order.map { conditions[$0].version }), \(order.map { Int64($0 + 1) }))
                     AS given (client_id, target_id, generation, ordinal)
                CROSS JOIN LATERAL (
                    SELECT
                    FROM target
                    WHERE target.client_id = given.client_id AND target.target_id = given.target_id
                      AND target.generation = given.generation AND target.state <> 'cancelled'
                    FOR SHARE
                ) AS held
                """
        }
    }

    static func load(
        _ target: TargetID, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> TargetWork? {
        try await db.query(Self.find(target, client: client)).first.map { row throws in
            try Self.read(row, target, client: client)
        }
    }

    /// The statement that finds a target, for ``read(_:_:client:)``.
    static func find(_ target: TargetID, client: ClientID) -> Statement {
        """
        SELECT \(unescaped: Self.columns)
        FROM target
        JOIN account ON account.client_id = target.client_id AND account.account_id = target.account_id
        JOIN client ON client.client_id = target.client_id
        WHERE target.client_id = \(client.uuid) AND target.target_id = \(target.uuid)
        """
    }

    /// The statement that finds several targets, each with its position from 1 on as `ordinal`.
    ///
    /// It goes after `JobStore.planOnIndexes`. The subqueries keep their order: a join might begin with a whole table where that was empty
    /// when the plan was made.
    static func find(_ targets: [(target: TargetID, client: ClientID)]) -> Statement {
        """
        SELECT ordinal, \(unescaped: Self.columns)
        FROM unnest(\(targets.map(\.client)), \(targets.map(\.target)))
             WITH ORDINALITY AS given (client_id, target_id, ordinal)
        CROSS JOIN LATERAL (
            SELECT client_id, account_id, platform, state, content, content_hash, format, generation FROM target
            WHERE target.client_id = given.client_id AND target.target_id = given.target_id LIMIT 1
        ) AS target
        CROSS JOIN LATERAL (
            SELECT state, state_reason FROM account
            WHERE account.client_id = target.client_id AND account.account_id = target.account_id LIMIT 1
        ) AS account
        CROSS JOIN LATERAL (
            SELECT state, on_unknown, on_missed, late_grace, late_spacing, time_zone FROM client
            WHERE client.client_id = target.client_id LIMIT 1
        ) AS client
        """
    }

    private static let columns: StaticString = """
        target.account_id, target.platform, target.state, target.content, target.content_hash, target.format,
        target.generation, account.state AS account_state, account.state_reason, client.state AS client_state,
        client.on_unknown, client.on_missed, client.late_grace, client.late_spacing, client.time_zone,
        (SELECT world_now()) AS now, (SELECT rate FROM world) AS rate
        """

    /// A target that was found.
    static func read(_ row: Row, _ target: TargetID, client: ClientID) throws -> TargetWork {
        let content: JSONText = try row.get("content")
        let account: UUID = try row.get("account_id")
        let platform: String = try row.get("platform")
        let format: String = try row.get("format")
        return TargetWork(
            client: client, target: target, account: AccountID(account), platform: PlatformID(rawValue: platform),
            state: try row.get("state"),
            content: try JSONDecoder().decode(PostContent.self, from: Data(content.text.utf8)),
            contentHash: try row.get("content_hash"), format: PostFormat(rawValue: format),
            generation: try row.get("generation"), accountState: try row.get("account_state"),
            accountReason: try row.get("state_reason"), clientState: try row.get("client_state"),
            onUnknown: try row.get("on_unknown"),
            missed: MissedWindow(
                policy: try row.get("on_missed"), grace: try row.get("late_grace"),
                spacing: try row.get("late_spacing")),
            zone: try row.get("time_zone"), rate: try row.get("rate"), now: try row.get("now"))
    }
}

/// Changes of a target's state, each with its line in the history.
struct TargetRecord: Sendable {
    var client: ClientID
    var target: TargetID

    /// Moves the target to a state, unless it has ended already.
    func move(
        to state: String, actor: String = "posthorn", failure: PluginError? = nil, reason: String?,
        on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            """
            WITH before AS (
                SELECT client_id, target_id, state FROM target
                WHERE client_id = \(self.client.uuid) AND target_id = \(self.target.uuid)
                  AND state NOT IN ('published', 'cancelled') AND state <> \(state)
                FOR UPDATE),
            moved AS (
                UPDATE target SET state = \(state), failure_code = \(failure?.code.description),
                       failure_message = \(failure?.message), next_action = \(failure?.nextAction)
                FROM before WHERE target.client_id = before.client_id AND target.target_id = before.target_id)
            INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
            SELECT client_id, 'target', target_id, \(actor), state, \(state), \(reason) FROM before
            """)
    }
}
