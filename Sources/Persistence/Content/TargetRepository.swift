// SPDX-License-Identifier: MIT

package import Domain
package import Foundation
package import PQClient
package import PluginKit

/// The targets of posts.
package enum TargetRepository {
    static let columns: Statement = """
        SELECT target.client_id, target.target_id, target.post_id, target.revision_no, target.account_id, target.platform,
               target.content, target.content_hash, target.due_at, target.local_time, target.time_zone, target.gap_policy,
               target.overlap_policy, target.zone_version, target.state, target.generation, target.job_id, target.experiment,
               target.fit_id, target.failure_code, target.failure_message, target.next_action, target.published_at
        FROM target
        """

    /// Adds targets with COPY.
    package static func insert(_ targets: [TargetRow], on db: inout some SQLSession & ~Copyable) async throws {
        guard !targets.isEmpty else { return }
        var rows: [BindRow] = []
        rows.reserveCapacity(targets.count)
        for target in targets {
            rows.append([
                target.client, target.id, target.post, Int32(target.revision), target.account, target.platform,
                target.content.format, try JSONColumn.encode(target.content), target.contentHash, target.dueAt,
                target.planned?.localTime, target.planned?.timeZone, target.planned?.gapPolicy,
                target.planned?.overlapPolicy,
                target.planned?.zoneVersion, target.state, Int32(target.generation), target.job, target.isExperiment,
                target.fit,
            ])
        }
        try await db.copyIn(
            """
            COPY target (client_id, target_id, post_id, revision_no, account_id, platform, format, content, content_hash, due_at,
                         local_time, time_zone, gap_policy, overlap_policy, zone_version, state, generation, job_id, experiment,
                         fit_id)
            FROM STDIN (FORMAT binary)
            """, rows: rows)
    }

    /// Finds a client's target.
    package static func find(
        _ id: TargetID, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> TargetRow? {
        try await db.query(
            Self.columns + " WHERE target.client_id = \(client) AND target.target_id = \(id)"
        ).first.map(TargetRow.init(row:))
    }

    /// Finds a target of any client.
    package static func find(_ id: TargetID, on db: inout some SQLSession & ~Copyable) async throws -> TargetRow? {
        try await db.query(
            Self.columns + " JOIN client USING (client_id) WHERE target.target_id = \(id)"
        ).first.map(TargetRow.init(row:))
    }

    /// The targets of a post.
    package static func list(
        post: PostID, of client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws -> [TargetRow] {
        try await db.query(
            Self.columns + " WHERE target.client_id = \(client) AND target.post_id = \(post) ORDER BY target.target_id"
        ).decoded(TargetRow.init(row:))
    }

    /// Changes a target's state, when it is in one of the states the change may come from, and appends who did it and why.
    ///
    /// What a person plans again after its time was missed or failed goes out at another time than the one that was drawn for it: it is
    /// no experiment any more.
    ///
    /// - Returns: The state before; `nil` when nothing was changed.
    @discardableResult
    package static func transition(
        _ change: TargetTransition, on db: inout some SQLSession & ~Copyable
    ) async throws -> TargetState? {
        let rows = try await db.query(
            """
            WITH old AS (
                SELECT client_id, target_id, state FROM target
                WHERE client_id = \(change.client) AND target_id = \(change.target)
                  AND state = ANY(\(change.from.sorted { $0.rawValue < $1.rawValue }))
                  AND generation = coalesce(\(change.generation.map(Int32.init)), generation)
                FOR UPDATE
            ),
            changed AS (
                UPDATE target
                SET state = \(change.to), failure_code = \(change.failure?.code), failure_message = \(change.failure?.message),
                    next_action = \(change.failure?.nextAction), published_at = coalesce(\(change.publishedAt), published_at),
                    experiment = experiment AND NOT (old.state IN ('missed', 'failed') AND \(change.to == .planned))
                FROM old WHERE target.client_id = old.client_id AND target.target_id = old.target_id
            ),
            logged AS (
                INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
                SELECT client_id, 'target', target_id, \(change.actor), state, \(change.to), \(change.reason)
                FROM old WHERE state <> \(change.to)
            )
            SELECT state FROM old
            """)
        return try rows.first?.get("state")
    }

    /// Gives a target another time, and so a new plan; a time that a person chose is no experiment.
    ///
    /// - Returns: The new generation; `nil` when it is not in one of the given states.
    package static func move(
        _ id: TargetID, of client: ClientID, dueAt: Date, planned: PlannedTime?, from states: [TargetState],
        actor: String,
        reason: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> Int? {
        let rows = try await db.query(
            """
            WITH moved AS (
                UPDATE target
                SET due_at = \(dueAt), local_time = \(planned?.localTime), time_zone = \(planned?.timeZone),
                    gap_policy = \(planned?.gapPolicy), overlap_policy = \(planned?.overlapPolicy),
                    zone_version = \(planned?.zoneVersion), generation = generation + 1, experiment = false
                WHERE client_id = \(client) AND target_id = \(id) AND state = ANY(\(states))
                RETURNING client_id, target_id, state, generation
            ),
            logged AS (
                INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
                SELECT client_id, 'target', target_id, \(actor), state, state, \(reason) FROM moved
            )
            SELECT generation FROM moved
            """)
        return try rows.first?.get("generation")
    }

    /// Notes the job that publishes a target.
    package static func setJob(
        _ job: JobID?, of target: TargetID, client: ClientID, on db: inout some SQLSession & ~Copyable
    ) async throws {
        try await db.execute(
            "UPDATE target SET job_id = \(job) WHERE client_id = \(client) AND target_id = \(target)")
    }

    /// Gives a target another content, and so a new plan.
    ///
    /// - Returns: Whether it was in one of the given states, and so was changed.
    package static func replaceContent(
        of id: TargetID, client: ClientID, with content: PostContent, revision: Int, from states: [TargetState],
        actor: String,
        reason: String, on db: inout some SQLSession & ~Copyable
    ) async throws -> Bool {
        let json = try JSONColumn.encode(content)
        let rows = try await db.query(
            """
            WITH changed AS (
                UPDATE target
                SET content = \(json), content_hash = \(JSONColumn.hash(json)), format = \(content.format),
                    revision_no = \(Int32(revision)), generation = generation + 1
                WHERE client_id = \(client) AND target_id = \(id) AND state = ANY(\(states))
                RETURNING client_id, target_id, state
            ),
            logged AS (
                INSERT INTO state_change (client_id, subject_kind, subject_id, actor, from_state, to_state, reason)
                SELECT client_id, 'target', target_id, \(actor), state, state, \(reason) FROM changed
            )
            SELECT state FROM changed
            """)
        return !rows.isEmpty
    }
}
